"""`as_of`: the instant whose state of knowledge is asked for.

An answer as of an instant that has passed stays the same for ever: what is superseded is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Query
from pydantic import AwareDatetime

from api.answers import Answer, utc
from dust.errors import BadInput

if TYPE_CHECKING:
    from datetime import date, datetime

AsOf = Annotated[
    AwareDatetime | None,
    Query(description="What stood at this instant: ISO 8601 with an offset or Z."),
]
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200


def within_the_calendar(field: str, moment: date | None) -> None:
    """Far enough from the first and the last year for every sum and every time zone."""
    if moment is not None and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise BadInput(field, moment.isoformat(), f"a year from {_FIRST_YEAR} to {_LAST_YEAR}")


def checked_as_of(as_of: datetime | None) -> datetime | None:
    """The instant, or a `BadInput` where no calendar is sure of it."""
    within_the_calendar("as_of", as_of)
    return as_of


def told_as_of(as_of: datetime | None) -> Answer:
    """The instant in an answer, where one was asked for."""
    return {} if as_of is None else {"as_of": utc(as_of)}

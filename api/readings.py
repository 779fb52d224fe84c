"""Single readings as answers: as they were measured, with their flags and units.

No correction has touched them: corrected values exist as averages only (docs/corrections.md), so
what they may be used for is what the table says of their sensor's model.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from api.answers import Answer, utc
from dust.claims import ClaimClass, claims_of, claims_table, weakest
from dust.errors import BadInput
from dust.indicators.health import names_of_tests
from dust.pollutants import UGM3
from dust.readings import PARTICULATE_FIELDS, VALUE_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.queries.database import Row

_UNITS: Final = dict.fromkeys(PARTICULATE_FIELDS, UGM3) | {
    "t_c": "degC",
    "rh": "%",
    "p_hpa": "hPa",
    "wind_mps": "m/s",
    "wind_deg": "deg",
}
_MILLISECOND: Final = timedelta(milliseconds=1)


def _period_end(row: Row) -> datetime:
    """A reading bears the last millisecond of its sampling interval (docs/domain-rules.md, 1)."""
    time: datetime = row["phenomenon_time"]
    return time + _MILLISECOND


def _period_start(row: Row) -> datetime:
    return _period_end(row) - timedelta(seconds=row["sampling_interval_s"])


@lru_cache(maxsize=1024)
def _names(mask: int) -> tuple[str, ...]:
    return tuple(names_of_tests(mask))


_MEMBERS: Final[Mapping[str, Callable[[Row], Any]]] = {
    "sensor": itemgetter("sensor"),
    "phenomenon_time": lambda row: utc(row["phenomenon_time"]),
    "period_start": lambda row: utc(_period_start(row)),
    "period_end": lambda row: utc(_period_end(row)),
    "seq": itemgetter("seq"),
    "n": itemgetter("n"),
    **{name: itemgetter(name) for name in VALUE_FIELDS},
    **{f"qc_{name}": itemgetter(f"qc_{name}") for name in PARTICULATE_FIELDS},
    "qc_tests": lambda row: _names(row["qc_tests"]),
}
FIELDS: Final = tuple(_MEMBERS)
"""The members of a reading, in the order in which they are told."""


def chosen_fields(text: str | None) -> tuple[str, ...]:
    """The members named in `text` with commas between; all of them where nothing is asked."""
    if text is None:
        return FIELDS
    named = [name.strip() for name in text.split(",")]
    for name in named:
        if name not in _MEMBERS:
            allowed = "any of these, with commas between: " + ", ".join(FIELDS)
            raise BadInput("fields", name, allowed)
    return tuple(name for name in FIELDS if name in named)


def reading_answers(rows: list[Row], fields: tuple[str, ...]) -> list[Answer]:
    """Each reading with the members asked for."""
    members = [(name, _MEMBERS[name]) for name in fields]
    return [{name: told(row) for name, told in members} for row in rows]


def units_of(fields: tuple[str, ...]) -> dict[str, str]:
    """The units of the values among the members."""
    return {name: unit for name, unit in _UNITS.items() if name in fields}


def deployment_answers(deployments: list[Row]) -> list[Answer]:
    """Which sensor stood there from when to when, and what its numbers may be used for."""
    return [
        {
            "sensor": row["sensor"],
            "model": row["model"],
            "sampling_interval_s": row["sampling_interval_s"],
            "deployed_from": utc(row["deployed_from"]),
            "deployed_to": None if row["deployed_to"] is None else utc(row["deployed_to"]),
            "reports": row["reports"],
            "revises": claims_table().models[row["model"]].revises,
            "claims": claims_of(claims_table().models[row["model"]]),
        }
        for row in deployments
    ]


def claim_classes(deployments: list[Row]) -> dict[str, str]:
    """By pollutant; where several sensors stood there, as good as the weakest of them."""
    classes: defaultdict[str, list[ClaimClass]] = defaultdict(list)
    for row in deployments:
        for pollutant, claim in claims_of(claims_table().models[row["model"]]).items():
            classes[pollutant].append(ClaimClass(claim))
    return {pollutant: str(weakest(found)) for pollutant, found in classes.items()}

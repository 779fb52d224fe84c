"""The two formats of the history service: which hour a label means, and which format a page has.

Both have one shape and differ in what their labels mean (docs/reference-station.md), so a page
whose format cannot be told is refused: the wrong guess would move every hour by one.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 86_400_000
_AHEAD_OF_UTC_MS: Final = 7 * HOUR_MS
"""Asia/Bangkok: +07:00, never with summer time (since 1920)."""
_LOCAL: Final = timezone(timedelta(milliseconds=_AHEAD_OF_UTC_MS))
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_LABEL: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2})(:\d{2}(?::\d{2})?)?", re.ASCII)
_LABEL_ALLOWED: Final = "a full hour in local time without offset, such as 2026-09-28 15:00:00"
_NAME_IT: Final = "a page of one format; where you know which, say --format new or --format legacy"


class PageFormat(StrEnum):
    """`new` labels an hour by its end, `legacy` by its beginning."""

    NEW = "new"
    LEGACY = "legacy"


PATH_OF: Final = {
    PageFormat.NEW: "/forweb/getHistoryData.php",
    PageFormat.LEGACY: "/webV2/history/api/data.php",
}
"""Where the service answers in which format."""


def local_midnight_ms(day: date) -> int:
    """The instant at which a day begins at the station, epoch ms."""
    return (day.toordinal() - _EPOCH_DAY) * _DAY_MS - _AHEAD_OF_UTC_MS


def local_day(instant_ms: int) -> date:
    """The station's calendar day at an instant."""
    return date.fromordinal((instant_ms + _AHEAD_OF_UTC_MS) // _DAY_MS + _EPOCH_DAY)


def local_time(instant_ms: int) -> datetime:
    """An instant in the station's time, with its offset."""
    return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(_LOCAL)


def label_of(start_ms: int, page_format: PageFormat) -> str:
    """What a page of this format calls the hour that begins at `start_ms`."""
    labelled_ms = start_ms + HOUR_MS if page_format is PageFormat.NEW else start_ms
    return f"{local_time(labelled_ms):%Y-%m-%d %H:%M:%S}"


def hour_start_ms(label: object, page_format: PageFormat) -> int:
    """The beginning of the hour that a label means, epoch ms; 24:00 is the next day's 00:00."""
    found = _LABEL.fullmatch(label.strip()) if isinstance(label, str) else None
    if found is None or set(found[3] or "") - set(":0"):
        raise BadInput("DATETIMEDATA", label, _LABEL_ALLOWED)
    try:
        labelled_ms = local_midnight_ms(date.fromisoformat(found[1])) + _hour(found[2]) * HOUR_MS
    except ValueError:
        raise BadInput("DATETIMEDATA", label, _LABEL_ALLOWED) from None
    return labelled_ms - HOUR_MS if page_format is PageFormat.NEW else labelled_ms


def format_of(rows: Iterable[Mapping[str, Any]], parameters: Mapping[str, str]) -> PageFormat:
    """The one format that every value and label of the rows fits; `BadInput` for none or both."""
    ruled_out = _ruled_out(rows, parameters)
    fitting = [one for one in PageFormat if one not in ruled_out]
    if len(fitting) == 1:
        return fitting[0]
    reasons = "; ".join(f"{reason} is not {one}" for one, reason in sorted(ruled_out.items()))
    raise BadInput("format", f"neither: {reasons}" if reasons else "both", _NAME_IT)


def check_format(
    asked: PageFormat, rows: Iterable[Mapping[str, Any]], parameters: Mapping[str, str]
) -> None:
    """Refuse a format that somebody named where the rows prove the other; `BadInput` has the proof.

    Rows that fit neither prove nothing: then who names a format decides.
    """
    ruled_out = _ruled_out(rows, parameters)
    if set(ruled_out) == {asked}:
        (proven,) = set(PageFormat) - {asked}
        raise BadInput("--format", str(asked), f"{proven}, as {ruled_out[asked]} proves")


def _ruled_out(
    rows: Iterable[Mapping[str, Any]], parameters: Mapping[str, str]
) -> dict[PageFormat, str]:
    """The formats that some label or value does not fit, each with one that does not."""
    ruled_out: dict[PageFormat, str] = {}
    for row in rows:
        ruled_out |= _ruled_out_by_label(row.get("DATETIMEDATA"))
        for name, field in parameters.items():
            if name in row:
                ruled_out |= _ruled_out_by_value(name, field, row[name])
    return ruled_out


def _ruled_out_by_label(label: object) -> dict[PageFormat, str]:
    """Only the legacy format is known to label by a bare hour."""
    bare = isinstance(label, str) and ":" not in label
    return {PageFormat.NEW: f"the label {label!r}"} if bare else {}


def _ruled_out_by_value(name: str, field: str, value: object) -> dict[PageFormat, str]:
    ruled_out = {}
    if isinstance(value, str):
        ruled_out[PageFormat.NEW] = f"{name} = {value!r}"
    if value is None or (field.startswith("pm") and _is_fraction(value)):
        ruled_out[PageFormat.LEGACY] = f"{name} = {'null' if value is None else repr(value)}"
    return ruled_out


def _is_fraction(value: object) -> bool:
    """The legacy format rounds dust to whole numbers; whether it rounds weather is not known."""
    if isinstance(value, str):
        whole, point, places = value.strip().partition(".")
        return bool(point) and bool(places.strip("0")) and whole.lstrip("+-").isdigit()
    return isinstance(value, float) and not value.is_integer()


def _hour(digits: str) -> int:
    hour = int(digits)
    if hour > 24:  # noqa: PLR2004  (24:00 is how some clocks write the end of a day)
        raise ValueError(digits)
    return hour

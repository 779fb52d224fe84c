"""One answer of the history service: bytes in, hours out, or a reason why not.

A page is refused whole where it cannot be what was asked for; an hour is refused alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from dust.errors import BadInput
from ingest.air4thai.hourly_values import FIELD_OF, said_of_hour
from ingest.air4thai.page_format import (
    HOUR_MS,
    PageFormat,
    check_format,
    format_of,
    hour_start_ms,
    local_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_OF_THE_LATEST_FEED: Final = frozenset({"AQILast", "LastUpdate"})
_ANSWER: Final = "the JSON answer of the hourly history service"
_NOT_LATEST: Final = (
    "the hourly history; this is the feed of latest values, whose PM25.value is the mean of the "
    "last 24 hours and not of one hour"
)


class Hour(NamedTuple):
    """What a page says of the hour that begins at `start_ms` (epoch ms), by field."""

    start_ms: int
    values: dict[str, float | None]


class RefusedHour(NamedTuple):
    """A row that is not taken, by its label, and the reason."""

    label: str
    reason: str


class Page(NamedTuple):
    """The hours of one station in order of time, and all that was not taken."""

    page_format: PageFormat
    hours: list[Hour]
    refused: list[RefusedHour]
    left_out: list[str]
    """Weather that cannot be."""
    other_stations: list[str]


def read_page(
    body: bytes,
    station_id: str,
    known: PageFormat | None,
    now_ms: int,
    *,
    is_asked: bool = False,
) -> Page:
    """The hours of `station_id`; `BadInput` refuses the page.

    Args:
        body: the answer as it came.
        station_id: whose hours are wanted.
        known: the format of the address that the page is from; it overrules the shape.
        now_ms: an hour that ends later is not over.
        is_asked: `known` is only what somebody named: the shape may prove it wrong.
    """
    blocks, others = _blocks_of(_stations(_decoded(body)), station_id)
    rows = [row for block in blocks for row in _rows(block)]
    if rows and not any(name in row for row in rows for name in FIELD_OF):
        raise BadInput("params", sorted({*rows[0]}), "at least one of " + ", ".join(FIELD_OF))
    page = Page(_format(rows, known, is_asked=is_asked), [], [], [], others)
    _take_rows(page, rows, now_ms)
    return page


def _format(rows: list[dict[str, Any]], known: PageFormat | None, *, is_asked: bool) -> PageFormat:
    if known is None:
        return format_of(rows, FIELD_OF) if rows else PageFormat.NEW
    if is_asked:
        check_format(known, rows, FIELD_OF)
    return known


def _decoded(body: bytes) -> dict[str, Any]:
    text = body.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if text[:1] == b"<":
        raise BadInput("page", _beginning(text), f"{_ANSWER}; this is a web page (HTML)")
    try:
        answer = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("page", _beginning(text), f"{_ANSWER}, whole ({error})") from None
    if not isinstance(answer, dict):
        raise BadInput("page", _beginning(text), _ANSWER)
    return answer


def _stations(answer: dict[str, Any]) -> list[dict[str, Any]]:
    stations = answer.get("stations", [])
    is_listed = isinstance(stations, list) and all(isinstance(block, dict) for block in stations)
    for block in (answer, *(stations if is_listed else ())):
        if _OF_THE_LATEST_FEED & block.keys():
            raise BadInput("page", "getNewAQI_JSON", _NOT_LATEST)
    result = answer.get("result", "OK")
    if result != "OK" or answer.get("error"):
        raise BadInput("result", f"{result}: {answer.get('error', '')}", "OK")
    if "stations" not in answer or not is_listed:
        raise BadInput("stations", sorted(answer)[:10], f"a list of stations, as in {_ANSWER}")
    return list(stations)


def _blocks_of(
    stations: list[dict[str, Any]], station_id: str
) -> tuple[list[dict[str, Any]], list[str]]:
    blocks = [block for block in stations if block.get("stationID") == station_id]
    others = sorted({str(block.get("stationID")) for block in stations} - {station_id})
    if others and not blocks:
        raise BadInput("stationID", ", ".join(others), station_id)
    return blocks, others


def _rows(block: dict[str, Any]) -> list[dict[str, Any]]:
    rows = block.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput("data", type(rows).__name__, "a list of rows, one an hour")
    return rows


def _take_rows(page: Page, rows: Iterable[dict[str, Any]], now_ms: int) -> None:
    hours: dict[int, dict[str, float | None]] = {}
    refused: dict[int, RefusedHour] = {}
    for row in rows:
        label = str(row.get("DATETIMEDATA"))
        try:
            start_ms = hour_start_ms(row.get("DATETIMEDATA"), page.page_format)
        except BadInput as error:
            page.refused.append(RefusedHour(label, str(error)))
            continue
        try:
            _take_row(page, row, (start_ms, now_ms), hours.setdefault(start_ms, {}))
        except BadInput as error:
            refused.setdefault(start_ms, RefusedHour(label, str(error)))
    page.refused.extend(refused[start_ms] for start_ms in sorted(refused))
    taken = sorted(hours.keys() - refused.keys())
    page.hours.extend(Hour(at_ms, hours[at_ms]) for at_ms in taken if at_ms + HOUR_MS <= now_ms)


def _take_row(
    page: Page,
    row: dict[str, Any],
    start_and_now_ms: tuple[int, int],
    into: dict[str, float | None],
) -> None:
    start_ms, now_ms = start_and_now_ms
    label, said = row["DATETIMEDATA"], said_of_hour(row)
    if start_ms + HOUR_MS > now_ms:
        _check_says_nothing(label, said.values, now_ms)
    _merge(label, into, said.values)
    page.left_out.extend(f"{label}: {reason}" for reason in said.left_out)


def _check_says_nothing(label: object, values: dict[str, float | None], now_ms: int) -> None:
    """An hour that is not over has no value; rows of missing ones ahead of time are no fault."""
    if any(value is not None for value in values.values()):
        raise BadInput(
            "DATETIMEDATA", label, f"an hour that is over at {local_time(now_ms):%Y-%m-%d %H:%M:%S}"
        )


def _merge(label: object, into: dict[str, float | None], values: dict[str, float | None]) -> None:
    for field, value in values.items():
        if value is None or into.get(field) is None:
            into[field] = into.get(field) if value is None else value
        elif into[field] != value:
            told = f"{label}: {field} {into[field]:g} and {value:g}"
            raise BadInput("DATETIMEDATA", told, "each hour once, or always with the same values")


def _beginning(text: bytes) -> str:
    return text[:60].decode("utf-8", "replace")

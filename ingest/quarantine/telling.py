"""Rows of quarantine in words, tables and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ingest.quarantine.replay import ReplayResult
    from ingest.quarantine.rows import QuarantineRow

_HEADS: Final = ("reason", "gateway", "sensor", "rows", "came", "first", "last", "e.g. id")


def groups_table(groups: Sequence[dict[str, Any]], zone: ZoneInfo) -> Table:
    """A row for each reason, gateway and sensor."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, caption=f"times: {zone.key}")
    table.caption_justify = "left"
    for head in _HEADS:
        table.add_column(head, overflow="fold")
    for group in groups:
        table.add_row(
            group["reason"],
            group["gateway"],
            group["sensor"] or "-",
            str(group["rows"]),
            f"{group['times_received']} times",
            _at(group["first_received_at"], zone),
            _at(group["last_received_at"], zone),
            str(group["example"]),
        )
    return table


def row_lines(row: QuarantineRow, zone: ZoneInfo) -> list[str]:
    """Everything about one row, the payload last."""
    told = [
        ("id", row.quarantine_id),
        ("reason", row.reason),
        ("field", row.field),
        ("value", row.value),
        ("allowed", row.allowed),
        ("topic", row.topic),
        ("gateway", row.gateway),
        ("sensor", row.sensor),
        ("spool", row.spool),
        ("number", row.seq),
        ("first came", _at(row.first_received_at, zone)),
        ("last came", f"{_at(row.last_received_at, zone)} ({row.times_received} times)"),
        ("replayed", f"{row.replays} times, last {_at(row.last_replayed_at, zone)}"),
        ("stored", _at(row.replayed_at, zone)),
        ("discarded", f"{_at(row.discarded_at, zone)}: {row.discarded_because}"),
    ]
    empty = {
        "replayed": not row.replays,
        "discarded": row.discarded_at is None,
    }
    lines = [
        f"{name:<10}  {value}"
        for name, value in told
        if value not in {None, ""} and not empty.get(name, False)
    ]
    return [*lines, "payload:", payload_text(row.payload)]


def row_object(row: QuarantineRow) -> dict[str, Any]:
    """A row as JSON holds it; the payload as text where it is UTF-8, and always in hexadecimal."""
    told = row._asdict()
    payload: bytes = told.pop("payload")
    try:
        told["payload"] = payload.decode()
    except UnicodeDecodeError:
        told["payload"] = None
    return told | {"payload_hex": payload.hex()}


def payload_text(payload: bytes) -> str:
    """The whole payload for a terminal: JSON set out, else text with every odd byte escaped."""
    try:
        return json.dumps(json.loads(payload), indent=2, ensure_ascii=True)
    except (ValueError, RecursionError):
        return payload.decode("utf-8", "backslashreplace").encode("unicode_escape").decode("ascii")


def result_line(result: ReplayResult, n_waiting: int, *, is_dry: bool) -> str:
    """What a replay has done, or would do."""
    told = [f"{result.stored} rows {'would be stored' if is_dry else 'stored'}"]
    if result.new_readings or result.stored:
        told[0] += f" ({result.new_readings} new readings)"
    if refused := sum(result.refused.values()):
        reasons = ", ".join(f"{reason} {count}" for reason, count in result.refused.most_common())
        told.append(f"{refused} refused again: {reasons}")
    left = n_waiting - result.rows
    if left > 0:
        told.append(f"{left} were in the hands of another replay")
    return "; ".join(told)


def _at(instant: datetime | None, zone: ZoneInfo) -> str:
    return "" if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"

"""What `dust db status` prints: the same lines in a pipe and, as a table, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from rich.table import Table

from dust.storage.amounts import length, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from dust.storage.server_status import ServerStatus
    from dust.storage.status_findings import Finding

Row = tuple[str, str]
_NOTHING: Final = "none"


def rows(status: ServerStatus) -> list[Row]:
    """Name and value of everything that is known."""
    return [
        ("PostgreSQL", status.server_version),
        ("TimescaleDB", _timescale(status)),
        ("readings", _readings(status)),
        *_stored(status),
        ("compression", _compression(status)),
        *_retention(status),
        *status.settings.items(),
        *_tables(status),
        ("pending migrations", ", ".join(status.pending) or _NOTHING),
    ]


def lines(status: ServerStatus, found: Sequence[Finding]) -> Iterator[str]:
    """For a pipe: `name: value`, and a warning with what to do about it in one line each."""
    yield from (f"{name}: {value}" for name, value in rows(status))
    yield from (f"warning: {finding.what} ({finding.do})" for finding in found)


def table(status: ServerStatus) -> Table:
    """For a terminal."""
    made = Table(show_header=False, box=None, pad_edge=False)
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for row in rows(status):
        made.add_row(*row)
    return made


def object_of(status: ServerStatus, found: Sequence[Finding]) -> dict[str, Any]:
    """All facts and findings as plain values."""
    told: dict[str, Any] = msgspec.to_builtins(status)
    return told | {"findings": msgspec.to_builtins(list(found))}


def _timescale(status: ServerStatus) -> str:
    if not status.preloaded:
        return "not loaded" if status.extension_offered else "not loaded, not installed"
    if status.extension is None:
        return "loaded, not in use here"
    edition = status.edition.rpartition(", ")[2]
    update = f", update to {status.extension_offered} pending" if status.update_pending else ""
    return f"loaded, {status.extension}, {edition}{update}"


def _readings(status: ServerStatus) -> str:
    if status.readings is None:
        return "no table yet"
    if not status.hypertable:
        return "plain table"
    interval = "" if status.chunk_interval is None else f", {length(status.chunk_interval)} a chunk"
    return f"hypertable{interval}, {status.readings.n_chunks:,} chunks"


def _stored(status: ServerStatus) -> Iterator[Row]:
    if status.readings is not None:
        each = status.bytes_per_reading
        of_one = "" if each is None else f", {each:.0f} bytes each"
        count = _estimate(status.readings.rows, is_uncounted=status.readings.is_uncounted)
        yield "stored readings", f"{count} ({size(status.readings.size_bytes)}{of_one})"
        yield "oldest reading", _instant(status.oldest_reading)
        yield "newest reading", _instant(status.newest_reading)


def _compression(status: ServerStatus) -> str:
    if status.compression_refusal is not None:
        return f"not available: {status.compression_refusal}"
    if status.compressed_after is None:
        return "possible, not set: dust db compression"
    return f"of chunks older than {status.compressed_after}"


def _retention(status: ServerStatus) -> Iterator[Row]:
    kept = status.retention
    if kept is not None:
        yield "readings are kept", "for ever" if kept.keep is None else f"for {kept.keep}"
        yield "late readings may come", f"for {kept.late_data_window}"
        if kept.sealed_before is not None:
            yield (
                "dropped readings",
                f"{kept.n_dropped:,}; hours before {_instant(kept.sealed_before)} are sealed",
            )


def _tables(status: ServerStatus) -> Iterator[Row]:
    for each in status.tables:
        if each.name != "readings" and (each.rows or each.is_uncounted):
            rows_of_it = _estimate(each.rows, is_uncounted=each.is_uncounted)
            yield f"table {each.name}", f"{rows_of_it} ({size(each.size_bytes)})"


def _estimate(count: int, *, is_uncounted: bool) -> str:
    """As the planner last saw it."""
    if is_uncounted:
        return "not counted yet"
    return f"about {count:,}"


def _instant(at: datetime | None) -> str:
    return _NOTHING if at is None else f"{at:%Y-%m-%d %H:%M} UTC"

"""The figures as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.load.figures import (
        CatchUp,
        IngestFigures,
        OneByOne,
        Steady,
        Visible,
        Workers,
    )
    from ingest.load.usage import ProcessorPer1000

    Row = tuple[str, str, str]


def table_of(figures: IngestFigures) -> Table:
    """One row a figure, with the limit that was measured beside it."""
    machine, setting, load = figures.machine, figures.setting, figures.load
    table = Table(
        title=f"dust bench ingest {figures.version}, {figures.date}",
        caption=f"{machine.processor}, {machine.cores} cores, {machine.memory_mb} MB,"
        f" {machine.file_system}; Python {machine.python}, {setting.database}"
        f" ({setting.database_edition}), {setting.broker}; {load.gateways} gateways x"
        f" {load.sensors_per_gateway} sensors,"
        f" {load.payload_bytes_per_reading:.0f} bytes a reading",
    )
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("beside it", justify="right")
    for row in _rows(figures):
        table.add_row(*row)
    return table


def _rows(figures: IngestFigures) -> Iterator[Row]:
    if figures.steady:
        yield from _steady(figures.steady, figures.load.readings_in_a_message)
    if figures.visible:
        yield from _visible(figures.visible)
    if figures.one_by_one:
        yield from _one_by_one(figures.one_by_one)
    if figures.workers:
        yield _workers(figures.workers)
    if figures.catch_up:
        yield from _catch_up(figures.catch_up)


def _steady(steady: Steady, batch: int) -> Iterator[Row]:
    beside = ""
    if steady.limit:
        beside = f"SQL alone {steady.limit.copy_per_s:,.0f} (x {steady.ratio_to_limit:.2f})"
    per_s = f"{steady.readings_per_s:,.0f} readings/s"
    yield f"steady, {batch} readings a message, {steady.workers} worker(s)", per_s, beside
    if steady.limit:
        two, unnest = steady.limit.copy_two_sessions_per_s, steady.limit.unnest_per_s
        yield "its limits", f"two sessions {two:,.0f}", f"unnest {unnest:,.0f}"
    yield (
        "publish to receipt, every window full",
        _times(steady.publish_to_receipt.p50_s, steady.publish_to_receipt.p99_s),
        f"{steady.lost} lost, {steady.duplicated} twice",
    )
    yield _processor(steady.processor_per_1000, max(steady.others_processor_pct_of_rounds))
    yield "memory of ingest, at most", f"{steady.ingest_peak_memory_mib:.0f} MiB", ""
    disk = steady.disk
    yield (
        "a reading on the disk",
        f"{disk.total_bytes_per_reading:.0f} bytes",
        f"table {disk.table_bytes_per_reading:.0f}, index {disk.index_bytes_per_reading:.0f}",
    )
    only = disk.wal_bytes_per_reading_of_limit
    beside = "" if only is None else f"SQL alone {only:.0f}"
    yield "a reading in the log (WAL)", f"{disk.wal_bytes_per_reading:.0f} bytes", beside


def _processor(spent: ProcessorPer1000, others_pct: float) -> Row:
    told = [
        ("Mosquitto", spent.mosquitto_s),
        ("PostgreSQL", spent.postgresql_s),
        ("gateways", spent.load_s),
    ]
    return (
        "processor for 1,000 readings",
        f"ingest {1000 * spent.ingest_s:.1f} ms",
        ", ".join(f"{name} {1000 * s:.1f}" for name, s in told if s is not None)
        + f"; others {others_pct:.0f} %",
    )


def _visible(visible: Visible) -> Iterator[Row]:
    times = visible.publish_to_visible
    yield (
        f"publish to the API's answer, {visible.readings_per_s:,} readings/s",
        _times(times.p50_s, times.p99_s),
        f"asked every {1000 * visible.asked_every_s:.0f} ms",
    )
    receipt = visible.publish_to_receipt
    yield "publish to receipt, the same load", _times(receipt.p50_s, receipt.p99_s), ""


def _one_by_one(found: OneByOne) -> Iterator[Row]:
    for name, each in (("from a backlog", found.backlog), ("live", found.live)):
        ours, plain = each.ingest, each.baseline
        yield (
            f"one reading a message, {name}",
            f"{ours.messages_per_s:,.0f} messages/s",
            f"plain worker {plain.messages_per_s:,.0f} (x {each.ratio_to_baseline:.2f})",
        )
        spent_ms, plain_ms = (1000 * rate.processor_per_1000.ingest_s for rate in (ours, plain))
        yield (
            "processor for 1,000 of them",
            f"{spent_ms:.1f} ms",
            f"plain worker {plain_ms:.1f} (x {each.processor_ratio_to_baseline:.2f})",
        )


def _workers(workers: Workers) -> Row:
    return (
        "steady, two workers",
        f"{workers.two_readings_per_s:,.0f} readings/s",
        f"one {workers.one_readings_per_s:,.0f} (x {workers.ratio:.2f})",
    )


def _catch_up(found: CatchUp) -> Iterator[Row]:
    yield (
        f"{found.readings:,} readings after {found.outage_h:.0f} h without a broker",
        f"{found.seconds:.0f} s, {found.readings_per_s:,.0f} readings/s",
        f"SQL alone {found.limit_per_s:,.0f} (x {found.ratio_to_limit:.2f})",
    )
    first, *_, last = found.ingest_memory_mib_of_quarters
    yield (
        "memory of ingest meanwhile, at most",
        f"{found.ingest_peak_memory_mib:.0f} MiB",
        f"first quarter {first:.0f}, last {last:.0f}",
    )
    yield (
        f"{found.hours_made:,} hours are made",
        f"{found.hours_made_after_s:.0f} s later",
        f"{found.lost} lost, {found.duplicated} twice",
    )


def _times(p50_s: float, p99_s: float) -> str:
    return f"p50 {1000 * p50_s:,.0f} ms, p99 {1000 * p99_s:,.0f} ms"

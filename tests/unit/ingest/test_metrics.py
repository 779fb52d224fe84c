"""What a worker counts, as a scraper reads it; and the canonical line of a batch."""

from __future__ import annotations

import inspect
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from ingest.batch_line import BatchLine
from ingest.metrics import BATCH_SECONDS, Metrics, Unmeasured

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW_MS = 1_767_225_600_000


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("ingest-7", "1.2.3")


def store(metrics: Metrics, reasons: Mapping[str, int] | None = None, **more: Any) -> None:
    numbers = {"messages": 3, "readings": 250, "new": 240, "seconds": 0.03, "n_bytes": 9000} | more
    metrics.batch_stored(quarantined_by_reason=reasons or {}, **numbers)


def told(metrics: Metrics) -> dict[str, float]:
    """Every sample by its name and labels, read back by the format's own parser."""
    text = generate_latest(metrics.registry).decode()
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_batch_is_counted_by_what_became_of_its_readings(metrics: Metrics) -> None:
    store(metrics, {"malformed": 2, "unknown_sensor": 1})
    store(metrics, {"malformed": 1})
    samples = told(metrics)

    assert 6 == samples["dust_ingest_messages_total"]
    assert 18000 == samples["dust_ingest_message_bytes_total"]
    assert 480 == samples["dust_ingest_readings_total[stored]"]
    assert 20 == samples["dust_ingest_readings_total[repeated]"]
    assert 3 == samples["dust_ingest_quarantined_total[malformed]"]
    assert 1 == samples["dust_ingest_quarantined_total[unknown_sensor]"]


def test_the_time_of_a_batch_falls_into_its_bucket(metrics: Metrics) -> None:
    store(metrics, seconds=0.03)
    samples = told(metrics)

    assert 0 == samples["dust_ingest_batch_duration_seconds_bucket[0.025]"]
    assert 1 == samples["dust_ingest_batch_duration_seconds_bucket[0.05]"]
    assert 0.03 == samples["dust_ingest_batch_duration_seconds_sum"]


def test_the_buckets_reach_from_a_millisecond_to_ten_seconds() -> None:
    assert (0.001, 10) == (BATCH_SECONDS[0], BATCH_SECONDS[-1])


def test_the_newest_reading_is_never_an_older_one(metrics: Metrics) -> None:
    store(metrics, newest_ms=NOW_MS)
    store(metrics, newest_ms=NOW_MS - 60_000)

    assert NOW_MS / 1000 == told(metrics)["dust_ingest_newest_reading_timestamp_seconds"]


def test_before_the_first_reading_there_is_no_age_to_be_alarmed_by(metrics: Metrics) -> None:
    assert math.isnan(told(metrics)["dust_ingest_newest_reading_timestamp_seconds"])


def test_connections_are_told_as_they_are_and_losses_are_counted(metrics: Metrics) -> None:
    for connected in (True, False, False, True):
        metrics.broker_connected(connected=connected)
    metrics.database_back()
    metrics.database_lost()
    samples = told(metrics)

    assert (1, 1) == (
        samples["dust_ingest_broker_connected"],
        samples["dust_ingest_broker_losses_total"],
    )
    assert metrics.broker_is_connected
    assert (0, 1) == (
        samples["dust_ingest_database_connected"],
        samples["dust_ingest_database_losses_total"],
    )


def test_what_waits_is_told_as_it_is_now(metrics: Metrics) -> None:
    metrics.waiting(12, 4000)
    metrics.waiting(2, 700)
    metrics.held_off(5000)
    metrics.receipts_published(4)
    metrics.hours_made(9)
    samples = told(metrics)

    assert (2, 700) == (
        samples["dust_ingest_waiting_messages"],
        samples["dust_ingest_waiting_bytes"],
    )
    assert (1, 5000) == (
        samples["dust_ingest_held_off_messages_total"],
        samples["dust_ingest_held_off_bytes_total"],
    )
    assert (4, 9) == (
        samples["dust_ingest_receipts_total"],
        samples["dust_ingest_hours_made_total"],
    )


def test_a_flood_of_invented_reasons_makes_no_flood_of_series(metrics: Metrics) -> None:
    for number in range(1000):
        metrics.ignored(f"invented-{number}")
    ignored = {
        name: value
        for name, value in told(metrics).items()
        if name.startswith("dust_ingest_ignored")
    }
    totals = {name: value for name, value in ignored.items() if "_total" in name}

    assert 65 == len(totals)
    assert 1000 == sum(totals.values())
    assert 936 == totals["dust_ingest_ignored_messages_total[other]"]


def test_every_family_has_a_lower_case_name_of_this_service_or_of_the_process(
    metrics: Metrics,
) -> None:
    families = list(text_string_to_metric_families(generate_latest(metrics.registry).decode()))

    assert [] == [
        family.name
        for family in families
        if not re.fullmatch(r"dust_ingest[a-z_]*|process_[a-z_]+", family.name)
    ]
    assert "process_resident_memory_bytes" in {family.name for family in families}


def test_a_family_that_ends_with_a_unit_says_so(metrics: Metrics) -> None:
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    ours = [family for family in families if family.name.startswith("dust_ingest_")]

    assert [] == [
        family.name
        for family in ours
        if family.name.endswith(("_seconds", "_bytes")) != bool(family.unit)
    ]


def test_two_workers_in_one_process_count_apart() -> None:
    one, two = Metrics("one", "1"), Metrics("two", "1")
    store(one)

    assert 0 == told(two)["dust_ingest_messages_total"]


def test_metrics_that_are_off_keep_nothing() -> None:
    """Also of a method that is added later."""
    off = Unmeasured()
    store(off, {"malformed": 1})
    tellers = {
        name
        for name, member in inspect.getmembers(Metrics, inspect.isfunction)
        if not name.startswith("_")
    }

    assert b"# EOF\n" == generate_latest(off.registry)
    assert set() == {
        name for name in tellers if getattr(Unmeasured, name) is getattr(Metrics, name)
    }


# --- The canonical line ---------------------------------------------------------------------------
def test_the_line_of_a_batch_says_where_its_readings_and_its_time_went() -> None:
    line = BatchLine("ingest-7", epoch=2, messages=3, gateways=2, readings=250, new=240)
    line.quarantined = {"malformed": 2, "unknown_sensor": 1}
    line.n_bytes, line.oldest_ms = 9000, NOW_MS - 90_500
    line.decode_s, line.database_s, line.total_s = 0.0041, 0.02061, 0.03

    assert {
        "worker": "ingest-7",
        "epoch": 2,
        "messages": 3,
        "gateways": 2,
        "readings": 250,
        "new": 240,
        "repeated": 10,
        "quarantined": 3,
        "bytes": 9000,
        "oldest_age_s": 90.5,
        "decode_ms": 4.1,
        "database_ms": 20.6,
        "ms": 30.0,
        "reasons": {"malformed": 2, "unknown_sensor": 1},
    } == line.fields(NOW_MS)


def test_a_line_without_readings_has_no_age_and_no_reasons() -> None:
    fields = BatchLine("ingest-7").fields(NOW_MS)

    assert fields["oldest_age_s"] is None
    assert "reasons" not in fields


def test_every_family_is_in_the_page_of_the_metrics(metrics: Metrics) -> None:
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text("utf-8")
    store(metrics, {"malformed": 1})
    names = {re.split(r"_bucket|_count|_sum|\[", name)[0] for name in told(metrics)}
    ours = {name for name in names if re.fullmatch("dust_.*(?<!_created)", name)}

    assert set() == {name for name in ours if f"`{name}`" not in page}

"""docs/scaling.md: its tables follow from the constants that it states."""

from __future__ import annotations

from pathlib import Path

import pytest

from dust.errors import BadFile
from ingest.load.scaling import Constants, Size, rewritten

DOCUMENT = Path(__file__).parents[3] / "docs" / "scaling.md"
CONSTANTS = Constants(
    reading_payload_bytes=300,
    message_bytes=200,
    receipt_bytes=250,
    table_bytes=400,
    index_bytes=100,
    wal_bytes=1000,
    ingest_ms_per_1000_readings=10,
    ingest_ms_per_1000_messages=50,
    database_ms_per_1000_readings=20,
    database_ms_per_1000_messages=0,
    broker_ms_per_1000_readings=0,
    broker_ms_per_1000_messages=40,
    hour_ingest_ms=2,
    hour_database_ms=1,
    sensors_per_gateway=5,
    busy_share=0.5,
    database_cores=2,
    database_memory_gib=8,
    raw_days=400,
    open_hour_s=250,
)


def test_the_tables_of_the_document_follow_from_its_constants() -> None:
    text = DOCUMENT.read_text("utf-8")

    assert rewritten(text) == text


def test_a_network_is_reckoned_by_hand() -> None:
    size = Size(CONSTANTS, 100_000, 1)

    assert (100_000, 20_000, 20_000) == (size.readings_per_s, size.gateways, size.messages_per_s)
    assert 500 * 100_000 * 86_400 == size.bytes_per_day
    assert 100e6 == size.wal_bytes_per_s
    assert 8 * (300 * 100_000 + 200 * 20_000) == size.inbound_bits_per_s
    assert 8 * 250 * 20_000 == size.receipt_bits_per_s
    assert pytest.approx(1.0 + 1.0) == size.cores("ingest")  # readings, messages
    assert pytest.approx(0.8) == size.cores("broker")
    assert pytest.approx((0.8, 0.4)) == [size.cores_of_hours(of) for of in ("ingest", "database")]
    assert (6, 3) == (size.workers, size.databases)  # 2.8 and 2.4 cores, half busy


def test_a_constant_that_is_not_there_is_named() -> None:
    with pytest.raises(BadFile, match="reading_payload_bytes"):
        rewritten("| `wal_bytes` | 1,000 | measured |")

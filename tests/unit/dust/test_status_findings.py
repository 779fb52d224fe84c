"""What a status draws attention to, and that each says what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from dust.storage.chunk_interval import Load, Memory, Reckoning
from dust.storage.reading_size import USUAL
from dust.storage.server_status import RetentionStatus, ServerStatus, TableStatus
from dust.storage.status_findings import findings
from dust.storage.status_report import lines

SETTINGS = {
    "shared_buffers": "1GB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "autovacuum": "on",
    "max_locks_per_transaction": "64",
    "max_connections": "100",
}
GOOD = ServerStatus(
    server_version="17.6",
    server_version_num=170_006,
    edition="TimescaleDB, Apache edition",
    preloaded=True,
    extension="2.19.3",
    extension_offered="2.19.3",
    update_pending=False,
    hypertable=True,
    chunk_interval=timedelta(days=7),
    pending=[],
    unknown=[],
    settings=SETTINGS,
    tables=[TableStatus("readings", 1_000_000, 182_000_000, 12, is_uncounted=False)],
    oldest_reading=None,
    newest_reading=None,
    bytes_per_reading=182.0,
    compression_refusal=None,
    compressed_after=None,
    retention=RetentionStatus(None, "400 days", None, 0, is_unfinished=False),
)


def with_chunks(n_chunks: int) -> dict[str, Any]:
    return {"tables": [TableStatus("readings", 1, 1, n_chunks, is_uncounted=False)]}


def test_a_good_server_gets_no_finding() -> None:
    assert [] == findings(GOOD)


@pytest.mark.parametrize(
    ("changes", "what", "do"),
    [
        ({"settings": SETTINGS | {"fsync": "off"}}, "fsync is off", "fsync = on"),
        ({"settings": SETTINGS | {"full_page_writes": "off"}}, "torn pages", "= on"),
        ({"settings": SETTINGS | {"synchronous_commit": "off"}}, "emptied the spools", "= on"),
        ({"settings": SETTINGS | {"autovacuum": "off"}}, "autovacuum is off", "= on"),
        ({"server_version_num": 140_012}, "older than what is tested", "upgrade the server"),
        ({"pending": ["0009_x"]}, "pending migrations: 0009_x", "dust db upgrade"),
        ({"unknown": ["0099_x"]}, "newer than this software", "install the version"),
        ({"preloaded": False}, "nothing can be written", "shared_preload_libraries"),
        (
            {"preloaded": False, "hypertable": False, "extension": None},
            "installed but not loaded",
            "if you want it",
        ),
        ({"hypertable": False}, "readings is a plain table", "dust db upgrade"),
        (
            {"update_pending": True, "extension_offered": "2.20.0"},
            "the installed package 2.20.0",
            "ALTER EXTENSION timescaledb UPDATE",
        ),
        (with_chunks(1001), "take long to plan", "dust db retention"),
        (with_chunks(1700), "1,700 chunks take 3,400 of 6,400 locks", "max_locks_per_transaction"),
        (
            {"retention": RetentionStatus("5 years", "400 days", None, 0, is_unfinished=True)},
            "a drop of old readings was cut off",
            "dust db retention --apply",
        ),
    ],
)
def test_each_finding_says_what_is_wrong_and_what_to_do(
    changes: dict[str, Any], what: str, do: str
) -> None:
    first = findings(msgspec.structs.replace(GOOD, **changes))[0]

    assert what in first.what
    assert do in first.do


def test_what_loses_data_comes_first() -> None:
    bad = msgspec.structs.replace(GOOD, pending=["0009_x"], settings=SETTINGS | {"fsync": "off"})

    assert ["fsync", "pending"] == [finding.what.split()[0] for finding in findings(bad)]


def test_a_chunk_interval_that_does_not_fit_is_told() -> None:
    crowd = Reckoning(Load(10_000, 14_400_000, USUAL), Memory(1024**3, None))

    (finding,) = findings(GOOD, crowd)

    assert "chunks of 7 days do not fit" in finding.what
    assert [] == findings(GOOD, Reckoning(Load(40, 57_600, USUAL), Memory(1024**3, None)))


def test_a_policy_of_compression_is_told() -> None:
    told = msgspec.structs.replace(GOOD, compressed_after="500 days")

    assert "compression: of chunks older than 500 days" in list(lines(told, []))
    assert "compression: possible, not set: dust db compression" in list(lines(GOOD, []))

"""Readings that were made before the clock was known."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from firmware_bridge.spool import Entry, Row, Spool, SpoolLimits
from firmware_bridge.spool.boot_spans import BootSpan, Stretch, stretches

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OFFSET_MS = 1_767_225_600_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    with closing(Spool(path, boot="b1")) as opened:
        yield opened


def undated(body: bytes, since_boot_ms: int, boot: str = "b1") -> Entry:
    return Entry(body, None, boot, since_boot_ms)


def times(spool: Spool) -> dict[int, int]:
    return {row.seq: row.t_ms for row in spool.after(0, 1000)}


def test_a_reading_without_a_time_waits_and_those_with_one_pass_it(spool: Spool) -> None:
    spool.put([undated(b"a", 5), Entry(b"b", 70, "b1", 6), undated(b"c", 7)])

    assert [Row(2, 70, b"b")] == spool.after(0, 10)
    assert (3, 2, 3) == (spool.depth, spool.held, spool.last_seq)


def test_readings_get_their_time_when_the_clock_is_known(spool: Spool) -> None:
    spool.put([undated(b"a", 5), Entry(b"b", 70, "b1", 6), undated(b"c", 7)])
    spool.put([undated(b"d", 8)])

    assert 3 == spool.resolve("b1", OFFSET_MS)
    assert {1: OFFSET_MS + 5, 2: 70, 3: OFFSET_MS + 7, 4: OFFSET_MS + 8} == times(spool)
    assert [2, 3] == [row.seq for row in spool.after(1, 10, upto=3)]
    assert [1, 2, 3] == [row.seq for row in spool.after(0, 3)]
    assert 0 == spool.held


def test_a_reading_on_its_way_when_the_clock_became_known_gets_its_time_as_well(
    spool: Spool,
) -> None:
    assert 0 == spool.resolve("b1", OFFSET_MS)
    spool.put([undated(b"late", 9)])

    assert {1: OFFSET_MS + 9} == times(spool)
    assert 0 == spool.held


def test_a_time_that_was_given_never_changes(spool: Spool) -> None:
    spool.put([undated(b"a", 5)])

    assert 1 == spool.resolve("b1", OFFSET_MS)
    assert 0 == spool.resolve("b1", OFFSET_MS + 1000)
    assert {1: OFFSET_MS + 5} == times(spool)


def test_another_boot_s_clock_says_nothing(spool: Spool) -> None:
    spool.put([undated(b"a", 5)])

    assert 0 == spool.resolve("b2", OFFSET_MS)
    assert 1 == spool.held


def test_times_outlive_the_process(path: Path, spool: Spool) -> None:
    spool.put([undated(b"a", 5)])
    spool.resolve("b1", OFFSET_MS)
    spool.close()

    for boot in ("b1", "b2"):
        with closing(Spool(path, boot=boot)) as again:
            assert {1: OFFSET_MS + 5} == times(again)


def test_readings_of_this_boot_still_wait_when_the_process_starts_again(
    path: Path, spool: Spool
) -> None:
    spool.put([undated(b"a", 5)])
    spool.close()

    with closing(Spool(path, boot="b1")) as again:
        again.put([undated(b"b", 6)])

        assert ({}, 2) == (times(again), again.held)
        assert 2 == again.resolve("b1", OFFSET_MS)
        assert {1: OFFSET_MS + 5, 2: OFFSET_MS + 6} == times(again)


def test_readings_of_a_boot_that_ended_too_soon_are_sent_with_a_time_in_1970(
    path: Path, spool: Spool
) -> None:
    spool.put([undated(b"a", 5), undated(b"b", 6)])
    spool.close()

    with closing(Spool(path, boot="b2")) as again:
        assert {1: 5, 2: 6} == times(again)
        assert 0 == again.held
        again.put([undated(b"c", 3, "b2")])
        again.resolve("b1", OFFSET_MS)  # nobody can know, but if somebody says so: it was sent

        assert {1: 5, 2: 6} == times(again)


def test_a_receipt_forgets_nothing_that_was_never_sent(spool: Spool) -> None:
    spool.put([Entry(b"a", 1), undated(b"b", 5), undated(b"c", 6), Entry(b"d", 2)])

    assert 2 == spool.confirm([(1, 4)])
    assert (2, 2) == (spool.depth, spool.held)
    assert 2 == spool.resolve("b1", OFFSET_MS)
    assert 2 == spool.confirm([(1, 4)])
    assert 0 == spool.depth


def test_held_readings_that_are_dropped_wait_no_more(path: Path) -> None:
    with closing(Spool(path, SpoolLimits(max_bytes=64 * 1024), "b1")) as spool:
        spool.put([undated(b"x" * 1000, n) for n in range(200)])
        gone = spool.enforce_limits(None)

        assert 200 - gone == spool.depth == spool.held
        assert 200 - gone == spool.resolve("b1", OFFSET_MS)
        assert gone + 1 == spool.after(0, 1)[0].seq


def test_held_readings_are_jumped_over_not_read() -> None:
    spans = [BootSpan(3, 9, "b0", 0), BootSpan(10, 99, "b1", None), BootSpan(200, 300, "b1", 7)]

    assert [
        Stretch(1, 2, 0),
        Stretch(3, 9, 0, is_dated=False),
        Stretch(100, 199, 0),
        Stretch(200, 300, 7),
        Stretch(301, 400, 0),
    ] == list(stretches(spans, 1, 400))
    assert [] == list(stretches(spans, 10, 99))
    assert [Stretch(250, 260, 7)] == list(stretches(spans, 250, 260))

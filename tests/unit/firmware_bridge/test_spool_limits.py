"""The spool's size and age are bounded, and what goes is on record."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from firmware_bridge.spool import Entry, Spool, SpoolLimits

if TYPE_CHECKING:
    from pathlib import Path

DAY_MS = 86_400_000
NOW_MS = 1000 * DAY_MS
LIMIT_BYTES = 1024**2


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


def readings(count: int, first: int = 0, t_ms: int = NOW_MS) -> list[Entry]:
    return [
        Entry(b'{"sensor":"a","n":%d,"pm25":20.2,"pm10":33.1}' % n, t_ms)
        for n in range(first, first + count)
    ]


def dated(*days: float) -> list[Entry]:
    return [Entry(b"%f" % day, round(day * DAY_MS)) for day in days]


def numbers(spool: Spool) -> list[int]:
    return [row.seq for row in spool.after(0, 100_000)]


def test_ten_times_the_limit_leaves_a_bounded_file_and_the_newest_readings(path: Path) -> None:
    with closing(Spool(path, SpoolLimits(max_bytes=LIMIT_BYTES))) as spool:
        written = 0
        while written * 50 < 10 * LIMIT_BYTES:
            spool.put(readings(500, written))
            spool.enforce_limits(NOW_MS)
            written += 500

        kept = numbers(spool)
        assert written == kept[-1]
        assert list(range(spool.dropped + 1, written + 1)) == kept
        assert [(1, spool.dropped)] == spool.dropped_ranges()
        assert len(kept) > 0.7 * LIMIT_BYTES / 60  # the limit is used, not only kept
    assert path.stat().st_size <= LIMIT_BYTES + 500 * 80


def test_nothing_goes_while_all_is_within_the_limits(path: Path) -> None:
    with closing(Spool(path)) as spool:
        spool.put(readings(10))

        assert 0 == spool.enforce_limits(NOW_MS)
        assert ([], 0, 10) == (spool.dropped_ranges(), spool.dropped, spool.depth)


def test_a_limit_that_was_lowered_holds_at_once(path: Path) -> None:
    with closing(Spool(path)) as spool:
        for first in range(0, 60_000, 500):
            spool.put(readings(500, first))
    with closing(Spool(path, SpoolLimits(max_bytes=LIMIT_BYTES))) as spool:
        gone = spool.enforce_limits(None)

        assert gone == spool.dropped > 30_000
        assert spool._file.database.used_bytes() <= LIMIT_BYTES
        assert 60_000 == numbers(spool)[-1]


def test_a_limit_below_the_smallest_file_ends(path: Path) -> None:
    with closing(Spool(path, SpoolLimits(max_bytes=1))) as spool:
        spool.put(readings(3))

        assert 3 == spool.enforce_limits(None)
        assert 0 == spool.enforce_limits(None)


def test_readings_that_are_too_old_go(path: Path) -> None:
    with closing(Spool(path, SpoolLimits(max_age_s=400 * 86_400))) as spool:
        spool.put(dated(598, 599, 601, 700, 1000))

        assert 0 == spool.enforce_limits(None)
        assert 2 == spool.enforce_limits(NOW_MS)
        assert [3, 4, 5] == numbers(spool)
        assert [(1, 2)] == spool.dropped_ranges()


def test_age_counts_from_the_front_so_that_a_late_reading_stays_with_its_neighbours(
    path: Path,
) -> None:
    with closing(Spool(path)) as spool:
        spool.put(dated(700, 1, 800))

        assert 0 == spool.enforce_limits(NOW_MS)


def test_ten_thousand_old_readings_go_in_one_call(path: Path) -> None:
    with closing(Spool(path)) as spool:
        spool.put(dated(*[1] * 10_000, 999))

        assert 10_000 == spool.enforce_limits(NOW_MS)
        assert [(1, 10_000)] == spool.dropped_ranges()


def test_a_time_in_1970_is_no_age_but_what_lies_before_an_old_reading_is_old(path: Path) -> None:
    with closing(Spool(path, boot="b1")) as spool:
        spool.put([Entry(b"?", None, "b1", 5)])
    with closing(Spool(path, boot="b2")) as spool:
        assert 0 == spool.enforce_limits(NOW_MS)

        spool.put(dated(1, 1000))

        assert 2 == spool.enforce_limits(NOW_MS)
        assert [3] == numbers(spool)


def test_the_resolved_time_of_a_reading_is_its_age(path: Path) -> None:
    with closing(Spool(path, boot="b1")) as spool:
        spool.put([Entry(b"a", None, "b1", 5), Entry(b"b", None, "b1", 2 * DAY_MS)])
        spool.resolve("b1", 599 * DAY_MS)

        assert 1 == spool.enforce_limits(NOW_MS)
        assert [2] == numbers(spool)


def test_what_was_dropped_is_still_known_after_a_restart_and_does_not_count_receipts(
    path: Path,
) -> None:
    with closing(Spool(path)) as spool:
        spool.put(dated(1, 1, 1, 1, 1000))
        spool.confirm([(2, 2)])
        spool.enforce_limits(NOW_MS)
        spool.put(dated(1000))
    with closing(Spool(path)) as spool:
        assert (3, [(1, 1), (3, 4)]) == (spool.dropped, spool.dropped_ranges())
        assert [(3, 4)] == spool.dropped_ranges(limit=1)
        spool.confirm([(5, 5)])
        assert 1 == spool.enforce_limits(NOW_MS + 500 * DAY_MS)

        assert [(1, 1), (3, 4), (6, 6)] == spool.dropped_ranges()
        assert (0, 6) == (spool.depth, spool.last_seq)


def test_ranges_that_touch_become_one(path: Path) -> None:
    with closing(Spool(path)) as spool:
        for _ in range(3):
            spool.put(dated(1, 1))
            spool.enforce_limits(NOW_MS)

        assert ([(1, 6)], 6) == (spool.dropped_ranges(), spool.dropped)


def test_a_thousand_ranges_are_kept_and_all_are_counted(path: Path) -> None:
    with closing(Spool(path)) as spool:
        spool.put(dated(*[1] * 3000))
        spool.confirm([(n, n) for n in range(2, 3001, 2)])
        spool.enforce_limits(NOW_MS)

        assert 1500 == spool.dropped
        assert [(n, n) for n in range(1001, 3001, 2)] == spool.dropped_ranges(limit=5000)


def test_the_journal_stays_short(path: Path) -> None:
    with closing(Spool(path)) as spool:
        for first in range(0, 50_000, 500):
            spool.put(readings(500, first))
            spool.confirm([(first + 1, first + 250)])

        assert path.with_name(f"{path.name}-wal").stat().st_size < 2 * LIMIT_BYTES


def test_an_emptied_file_gives_its_room_back_when_asked(path: Path) -> None:
    with closing(Spool(path)) as spool:
        for first in range(0, 200_000, 2000):
            spool.put(readings(2000, first))
        assert 0 == spool.compact()
        spool.confirm([(1, 199_990)])

        assert spool.compact() > 8 * LIMIT_BYTES
        assert path.stat().st_size < 200_000
        assert 0 == spool.compact()
        assert list(range(199_991, 200_001)) == numbers(spool)
        spool.put(readings(1))
        assert 200_001 == spool.last_seq

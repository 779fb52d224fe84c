"""The spool on a disk that is really full: a small one in memory, mounted for each test."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest
from fixtures.absence import absent

from firmware_bridge.errors import SpoolFull
from firmware_bridge.spool import Entry, Spool, SpoolLimits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DISK_BYTES = 14 * 1024**2
RESERVE = "spool.sqlite-reserve"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        absent("a disk of its own", "only root may mount one")
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none"]
    done = subprocess.run(["mount", *options, folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        absent("a disk of its own", done.stderr)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def spool(disk: Path) -> Iterator[Spool]:
    with closing(Spool(disk / "spool.sqlite")) as opened:
        yield opened


def readings(count: int) -> list[Entry]:
    return [
        Entry(b'{"sensor":"a","n":58,"pm25":20.2,"pm10":33.1,"rh":61.0}', n) for n in range(count)
    ]


def put_until_full(spool: Spool, entries: list[Entry]) -> None:
    for _ in range(1_000_000):
        try:
            spool.put(entries)
        except SpoolFull:
            return
    pytest.fail("the disk is not full")


def take_the_rest(disk: Path) -> Path:
    """Somebody else's file fills the disk to the last page."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096) == 4096:
            pass
    return filler


def numbers(spool: Spool) -> list[int]:
    return [row.seq for row in spool.after(0, 1_000_000)]


@pytest.mark.parametrize("group", [1, 20, 500, 5000])
def test_a_full_disk_refuses_more_and_lets_everything_out(spool: Spool, group: int) -> None:
    put_until_full(spool, readings(group))
    stored = spool.last_seq

    assert stored > 50_000
    assert stored % group == 0
    assert list(range(1, stored + 1)) == numbers(spool)
    for first in range(1, stored + 1, 500):
        last = min(first + 499, stored)
        assert last - first + 1 == spool.confirm([(first, last)])
    assert 0 == spool.depth


def test_what_is_confirmed_makes_room_for_as_much(spool: Spool) -> None:
    put_until_full(spool, readings(20))
    stored = spool.last_seq
    assert 10_000 == spool.confirm([(1, 10_000)])

    for _ in range(9000 // 20):
        spool.put(readings(20))

    assert list(range(10_001, stored + 9001)) == numbers(spool)


def test_a_full_disk_keeps_the_spool_going_in_its_own_room(spool: Spool, disk: Path) -> None:
    """As long as receipts come, the room that they free is enough."""
    put_until_full(spool, readings(20))
    take_the_rest(disk)
    spool.confirm([(1, 5000)])
    take_the_rest(disk)
    for _ in range(500):
        spool.put(readings(20))
        first = spool.after(0, 1)[0].seq
        assert 20 == spool.confirm([(first, first + 19)])


def test_a_short_journal_is_used_again_where_it_cannot_grow(disk: Path) -> None:
    with closing(Spool(disk / "spool.sqlite")) as spool:
        spool.put(readings(10_000))
        spool.confirm([(1, 5000)])
    with closing(Spool(disk / "spool.sqlite")) as spool:  # its journal is new, the file has room
        spool.put(readings(20))
        take_the_rest(disk)
        for _ in range(50):
            spool.put(readings(20))

        assert list(range(5001, 10_000 + 51 * 20 + 1)) == numbers(spool)


def test_somebody_else_s_file_stops_the_puts_but_not_the_receipts(spool: Spool, disk: Path) -> None:
    spool.put(readings(20_000))
    filler = take_the_rest(disk)
    put_until_full(spool, readings(20))
    stored = spool.last_seq

    assert 500 == spool.confirm([(1, 500)])
    take_the_rest(disk)
    for first in range(501, stored, 500):
        spool.confirm([(first, first + 499)])
    assert 0 == spool.depth

    filler.unlink()
    spool.put(readings(20))
    assert list(range(stored + 1, stored + 21)) == numbers(spool)
    assert (disk / RESERVE).stat().st_size > 0


def test_a_reserve_is_there_given_up_when_needed_and_made_again(spool: Spool, disk: Path) -> None:
    reserve = disk / RESERVE
    assert reserve.stat().st_blocks * 512 == reserve.stat().st_size > 1024**2

    put_until_full(spool, readings(500))
    assert reserve.exists()  # not for more readings

    for first in range(1, spool.last_seq, 500):
        spool.confirm([(first, first + 499)])
    spool.compact()
    spool.put(readings(1))
    assert reserve.exists()


def test_a_spool_can_be_opened_on_a_full_disk(disk: Path) -> None:
    path = disk / "spool.sqlite"
    with closing(Spool(path)) as spool:
        put_until_full(spool, readings(500))
        stored = spool.depth
    take_the_rest(disk)

    with closing(Spool(path)) as again:
        assert stored == again.depth
        assert 500 == again.confirm([(1, 500)])


def test_limits_hold_on_a_full_disk(disk: Path) -> None:
    path = disk / "spool.sqlite"
    with closing(Spool(path)) as spool:
        put_until_full(spool, readings(500))
        stored = spool.depth
    take_the_rest(disk)

    with closing(Spool(path, SpoolLimits(max_bytes=2 * 1024**2))) as again:
        gone = sum(iter(lambda: again.enforce_limits(None), 0))

        assert gone > stored // 2
        assert list(range(gone + 1, stored + 1)) == numbers(again)
        again.put(readings(500))


def test_a_clock_that_becomes_known_on_a_full_disk_is_told(disk: Path) -> None:
    with closing(Spool(disk / "spool.sqlite", boot="b1")) as spool:
        undated = [entry._replace(t_ms=None, boot="b1") for entry in readings(500)]
        put_until_full(spool, undated)
        take_the_rest(disk)

        assert spool.depth == spool.resolve("b1", 10**12)


def test_a_damaged_file_on_a_full_disk_is_set_aside(disk: Path) -> None:
    path = disk / "spool.sqlite"
    with closing(Spool(path)) as spool:
        put_until_full(spool, readings(500))
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"garbage!" * 300_000)  # more than the journal can still mend
    take_the_rest(disk)

    with closing(Spool(path)) as again:
        assert ["spool.sqlite.corrupt-1"] == again.set_aside
        again.put(readings(20))
        assert 20 == again.depth


def test_damage_that_shows_when_there_is_no_room_at_all_is_mended_when_there_is(
    disk: Path,
) -> None:
    path = disk / "spool.sqlite"
    with closing(Spool(path)) as spool:
        spool.put(readings(50_000))
        name = spool.id
        (disk / RESERVE).unlink()
        filler = take_the_rest(disk)
        with path.open("r+b") as file:
            file.seek(8192)
            file.write(b"garbage!" * 300_000)

        with pytest.raises(SpoolFull):
            spool.after(0, 50_000)
        with pytest.raises(SpoolFull):
            spool.put(readings(20))
        filler.unlink()
        spool.put(readings(20))

        assert (["spool.sqlite.corrupt-1"], 20) == (spool.set_aside, spool.depth)
        assert name != spool.id

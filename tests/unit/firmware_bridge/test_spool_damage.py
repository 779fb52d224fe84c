"""Damaged files are set aside, and the gateway goes on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from firmware_bridge.errors import SpoolError, SpoolFull
from firmware_bridge.spool import Entry, Row, Spool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GARBAGE = b"\xa5" * 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


def filled(path: Path) -> str:
    """A closed spool of 20,000 readings, some 800 pages; returns its name."""
    with closing(Spool(path)) as spool:
        spool.put([Entry(b"%150d" % n, n) for n in range(20_000)], {"bam": 5})
        return spool.id


def spoil(path: Path, first_page: int, pages: int = 1) -> None:
    with path.open("r+b") as file:
        file.seek(first_page * 4096)
        file.write(GARBAGE * pages)


def files(path: Path) -> set[str]:
    return {one.name for one in path.parent.iterdir()}


@pytest.mark.parametrize("page", [0, 1, 400])
def test_a_file_that_is_damaged_at_opening_is_set_aside(path: Path, page: int) -> None:
    name = filled(path)
    spoil(path, page)
    spoilt = path.read_bytes()

    with capture_logs() as logs, closing(Spool(path)) as spool:
        assert ["spool.sqlite.corrupt-1"] == spool.set_aside
        assert name != spool.id
        assert (0, 0, None) == (spool.depth, spool.last_seq, spool.mark("bam"))
        spool.put([Entry(b"a", 1)])

    assert spoilt == path.with_name("spool.sqlite.corrupt-1").read_bytes()
    assert [("spool_set_aside", "spool.sqlite.corrupt-1")] == [
        (line["event"], line["file"]) for line in logs
    ]
    with closing(Spool(path)) as spool:
        assert (["spool.sqlite.corrupt-1"], 1) == (spool.set_aside, spool.depth)


def test_no_damaged_file_overwrites_another(path: Path) -> None:
    for number in range(1, 4):
        path.write_bytes(b"garbage %d" % number)
        Spool(path).close()

    assert [b"garbage 1", b"garbage 2", b"garbage 3"] == [
        path.with_name(f"spool.sqlite.corrupt-{number}").read_bytes() for number in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    "use",
    [
        lambda spool: spool.after(5000, 15_000),
        lambda spool: spool.confirm([(1, 15_000)]),
        lambda spool: spool._use(lambda file: file.drop_upto(15_000)),
    ],
    ids=["after", "confirm", "drop"],
)
def test_damage_that_shows_later_ends_the_old_spool_and_begins_another(
    path: Path, use: Callable[[Spool], object]
) -> None:
    name = filled(path)
    with closing(Spool(path)) as spool:
        spoil(path, 2, 790)

        assert use(spool) in ([], 0)
        assert name != spool.id
        assert (["spool.sqlite.corrupt-1"], 0, 0) == (spool.set_aside, spool.depth, spool.last_seq)
        spool.put([Entry(b"a", 1)])
        assert [Row(1, 1, b"a")] == spool.after(0, 10)


def test_readings_that_meet_the_damage_are_in_the_new_spool(path: Path) -> None:
    filled(path)
    with closing(Spool(path)) as spool:
        spoil(path, 1, 820)
        for number in range(50):  # the page at the end may still be in memory
            spool.put([Entry(b"%1000d" % number, number)], {"bam": number})
        spool.after(0, 1)
        spool.put([Entry(b"last", 50)])

        assert ["spool.sqlite.corrupt-1"] == spool.set_aside
        assert b"last" == spool.after(0, 1000)[-1].body


def test_the_damaged_file_goes_with_its_journal(path: Path) -> None:
    filled(path)
    with closing(Spool(path)) as spool:
        spool.put([Entry(b"in the journal", 1)])
        spoil(path, 2, 790)
        spool.after(0, 15_000)

        names = files(path)
        journal = path.with_name("spool.sqlite.corrupt-1-wal")
        assert {"spool.sqlite.corrupt-1", "spool.sqlite.corrupt-1-wal"} < names
        assert b"in the journal" in journal.read_bytes()


def test_a_journal_whose_file_is_gone_is_not_left_to_sqlite(path: Path) -> None:
    path.with_name("spool.sqlite-wal").write_bytes(b"journal")
    path.with_name("spool.sqlite.corrupt-1").write_bytes(b"its file, renamed before a power cut")

    with closing(Spool(path)) as spool:
        assert ["spool.sqlite.corrupt-1"] == spool.set_aside

    assert b"journal" == path.with_name("spool.sqlite.corrupt-1-wal").read_bytes()


def test_a_file_without_its_tables_is_set_aside(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE marks")

    with closing(Spool(path)) as spool:
        assert ["spool.sqlite.corrupt-1"] == spool.set_aside


def test_a_file_of_a_newer_program_is_refused_and_left_as_it_is(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 2")
    before = path.read_bytes()

    with pytest.raises(SpoolError, match=r"spool\.sqlite: user_version = 2: allowed is 0 to 1"):
        Spool(path)

    assert before == path.read_bytes()


def test_a_full_disk_refuses_whole_groups_and_the_spool_goes_on_when_there_is_room(
    path: Path,
) -> None:
    with closing(Spool(path)) as spool:
        spool.put([Entry(b"a", 1)])
        spool._file.database.rows("PRAGMA max_page_count = 1")  # SQLite takes what there is

        with pytest.raises(SpoolFull, match=r"spool\.sqlite: .* full"):
            spool.put([Entry(b"b", 2), Entry(b"x" * 1_000_000, 3)], {"bam": 1})

        assert [Row(1, 1, b"a")] == spool.after(0, 10)
        assert (1, 1, None) == (spool.depth, spool.last_seq, spool.mark("bam"))
        assert 1 == spool.confirm([(1, 1)])

        spool._file.database.rows("PRAGMA max_page_count = 100000")
        spool.put([Entry(b"c", 4)])

        assert [Row(2, 4, b"c")] == spool.after(0, 10)


def test_a_large_file_is_opened_unread_and_its_damage_shows_when_it_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = filled(path)
    spoil(path, 400)
    monkeypatch.setattr("firmware_bridge.spool.database.CHECKED_BYTES", 1024**2)

    with closing(Spool(path)) as spool:
        assert (name, 20_000) == (spool.id, spool.depth)
        assert 500 == len(spool.after(0, 500))
        assert [] == spool.after(0, 20_000)
        assert ["spool.sqlite.corrupt-1"] == spool.set_aside

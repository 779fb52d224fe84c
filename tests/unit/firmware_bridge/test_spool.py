"""The gateway's durable memory."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from firmware_bridge.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    it = Spool(tmp_path / "deep" / "spool.sqlite")
    yield it
    it.close()


def test_readings_are_numbered_from_1_without_holes(spool: Spool) -> None:
    spool.put([b"a", b"b"])
    spool.put([b"c"])

    assert [(1, b"a"), (2, b"b"), (3, b"c")] == spool.after(0, 10)
    assert [(2, b"b")] == spool.after(1, 1)
    assert 3 == spool.depth


def test_what_a_receipt_covers_is_forgotten_and_the_rest_stays(spool: Spool) -> None:
    spool.put([b"a", b"b", b"c", b"d"])

    assert 2 == spool.confirm([(1, 1), (3, 3)])
    assert [2, 4] == [seq for seq, _ in spool.after(0, 10)]
    assert 2 == spool.depth


def test_a_receipt_that_comes_twice_or_covers_nothing_changes_nothing(spool: Spool) -> None:
    spool.put([b"a", b"b"])

    assert 1 == spool.confirm([(1, 1)])
    assert 0 == spool.confirm([(1, 1), (50, 60), (9, 3)])
    assert 0 == spool.confirm([])
    assert 1 == spool.depth


def test_a_number_is_never_given_twice_even_when_the_spool_was_emptied(tmp_path: Path) -> None:
    first = Spool(tmp_path / "spool.sqlite")
    first.put([b"a", b"b"])
    first.confirm([(1, 2)])
    first.close()

    second = Spool(tmp_path / "spool.sqlite")
    second.put([b"c"])

    assert [(3, b"c")] == second.after(0, 10)
    second.close()


def test_a_spool_opened_again_is_the_same_spool(tmp_path: Path) -> None:
    first = Spool(tmp_path / "spool.sqlite")
    first.put([b"a", b"b"])
    first.close()

    second = Spool(tmp_path / "spool.sqlite")

    assert (first.id, 2) == (second.id, second.depth)
    second.close()


def test_two_spools_have_different_names(tmp_path: Path) -> None:
    spools = [Spool(tmp_path / name) for name in ("a", "b")]

    assert spools[0].id != spools[1].id
    for spool in spools:
        spool.close()


def test_a_reading_is_in_the_file_before_put_returns(tmp_path: Path, spool: Spool) -> None:
    spool.put([b"a"])

    other = sqlite3.connect(tmp_path / "deep" / "spool.sqlite")
    assert [(b"a",)] == other.execute("SELECT body FROM readings").fetchall()
    other.close()


def test_a_range_that_no_database_holds_forgets_nothing_and_breaks_nothing(spool: Spool) -> None:
    spool.put([b"a", b"b"])

    with pytest.raises(OverflowError):
        spool.confirm([(1, 1), (2, 2**70)])

    assert 2 == spool.depth
    assert [1, 2] == [seq for seq, _ in spool.after(0, 10)]
    assert 1 == spool.confirm([(1, 1)])


def test_a_full_disk_refuses_whole_groups_and_the_spool_goes_on_when_there_is_room(
    spool: Spool,
) -> None:
    spool.put([b"a"])
    (pages,) = spool._database.execute("PRAGMA page_count").fetchone()
    spool._database.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(sqlite3.OperationalError, match="full"):
        spool.put([b"b", b"x" * 1_000_000])

    assert [(1, b"a")] == spool.after(0, 10)
    assert 1 == spool.depth

    spool._database.execute("PRAGMA max_page_count = 100000")
    spool.put([b"c"])

    assert [b"a", b"c"] == [body for _, body in spool.after(0, 10)]

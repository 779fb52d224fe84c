"""The gateway's durable memory: numbers, receipts, marks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from firmware_bridge.spool import Entry, Row, Spool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "spool.sqlite"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    with closing(Spool(path)) as opened:
        yield opened


def entries(*bodies: bytes) -> list[Entry]:
    return [Entry(body, 1000 + number) for number, body in enumerate(bodies)]


def numbers(spool: Spool) -> list[int]:
    return [row.seq for row in spool.after(0, 1000)]


def test_readings_are_numbered_from_1_without_holes(spool: Spool) -> None:
    spool.put([Entry(b"a", 7), Entry(b"b", -8)])
    spool.put([Entry(b"c", 9)])

    assert [Row(1, 7, b"a"), Row(2, -8, b"b"), Row(3, 9, b"c")] == spool.after(0, 10)
    assert [Row(2, -8, b"b")] == spool.after(1, 1)
    assert (3, 3) == (spool.depth, spool.last_seq)


def test_readings_can_be_asked_for_up_to_a_number(spool: Spool) -> None:
    spool.put(entries(b"a", b"b", b"c", b"d"))

    assert [2, 3] == [row.seq for row in spool.after(1, 10, upto=3)]
    assert [] == spool.after(3, 10, upto=3)
    assert [] == spool.after(0, 0)


def test_what_a_receipt_covers_is_forgotten_and_the_rest_stays(spool: Spool) -> None:
    spool.put(entries(b"a", b"b", b"c", b"d"))

    assert 2 == spool.confirm([(1, 1), (3, 3)])
    assert [2, 4] == numbers(spool)
    assert 2 == spool.depth


def test_a_receipt_that_comes_twice_or_covers_nothing_changes_nothing(spool: Spool) -> None:
    spool.put(entries(b"a", b"b"))

    assert 1 == spool.confirm([(1, 1)])
    assert 0 == spool.confirm([(1, 1), (50, 60), (9, 3)])
    assert 0 == spool.confirm([])
    assert 1 == spool.depth


def test_a_number_is_never_given_twice_even_when_the_spool_was_emptied(path: Path) -> None:
    with closing(Spool(path)) as first:
        first.put(entries(b"a", b"b"))
        first.confirm([(1, 2)])

    with closing(Spool(path)) as second:
        assert (0, 2) == (second.depth, second.last_seq)
        second.put(entries(b"c"))

        assert [Row(3, 1000, b"c")] == second.after(0, 10)


def test_a_spool_opened_again_is_the_same_spool(path: Path) -> None:
    with closing(Spool(path)) as first:
        first.put(entries(b"a", b"b"))

    with closing(Spool(path)) as second:
        assert (first.id, 2) == (second.id, second.depth)


def test_two_spools_have_different_names(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "a")) as a, closing(Spool(tmp_path / "b")) as b:
        assert a.id != b.id


def test_a_reading_is_in_the_file_before_put_returns(path: Path, spool: Spool) -> None:
    spool.put(entries(b"a"))

    with closing(sqlite3.connect(path)) as other:
        assert [(b"a",)] == other.execute("SELECT body FROM readings").fetchall()


def test_a_range_that_no_database_holds_forgets_nothing_and_breaks_nothing(spool: Spool) -> None:
    spool.put(entries(b"a", b"b"))

    with pytest.raises(OverflowError):
        spool.confirm([(1, 1), (2, 2**70)])

    assert 2 == spool.depth
    assert [1, 2] == numbers(spool)
    assert 1 == spool.confirm([(1, 1)])


def test_a_group_that_cannot_be_stored_leaves_no_number_behind(spool: Spool) -> None:
    with pytest.raises(OverflowError):
        spool.put([Entry(b"a", 1), Entry(b"b", 2**70)], {"bam": 5})

    assert (0, 0, None) == (spool.depth, spool.last_seq, spool.mark("bam"))
    spool.put(entries(b"c"))
    assert [1] == numbers(spool)


def test_marks_are_remembered_with_the_readings_and_the_newest_counts(path: Path) -> None:
    with closing(Spool(path)) as first:
        first.put(entries(b"a"), {"bam": 1, "smps": -2})
        first.put([], {"bam": 3})
        first.put([])

    with closing(Spool(path)) as second:
        assert (3, -2, None) == (second.mark("bam"), second.mark("smps"), second.mark("none"))
        assert [1] == numbers(second)


def test_nothing_is_sent_or_forgotten_under_the_name_of_another_spool(spool: Spool) -> None:
    spool.put(entries(b"a"))

    assert [] == spool.after(0, 10, of="another")
    assert 0 == spool.confirm([(1, 1)], of="another")
    assert [1] == [row.seq for row in spool.after(0, 10, of=spool.id)]
    assert 1 == spool.confirm([(1, 1)], of=spool.id)

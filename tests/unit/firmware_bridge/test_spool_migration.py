"""Files of version 0, in which each reading's JSON held its time."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from firmware_bridge.spool import Entry, Row, Spool
from firmware_bridge.spool.schema import time_and_rest

if TYPE_CHECKING:
    from pathlib import Path

# The tables of version 0, as its program made them.
VERSION_0 = """
CREATE TABLE spool (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), id TEXT NOT NULL);
CREATE TABLE readings (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
"""


def old_spool(path: Path, bodies: list[bytes]) -> str:
    name = str(uuid.uuid4())
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(VERSION_0)
        database.execute("INSERT INTO spool VALUES (1, ?)", (name,))
        database.executemany("INSERT INTO readings (body) VALUES (?)", [(b,) for b in bodies])
        database.commit()
    return name


def test_readings_keep_their_numbers_times_and_digits(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    bodies = [b'{"sensor":"a","t":%d,"pm25":20.20}' % (1000 + n) for n in range(5000)]
    name = old_spool(path, bodies)

    with closing(Spool(path)) as spool:
        assert (name, 5000, 5000) == (spool.id, spool.depth, spool.last_seq)
        rest = b'{"sensor":"a","pm25":20.20}'
        assert [Row(n + 1, 1000 + n, rest) for n in range(5000)] == spool.after(0, 10_000)


def test_numbers_go_on_even_where_the_old_spool_was_empty(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    old_spool(path, [b"{}"] * 7)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM readings")
        database.commit()

    for number in (8, 9):
        with closing(Spool(path)) as spool:
            assert number - 8 == spool.depth
            spool.put([Entry(b"a", 1)])
            assert number == spool.last_seq


@pytest.mark.parametrize("tables", [1, 2])
def test_a_version_0_that_was_cut_off_while_it_was_made_is_completed(
    tmp_path: Path, tables: int
) -> None:
    path = tmp_path / "spool.sqlite"
    with closing(sqlite3.connect(path)) as database:
        for statement in VERSION_0.split(";")[:tables]:
            database.execute(statement)

    with closing(Spool(path)) as spool:
        spool.put([Entry(b"a", 1)])
        assert [Row(1, 1, b"a")] == spool.after(0, 10)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"sensor":"a","t":-5}', (-5, b'{"sensor":"a"}')),
        (b'{"t":5,"x":{"t":1e400,"u":[1.0]}}', (5, b'{"x":{"t":1e400,"u":[1.0]}}')),
        (b'{"sensor":"a"}', (0, b'{"sensor":"a"}')),
        (b'{"t":"5"}', (0, b'{"t":"5"}')),
        (b'{"t":9223372036854775808}', (0, b'{"t":9223372036854775808}')),
        (b'{"t":1.5}', (0, b'{"t":1.5}')),
        (b"[]", (0, b"[]")),
        (b"\xff{", (0, b"\xff{")),
        (b"", (0, b"")),
    ],
)
def test_what_is_no_reading_is_kept_as_it_is(body: bytes, expected: tuple[int, bytes]) -> None:
    assert expected == time_and_rest(body)

"""SIGKILL at random points of a spool's life: what was told is there."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from integration import spool_life
from integration.spool_witness import Witness

from firmware_bridge.spool import Row, Spool

KILLS = 40
FOR_EVER = 10**9
VERSION_0 = """
CREATE TABLE spool (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), id TEXT NOT NULL);
CREATE TABLE readings (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
INSERT INTO spool VALUES (1, 'old');
"""


def killed_life(path: Path, run: int, lines: int, after_s: float, steps: int = FOR_EVER) -> str:
    """What a life told that was killed so long after so many lines."""
    script = str(Path(spool_life.__file__))
    command = [sys.executable, script, str(path), str(run), str(steps)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as life:
        assert life.stdout is not None
        told = b"".join(life.stdout.readline() for _ in range(lines))
        time.sleep(after_s)  # the point of the test: nobody knows where the knife falls
        life.kill()
        told += life.stdout.read()
    return told.decode()


def test_what_was_told_is_there_after_every_kill(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    dice = random.Random(20_240_301)  # noqa: S311  (reproducible, not secret)
    witness = Witness()
    for run in range(KILLS):
        # One line: it is opening, with the journal that the kill before has left.
        lines = dice.choice([1, 2, 5, 40, 200])
        witness.hear(run, killed_life(path, run, lines, dice.uniform(0, 0.01)))
        if dice.random() < 0.5:
            witness.check(path)

    witness.check(path)
    assert len(witness.bodies) > 10_000


def test_a_migration_goes_on_wherever_it_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    bodies = [b'{"sensor":"a","t":%d,"x":%d}' % (1000 + n, n) for n in range(100_000)]
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(VERSION_0)
        database.executemany("INSERT INTO readings (body) VALUES (?)", [(b,) for b in bodies])
        database.commit()
    dice = random.Random(3)  # noqa: S311  (the same)
    unfinished = 0
    for run in range(15):
        if "done" in killed_life(path, run, 1, dice.uniform(0, 0.1), steps=0):
            break
        unfinished += 1

    assert unfinished > 1
    with closing(Spool(path)) as spool:
        assert "old" == spool.id
        rows = spool.after(0, 100_000)
        rest = [b'{"sensor":"a","x":%d}' % n for n in range(100_000)]
        assert [Row(n + 1, 1000 + n, rest[n]) for n in range(100_000)] == rows
    with closing(sqlite3.connect(path)) as database:
        assert [("ok",)] == database.execute("PRAGMA integrity_check").fetchall()


def test_no_damaged_file_is_lost_wherever_the_gateway_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    dice = random.Random(5)  # noqa: S311  (the same)
    damaged: list[bytes] = []
    for run in range(12):
        if not path.exists() or path.read_bytes().startswith(b"SQLite"):
            # With the journals of the file that it replaces: SQLite would roll them back into it.
            for part in ("-wal", "-journal"):
                path.with_name(f"{path.name}{part}").unlink(missing_ok=True)
            damaged.append(b"damaged in run %d" % run)
            path.write_bytes(damaged[-1])
        killed_life(path, run, 1, dice.uniform(0, 0.006), steps=0)

    lying_there = {file.read_bytes() for file in tmp_path.glob("spool.sqlite*") if file.exists()}
    assert set(damaged) <= lying_there
    assert len(damaged) > 1
    with closing(Spool(path)) as spool:
        assert spool.last_seq == 0

"""A gateway's life with its spool, told line by line, until somebody kills it.

Run as a script: PATH RUN STEPS. Told behind each commit: `put FIRST LAST dated|undated`,
`resolved`; told before the call: `opening`, `confirm FIRST LAST`. A reading's body names its run
and its number, so that a number given twice is seen.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from firmware_bridge.spool import Entry, Spool, SpoolLimits

if TYPE_CHECKING:
    from collections.abc import Iterable

EPOCH_MS = 10**12
LIMITS = SpoolLimits(max_bytes=200_000)
PADDING = b"0123456789" * 8


def body(run: int, seq: int) -> bytes:
    return b'{"sensor":"run-%d","n":%d,"x":"%s"}' % (run, seq, PADDING)


def entries(run: int, numbers: Iterable[int], *, dated: bool) -> list[Entry]:
    return [
        Entry(body(run, seq), EPOCH_MS + seq if dated else None, f"boot-{run}", seq)
        for seq in numbers
    ]


def tell(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


class Life:
    """One process: it opens the spool and works with it, by its own dice."""

    def __init__(self, path: Path, run: int) -> None:
        self.path = path
        self.run = run
        self.dice = random.Random(run)  # noqa: S311  (reproducible, not secret)
        self.spool = self.opened()

    def opened(self) -> Spool:
        tell("opening")
        return Spool(self.path, LIMITS, f"boot-{self.run}")

    def put(self) -> None:
        first = self.spool.last_seq + 1
        last = first + self.dice.choice([1, 1, 20, 200]) - 1
        dated = self.dice.random() < 0.5
        self.spool.put(entries(self.run, range(first, last + 1), dated=dated), {"last": last})
        tell("put", first, last, "dated" if dated else "undated")

    def confirm(self) -> None:
        rows = self.spool.after(self.dice.randrange(self.spool.last_seq + 1), 300)
        if rows:
            tell("confirm", rows[0].seq, rows[-1].seq)
            self.spool.confirm([(rows[0].seq, rows[-1].seq)])

    def enforce_limits(self) -> None:
        self.spool.enforce_limits(None)

    def resolve(self) -> None:
        self.spool.resolve(f"boot-{self.run}", EPOCH_MS)
        tell("resolved")

    def open_again(self) -> None:
        self.spool.close()
        self.spool = self.opened()

    def go_on(self, steps: int) -> None:
        acts = [self.put, self.confirm, self.enforce_limits, self.resolve, self.open_again]
        for _ in range(steps):
            self.dice.choices(acts, weights=[60, 25, 10, 2, 3])[0]()
        tell("done")


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    Life(Path(sys.argv[1]), int(sys.argv[2])).go_on(int(sys.argv[3]))

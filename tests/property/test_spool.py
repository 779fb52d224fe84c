"""The spool against a model of it: a dictionary that cannot lose anything."""

from __future__ import annotations

import shutil
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from firmware_bridge.spool import Entry, Row, Spool, SpoolLimits

MAX_AGE_MS = 1000
RANGES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=3)
TIMES = st.none() | st.integers(10**12, 10**12 + 3 * MAX_AGE_MS)
READINGS = st.lists(st.tuples(st.binary(max_size=4), TIMES, st.integers(0, 50)), max_size=4)


class Kept(NamedTuple):
    """A reading in the model; `offset_ms` None while it is held, 0 where its time is lost."""

    body: bytes
    t_ms: int
    boot: str
    offset_ms: int | None

    @property
    def is_true(self) -> bool:
        return not self.boot or bool(self.offset_ms)


class SpoolAgainstModel(RuleBasedStateMachine):
    """Puts, receipts, limits, restarts of the process and of the machine, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="spool-"))
        self.boot = 0
        self.offset_ms: int | None = None
        self.spool = self.opened()
        self.id = self.spool.id
        self.model: dict[int, Kept] = {}
        self.marks: dict[str, int] = {}
        self.dropped: set[int] = set()
        self.newest = 0

    def opened(self) -> Spool:
        limits = SpoolLimits(max_age_s=MAX_AGE_MS / 1000)
        return Spool(self.folder / "spool.sqlite", limits, f"b{self.boot}")

    @rule(readings=READINGS, marks=st.dictionaries(st.sampled_from("ab"), st.integers(0, 9)))
    def put(self, readings: list[tuple[bytes, int | None, int]], marks: dict[str, int]) -> None:
        boot = f"b{self.boot}"
        self.spool.put([Entry(body, t_ms, boot, since) for body, t_ms, since in readings], marks)
        self.marks |= marks
        for body, t_ms, since_boot_ms in readings:
            self.newest += 1
            self.model[self.newest] = (
                Kept(body, since_boot_ms, boot, self.offset_ms)
                if t_ms is None
                else Kept(body, t_ms, "", 0)
            )

    @rule(ranges=RANGES)
    def confirm(self, ranges: list[tuple[int, int]]) -> None:
        covered = {row.seq for row in self.sendable() if any(a <= row.seq <= b for a, b in ranges)}

        assert len(covered) == self.spool.confirm(ranges)

        for seq in covered:
            del self.model[seq]

    @rule(seq=st.integers(0, 30), limit=st.integers(0, 8), upto=st.none() | st.integers(0, 30))
    def read(self, seq: int, limit: int, upto: int | None) -> None:
        last = self.newest if upto is None else upto
        expected = [row for row in self.sendable() if seq < row.seq <= last]

        assert expected[:limit] == self.spool.after(seq, limit, upto)

    @rule(now_ms=st.integers(10**12, 10**12 + 5 * MAX_AGE_MS))
    def enforce_limits(self, now_ms: int) -> None:
        old = 0
        for seq, kept in sorted(self.model.items()):
            if kept.is_true:
                if kept.t_ms + (kept.offset_ms or 0) >= now_ms - MAX_AGE_MS:
                    break
                old = seq
        gone = {seq for seq in self.model if seq <= old}

        assert len(gone) == self.spool.enforce_limits(now_ms)

        self.dropped |= gone
        for seq in gone:
            del self.model[seq]

    @rule(offset_ms=st.integers(10**12, 10**12 + 9))
    def clock_becomes_known(self, offset_ms: int) -> None:
        held = {seq for seq, kept in self.model.items() if kept.boot and kept.offset_ms is None}
        if self.offset_ms is None or held:
            self.offset_ms = offset_ms
        else:
            offset_ms = self.offset_ms

        assert len(held) == self.spool.resolve(f"b{self.boot}", offset_ms)

        for seq in held:
            self.model[seq] = self.model[seq]._replace(offset_ms=offset_ms)

    @rule()
    def the_machine_starts_again(self) -> None:
        self.spool.close()
        self.boot += 1
        self.offset_ms = None
        self.spool = self.opened()
        for seq, kept in self.model.items():
            if kept.boot and kept.offset_ms is None:
                self.model[seq] = kept._replace(offset_ms=0)

    @rule()
    def the_process_starts_again(self) -> None:
        self.spool.close()
        self.spool = self.opened()
        if self.offset_ms is not None:  # its owner knows the clock still and says so
            self.spool.resolve(f"b{self.boot}", self.offset_ms)

    def sendable(self) -> list[Row]:
        return [
            Row(seq, kept.t_ms + kept.offset_ms, kept.body)
            for seq, kept in sorted(self.model.items())
            if kept.offset_ms is not None
        ]

    @invariant()
    def nothing_is_lost(self) -> None:
        held = sum(kept.offset_ms is None for kept in self.model.values())
        ranges = self.spool.dropped_ranges(1000)

        assert (self.id, self.newest) == (self.spool.id, self.spool.last_seq)
        assert (len(self.model), held) == (self.spool.depth, self.spool.held)
        assert self.sendable() == self.spool.after(0, 1000)
        assert self.marks == {name: self.spool.mark(name) for name in self.marks}
        assert self.dropped == {seq for a, b in ranges for seq in range(a, b + 1)}
        assert len(self.dropped) == self.spool.dropped
        assert all(a[1] + 1 < b[0] for a, b in pairwise(ranges))

    def teardown(self) -> None:
        self.spool.close()
        shutil.rmtree(self.folder)


TestTheSpoolLosesNothingWhateverHappens = SpoolAgainstModel.TestCase
TestTheSpoolLosesNothingWhateverHappens.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None
)

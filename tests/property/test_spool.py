"""The spool against a model of it: a dictionary that cannot lose anything."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from firmware_bridge.spool import Spool

RANGES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=3)


class SpoolAgainstModel(RuleBasedStateMachine):
    """Puts, receipts and restarts in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="spool-"))
        self.spool = Spool(self.folder / "spool.sqlite")
        self.id = self.spool.id
        self.model: dict[int, bytes] = {}
        self.newest = 0

    @rule(bodies=st.lists(st.binary(max_size=4), max_size=4))
    def put(self, bodies: list[bytes]) -> None:
        self.spool.put(bodies)
        for body in bodies:
            self.newest += 1
            self.model[self.newest] = body

    @rule(ranges=RANGES)
    def confirm(self, ranges: list[tuple[int, int]]) -> None:
        covered = {seq for seq in self.model if any(a <= seq <= b for a, b in ranges)}

        assert len(covered) == self.spool.confirm(ranges)

        for seq in covered:
            del self.model[seq]

    @rule(seq=st.integers(0, 30), limit=st.integers(0, 8))
    def read(self, seq: int, limit: int) -> None:
        expected = [row for row in sorted(self.model.items()) if row[0] > seq]

        assert expected[:limit] == self.spool.after(seq, limit)

    @rule()
    def restart(self) -> None:
        self.spool.close()
        self.spool = Spool(self.folder / "spool.sqlite")

        assert self.id == self.spool.id

    @invariant()
    def nothing_is_lost(self) -> None:
        assert len(self.model) == self.spool.depth
        assert sorted(self.model.items()) == self.spool.after(0, 1000)

    def teardown(self) -> None:
        self.spool.close()
        shutil.rmtree(self.folder)


TestTheSpoolLosesNothingWhateverHappens = SpoolAgainstModel.TestCase
TestTheSpoolLosesNothingWhateverHappens.settings = settings(
    max_examples=15, stateful_step_count=12, deadline=None
)

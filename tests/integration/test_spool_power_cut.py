"""The power goes at random points of a recorded life: what was told is there."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fixtures.absence import absent
from integration import spool_life
from integration.spool_trace import CALLS, Call, Disk, calls
from integration.spool_witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = 150
CUTS = 120


@pytest.fixture
def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        absent("strace", "it is not installed")
    if subprocess.run([found, "true"], capture_output=True, check=False).returncode != 0:
        absent("strace", "it may not trace here")
    return found


def recorded(strace: str, folder: Path, run: int) -> tuple[Path, list[Call]]:
    """The path of a life's spool, and its calls."""
    spool, trace = folder / "spool.sqlite", folder.parent / "trace"
    folder.mkdir()
    command = [strace, "-o", str(trace), "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}"]
    life = [sys.executable, str(Path(spool_life.__file__)), str(spool), str(run), str(STEPS)]
    subprocess.run([*command, *life], check=True, stdout=subprocess.PIPE)
    return spool, list(calls(trace))


def disks_at(spool: Path, trace: list[Call], cuts: list[int]) -> Iterator[tuple[Disk, str]]:
    """The disk, and all that was told, as they stood before the calls of these numbers."""
    disk, told = Disk(spool), ""
    for number, call in enumerate(trace):
        if number in cuts:
            yield disk, told
        if call.what == "tell":
            told += call.data.decode()
        else:
            disk.take(call)


@pytest.mark.parametrize("run", [1, 2])
def test_what_was_told_is_there_when_the_power_is_back(
    strace: str, tmp_path: Path, run: int
) -> None:
    spool, trace = recorded(strace, tmp_path / "life", run)
    dice = random.Random(run)  # noqa: S311  (reproducible, not secret)
    cuts = [*range(40), *dice.sample(range(len(trace)), CUTS)]
    told_most = 0
    for number, (disk, told) in enumerate(disks_at(spool, trace, cuts)):
        folder = tmp_path / str(number)
        folder.mkdir()
        disk.write_after_a_cut(folder, dice)
        witness = Witness()
        witness.hear(run, told)
        witness.check(folder / "spool.sqlite")
        told_most = max(told_most, len(witness.bodies))
        shutil.rmtree(folder)

    assert told_most > 500

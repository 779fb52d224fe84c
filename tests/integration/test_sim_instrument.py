"""`dust sim instrument`: an instrument that a gateway, or a person, can talk to."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fixtures.ports import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DUST = [sys.executable, "-m", "dust.commands"]


@contextmanager
def alive(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*DUST, "sim", "instrument", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        assert 0 == process.wait(15)
        if process.stdout:
            process.stdout.close()


def test_an_instrument_that_only_answers_is_found_by_the_gateway_s_probe(tmp_path: Path) -> None:
    link = tmp_path / "sps30"
    with alive("sps30", "--link", str(link), "--pm25", "41"):
        wait_until(link.is_symlink, "the port")
        probe = [*DUST, "bridge", "--probe", str(link), "--model", "sps30", "--seconds", "1"]
        told = subprocess.run([*probe, "--json"], capture_output=True, text=True, check=False)

    assert ["sps30"] == json.loads(told.stdout)["candidates"]
    assert not link.is_symlink()


def test_an_unknown_model_is_wrong_use_and_names_those_that_exist() -> None:
    told = subprocess.run(
        [*DUST, "sim", "instrument", "pms9"], capture_output=True, text=True, check=False
    )

    assert 2 == told.returncode
    assert "model = 'pms9': allowed is one of pms3003" in told.stderr

"""Our quality control on sets that its parameters were not chosen on: the goals are held."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from sim.labelled import peers
from sim.labelled.__main__ import command
from sim.labelled.labelled_set import labelled_set
from sim.labelled.ours import ours
from sim.labelled.score import RuleFigures, Tally, figures_of

if TYPE_CHECKING:
    from pathlib import Path

HOLD_OUT = (100, 101, 102)  # never used to choose a parameter
DAYS = 9


@pytest.fixture(scope="module")
def judged() -> tuple[RuleFigures, RuleFigures]:
    """Ours and the peers', over the same sets."""
    own, theirs = Tally(), Tally()
    for seed in HOLD_OUT:
        labelled = labelled_set(seed, DAYS)
        own.add(labelled, ours(labelled))
        theirs.add(labelled, peers.published(labelled))
    return figures_of("ours", own), figures_of("map rule", theirs)


def test_plumes_count(judged: tuple[RuleFigures, RuleFigures]) -> None:
    own, theirs = judged

    assert (own.plume_recall.share or 0) >= 0.95
    assert (own.plume_episodes_kept.share or 0) >= 0.95
    assert (theirs.plume_recall.share or 0) < 0.5


def test_faults_that_values_can_show_are_marked(judged: tuple[RuleFigures, RuleFigures]) -> None:
    own, theirs = judged

    assert (own.fault_recall.share or 0) >= 0.80
    assert (own.fault_recall_mean_of_kinds or 0) >= 0.80
    assert (own.fault_recall.share or 0) >= (theirs.fault_recall.share or 0)


def test_clean_air_is_left_alone(judged: tuple[RuleFigures, RuleFigures]) -> None:
    own, _ = judged

    assert own.clean_suspect <= 0.02
    assert own.clean_failed <= 0.0005
    assert own.clean_hours_marked <= 0.02


def test_a_daily_mean_on_a_plume_day_is_the_truth(judged: tuple[RuleFigures, RuleFigures]) -> None:
    own, theirs = judged

    assert (own.plume_days.lost, own.plume_days.hidden) == (0, 0)
    assert (own.plume_days.largest_error or 0) < 5 < (theirs.plume_days.largest_error or 0)


def test_the_command_prints_one_object_and_writes_what_it_is_asked_for(tmp_path: Path) -> None:
    folder, picture = tmp_path / "set", tmp_path / "page.svg"
    arguments = ["--json", "--days", "4", "--write", str(folder), "--picture", str(picture)]

    told = json.loads(CliRunner().invoke(command, arguments, catch_exceptions=False).stdout)

    assert ["ours", "map rule", "its branch", "none"] == [one["rule"] for one in told["rules"]]
    assert (100, 1, 4, 12) == tuple(told[k] for k in ("first_seed", "sets", "days", "stations"))
    assert 13 == len(list(folder.glob("*.csv")))
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_the_command_prints_tables_for_people() -> None:
    told = CliRunner().invoke(command, ["--days", "4"], catch_exceptions=False).stdout

    assert "plume values that count" in told
    assert "clock*" in told

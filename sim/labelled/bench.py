"""The run behind `dust bench plumes`: sets are made, rules judge them, figures come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sim.labelled import peers
from sim.labelled.labelled_set import LabelledSet, labelled_set
from sim.labelled.ours import ours
from sim.labelled.score import RuleFigures, Tally, figures_of
from sim.labelled.verdict import no_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sim.labelled.verdict import Rule, Verdict

RULES: Final[Mapping[str, Rule]] = {
    "ours": ours,
    "map rule": peers.published,
    "its branch": peers.proposed,
    "none": no_rule,
}


class SetFigures(msgspec.Struct, frozen=True):
    """What was judged, and the figures of each rule."""

    first_seed: int
    sets: int
    days: int
    stations: int
    rules: list[RuleFigures]


def run(first_seed: int, sets: int, days: int, say: Callable[[str], None]) -> SetFigures:
    """Judges so many sets, of the seeds from the first on; one set is in memory at a time."""
    tallies = {name: Tally() for name in RULES}
    stations = 0
    for seed in range(first_seed, first_seed + sets):
        labelled = labelled_set(seed, days)
        stations = len(labelled.stations)
        for name, rule in RULES.items():
            say(f"set {seed}, {name}")
            tallies[name].add(labelled, rule(labelled))
    rules = [figures_of(name, tally) for name, tally in tallies.items()]
    return SetFigures(first_seed, sets, days, stations, rules)


def verdicts_of(labelled: LabelledSet) -> dict[str, Verdict]:
    """What each rule but the last says, for the picture."""
    return {name: rule(labelled) for name, rule in RULES.items() if rule is not no_rule}

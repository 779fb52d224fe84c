"""Everything that may happen, in any order, against the oracle: every figure after every event.

`SCENARIOS=n` plays n scenarios on each kind of server instead of a few, and `SCENARIO_SEED=n`
begins with another one than the first.
"""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest
from integration.scenario_comparison import (
    Revision,
    average_differences,
    entry_differences,
    revision_differences,
    standing,
    stored_averages,
    stored_revisions,
)
from integration.scenario_making import NOW, scenario
from integration.scenario_order import in_another_order
from integration.scenario_place import ScenarioPlace

from dust.clock import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from integration.scenario_comparison import Difference
    from integration.scenario_events import Event
    from integration.scenario_making import Scenario

    from dust.testing import FakeClock
    from sim.oracle import Average, Entry, World

FIRST_SEED: Final = int(os.environ.get("SCENARIO_SEED", "1"))
N_TOLD: Final = int(os.environ.get("SCENARIO_DIFFERENCES", "8"))
SEEDS: Final = range(FIRST_SEED, FIRST_SEED + int(os.environ.get("SCENARIOS", "3")))


def first_disagreement(url: str, clock: FakeClock, made: Scenario) -> str:
    """Plays a scenario until system and oracle do not agree; '' when they always do."""
    clock.set_ms(epoch_ms(NOW))
    at_ms = epoch_ms(datetime.now(UTC))
    world, lines = made.world, list[Revision]()
    with closing(ScenarioPlace(url, clock, world)) as place:
        for number, step in enumerate(made.steps):
            before, earlier = world, lines
            for event in step:
                place.happen(event)
                world = event.in_world(world)
            place.settle()
            lines = stored_revisions(place.connection)
            differences = [
                *average_differences(world, stored_averages(place.connection)),
                *entry_differences(world, lines, at_ms),
                *revision_differences(before, world, (earlier, lines), at_ms),
            ]
            if differences:
                happened = ", ".join(event.what for event in step)
                return told(f"seed {made.seed}, step {number}: {happened}", differences)
    return ""


def told(step: str, differences: list[Difference]) -> str:
    """The first few of them, a line each."""
    return "\n  ".join([f"{step}: {len(differences)} differences", *map(str, differences[:N_TOLD])])


@pytest.mark.parametrize("seed", SEEDS)
def test_after_every_event_the_database_holds_what_the_oracle_expects(
    database: str, clock: FakeClock, seed: int
) -> None:
    disagreement = first_disagreement(database, clock, scenario(seed, n_days=3))

    if disagreement:
        pytest.fail(disagreement, pytrace=False)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_events_leaves_no_trace_in_what_stands(
    plain_database: str, timescale_database: str, clock: FakeClock, seed: int
) -> None:
    """On the two kinds of server, so that both are also held against each other."""
    made = scenario(seed, n_days=3)

    in_order = end_of(plain_database, clock, made.world, made.steps)
    mixed = end_of(timescale_database, clock, made.world, in_another_order(made))

    assert in_order == mixed


def end_of(
    url: str, clock: FakeClock, world: World, steps: Iterable[Iterable[Event]]
) -> tuple[list[Average], list[Entry]]:
    """Averages and standing entries after all steps."""
    clock.set_ms(epoch_ms(NOW))
    with closing(ScenarioPlace(url, clock, world)) as place:
        for step in steps:
            for event in step:
                place.happen(event)
            place.settle()
        entries = [line.entry for line in standing(stored_revisions(place.connection)).values()]
        return sorted(stored_averages(place.connection)), sorted(entries)

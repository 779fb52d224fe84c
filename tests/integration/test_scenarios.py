"""Everything that may happen, in any order, against the oracle: every figure after every event.

`SCENARIOS=n` plays n scenarios on each kind of server instead of a few, and `SCENARIO_SEED=n`
begins with another one than the first.
"""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
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
from integration.scenario_events import Arrival
from integration.scenario_making import NOW, scenario
from integration.scenario_order import in_another_order
from integration.scenario_place import ScenarioPlace

from dust.clock import epoch_ms, instant
from dust.storage.stored_network import rules_in_force
from ingest.ledger import finalise
from sim.oracle import Settled, day_start_ms, entries, local_day_of

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
    after = Settled(world, at_ms)
    with closing(ScenarioPlace(url, clock, world)) as place:
        for number, step in enumerate(made.steps):
            before, earlier = after, lines
            for event in step:
                place.happen(event)
                world = event.in_world(world)
            place.settle()
            after, lines = Settled(world, at_ms), stored_revisions(place.connection)
            differences = [
                *average_differences(after, stored_averages(place.connection)),
                *entry_differences(after, lines),
                *revision_differences(before, after, earlier, lines),
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


def test_a_month_and_more_holds_what_the_oracle_expects(
    plain_database: str, clock: FakeClock
) -> None:
    """Hourly readings, so that the months are complete in reasonable time."""
    made = scenario(FIRST_SEED, n_days=33, interval_s=3600)

    disagreement = first_disagreement(plain_database, clock, made)

    if disagreement:
        pytest.fail(disagreement, pytrace=False)


@pytest.mark.parametrize("seed", SEEDS)
def test_of_an_open_day_the_ledger_holds_what_is_certain_at_the_instant(
    plain_database: str, clock: FakeClock, seed: int
) -> None:
    """Its figures are those of the first instant of certainty, until the day is over."""
    clock.set_ms(epoch_ms(NOW))
    made = scenario(seed, n_days=3)
    [arrival] = made.steps[0]
    assert isinstance(arrival, Arrival)
    readings = sorted(arrival.readings, key=lambda each: each.t_ms)
    start_ms = day_start_ms(local_day_of(readings[0].t_ms))
    world, expected, got = made.world, [], []
    with closing(ScenarioPlace(plain_database, clock, world)) as place:
        for hours in (15.5, 16, 19.2, 21, 23.3, 40, 44.5, 47.99):
            at_ms = start_ms + round(hours * 3_600_000)
            event = Arrival("until now", tuple(each for each in readings if each.t_ms < at_ms))
            world = event.in_world(world)
            place.happen(event)
            place.settle(instant(at_ms))
            today = local_day_of(at_ms)
            keys = standing(stored_revisions(place.connection))
            got.append(sorted(key for key in keys if key[3] == today))
            wanted = (entry.key for entry in entries(world, at_ms))
            expected.append(sorted(key for key in wanted if key[3] == today))

    assert expected == got


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stands_becomes_final_after_thirty_quiet_days_and_not_before(
    plain_database: str, clock: FakeClock, seed: int
) -> None:
    clock.set_ms(epoch_ms(NOW))
    made = scenario(seed, n_days=3)
    [arrival] = made.steps[0]
    world = arrival.in_world(made.world)
    today = datetime.now(UTC)
    with closing(ScenarioPlace(plain_database, clock, made.world)) as place:
        place.happen(arrival)
        place.settle()
        statuses = []
        for days in (world.final_after_days - 1, world.final_after_days + 1):
            finalise(
                place.connection, rules_in_force(place.connection), today + timedelta(days=days)
            )
            lines = standing(stored_revisions(place.connection)).values()
            statuses.append({line.status for line in lines})
            assert sorted(line.entry for line in lines) == entries(world, epoch_ms(today))

    assert [{"provisional"}, {"final"}] == statuses


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

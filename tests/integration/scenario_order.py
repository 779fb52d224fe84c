"""The same scenario in another order: what is stored in the end is the same, the way is not."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from integration.scenario_events import Arrival, Correcting, Placement, Ruling, Withdrawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from integration.scenario_events import Event
    from integration.scenario_making import Scenario

    from sim.oracle import Stored


def in_another_order(made: Scenario) -> list[list[Event]]:
    """All readings mixed, the network's last word at once, corrections as they were recorded."""
    chance = random.Random(-made.seed)  # noqa: S311  (scenarios, not secrets)
    events = [event for step in made.steps for event in step]
    corrections = [each for each in events if isinstance(each, Correcting | Withdrawing)]
    last_words = [
        [each for each in events if isinstance(each, kind)][-1:] for kind in (Placement, Ruling)
    ]
    readings = sorted(
        {each for event in events if isinstance(event, Arrival) for each in event.readings}
    )
    chance.shuffle(readings)
    return _interleaved([corrections, *last_words, _portions(readings, chance)], chance)


def _portions(readings: Sequence[Stored], chance: random.Random) -> list[Event]:
    cuts = sorted(chance.sample(range(len(readings)), 3))
    spans = zip([0, *cuts], [*cuts, len(readings)], strict=True)
    return [
        Arrival("mixed readings", tuple(readings[first:last]), chance.randint(100, 500))
        for first, last in spans
    ]


def _interleaved(lines: Sequence[Sequence[Event]], chance: random.Random) -> list[list[Event]]:
    """The lines of events mixed, each in its order, cut into steps."""
    order = [number for number, line in enumerate(lines) for _ in line]
    chance.shuffle(order)
    waiting = [list(line) for line in lines]
    steps: list[list[Event]] = [[]]
    for number in order:
        steps[-1].append(waiting[number].pop(0))
        if chance.random() < 0.5:
            steps.append([])
    return steps

"""How often something can be done in a second."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS: Final = 3


def rate_for(act: Callable[[], int], round_s: float) -> float:
    """What `act` counts, a second, over at least `round_s`; it is done once at least."""
    started_s = time.perf_counter()
    done = act()
    while (elapsed_s := time.perf_counter() - started_s) < round_s:
        done += act()
    return done / elapsed_s


def rate_once(act: Callable[[], int]) -> float:
    """What `act` counts, a second, in doing it once."""
    started_s = time.perf_counter()
    return act() / (time.perf_counter() - started_s)


def rate_until_done(act: Callable[[], int]) -> float:
    """The same until `act` counts nothing any more."""
    started_s = time.perf_counter()
    done = 0
    while more := act():
        done += more
    return done / (time.perf_counter() - started_s)


def rates_in_turn(acts: list[Callable[[], int]], round_s: float) -> list[float]:
    """The median rate of each, measured in turn: a disk that slows down slows all of them."""
    rounds = [[rate_for(act, round_s) for act in acts] for _ in range(ROUNDS)]
    return [median(rates) for rates in zip(*rounds, strict=True)]

"""Sequence numbers counted in the database itself: what is lost, doubled or nobody's."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dust.storage.connection import connect
from dust.wire import ranges_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_STORED = """
SELECT sensors.gateway, seq FROM readings JOIN sensors USING (sensor_id)
UNION ALL
SELECT '', seq FROM readings LEFT JOIN sensors USING (sensor_id) WHERE code IS NULL
"""

Ranges = list[tuple[int, int]]


class Tally(NamedTuple):
    """Ranges of sequence numbers of one sender, both ends included."""

    lost: Ranges
    doubled: Ranges
    never_sent: Ranges


CLEAN = Tally([], [], [])


def stored_numbers(url: str) -> dict[str, Counter[int]]:
    """How often each number of each gateway is stored, whatever its sensor and time."""
    found: defaultdict[str, Counter[int]] = defaultdict(Counter)
    with connect(url) as connection:
        for gateway, seq in connection.execute(_STORED):
            found[gateway][seq] += 1
    return found


def tallies(url: str, sent: Mapping[str, Collection[int]]) -> dict[str, Tally]:
    """What is wrong, by gateway; empty where each number sent is stored exactly once."""
    stored = stored_numbers(url)
    told = {name: _tally(stored[name], sent.get(name, ())) for name in {*stored, *sent}}
    return {name: tally for name, tally in told.items() if tally != CLEAN}


def _tally(stored: Counter[int], sent: Collection[int]) -> Tally:
    expected = set(sent)
    return Tally(
        ranges_of(list(expected - stored.keys())),
        ranges_of([seq for seq, times in stored.items() if times > 1]),
        ranges_of(list(stored.keys() - expected)),
    )

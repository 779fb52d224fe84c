"""What a change below the figures must add to the ledger, and which reasons it must give."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sim.oracle import local_time
from sim.oracle.averages import hours, longer
from sim.oracle.ledger import entries_of
from sim.oracle.told_values import told_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sim.oracle.averages import Average
    from sim.oracle.ledger import Entry, EntryKey
    from sim.oracle.told_values import Told
    from sim.oracle.world import World

LATE_DATA = "late_data"
RE_QC = "re_qc"
CORRECTION = "correction"
DEPLOYMENT = "deployment"
RULE_SET = "rule_set"

FOUND, RESTATED, WITHDRAWN = "found", "restated", "withdrawn"

_Key = tuple[str, int, int]
_Place = tuple[str, str, int]


class Change(NamedTuple):
    """One new revision of one entry; where it is found, the reasons say what brought it about."""

    key: EntryKey
    what: str
    reasons: frozenset[str]


class Settled:
    """A world, and all that follows from it at an instant."""

    def __init__(self, world: World, as_of_ms: int) -> None:
        self.world = world
        told = told_values(world)
        station_hours = hours(told, world.rules)
        self.averages = [*station_hours, *longer(station_hours, world.rules)]
        self.hours: dict[_Place, Average] = {
            (hour.station, hour.pollutant, hour.start_ms): hour for hour in station_hours
        }
        self.entries: dict[EntryKey, Entry] = {
            entry.key: entry
            for entry in entries_of(station_hours, as_of_ms, world.limits, world.rules)
        }
        self.told: defaultdict[_Place, dict[_Key, Told]] = defaultdict(dict)
        for value in told:
            place = value.station, value.pollutant, local_time.hour_of(value.t_ms)
            self.told[place][value.reading] = value


def changes(old: Settled, new: Settled) -> list[Change]:
    """The new revisions between two settled worlds, exactly one for each entry that differs."""
    reasons = _reasons_by_day(old, new)
    return [
        Change(key, _what(key, old.entries, new.entries), frozenset(reasons[key[0], key[3]]))
        for key in sorted(old.entries.keys() | new.entries.keys())
        if old.entries.get(key) != new.entries.get(key)
    ]


def _what(key: EntryKey, old: Iterable[EntryKey], new: Iterable[EntryKey]) -> str:
    if key not in old:
        return FOUND
    return RESTATED if key in new else WITHDRAWN


def _reasons_by_day(old: Settled, new: Settled) -> dict[tuple[str, date], set[str]]:
    """A station's day is judged as a whole: what changed any of its hours is a reason."""
    came = {each.key for each in new.world.stored} - {each.key for each in old.world.stored}
    published_anew = {key[:2] for key in came}
    reasons: defaultdict[tuple[str, date], set[str]] = defaultdict(set)
    for place in old.hours.keys() | new.hours.keys():
        if old.hours.get(place) != new.hours.get(place):
            station, _, start_ms = place
            local_day = local_time.local_day_of(start_ms)
            before, after = old.told[place], new.told[place]
            reasons[station, local_day] |= _reasons((old.world, new.world), before, after)
            if came & after.keys():
                reasons[station, local_day].add(LATE_DATA)
            # A reading that both worlds hold and only one tells here stands elsewhere now; unless
            # it was published anew.
            gone = (before.keys() ^ after.keys()) - came
            if any(key[:2] not in published_anew for key in gone):
                reasons[station, local_day].add(DEPLOYMENT)
    return reasons


def _reasons(
    worlds: tuple[World, World], before: Mapping[_Key, Told], after: Mapping[_Key, Told]
) -> set[str]:
    """What differs in the rules of an hour, and in what is made of readings that it keeps."""
    reasons = {RULE_SET} if worlds[0].rules != worlds[1].rules else set()
    for key in before.keys() & after.keys():
        if before[key].failed != after[key].failed:
            # By other tests; or by the same, because of what came after it or before it.
            reasons.add(LATE_DATA if worlds[0].models == worlds[1].models else RE_QC)
        if before[key].correction_id != after[key].correction_id:
            reasons.add(CORRECTION)
    return reasons

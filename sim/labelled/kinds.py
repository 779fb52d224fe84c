"""What a value of the set can be, and the kinds of plumes and faults that are in it."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final


class Label(IntEnum):
    """What a value is; UNSURE (a plume's thin edge, a drift's first hours) is not scored."""

    CLEAN = 0
    PLUME = 1
    FAULT = 2
    UNSURE = 3


class PlumeKind(StrEnum):
    """Dust and smoke that were truly in the air."""

    BLAST = "blast"
    CONVOY = "convoy"
    ROAD = "road"
    MILL = "mill"
    STUBBLE = "stubble"
    OVERNIGHT = "overnight"
    LEVEL = "level"
    HUMID = "humid"


class FaultKind(StrEnum):
    """What a sensor told that was not in the air."""

    STUCK = "stuck"
    FLICKER = "flicker"
    ZERO = "zero"
    SATURATION = "saturation"
    GARBAGE = "garbage"
    TELEGRAPH = "telegraph"
    ORDER = "order"
    CHANNELS = "channels"
    FOG = "fog"
    WARM_UP = "warm_up"
    SPIDER = "spider"
    OFFSET = "offset"
    DRIFT = "drift"
    DIRTY = "dirty"
    CLOCK = "clock"


Kind = PlumeKind | FaultKind

PLUME_WORDS: Final = {
    PlumeKind.BLAST: "quarry blast: ten times the level in a minute or two, gone in 20 to 60",
    PlumeKind.CONVOY: "lorries in a row: single readings, again and again",
    PlumeKind.ROAD: "unpaved road in the dry afternoon: gusts for hours",
    PlumeKind.MILL: "stone mill: one station, 2 to 6 h, 100 to 800 µg/m³",
    PlumeKind.STUBBLE: "stubble fire: smoke at three stations, one after another",
    PlumeKind.OVERNIGHT: "a mill by night: one station, ten hours",
    PlumeKind.LEVEL: "dust in still air: one station, hours at one level",
    PlumeKind.HUMID: "a plume in moist air: one station, above 85 % RH",
}
FAULT_WORDS: Final = {
    FaultKind.STUCK: "the same value for 2 h to 2 d",
    FaultKind.FLICKER: "the same value, now and then one count more",
    FaultKind.ZERO: "fan dead: zero for hours",
    FaultKind.SATURATION: "SDS011 with a dirty inlet: 999.9 and 1999.9",
    FaultKind.GARBAGE: "single values from a bad line: negative, huge, anything",
    FaultKind.TELEGRAPH: "electrical: single readings far up, at random",
    FaultKind.ORDER: "PM2.5 above PM10",
    FaultKind.CHANNELS: "one of two channels wrong",
    FaultKind.FOG: "SDS011 in fog: droplets counted as dust",
    FaultKind.WARM_UP: "power cut every hour, the first readings wrong",
    FaultKind.SPIDER: "something moves in the chamber: bursts of minutes",
    FaultKind.OFFSET: "a jump by some tens of µg/m³ that stays",
    FaultKind.DRIFT: "a drift of 0.5 to 1.5 µg/m³ an hour",
    FaultKind.DIRTY: "dirt in the light path: 30 % of the truth",
    FaultKind.CLOCK: "clock wrong by one hour",
}
UNSEEN: Final = {
    FaultKind.OFFSET: "after the jump it is what dust at one level looks like",
    FaultKind.DRIFT: "no reading differs from the one before",
    FaultKind.DIRTY: "a clean place looks the same",
    FaultKind.CLOCK: "every value was true an hour earlier",
}
"""Kinds that no test of one sensor's values can see, and why; scored, and left out of the goal."""


def words_of(kind: Kind) -> str:
    """What a kind is, in a line."""
    return PLUME_WORDS[kind] if isinstance(kind, PlumeKind) else FAULT_WORDS[kind]

"""The oracle: what the system must hold, worked out naively from what decides it.

It is the second opinion: exact arithmetic, no code of the system, no cleverness. The rules are
those of docs/domain-rules.md sections 2, 3, 6 and 7. A `World` is everything that decides a
figure; `averages` and `entries` say what follows from it, and
`changes` what must be told when one settled world becomes another.
"""

from __future__ import annotations

from sim.oracle.averages import Average, averages, days, hours, months, years
from sim.oracle.ledger import Entry, entries, entries_of
from sim.oracle.local_time import day_start_ms, local_day_of
from sim.oracle.replay import Day, Deployed, Exceedance, Expected, Hour, expected
from sim.oracle.restatements import Change, Settled, changes
from sim.oracle.sent_frames import Reading, SentFrame, readings
from sim.oracle.told_values import Told, told_values
from sim.oracle.world import (
    CLAIM_CLASSES,
    POLLUTANTS,
    THAI_24_HOUR_LIMITS,
    THE_USUAL_RULES,
    Correction,
    Deployment,
    FlatLine,
    Limit,
    Measured,
    Model,
    RuleSet,
    Sensor,
    Stored,
    World,
)

__all__ = [
    "CLAIM_CLASSES",
    "POLLUTANTS",
    "THAI_24_HOUR_LIMITS",
    "THE_USUAL_RULES",
    "Average",
    "Change",
    "Correction",
    "Day",
    "Deployed",
    "Deployment",
    "Entry",
    "Exceedance",
    "Expected",
    "FlatLine",
    "Hour",
    "Limit",
    "Measured",
    "Model",
    "Reading",
    "RuleSet",
    "Sensor",
    "SentFrame",
    "Settled",
    "Stored",
    "Told",
    "World",
    "averages",
    "changes",
    "day_start_ms",
    "days",
    "entries",
    "entries_of",
    "expected",
    "hours",
    "local_day_of",
    "months",
    "readings",
    "told_values",
    "years",
]

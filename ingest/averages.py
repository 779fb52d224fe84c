"""Hourly averages of stations, made again from the readings of what was touched, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dust.averaging import hourly_average_of_sum
from dust.periods import HOUR, AveragingPeriod, Period
from dust.quality import QcTest
from ingest.average_table import AverageKey, ToldAverage, tell
from ingest.hour_samples import load_samples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Connection

    from dust.pollutants import Pollutant
    from dust.standards import RuleSet
    from ingest.hour_samples import Samples
    from ingest.station_hour import StationHour


def remake_hours(
    connection: Connection, hours: Iterable[StationHour], rules: RuleSet
) -> set[AverageKey]:
    """Make the averages of these hours again; returns those that are told otherwise now."""
    wanted = sorted(set(hours))
    if not wanted:
        return set()
    samples = load_samples(connection, wanted)
    told = [_told(*key, found, rules) for key, found in samples.items()]
    # The neighbours' bit belongs to the worker that compares stations.
    return tell(connection, AveragingPeriod.HOUR, wanted, told, rules, int(QcTest.NEIGHBOUR))


def _told(hour: StationHour, pollutant: Pollutant, found: Samples, rules: RuleSet) -> ToldAverage:
    interval_s, n_measured = found.sampling_interval_s, found.n_measured
    average = hourly_average_of_sum(
        found.corrected_sum, found.n_corrected, n_measured, interval_s, rules
    )
    raw = hourly_average_of_sum(found.raw_sum, found.n_raw, n_measured, interval_s, rules)
    return ToldAverage(
        AverageKey(hour.station_id, pollutant, hour.hour_start),
        Period(hour.hour_start, hour.hour_start + HOUR),
        average,
        raw.value,
        found.claim,
        frozenset(found.corrections),
        found.tests,
    )

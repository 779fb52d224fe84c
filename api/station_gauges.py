"""What the stations say, as gauges: the newest value while it is new, the newest valid hour.

A value that is late is left out, so that no chart draws old air as new; its time stays, so that an
alert can be made of it. Every figure carries its claim class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

from dust.pollutants import Pollutant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from prometheus_client import Metric

    from dust.indicators.newest import HourlyMean, StationFigures

HOURS_ASKED = 4


class StationGauges:
    """The families of all stations at one instant; as many series as there are stations."""

    def __init__(self, stations: Sequence[StationFigures], now: datetime) -> None:
        self._stations = stations
        self._now = now

    def collect(self) -> Iterator[Metric]:
        yield self._info()
        yield self._newest_times()
        for pollutant in Pollutant:
            told = [station for station in self._stations if pollutant in station.pollutants]
            if told:
                yield self._newest(pollutant, told)
                yield from self._hours(pollutant, told)

    def _info(self) -> Metric:
        family = InfoMetricFamily("dust_station", "Stations that have a sensor now.")
        for station in self._stations:
            words = {
                "station": station.code,
                "name_th": station.name.th,
                "name_en": station.name.en,
                "kind": station.kind,
                "zone": station.zone or "",
            }
            family.add_metric((), words)
        return family

    def _newest_times(self) -> Metric:
        family = GaugeMetricFamily(
            "dust_station_newest_reading_timestamp_seconds",
            "Phenomenon time of the station's newest reading, however old.",
            labels=("station",),
            unit="seconds",
        )
        for station in self._stations:
            if station.newest_time is not None:
                family.add_metric((station.code,), station.newest_time.timestamp())
        return family

    def _newest(self, pollutant: Pollutant, stations: Sequence[StationFigures]) -> Metric:
        family = GaugeMetricFamily(
            f"dust_station_{pollutant}_newest_ugm3",
            "The newest reading's value as the sensor said it, while it is not late.",
            labels=("station", "claim_class"),
            unit="ugm3",
        )
        for station in stations:
            newest = station.pollutants[pollutant].newest
            if newest is not None and not newest.is_late:
                family.add_metric((station.code, str(newest.claim_class)), float(newest.value))
        return family

    def _hours(self, pollutant: Pollutant, stations: Sequence[StationFigures]) -> Iterator[Metric]:
        """The newest valid hour of each station, until three hours after its end."""
        families = _HourFamilies.of(pollutant)
        for station in stations:
            hour = station.pollutants[pollutant].hour(self._now)
            if hour is not None:
                families.add(station.code, hour)
        yield from families


class _HourFamilies(NamedTuple):
    mean: GaugeMetricFamily
    period_end: GaugeMetricFamily
    coverage: GaugeMetricFamily

    @staticmethod
    def of(pollutant: Pollutant) -> _HourFamilies:
        name = f"dust_station_{pollutant}_hourly_mean"
        return _HourFamilies(
            GaugeMetricFamily(
                f"{name}_ugm3",
                "Corrected mean of the newest valid hour.",
                labels=("station", "claim_class", "rule_set"),
                unit="ugm3",
            ),
            GaugeMetricFamily(
                f"{name}_period_end_timestamp_seconds",
                "End of that hour.",
                labels=("station",),
                unit="seconds",
            ),
            GaugeMetricFamily(
                f"{name}_coverage_ratio",
                "Valid time of that hour.",
                labels=("station",),
                unit="ratio",
            ),
        )

    def add(self, station: str, hour: HourlyMean) -> None:
        words = station, str(hour.claim_class), hour.rule_set
        self.mean.add_metric(words, float(hour.value))
        self.period_end.add_metric((station,), hour.period_end.timestamp())
        self.coverage.add_metric((station,), float(hour.data_coverage))

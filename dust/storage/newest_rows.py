"""The rows behind what a station says now: deployed sensors, newest readings, valid hours.

Asked by the API's metrics and by ingest's word to Home Assistant, each on connections of its own;
`dust.indicators.newest` makes the figures, so both tell the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import datetime

# A newest reading older than this has no air left in it: its temperature is not looked up.
_WEATHER_WITHIN: Final = timedelta(days=30)

DEPLOYED_SENSORS: Final = """
SELECT t.code AS station, t.name_th, t.name_en, t.kind, t.zone, t.time_zone,
  s.model, s.sampling_interval_s, d.reports, l.phenomenon_time, l.pm1, l.pm25, l.pm10, l.tsp,
  l.qc_pm1, l.qc_pm25, l.qc_pm10, l.qc_tsp, r.t_c, r.rh
FROM deployments d
JOIN stations t USING (station_id)
JOIN sensors s USING (sensor_id)
LEFT JOIN latest_readings l
  ON l.sensor_id = d.sensor_id AND l.phenomenon_time >= d.deployed_from
LEFT JOIN readings r
  ON r.sensor_id = l.sensor_id AND r.phenomenon_time = l.phenomenon_time AND r.seq = l.seq
  AND r.phenomenon_time >= %(weather_since)s AND r.phenomenon_time <= %(weather_until)s
WHERE d.deployed_from <= %(now)s AND (d.deployed_to IS NULL OR d.deployed_to > %(now)s)
ORDER BY t.code, s.code
"""
VALID_HOURS: Final = """
SELECT t.code AS station, a.pollutant, a.period_start, a.period_end, a.value, a.uncorrected_value,
  a.n_valid, a.n_possible, a.time_coverage, a.data_capture, a.data_coverage, a.claim_class,
  a.rule_set
FROM averages a
JOIN stations t USING (station_id)
WHERE a.period_kind = 'hour' AND a.value IS NOT NULL
  AND a.period_start >= %(hours_since)s AND a.period_end <= %(now)s
ORDER BY t.code, a.pollutant, a.period_start
"""


def asked_at(now: datetime, hours: int) -> dict[str, Any]:
    """The parameters of both queries at an instant, for the whole hours of the last `hours`."""
    return {
        "now": now,
        "hours_since": now - timedelta(hours=hours + 1),
        "weather_since": now - _WEATHER_WITHIN,
        "weather_until": now + timedelta(days=1),
    }

"""The sensor that the reference station's hours are stored for, or what its network still needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dust.errors import BadInput
from ingest.air4thai.page_format import HOUR_MS
from ingest.registry import Registry

if TYPE_CHECKING:
    from psycopg import Connection

    from dust.clock import Clock
    from ingest.registry import RegisteredSensor

MODEL: Final = "air4thai"
_INTERVAL_S: Final = HOUR_MS // 1000
_LOOK_UP: Final = """
SELECT model, sampling_interval_s,
  EXISTS (SELECT FROM deployments WHERE deployments.sensor_id = sensors.sensor_id)
FROM sensors WHERE code = %s
"""
_SENSOR_LINES: Final = """
[[sensors]]
code = "{code}"
model = "air4thai"
gateway = "air4thai"
sampling_interval_s = 3600
"""
_DEPLOYMENT_LINES: Final = """
[[deployments]]
sensor = "{code}"
station = "CODE-OF-THE-REFERENCE-STATION"
"""


class ReferenceSensor(NamedTuple):
    """A deployed sensor of model `air4thai`: its code and what the registry knows of it."""

    code: str
    registered: RegisteredSensor


def find_reference_sensor(connection: Connection, code: str, clock: Clock) -> ReferenceSensor:
    """The sensor `code`; a `BadInput` says which lines of the network file are missing."""
    found = connection.execute(_LOOK_UP, (code,)).fetchone()
    if found is None:
        raise _lacks(
            code, code, "the code of a sensor in the network", _SENSOR_LINES + _DEPLOYMENT_LINES
        )
    model, interval_s, is_deployed = found
    if model != MODEL:
        raise _lacks(code, f"{code} of model {model}", f"a sensor of model {MODEL}", _SENSOR_LINES)
    if interval_s != _INTERVAL_S:
        told = f"{code} with sampling_interval_s = {interval_s:g}"
        raise _lacks(code, told, f"sampling_interval_s = {_INTERVAL_S}", _SENSOR_LINES)
    if not is_deployed:
        raise _lacks(code, f"{code}, not deployed", "a sensor at a station", _DEPLOYMENT_LINES)
    return ReferenceSensor(code, Registry(clock).find(connection, {code})[code])


def _lacks(code: str, told: str, allowed: str, lines: str) -> BadInput:
    wanted = f"{allowed}; network.toml needs\n{lines.format(code=code)}\n"
    return BadInput("--sensor", told, wanted + "and then `dust network apply network.toml`")

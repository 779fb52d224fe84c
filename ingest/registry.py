"""The sensors that the network knows, kept in memory and asked again when one is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dust.claims import SensorModel, claims_table

if TYPE_CHECKING:
    from psycopg import Connection

    from dust.clock import Clock


class RegisteredSensor(NamedTuple):
    """A sensor's key in the database and its model."""

    sensor_id: int
    model: SensorModel


class Registry:
    """Looks sensors up by code; asks the database for an unknown one at once, then each second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sensors: dict[str, RegisteredSensor] = {}
        self._unknown: set[str] = set()
        self._asked_s = float("-inf")

    def find(self, connection: Connection, codes: set[str]) -> dict[str, RegisteredSensor]:
        """The registered sensors among `codes`."""
        unknown = codes - self._sensors.keys()
        asked_long_ago = self._clock.monotonic_s() - self._asked_s > 1
        if unknown - self._unknown or (unknown and asked_long_ago):
            self._refresh(connection)
            self._unknown = codes - self._sensors.keys()
        return {code: self._sensors[code] for code in codes & self._sensors.keys()}

    def _refresh(self, connection: Connection) -> None:
        rows = connection.execute("SELECT code, sensor_id, model FROM sensors").fetchall()
        # Only now: a database that was gone has not answered, and every sensor would be unknown.
        self._asked_s = self._clock.monotonic_s()
        models = claims_table().models
        self._sensors = {
            code: RegisteredSensor(sensor_id, models[model])
            for code, sensor_id, model in rows
            if model in models
        }

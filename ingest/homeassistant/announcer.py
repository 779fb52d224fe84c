"""The thread that tells the stations to Home Assistant, beside the pipeline and never in its way.

Every worker has one; the one that leads speaks, the others wait for the lead. State before config:
a component that Home Assistant learns of finds its value there.
"""

from __future__ import annotations

import threading
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from dust.clock import instant
from dust.errors import Unavailable
from dust.indicators.newest import newest_figures
from dust.storage.connection import database_errors
from dust.storage.newest_rows import DEPLOYED_SENSORS, VALID_HOURS, asked_at
from ingest.homeassistant.discovery import config_of
from ingest.homeassistant.lead import Lead
from ingest.homeassistant.place import Place, config_filter, place_of
from ingest.homeassistant.retained import Retained
from ingest.homeassistant.said import HOURS_ASKED, is_available, state_of

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection

    from dust.clock import Clock
    from dust.indicators.newest import StationFigures
    from dust.settings import MqttSettings
    from ingest.homeassistant.settings import HomeAssistantSettings

_LEASE_INTERVALS: Final = 3
_LEAST_LEASE_S: Final = 60
_STOP_WITHIN_S: Final = 5


class Announcer:
    """`start` and `stop` from the composition root; between them it needs nobody."""

    def __init__(
        self,
        settings: HomeAssistantSettings,
        mqtt_settings: MqttSettings,
        dsn: str,
        worker: str,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._version = version("dust-watch")
        self._lead = Lead(dsn, max(_LEASE_INTERVALS * settings.interval_s, _LEAST_LEASE_S))
        self._retained = Retained(
            mqtt_settings, f"dust-{worker}-homeassistant", config_filter(settings.prefix)
        )
        self._retained.on_connected = self._wake_up
        self._weather: dict[str, set[str]] = {}
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._database_is_lost = False
        # A daemon: a database that hangs must not keep the worker from ending.
        self._thread = threading.Thread(target=self._run, name="homeassistant", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends in the middle of nothing; what was said stays until it expires."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(_STOP_WITHIN_S)

    def _wake_up(self) -> None:
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self._tell()
            except Unavailable as error:
                self._step_back(str(error))
            except Exception:  # noqa: BLE001  (the thread's outermost loop: the pipeline goes on)
                structlog.get_logger().exception("homeassistant_failed")
                self._step_back("")
            self._wake.wait(self._settings.interval_s)
        self._retained.close()
        self._lead.give_up()

    def _step_back(self, reason: str) -> None:
        """Without the database nobody knows who leads: say nothing."""
        if reason and not self._database_is_lost:
            structlog.get_logger().warning("homeassistant_waits", reason=reason)
        self._database_is_lost = bool(reason)
        self._retained.close()
        self._lead.give_up()

    def _tell(self) -> None:
        connection = self._lead.take()
        self._database_is_lost = False
        if connection is None:
            self._retained.close()
            return
        self._retained.open()
        now = instant(self._clock.now_ms())
        with database_errors():
            # Asked even without a broker: a lead that asks nothing is lost.
            network, stations = _fetch(connection, now)
        if network is None or not self._retained.is_connected:
            return
        places = {
            station.code: Place(self._settings.prefix, network, station.code)
            for station in stations
        }
        for station in stations:
            self._tell_station(places[station.code], station, now)
        self._forget(network, {place.config_topic for place in places.values()})

    def _tell_station(self, place: Place, station: StationFigures, now: datetime) -> None:
        is_there = is_available(station)
        if is_there:
            self._retained.say(place.state_topic, _json(state_of(station, now)), again=True)
        self._retained.say(place.availability_topic, b"online" if is_there else b"offline")
        weather = self._weather.setdefault(station.code, set())
        weather |= {name for name in ("t_c", "rh") if getattr(station, name) is not None}
        config = config_of(place, station, weather, self._settings, self._version)
        self._retained.say(place.config_topic, _json(config))

    def _forget(self, network: str, told: set[str]) -> None:
        """Stations of this network that somebody told once and that have no sensor any more."""
        for topic in self._retained.heard() - told:
            place = place_of(self._settings.prefix, network, topic)
            if place is not None:
                for gone in (topic, place.state_topic, place.availability_topic):
                    self._retained.take_back(gone)
                structlog.get_logger().info("homeassistant_forgets", station=place.station)


def _fetch(
    connection: Connection[dict[str, Any]], now: datetime
) -> tuple[str | None, list[StationFigures]]:
    asked = asked_at(now, HOURS_ASKED)
    network = connection.execute("SELECT code FROM network").fetchone()
    sensors = connection.execute(DEPLOYED_SENSORS.encode(), asked).fetchall()
    hours = connection.execute(VALID_HOURS.encode(), asked).fetchall()
    code = network["code"] if network else None
    return code, newest_figures(sensors, hours, now)


def _json(content: dict[str, Any]) -> bytes:
    return msgspec.json.encode(content)

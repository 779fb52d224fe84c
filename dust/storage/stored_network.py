"""The network file's rows: what would change, and the change itself, in one transaction.

Applying a file twice changes nothing. A station or sensor that the file no longer names is kept,
because its history stays, and is told as kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from psycopg.rows import dict_row

from dust.errors import BadInput
from dust.restatement import Reason
from dust.standards import default_rule_set, rule_set
from dust.storage.dirty_marks import change_rules, mark_station_hours
from dust.storage.placements import mark_moved, stored_placements

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Connection

    from dust.network import Network
    from dust.standards import RuleSet


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the difference between file and database."""

    action: str  # "add", "change" or "keep"
    kind: str
    code: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.action:6} {self.kind} {self.code} {self.detail}".rstrip()


_SELECT: Final = {
    "network": "SELECT code, name_th, name_en, is_example, rule_set FROM network",
    "station": (
        "SELECT code, name_th, name_en, kind, zone, latitude, longitude, time_zone, is_example"
        " FROM stations"
    ),
    "sensor": "SELECT code, model, gateway, sampling_interval_s FROM sensors",
    "deployment": (
        "SELECT s.code AS sensor, t.code AS station, deployed_from, deployed_to, reports"
        " FROM deployments JOIN sensors s USING (sensor_id) JOIN stations t USING (station_id)"
    ),
}
_UPSERT: Final = {
    "network": (
        "INSERT INTO network (code, name_th, name_en, is_example, rule_set)"
        " VALUES (%(code)s, %(name_th)s, %(name_en)s, %(is_example)s, %(rule_set)s)"
        " ON CONFLICT (only_one) DO UPDATE SET code = excluded.code, name_th = excluded.name_th,"
        " name_en = excluded.name_en, is_example = excluded.is_example,"
        " rule_set = excluded.rule_set"
    ),
    "station": (
        "INSERT INTO stations"
        " (code, name_th, name_en, kind, zone, latitude, longitude, time_zone, is_example)"
        " VALUES (%(code)s, %(name_th)s, %(name_en)s, %(kind)s, %(zone)s, %(latitude)s,"
        " %(longitude)s, %(time_zone)s, %(is_example)s)"
        " ON CONFLICT (code) DO UPDATE SET name_th = excluded.name_th, name_en = excluded.name_en,"
        " kind = excluded.kind, zone = excluded.zone, latitude = excluded.latitude,"
        " longitude = excluded.longitude, time_zone = excluded.time_zone,"
        " is_example = excluded.is_example"
    ),
    "sensor": (
        "INSERT INTO sensors (code, model, gateway, sampling_interval_s)"
        " VALUES (%(code)s, %(model)s, %(gateway)s, %(sampling_interval_s)s)"
        " ON CONFLICT (code) DO UPDATE SET model = excluded.model, gateway = excluded.gateway,"
        " sampling_interval_s = excluded.sampling_interval_s"
    ),
    "deployment": (
        "INSERT INTO deployments (sensor_id, station_id, deployed_from, deployed_to, reports)"
        " SELECT s.sensor_id, t.station_id, %(deployed_from)s, %(deployed_to)s, %(reports)s"
        " FROM sensors s, stations t WHERE s.code = %(sensor)s AND t.code = %(station)s"
        " ON CONFLICT (sensor_id, deployed_from) DO UPDATE SET station_id = excluded.station_id,"
        " deployed_to = excluded.deployed_to, reports = excluded.reports"
    ),
}
_TWO_VOICES: Final = """
SELECT a.code, at.code, a.deployed_from, b.code, bt.code, b.deployed_from
FROM (SELECT * FROM deployments JOIN sensors USING (sensor_id)) a
JOIN stations at ON at.station_id = a.station_id
JOIN (SELECT * FROM deployments JOIN sensors USING (sensor_id)) b
  ON a.deployment_id < b.deployment_id
  AND tstzrange(a.deployed_from, a.deployed_to) && tstzrange(b.deployed_from, b.deployed_to)
  AND (a.sensor_id = b.sensor_id OR (a.station_id = b.station_id AND a.reports && b.reports))
JOIN stations bt ON bt.station_id = b.station_id
ORDER BY 1, 3 LIMIT 1
"""
_ZONES_IN_USE: Final = """
SELECT code, time_zone FROM stations s
WHERE EXISTS (SELECT 1 FROM averages a WHERE a.station_id = s.station_id)
"""
_INTERVALS_IN_USE: Final = """
SELECT code, sampling_interval_s FROM sensors s
WHERE EXISTS (SELECT 1 FROM latest_readings l WHERE l.sensor_id = s.sensor_id)
"""
_MARK_NEIGHBOURHOODS: Final = """
INSERT INTO dirty_neighbourhoods (hour_start)
SELECT DISTINCT period_start FROM averages WHERE period_kind = 'hour'
"""
_Row = dict[str, Any]


def difference(connection: Connection, network: Network) -> list[Change]:
    """What applying `network` would change, in the order of its parts."""
    return [change for change, _ in _compare(connection, network)]


def apply(connection: Connection, network: Network) -> list[Change]:
    """Apply `network` in one transaction; returns the changes made (and what was kept)."""
    with connection.transaction():
        change_rules(connection)
        changes = _compare(connection, network)
        _check_time_zones(connection, network)
        _check_intervals(connection, network)
        before = stored_placements(connection)
        for change, row in changes:
            if row is not None:
                connection.execute(_UPSERT[change.kind], row)
        _check_one_voice(connection)
        mark_moved(connection, before, stored_placements(connection))
        told = [change for change, _ in changes]
        _mark_another_rule_set(connection, told)
        _mark_other_places(connection, told)
    return [change for change, _ in changes]


def rules_in_force(connection: Connection) -> RuleSet:
    """The rule set of the network, or the default one where none is named."""
    row = connection.execute("SELECT rule_set FROM network").fetchone()
    return rule_set(row[0]) if row and row[0] else default_rule_set()


def _check_time_zones(connection: Connection, network: Network) -> None:
    """A station's days are made by its time zone; days of another one would stay beside them."""
    zones: dict[str, str] = dict(connection.execute(_ZONES_IN_USE).fetchall())
    for index, station in enumerate(network.stations):
        used = zones.get(station.code, station.time_zone)
        if station.time_zone != used:
            allowed = f"{used}, by which its days were made; give the place another code"
            raise BadInput(f"stations.{index}.time_zone", station.time_zone, allowed)


def _check_intervals(connection: Connection, network: Network) -> None:
    """How many readings an hour can have follows from the interval: by another, old hours fail."""
    used: dict[str, float] = dict(connection.execute(_INTERVALS_IN_USE).fetchall())
    for index, sensor in enumerate(network.sensors):
        known = used.get(sensor.code, sensor.sampling_interval_s)
        if sensor.sampling_interval_s != known:
            allowed = f"{known:g}, that of its readings so far; give it another code from now on"
            field = f"sensors.{index}.sampling_interval_s"
            raise BadInput(field, sensor.sampling_interval_s, allowed)


def _mark_other_places(connection: Connection, changes: Iterable[Change]) -> None:
    """Neighbours are neighbours by their places."""
    fields = ("latitude: ", "longitude: ")
    if any(
        change.kind == "station" and any(f in change.detail for f in fields) for change in changes
    ):
        connection.execute(_MARK_NEIGHBOURHOODS)


def _mark_another_rule_set(connection: Connection, changes: Iterable[Change]) -> None:
    if any(change.kind == "network" and "rule_set: " in change.detail for change in changes):
        stations = [key for (key,) in connection.execute("SELECT station_id FROM stations")]
        mark_station_hours(connection, stations, None, None, Reason.RULE_SET)


def _check_one_voice(connection: Connection) -> None:
    """Refuse what the file cannot show: a kept deployment that overlaps one of the file's."""
    found = connection.execute(_TWO_VOICES).fetchone()
    if found is not None:
        first, second = (f"{found[at]} at {found[at + 1]} from {found[at + 2]}" for at in (0, 3))
        allowed = "one place for a sensor, one sensor for a pollutant; end the older one by `to`"
        raise BadInput("deployments", f"{first} and {second}", allowed)


def _compare(connection: Connection, network: Network) -> list[tuple[Change, _Row | None]]:
    result: list[tuple[Change, _Row | None]] = []
    for kind, wanted in _wanted(network).items():
        cursor = connection.cursor(row_factory=dict_row)
        stored = {_key(kind, row): row for row in cursor.execute(_SELECT[kind].encode())}
        result += [
            (
                Change(
                    "change" if key in stored else "add", kind, key, _changed(stored.get(key), row)
                ),
                row,
            )
            for key, row in wanted.items()
            if stored.get(key) != row
        ]
        result += [
            (Change("keep", kind, key, "not in the file"), None)
            for key in sorted(stored.keys() - wanted.keys())
            if kind != "network"
        ]
    return result


def _changed(stored: _Row | None, wanted: _Row) -> str:
    if stored is None:
        return ""
    return ", ".join(
        f"{field}: {stored[field]} -> {value}"
        for field, value in wanted.items()
        if stored[field] != value
    )


def _key(kind: str, row: _Row) -> str:
    if kind == "network":
        return "network"
    return (
        f"{row['sensor']} from {row['deployed_from']:%Y-%m-%dT%H:%MZ}"
        if kind == "deployment"
        else str(row["code"])
    )


def _wanted(network: Network) -> dict[str, dict[str, _Row]]:
    rows: dict[str, list[_Row]] = {
        "network": [
            {
                "code": network.code,
                **_names(network),
                "is_example": network.example,
                "rule_set": network.rule_set,
            }
        ],
        "station": [
            {"code": station.code, **_names(station), "is_example": station.example}
            | station.model_dump(include={"kind", "zone", "latitude", "longitude", "time_zone"})
            for station in network.stations
        ],
        "sensor": [sensor.model_dump() for sensor in network.sensors],
        "deployment": [
            {
                "sensor": deployment.sensor,
                "station": deployment.station,
                "deployed_from": deployment.start,
                "deployed_to": deployment.end,
                "reports": [str(pollutant) for pollutant in network.reported_by(deployment)],
            }
            for deployment in network.deployments
        ],
    }
    return {kind: {_key(kind, row): row for row in entries} for kind, entries in rows.items()}


def _names(entry: Any) -> _Row:  # noqa: ANN401  (a station or the network itself)
    return {"name_th": entry.name.th, "name_en": entry.name.en}

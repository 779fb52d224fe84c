"""`dust network`: the difference first, then the change, in one transaction, and never twice."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration.desk import hours, settle
from integration.networks import (
    DEPLOYMENTS,
    SENSORS,
    STATIONS,
    apply,
    network,
    sensor,
    station,
)
from typer.testing import CliRunner

from dust.errors import BadInput
from dust.storage import stored_network
from dust.storage.connection import connect
from dust.storage.network_command import command

if TYPE_CHECKING:
    from pathlib import Path

    from integration.desk import Desk

FILE = """\
code = "test-net"
name = { th = "เครือข่าย", en = "Network" }

[[stations]]
code = "v1"
name = { th = "หมู่บ้านหนึ่ง", en = "Village one" }
kind = "village"
latitude = 14.68
longitude = 100.87

[[sensors]]
code = "pms-v1"
model = "pms5003"
gateway = "gw-1"

[[deployments]]
sensor = "pms-v1"
station = "v1"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "network.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def run(verb: str, file: Path, url: str) -> list[str]:
    result = CliRunner().invoke(command, [verb, str(file), "--database", url])
    assert result.exception is None, result.output
    return result.stdout.splitlines()


def everything(url: str) -> list[Any]:
    with connect(url) as connection:
        return [
            connection.execute(f"TABLE {table} ORDER BY 1".encode()).fetchall()
            for table in ("network", "stations", "sensors", "deployments")
        ]


def test_show_prints_what_apply_would_do_and_changes_nothing(
    file: Path, plain_database: str
) -> None:
    shown = run("show", file, plain_database)

    assert [[], [], [], []] == everything(plain_database)
    assert [
        "add    network network",
        "add    station v1",
        "add    sensor pms-v1",
        "add    deployment pms-v1 from 2000-01-01T00:00Z",
    ] == shown
    assert shown == run("apply", file, plain_database)


def test_a_file_applied_twice_changes_nothing(file: Path, database: str) -> None:
    run("apply", file, database)
    before = everything(database)

    assert ["nothing to change"] == run("apply", file, database)
    assert ["nothing to change"] == run("show", file, database)
    assert before == everything(database)


def test_a_changed_station_is_a_change_and_keeps_its_key(file: Path, plain_database: str) -> None:
    run("apply", file, plain_database)
    (_, [(key, *_)], *_) = everything(plain_database)
    changed = FILE.replace("Village one", "Village 1").replace("14.68", "14.69")
    file.write_text(changed, encoding="utf-8")

    difference = run("apply", file, plain_database)

    assert [
        "change station v1 name_en: Village one -> Village 1, latitude: 14.68 -> 14.69"
    ] == difference
    (_, [(key_after, *_)], *_) = everything(plain_database)
    assert key == key_after


def test_what_the_file_no_longer_names_is_kept_with_its_history(plain_place: str) -> None:
    before = everything(plain_place)

    changes = apply(plain_place, network(STATIONS[:1], SENSORS[:1], DEPLOYMENTS[:1]))

    assert [
        "keep   station v1 not in the file",
        "keep   station v2 not in the file",
        "keep   sensor pms-v1 not in the file",
        "keep   sensor pms-v2 not in the file",
        "keep   deployment pms-v1 from 2000-01-01T00:00Z not in the file",
        "keep   deployment pms-v2 from 2000-01-01T00:00Z not in the file",
    ] == [str(change) for change in changes]
    assert before == everything(plain_place)


def test_the_network_is_one_row_whatever_its_code_is_changed_to(
    file: Path, plain_database: str
) -> None:
    run("apply", file, plain_database)
    file.write_text(FILE.replace("test-net", "other-net"), encoding="utf-8")

    assert ["change network network code: test-net -> other-net"] == run(
        "apply", file, plain_database
    )
    assert 1 == len(everything(plain_database)[0])


def test_a_row_that_fails_leaves_nothing_of_the_whole_file(plain_database: str) -> None:
    with connect(plain_database) as connection:
        connection.execute("ALTER TABLE deployments ADD CHECK (deployed_from < '2000-01-01')")

    with pytest.raises(psycopg.errors.CheckViolation):
        apply(plain_database, network())

    assert [[], [], [], []] == everything(plain_database)


def test_a_sensor_that_moves_ends_one_deployment_and_begins_another(plain_place: str) -> None:
    moved, moved_at = "2024-01-15T05:00:00Z", "2024-01-15 05:00:00+00:00"
    deployments = [
        *(DEPLOYMENTS[0], DEPLOYMENTS[2]),
        {"sensor": "pms-v1", "station": "v1", "to": moved},
        {"sensor": "pms-v1", "station": "v3", "from": moved},
    ]

    changes = apply(plain_place, network([*STATIONS, station("v3")], SENSORS, deployments))

    assert [
        "add    station v3",
        f"change deployment pms-v1 from 2000-01-01T00:00Z deployed_to: None -> {moved_at}",
        "add    deployment pms-v1 from 2024-01-15T05:00Z",
    ] == [str(change) for change in changes]
    with connect(plain_place) as connection:
        assert [] == stored_network.difference(
            connection, network([*STATIONS, station("v3")], SENSORS, deployments)
        )


def test_two_applications_at_once_end_in_one_network(plain_database: str) -> None:
    together = threading.Barrier(3)
    done: list[int] = []

    def work() -> None:
        together.wait(20)
        done.append(len(apply(plain_database, network())))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert 3 == len(done)
    assert [1, 3, 3, 3] == [len(rows) for rows in everything(plain_database)]


def test_a_kept_deployment_that_overlaps_one_of_the_file_is_refused_whole(plain_place: str) -> None:
    before = everything(plain_place)
    moved = {"sensor": "pms-v1", "station": "v2", "from": "2024-01-01T00:00:00Z"}

    with pytest.raises(BadInput, match=r"pms-v1 at v1 .* and pms-v1 at v2"):
        apply(plain_place, network(deployments=[moved]))

    assert before == everything(plain_place)


def test_a_sensor_deployed_after_its_readings_came_is_averaged_all_the_same(
    plain_desk: Desk, plain_connection: psycopg.Connection, plain_place: str
) -> None:
    apply(plain_place, network(sensors=[*SENSORS, sensor("pms-new")]))
    plain_desk.take_readings(hours("pms-new", [30], datetime(2024, 1, 15, 3, tzinfo=UTC)))
    settle(plain_connection)
    there = plain_connection.execute("SELECT count(*) FROM averages").fetchone()

    late = {"sensor": "pms-new", "station": "v3"}
    stations = [*STATIONS, station("v3")]
    apply(plain_place, network(stations, [*SENSORS, sensor("pms-new")], [*DEPLOYMENTS, late]))
    settle(plain_connection)

    value = plain_connection.execute("SELECT value FROM averages WHERE period_kind = 'hour'")
    assert (0,) == there
    assert [(30,)] == value.fetchall()


def test_a_station_with_averages_keeps_its_time_zone(
    plain_place: str, plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    other = network([station("ref", "reference"), station("v1", time_zone="UTC"), station("v2")])
    plain_desk.take_readings(hours("pms-v1", [50], datetime(2024, 1, 14, 17, tzinfo=UTC)))
    settle(plain_connection)

    with pytest.raises(BadInput, match="by which its days were made") as caught:
        apply(plain_place, other)

    assert ("stations.1.time_zone", "UTC") == (caught.value.field, caught.value.value)


def test_a_sensor_with_readings_keeps_its_sampling_interval(
    plain_place: str, plain_desk: Desk
) -> None:
    faster = network(sensors=[SENSORS[0], sensor("pms-v1", interval_s=300), SENSORS[2]])
    plain_desk.take_readings(hours("pms-v1", [50], datetime(2024, 1, 14, 17, tzinfo=UTC)))

    with pytest.raises(BadInput, match="900, that of its readings so far") as caught:
        apply(plain_place, faster)

    assert ("sensors.1.sampling_interval_s", 300) == (caught.value.field, caught.value.value)

"""From a foreign payload to a stored reading, and from a stranger to a registered sensor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from integration.networks import apply, network, sensor, station
from typer.testing import CliRunner

from dust.network import load_network
from dust.storage.connection import connect
from dust.testing import FakeClock
from dust.wire import WireReading
from ingest.batch import Batch
from ingest.foreign.__main__ import command
from ingest.foreign.mapping import ForeignFile
from ingest.foreign.sources import ForeignSources
from ingest.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

T = 1_767_225_660_000
SOURCES = ForeignSources(
    ForeignFile.model_validate(
        {
            "foreign": [
                {"format": "esphome", "topic": "+/sensor/+/state"},
                {"format": "tasmota", "time_zone": "Asia/Bangkok"},
            ]
        }
    ),
    ahead_tolerance_s=600,
)
ROWS = """
SELECT s.code, (extract(epoch FROM r.phenomenon_time) * 1000)::bigint, r.seq, r.pm25, r.pm10
FROM readings r JOIN sensors s USING (sensor_id) ORDER BY s.code, r.phenomenon_time, r.seq
"""


def take(connection: psycopg.Connection, *messages: tuple[str, bytes, int]) -> int:
    """What a worker does with deliveries (topic, payload, arrival); how many readings are new."""
    decoded = [
        (topic, SOURCES.decode(topic, payload, at_ms, retain=False))
        for topic, payload, at_ms in messages
    ]
    codes = {reading.sensor for _, message in decoded for reading in message.readings}
    batch = Batch(Registry(FakeClock()).find(connection, codes), T)
    for topic, message in decoded:
        batch.take(topic, message)
    assert [] == batch.receipts()
    return batch.commit(connection)


def tasmota(time: str, pm25: float) -> tuple[str, bytes, int]:
    payload = {"Time": time, "SDS0X1": {"PM2.5": pm25, "PM10": pm25 + 5}}
    return "tele/yard/SENSOR", json.dumps(payload).encode(), T


def run(database: str, *arguments: str) -> Any:
    result = CliRunner().invoke(command, [*arguments, "--database", database])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_two_quantities_of_one_millisecond_are_two_readings_and_come_once(
    plain_database: str,
) -> None:
    codes = [sensor("esphome-yard")]
    apply(plain_database, network([station("v1")], codes, []))
    pm25, pm10 = (("yard/sensor/pm_2_5/state", b"12", T), ("yard/sensor/pm_10_0/state", b"35", T))

    with connect(plain_database) as connection:
        new = [take(connection, pm25, pm10), take(connection, pm10), take(connection, pm25)]
        rows = connection.execute(ROWS).fetchall()

    assert [2, 0, 0] == new
    assert [("esphome-yard", T, 2, 12.0, None), ("esphome-yard", T, 3, None, 35.0)] == rows


def test_a_stranger_is_offered_registered_and_then_taken_in(
    plain_place: str, tmp_path: Path
) -> None:
    heard = [
        tasmota("2026-01-01T07:00:00", 12),
        tasmota("2026-01-01T07:05:00", 13),
        tasmota("2026-01-01T07:10:00", 14),
    ]
    with connect(plain_place) as connection:
        assert 0 == take(connection, *heard)
    (listed,) = json.loads(run(plain_place, "list", "--json").stdout)
    offered = json.loads(
        run(
            plain_place,
            "offer",
            "tasmota-yard",
            *("--station", "v1"),
            *("--model", "sds011", "--json"),
        ).stdout
    )

    assert {
        "code": "tasmota-yard",
        "format": "tasmota",
        "gateway": "tasmota",
        "topic": "tele/yard/SENSOR",
        "readings": 3,
        "fields": ["pm25", "pm10"],
        "interval_s": 300,
        "registered": False,
    }.items() <= listed.items()
    assert ["dust network apply FILE", "dust quarantine replay --reason unknown_sensor"] == (
        offered["then"]
    )
    file = tmp_path / "network.toml"
    file.write_text(
        'code = "n"\nname = { th = "n", en = "n" }\n'
        '[[stations]]\ncode = "v1"\nname = { th = "v", en = "v" }\nkind = "village"\n'
        "latitude = 14.687\nlongitude = 100.871\n" + offered["network_file"]
    )
    added = load_network(file)
    assert [("tasmota-yard", "sds011", "tasmota", 300)] == [
        (s.code, s.model, s.gateway, s.sampling_interval_s) for s in added.sensors
    ]
    assert [["pm25", "pm10"]] == [[str(p) for p in d.reports or []] for d in added.deployments]
    assert T - 60_000 == round(added.deployments[0].start.timestamp() * 1000)


def test_a_registered_stranger_is_told_as_such_and_what_lay_in_quarantine_can_be_stored(
    plain_place: str,
) -> None:
    heard = tasmota("2026-01-01T07:00:00", 12)
    with connect(plain_place) as connection:
        take(connection, heard)
        apply(plain_place, network([station("v1")], [sensor("tasmota-yard", "sds011")], []))
        (kept,) = connection.execute("SELECT payload FROM quarantine").fetchone() or ()
        reading = msgspec.json.decode(kept, type=WireReading)
        assert 1 == take(connection, heard)
        rows = connection.execute(ROWS).fetchall()
    (listed,) = json.loads(run(plain_place, "list", "--json").stdout)

    assert [("tasmota-yard", reading.t, 0, 12.0, 17.0)] == rows
    assert listed["registered"]


def test_a_list_of_nothing_says_so_and_people_get_a_table(plain_place: str) -> None:
    empty = run(plain_place, "list").stdout
    with connect(plain_place) as connection:
        take(connection, tasmota("2026-01-01T07:00:00", 12))
    table = run(plain_place, "list").stdout
    lines = run(plain_place, "offer", "tasmota-yard", "--station", "v1", "--model", "sds011")

    assert "no unknown device was heard\n" == empty
    assert "tasmota" in table
    assert 'sensor = "tasmota-yard"' in lines.stdout
    assert "not known yet" in lines.stdout
    assert "dust network apply" in lines.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nobody", "--station", "v1", "--model", "sds011"], "tasmota-yard"),
        (["tasmota-yard", "--station", "nowhere", "--model", "sds011"], "ref, v1, v2"),
        (["tasmota-yard", "--station", "v1", "--model", "sds12"], "sds011"),
    ],
)
def test_an_offer_that_cannot_be_made_says_what_is_there(
    plain_place: str, arguments: list[str], told: str
) -> None:
    with connect(plain_place) as connection:
        take(connection, tasmota("2026-01-01T07:00:00", 12))

    with pytest.raises(Exception, match=told):
        run(plain_place, "offer", *arguments)

"""What lay in quarantine is read again, and is nobody else's reading."""

from __future__ import annotations

import json

import pytest

from dust import wire
from dust.wire import WireReading
from ingest.foreign.mapping import ForeignFile
from ingest.foreign.sources import ForeignSources

T = 1_767_225_660_000
SOURCES = ForeignSources(
    ForeignFile.model_validate(
        {
            "foreign": [
                {"format": "esphome", "topic": "+/sensor/+/state", "sensors": {"roof": "pms-r"}},
                {"format": "senml", "topic": "senml/up"},
            ]
        }
    ),
    ahead_tolerance_s=600,
)


@pytest.mark.parametrize(
    ("topic", "sensor"),
    [
        ("yard/sensor/pm_2_5/state", "esphome-yard"),
        ("roof/sensor/pm_2_5/state", "pms-r"),
        ("senml/up", "senml-urn-dev-1"),
    ],
)
def test_a_refused_reading_is_what_it_was(topic: str, sensor: str) -> None:
    reading = WireReading(seq=2, t=T - 5000, sensor=sensor, pm25=12)

    assert [reading] == SOURCES.replayed(topic, wire.encode(reading), T).readings


def test_a_refused_message_is_dated_by_its_first_arrival() -> None:
    (reading,) = SOURCES.replayed("yard/sensor/pm_2_5/state", b"12", T).readings

    assert ("esphome-yard", T, 12.0) == (reading.sensor, reading.t, reading.pm25)


@pytest.mark.parametrize("topic", ["yard/sensor/pm_2_5/state", "senml/up"])
def test_a_message_that_looks_like_a_reading_of_another_sensor_is_none(topic: str) -> None:
    forged = json.dumps({"seq": 1, "t": T, "sensor": "bam-ref", "pm25": 999}).encode()

    message = SOURCES.replayed(topic, forged, T)

    assert [] == message.readings
    assert 1 == len(message.rejections)


def test_a_refused_record_of_a_pack_is_read_again_alone() -> None:
    """Its relative time counts from the instant at which the pack first came."""
    pack = [{"bn": "urn:dev:1:", "bu": "ppm", "n": "pm25", "v": 12, "t": -60}]
    (refused,) = SOURCES.decode("senml/up", json.dumps(pack).encode(), T, retain=False).rejections
    record = json.loads(refused.payload)
    assert [{"n": "urn:dev:1:pm25", "t": -60.0, "v": 12, "u": "ppm"}] == record

    mended = json.dumps([record[0] | {"u": "ug/m3"}]).encode()

    assert [T - 60_000] == [each.t for each in SOURCES.replayed("senml/up", mended, T).readings]


def test_a_pack_full_of_faults_is_one_row_of_quarantine() -> None:
    pack = [{"n": f"d{n}:pm25", "u": "ppm", "v": n} for n in range(600)]

    message = SOURCES.decode("senml/up", json.dumps(pack).encode(), T, retain=False)

    assert ["too_many_readings"] == [str(each.reason) for each in message.rejections]


def test_a_topic_that_is_not_listened_to_any_more_has_no_readings() -> None:
    assert [] == SOURCES.replayed("tele/yard/SENSOR", b"{}", T).readings

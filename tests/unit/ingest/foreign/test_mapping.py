"""The devices file: what it may say, and what it is refused for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dust.errors import BadFile
from ingest.foreign.sources import foreign_sources

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_767_225_660_000
TASMOTA = '[[foreign]]\nformat = "tasmota"\ntime_zone = "Asia/Bangkok"\n'
ESPHOME = '[[foreign]]\nformat = "esphome"\n'
PUSHES = "dust/push/v1/sensor-community/+"


def written(folder: Path, text: str) -> Path:
    path = folder / "devices.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> BadFile:
    with pytest.raises(BadFile) as refused:
        foreign_sources(written(folder, text))
    return refused.value


def test_without_a_file_only_pushes_are_listened_to() -> None:
    sources = foreign_sources(None)

    assert [PUSHES] == sources.filters()
    assert sources.matches("dust/push/v1/sensor-community/esp8266-1")
    assert not sources.matches("dust/v1/gw-1/readings")
    assert not sources.matches("tele/yard/SENSOR")


def test_an_empty_file_is_as_good_as_none(tmp_path: Path) -> None:
    assert [PUSHES] == foreign_sources(written(tmp_path, "")).filters()


def test_a_format_has_its_usual_topic_unless_another_is_given(tmp_path: Path) -> None:
    text = TASMOTA + '[[foreign]]\nformat = "airgradient"\ntopic = "yard/airgradient/readings/+"\n'

    sources = foreign_sources(written(tmp_path, text))

    assert ["tele/+/SENSOR", "yard/airgradient/readings/+", PUSHES] == sources.filters()
    assert ["tasmota", "airgradient", "sensor-community", ""] == [
        sources.gateway_of(topic)
        for topic in (
            "tele/a/SENSOR",
            "yard/airgradient/readings/b",
            "dust/push/v1/sensor-community/c",
            "other",
        )
    ]


def test_the_name_of_a_device_stands_where_the_wildcard_is_or_in_the_file(tmp_path: Path) -> None:
    text = (
        ESPHOME
        + 'topic = "home/+/sensor/+/state"\n'
        + ESPHOME
        + 'topic = "roof/sensor/+/state"\ndevice = "roof"\nprefix = "roof"\n'
    )

    sources = foreign_sources(written(tmp_path, text))
    sent = ("home/yard/sensor/pm_2_5/state", "roof/sensor/pm_2_5/state")
    messages = [sources.decode(topic, b"7", NOW, retain=False) for topic in sent]

    assert [["esphome-yard"], ["roof-roof"]] == [
        [reading.sensor for reading in message.readings] for message in messages
    ]


def test_a_push_may_have_codes_of_its_own(tmp_path: Path) -> None:
    text = '[[foreign]]\nformat = "sensor-community"\nsensors = { esp8266-1 = "school-a" }\n'

    assert [PUSHES] == foreign_sources(written(tmp_path, text)).filters()


def test_a_topic_of_nobody_is_no_topic_to_decode() -> None:
    with pytest.raises(KeyError):
        foreign_sources(None).decode("tele/a/SENSOR", b"{}", NOW, retain=False)


@pytest.mark.parametrize(
    ("text", "field", "allowed"),
    [
        ('[[foreign]]\nformat = "tasmoto"\n', "foreign.0.format", "tasmota"),
        ('[[foreign]]\nformat = "tasmota"\n', "foreign.0.time_zone", "Asia/Bangkok"),
        (TASMOTA + 'topic = "tele/+/+"\n', "foreign.0.topic", "one wildcard"),
        (TASMOTA + 'topic = "tele/yard/SENSOR"\n', "foreign.0.device", "name"),
        (TASMOTA + 'device = "yard"\n', "foreign.0.device", "wildcard"),
        (TASMOTA + 'topic = "tele/a+/SENSOR"\n', "foreign.0.topic", "MQTT filter"),
        (TASMOTA + 'topic = "#/SENSOR"\n', "foreign.0.topic", "MQTT filter"),
        (TASMOTA + 'topic = "tele//+"\n', "foreign.0.topic", "MQTT filter"),
        (TASMOTA + 'topic = "$SYS/+"\n', "foreign.0.topic", "MQTT filter"),
        (TASMOTA + 'topic = "dust/v1/+/readings"\n', "foreign.0.topic", "dust/v1"),
        (TASMOTA + 'topic = "dust/#"\n', "foreign.0.topic", "dust/v1"),
        (TASMOTA + 'topic = "dust/push/+"\n', "foreign.0.topic", "dust/push"),
        (TASMOTA + 'fields = { a = "pm25" }\n', "foreign.0.fields", "nothing"),
        (TASMOTA + 'prefix = "Yard"\n', "foreign.0.prefix", "pattern"),
        (TASMOTA + 'zone = "Asia/Bangkok"\n', "foreign.0.zone", "no such key"),
        (TASMOTA + 'sensors = { yard = "-pms" }\n', "foreign.0.sensors.yard", "pattern"),
        (
            TASMOTA + 'sensors = { a = "pms-v1", b = "pms-v1" }\n',
            "foreign.0.sensors.b",
            "another code",
        ),
        (
            TASMOTA + 'sensors = { a = "tasmota-b" }\n',
            "foreign.0.sensors.a",
            "does not begin with tasmota-",
        ),
        (TASMOTA + TASMOTA, "foreign.1.topic", "does not take in"),
        (
            TASMOTA + TASMOTA + 'topic = "yard/+/SENSOR"\n',
            "foreign.1.prefix",
            "does not begin like",
        ),
        (TASMOTA + 'prefix = "sensor"\n', "foreign.1.prefix", "does not begin like"),
        (ESPHOME, "foreign.0.topic", "none is usual"),
        (ESPHOME + 'topic = "esp/+/state"\n', "foreign.0.topic", "ends in sensor/+/state"),
        (ESPHOME + 'topic = "esp/+/+/sensor/+/state"\n', "foreign.0.topic", "one wildcard"),
        (ESPHOME + 'topic = "a/sensor/+/state"\n', "foreign.0.device", "name"),
        (
            ESPHOME + 'topic = "+/sensor/+/state"\nfields = { a = "pm2.5" }\n',
            "foreign.0.fields.a",
            "pm25",
        ),
        (
            ESPHOME + 'topic = "+/sensor/+/state"\nfields = { a = "x.noise" }\n',
            "foreign.0.fields.a",
            "one quantity",
        ),
        (
            ESPHOME + 'topic = "+/sensor/+/state"\nunits = { temperature = "ug/m3" }\n',
            "foreign.0.units.temperature",
            "°F",
        ),
        (
            ESPHOME + 'topic = "+/sensor/+/state"\nunits = { noise = "dB" }\n',
            "foreign.0.units.noise",
            "leads to a field",
        ),
        (
            ESPHOME + 'topic = "+/sensor/+/state"\ntime_zone = "Asia/Bangkok"\n',
            "foreign.0.time_zone",
            "nothing",
        ),
        (
            '[[foreign]]\nformat = "sensor-community"\ntopic = "push/+"\n',
            "foreign.0.topic",
            "the API publishes",
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(
    tmp_path: Path, text: str, field: str, allowed: str
) -> None:
    refused = refusal(tmp_path, text)

    assert field == refused.field
    assert allowed in refused.allowed
    assert str(tmp_path / "devices.toml") == refused.path


def test_a_refusal_knows_its_line(tmp_path: Path) -> None:
    assert 4 == refusal(tmp_path, TASMOTA + 'topic = "tele/+/+"\n').line

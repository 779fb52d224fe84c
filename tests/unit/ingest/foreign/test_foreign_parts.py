"""The parts of the decoders: values, units, times, codes, filters."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest

from dust.errors import BadInput
from dust.wire import check_identifier
from ingest.foreign.draft import ORDINALS, Draft
from ingest.foreign.json_text import MAX_BYTES, json_of, object_of
from ingest.foreign.local_time import is_never_set, local_ms
from ingest.foreign.measured_values import extra_of, number_of
from ingest.foreign.message import Fault
from ingest.foreign.sensor_codes import sensor_code
from ingest.foreign.topic_filters import levels_of, match, overlap
from ingest.foreign.units import converted

BERLIN, BANGKOK = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Bangkok")
HOUR_MS = 3_600_000


@pytest.mark.parametrize("raw", [12.5, "12.5", " 12.5 ", "+1.25e1", "12.50"])
def test_a_number_may_be_a_text(raw: object) -> None:
    assert 12.5 == number_of("pm25", raw)


@pytest.mark.parametrize(
    "raw",
    [None, "", " ", "nan", "NaN", "-nan", "null", "unavailable", "Unknown", "-", float("nan")],
)
def test_there_are_many_words_for_no_value(raw: object) -> None:
    assert number_of("pm25", raw) is None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("much", "malformed"),
        ("12,5", "malformed"),
        ("1_000", "malformed"),
        ("\uff11\uff12", "malformed"),  # digits of another script
        ("1" * 100, "malformed"),
        (True, "malformed"),
        ([12], "malformed"),
        ({"value": 12}, "malformed"),
        ("inf", "not_finite"),
        (float("-inf"), "not_finite"),
        ("1e999", "not_finite"),
        (10**400, "value_out_of_range"),
    ],
)
def test_what_is_no_number_is_refused_by_name(raw: object, reason: str) -> None:
    with pytest.raises(Fault) as refused:
        number_of("pm25", raw)

    assert (reason, "pm25") == (str(refused.value.reason), refused.value.field)


@pytest.mark.parametrize(
    ("raw", "kept"), [(7, 7), ("7.5", 7.5), ("much", None), (10**16, None), ([], None)]
)
def test_beside_the_values_only_numbers_are_kept(raw: object, kept: object) -> None:
    assert kept == extra_of(raw)


@pytest.mark.parametrize(
    ("field", "value", "unit", "ours"),
    [
        ("t_c", 86.0, "F", 30.0),
        ("t_c", -40.0, "°F", -40.0),
        ("t_c", 303.15, "K", 30.0),
        ("t_c", 30.0, "Cel", 30.0),
        ("p_hpa", 100659.0, "Pa", 1006.59),
        ("p_hpa", 760.0, "mmHg", 1013.25024),
        ("pm25", 0.0123, "mg/m3", 12.3),
        ("pm25", 1.23e-8, "kg/m3", 12.3),
        ("pm10", 12.3, "\u03bcg/m³", 12.3),
        ("rh", 0.55, "/", 55.0),
        ("wind_mps", 36.0, "km/h", 10.0),
        ("wind_deg", 90.0, None, 90.0),
    ],
)
def test_a_value_becomes_one_in_our_unit(
    field: str, value: float, unit: str | None, ours: float
) -> None:
    assert ours == converted(field, value, unit)


def test_a_unit_of_something_else_is_refused() -> None:
    with pytest.raises(BadInput, match="ppm"):
        converted("pm25", 12, "ppm")


def test_a_local_time_is_meant_in_its_zone() -> None:
    assert 1_767_225_600_000 == local_ms("Time", "2026-01-01T07:00:00", BANGKOK, 0)
    assert 1_767_225_600_000 == local_ms("Time", "2026-01-01T00:00:00Z", None, 0)
    assert 1_767_225_600_000 == local_ms("Time", "2026-01-01T07:00:00+07:00", BERLIN, 0)


def test_an_hour_that_a_clock_shows_twice_is_the_one_nearer_to_arrival() -> None:
    first = 1_792_888_200_000  # 2026-10-25T00:30Z, 02:30 in summer time

    told = [
        local_ms("Time", "2026-10-25T02:30:00", BERLIN, arrived)
        for arrived in (first + 1000, first + HOUR_MS + 1000)
    ]

    assert [first, first + HOUR_MS] == told


@pytest.mark.parametrize(
    "text", [None, 7, "", "2026-01-01", "01.02.2026 12:00", "2026-13-01T00:00:00", "x" * 99]
)
def test_what_is_no_time_is_refused(text: object) -> None:
    with pytest.raises(Fault):
        local_ms("Time", text, BANGKOK, 0)


def test_a_clock_that_counts_from_1970_was_never_set() -> None:
    assert is_never_set(local_ms("Time", "1970-01-01T00:00:12", BANGKOK, 0))
    assert not is_never_set(local_ms("Time", "1999-12-31T23:59:59", BANGKOK, 0))


@pytest.mark.parametrize("device", ["garden", "PMS_5003", "84fce612f5b8", "a.b", "0x00124b00"])
def test_a_name_that_may_be_part_of_a_code_stays(device: str) -> None:
    assert f"tasmota-{device}" == sensor_code("tasmota", device)


@pytest.mark.parametrize(
    "device",
    [
        "เครื่องวัดฝุ่น",
        "détecteur_pir",
        "my sensor",
        "a/b",
        "a--b",
        "-a",
        "x" * 80,
        "urn:dev:mac:00",
        "\x00",
    ],
)
def test_any_other_name_becomes_a_code_that_tells_it_apart(device: str) -> None:
    code = sensor_code("zigbee2mqtt", device)

    assert code == check_identifier("sensor", code) == sensor_code("zigbee2mqtt", device)
    assert code.startswith("zigbee2mqtt-")
    assert code != sensor_code("zigbee2mqtt", code.removeprefix("zigbee2mqtt-"))


def test_names_that_look_alike_are_not_the_same() -> None:
    looks = ["caf\u00e9", "cafe\u0301", "caf ", "caf-", "caf"]

    assert len(looks) == len({sensor_code("p", name) for name in looks})


@pytest.mark.parametrize(
    ("one", "other", "do"),
    [
        ("tele/+/SENSOR", "tele/yard/+", True),
        ("tele/+/SENSOR", "tele/+/STATE", False),
        ("tele/#", "tele", True),
        ("#", "a/b", True),
        ("+/sensor/+/state", "zigbee2mqtt/#", True),
        ("+/sensor/+/state", "zigbee2mqtt/+", False),
    ],
)
def test_filters_overlap_where_a_topic_matches_both(one: str, other: str, do: bool) -> None:  # noqa: FBT001  (a table's column)
    assert do == overlap(levels_of("topic", one), levels_of("topic", other))


def test_a_match_tells_what_stands_for_the_wildcards() -> None:
    assert ["yard", "pm"] == match(
        levels_of("topic", "e/+/sensor/+/state"), "e/yard/sensor/pm/state"
    )
    assert ["north/yard"] == match(levels_of("topic", "zigbee2mqtt/#"), "zigbee2mqtt/north/yard")
    assert match(levels_of("topic", "e/+/state"), "e/state") is None
    assert match(levels_of("topic", "e/+"), "e/a/b") is None


def test_a_key_may_come_twice_only_with_one_value() -> None:
    assert {"a": 1} == object_of(b'{"a": 1, "a": 1}')
    with pytest.raises(Fault, match="each key once"):
        json_of(b'{"a": 1, "a": true}')


def test_what_is_too_large_is_not_read() -> None:
    with pytest.raises(Fault, match="at most"):
        json_of(json.dumps(["x" * MAX_BYTES]).encode())


def test_each_quantity_has_its_number_for_ever() -> None:
    assert {
        "pm1": 1,
        "pm25": 2,
        "pm10": 3,
        "tsp": 4,
        "t_c": 5,
        "rh": 6,
        "p_hpa": 7,
        "wind_mps": 8,
        "wind_deg": 9,
    } == ORDINALS


def test_weather_that_cannot_be_is_left_out_and_told() -> None:
    draft = Draft()
    draft.put("pm25", "PM2.5", "0")  # a sensor that warms up says zero: kept as it is
    draft.put("rh", "Humidity", 119)
    draft.put("p_hpa", "Pressure", "high")
    reading = draft.reading("s", 0)

    assert reading is not None
    assert (0.0, None, None) == (reading.pm25, reading.rh, reading.p_hpa)
    assert {"left_out": {"Humidity": "119.0", "Pressure": "high"}} == reading.x


def test_dust_that_cannot_be_read_costs_the_reading() -> None:
    with pytest.raises(Fault, match="between"):
        Draft().put("pm10", "PM10", 2_000_000)

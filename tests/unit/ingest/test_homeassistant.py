"""What is told to Home Assistant: topics, discovery payloads, values and their attributes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fixtures.homeassistant import BLOCKED, components, faults
from pydantic import ValidationError

from dust.indicators.newest import Row, StationFigures, newest_figures
from dust.pollutants import Pollutant
from ingest.homeassistant.discovery import config_of
from ingest.homeassistant.place import Place, place_of
from ingest.homeassistant.said import is_available, state_of
from ingest.homeassistant.settings import HomeAssistantSettings

NOW = datetime(2024, 1, 16, 5, 30, tzinfo=UTC)
MIDNIGHT = datetime(2024, 1, 15, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLACE = Place("homeassistant", "npl", "v1")


def sensor_row(model: str = "pms5003", age: timedelta = timedelta(minutes=1), **more: Any) -> Row:
    names = {"station": "v1", "name_th": "หน้าโรงเรียน", "name_en": "School front"}
    place = {"kind": "school", "zone": None, "time_zone": "Asia/Bangkok"}
    values = {"pm1": 5.5, "pm25": 20.25, "pm10": 33.0, "tsp": None, "t_c": None, "rh": None}
    flags = {f"qc_{pollutant}": 1 for pollutant in Pollutant}
    row = {
        "model": model,
        "sampling_interval_s": 60.0,
        "reports": ["pm1", "pm25", "pm10"],
        "phenomenon_time": NOW - age,
    }
    return names | place | values | flags | row | more


def hour_row(start: datetime, value: str, pollutant: str = "pm25", **more: Any) -> Row:
    row = {
        "station": "v1",
        "pollutant": pollutant,
        "period_start": start,
        "period_end": start + HOUR,
        "value": Decimal(value),
        "uncorrected_value": Decimal("31.5"),
        "n_valid": 58,
        "n_possible": 60,
        "time_coverage": Decimal("0.98"),
        "data_capture": Decimal("0.986"),
        "data_coverage": Decimal("0.966"),
        "claim_class": "screening",
        "rule_set": "complete-75",
    }
    return row | more


def day_of(value: str, **more: Any) -> list[Row]:
    """The twelve whole hours of the local day so far."""
    return [hour_row(MIDNIGHT + at * HOUR, value, **more) for at in range(12)]


def station(*hours: Row, **sensor: Any) -> StationFigures:
    (figures,) = newest_figures([sensor_row(**sensor)], hours, NOW)
    return figures


def config(figures: StationFigures, weather: tuple[str, ...] = (), **settings: Any) -> Any:
    return config_of(PLACE, figures, weather, HomeAssistantSettings(**settings), "1.2.3")


# --- Topics ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("code", ["v1", "a.b", "a_b", "a-b", "a_.b", "a__b", "A.-_.-_z", "1"])
def test_a_code_can_be_read_back_from_its_discovery_topic(code: str) -> None:
    place = Place("homeassistant", "net.work_1", code)

    assert place == place_of("homeassistant", "net.work_1", place.config_topic)
    assert "." not in place.config_topic


def test_no_two_stations_have_one_identity() -> None:
    codes = ["a.b", "a_b", "a-b", "a_-b", "a__b", "a._b", "a_.b"]
    identities = {Place("p", network, code).identity for network in codes for code in codes}

    assert len(codes) ** 2 == len(identities)


@pytest.mark.parametrize(
    "topic",
    [
        "homeassistant/device/dust_other_v1/config",
        "homeassistant/device/zigbee_0x1/config",
        "homeassistant/device/dust_npl_/config",
        "homeassistant/device/dust_npl_a_b/config",
        "elsewhere/device/dust_npl_v1/config",
    ],
)
def test_what_others_have_told_is_not_ours_to_forget(topic: str) -> None:
    found = place_of("homeassistant", "npl", topic)

    assert found is None or found.station == ""


def test_no_topic_is_one_that_a_gateway_could_have_written() -> None:
    for topic in (PLACE.state_topic, PLACE.availability_topic, PLACE.config_topic):
        assert not topic.startswith("dust/v1/")


# --- Discovery ------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("model", ["pms5003", "bam1020", "sds011"])
def test_a_device_is_what_home_assistant_takes(model: str, language: str) -> None:
    payload = config(station(*day_of("20"), model=model), ("t_c", "rh"), language=language)

    assert [] == faults(PLACE.config_topic, payload)


def test_a_station_is_one_device_with_its_names_and_makers() -> None:
    thai = config(station())["dev"]
    english = config(station(), language="en")["dev"]

    assert ("หน้าโรงเรียน", "School front") == (thai["name"], english["name"])
    assert (["dust_npl_v1"], "Plantower", "1.2.3") == (thai["ids"], thai["mf"], thai["sw"])


def test_every_value_says_which_of_two_it_is() -> None:
    found = components(config(station(), language="en"))

    assert "PM2.5 newest reading" == found["pm25_newest"]["name"]
    assert "PM2.5 hourly mean" == found["pm25_hour"]["name"]
    assert ("pm25", "measurement", "\u00b5g/m³") == tuple(
        found["pm25_hour"][key] for key in ("dev_cla", "stat_cla", "unit_of_meas")
    )


def test_tsp_has_no_device_class_because_there_is_none() -> None:
    found = components(config(station(reports=["tsp"], model="bam1020")))

    assert "dev_cla" not in found["tsp_hour"]
    assert "\u00b5g/m³" == found["tsp_hour"]["unit_of_meas"]


def test_what_a_station_has_not_is_told_to_be_forgotten() -> None:
    payload = config(station(reports=["pm25"]))

    assert {"p": "sensor"} == payload["cmps"]["pm10_hour"] == payload["cmps"]["t_c"]
    assert {"p": "binary_sensor"} == payload["cmps"]["pm10_over"]
    assert {"pm25_newest", "pm25_hour", "pm25_over"} == components(payload).keys()


@pytest.mark.parametrize(
    ("model", "component", "name"),
    [
        ("bam1020", "pm10_over", "PM10 daily limit exceeded for certain"),
        ("pms5003", "pm25_over", "PM2.5 signal: above the daily limit for certain"),
        ("pms5003", "pm10_over", "PM10 not compared with the daily limit"),
    ],
)
def test_a_limit_is_worded_as_the_claim_class_allows(model: str, component: str, name: str) -> None:
    over = components(config(station(model=model), language="en"))[component]

    assert name == over["name"]
    assert ("not compared" not in name) == over["en"]


def test_a_value_that_nobody_tells_any_more_expires() -> None:
    found = components(config(station(), interval_s=20))

    assert {90} == {component["exp_aft"] for component in found.values()}


def test_every_component_finds_its_value_and_attributes_in_the_state() -> None:
    figures = station(*day_of("20"), t_c=31.5, rh=60.0)
    said = state_of(figures, NOW)
    found = components(config(figures, ("t_c", "rh")))

    assert [] == [key for key in found if said[key].keys() != {"value", "attributes"}]
    assert [] == [
        key
        for key, component in found.items()
        if component["val_tpl"] != "{{ value_json.%s.value }}" % key  # noqa: UP031  (braces)
    ]


def test_no_attribute_has_a_name_that_home_assistant_keeps_for_itself() -> None:
    said = state_of(station(*day_of("20"), t_c=31.5, rh=60.0), NOW)
    names = {
        name for part in said.values() if isinstance(part, dict) for name in part["attributes"]
    }

    assert set() == names & BLOCKED


# --- Values ---------------------------------------------------------------------------------------
def test_an_hour_carries_its_period_coverage_claim_and_rules() -> None:
    said = state_of(station(*day_of("30.125")), NOW)["pm25_hour"]

    assert {
        "value": 30.125,
        "attributes": {
            "averaging_period": "hour",
            "period_start": "2024-01-16T04:00:00+00:00",
            "period_end": "2024-01-16T05:00:00+00:00",
            "unit": "ug/m3",
            "uncorrected_value": 31.5,
            "n_valid": 58,
            "n_possible": 60,
            "time_coverage": 0.98,
            "data_capture": 0.986,
            "data_coverage": 0.966,
            "claim_class": "screening",
            "rule_set": "complete-75",
        },
    } == said


def test_the_newest_reading_says_how_long_it_stands_for_and_that_it_is_not_corrected() -> None:
    said = state_of(station(), NOW)["pm25_newest"]

    assert 20.25 == said["value"]
    assert (60.0, False, "screening", 1, "2024-01-16T05:29:00+00:00") == tuple(
        said["attributes"][name]
        for name in ("averaging_period_s", "corrected", "claim_class", "qc_flag", "phenomenon_time")
    )


def test_a_late_reading_has_no_value_and_keeps_its_time() -> None:
    said = state_of(station(age=timedelta(minutes=11), t_c=30.0), NOW)

    assert said["pm25_newest"]["value"] is None
    assert said["t_c"]["value"] is None
    assert "2024-01-16T05:19:00+00:00" == said["pm25_newest"]["attributes"]["phenomenon_time"]


def test_a_failed_value_is_not_told() -> None:
    said = state_of(station(qc_pm25=4), NOW)

    assert said["pm25_newest"]["value"] is None
    assert 33.0 == said["pm10_newest"]["value"]


def test_an_hour_is_told_for_three_hours() -> None:
    old, new = NOW - 4 * HOUR, NOW - 4 * HOUR - timedelta(seconds=1)

    assert 20 == state_of(station(hour_row(old, "20")), NOW)["pm25_hour"]["value"]
    assert state_of(station(hour_row(new, "20")), NOW)["pm25_hour"]["value"] is None


def test_a_station_is_there_until_it_is_silent() -> None:
    assert is_available(station(age=timedelta(hours=5.9)))
    assert not is_available(station(age=timedelta(hours=6.1)))


def test_a_station_that_never_said_anything_is_not_there() -> None:
    never = station(phenomenon_time=None, pm1=None, pm25=None, pm10=None)

    assert not is_available(never)


# --- The limit of the day -------------------------------------------------------------------------
@pytest.mark.parametrize(("level", "value"), [("74.9", "OFF"), ("75.2", "ON")])
def test_a_day_is_over_for_certain_when_no_clean_air_can_save_it(level: str, value: str) -> None:
    """Twelve hours of twice the limit are the limit for the whole day."""
    said = state_of(station(*day_of(level)), NOW)["pm25_over"]

    assert value == said["value"]
    assert ("signal", "2024-01-16", 12, 24) == tuple(
        said["attributes"][name] for name in ("judgement", "local_day", "n_valid", "n_possible")
    )
    assert 37.5 == said["attributes"]["limit"]["level"]


def test_hours_of_yesterday_say_nothing_of_today() -> None:
    yesterday = [hour_row(MIDNIGHT - at * HOUR, "500") for at in range(12, 0, -1)]

    assert "OFF" == state_of(station(*yesterday), NOW)["pm25_over"]["value"]


def test_what_may_not_be_judged_is_neither_on_nor_off() -> None:
    hours = day_of("999", pollutant="pm10", claim_class="not_claimable")
    said = state_of(station(*hours), NOW)["pm10_over"]

    assert (None, "not_judged") == (said["value"], said["attributes"]["judgement"])


# --- Settings -------------------------------------------------------------------------------------
@pytest.mark.parametrize("prefix", ["", "/", "a/", "/a", "a//b", "a+", "#", "a b", "ก"])
def test_a_prefix_that_no_topic_can_have_is_refused(prefix: str) -> None:
    with pytest.raises(ValidationError, match="prefix"):
        HomeAssistantSettings(prefix=prefix)


def test_home_assistant_is_told_nothing_unless_asked_for() -> None:
    assert not HomeAssistantSettings().enabled

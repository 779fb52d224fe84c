"""What the API's numbers rest on: limits, rule sets, claims, sensors; and stations for a map."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fixtures.postgres import _fresh_database
from integration import filling
from integration.api_server import ApiServer, serving
from integration.networks import SENSORS, STATIONS, apply, network, sensor
from integration.test_api_answers import answer
from integration.test_api_refusals import problem

from dust.claims import ClaimClass, claims_table
from dust.clock import epoch_ms
from dust.pollutants import UGM3
from dust.standards import limit_values, rule_sets
from dust.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dust.network import Network

NOTICE = {
    "th": "ข้อมูลจากเซ็นเซอร์ราคาประหยัด ใช้เพื่อการเฝ้าระวัง ไม่ใช่วิธีตรวจวัดตามกฎหมาย",
    "en": "Data from low-cost sensors, for watching only; not a legal method of measurement",
}
MOVED_AT = filling.NOW - timedelta(hours=3)


@pytest.fixture(scope="module")
def moved_api(postgres_url: str, plain_template: str) -> Iterator[ApiServer]:
    """A network of another rule set: one sensor moved, one not there yet, one gone, one spare."""
    with _fresh_database(postgres_url, plain_template) as url:
        apply(url, moved())
        with serving(url, FakeClock(epoch_ms(filling.NOW))) as server:
            yield server


def moved() -> Network:
    since, later = MOVED_AT.isoformat(), (filling.NOW + timedelta(seconds=1)).isoformat()
    made = network(
        STATIONS,
        (*SENSORS, sensor("pms-spare")),
        [
            {"sensor": "bam-ref", "station": "v1", "to": since},
            {"sensor": "bam-ref", "station": "ref", "from": since, "reports": ["pm10"]},
            {"sensor": "pms-v1", "station": "v1", "from": later},
            {"sensor": "pms-v2", "station": "v2", "to": filling.NOW.isoformat()},
        ],
    )
    return made.model_copy(update={"rule_set": "complete-24h"})


def limits(server: ApiServer, **parameters: str) -> Any:
    return answer(server.get("/api/v1/limits", **parameters))["limits"]


def sensors(server: ApiServer) -> Any:
    return {each["code"]: each for each in answer(server.get("/api/v1/sensors"))["sensors"]}


def a_map(server: ApiServer) -> Any:
    response = server.get("/api/v1/stations.geojson")
    assert 200 == response.status_code, response.text
    assert "application/geo+json" == response.headers["content-type"]
    return response.json()


def properties(server: ApiServer, code: str) -> Any:
    features = {feature["id"]: feature for feature in a_map(server)["features"]}
    return features[code]["properties"]


# --- Limit values ---------------------------------------------------------------------------------
def test_every_limit_value_is_served_with_all_that_its_file_says(filled_api: ApiServer) -> None:
    found = {limit["id"]: limit for limit in limits(filled_api)}

    assert [limit.id for limit in limit_values()] == list(found)
    assert {
        "id": "th-pm25-24h-2010",
        "authority": "thailand",
        "pollutant": "pm25",
        "level": 50.0,
        "unit": "ug/m3",
        "interim_targets": [],
        "averaging_period": "24h",
        "statistic": "arithmetic_mean",
        "comparison": ">",
        "rounding": {"step": 0.1, "mode": "half_up"},
        "permitted_exceedances": 0,
        "valid_from": "2010-01-01",
        "valid_to": "2023-06-01",
        "citation": limit_values()[0].citation,
        "source_mark": "S",
    } == found["th-pm25-24h-2010"]
    who = found["who-2021-pm25-24h"]
    assert ([75.0, 50.0, 37.5, 25.0], 4, None) == (
        who["interim_targets"],
        who["permitted_exceedances"],
        who["valid_to"],
    )


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2009-12-31", []),
        ("2022-06-30", ["th-pm25-24h-2010", "th-pm25-year-2010"]),
        ("2022-07-01", ["th-pm25-24h-2010", "th-pm25-year-2022"]),
        ("2023-05-31", ["th-pm25-24h-2010", "th-pm25-year-2022"]),
        ("2023-06-01", ["th-pm25-24h-2023", "th-pm25-year-2022"]),
    ],
)
def test_on_a_day_only_the_limits_in_force_that_day_are_served(
    filled_api: ApiServer, on: str, expected: list[str]
) -> None:
    found = answer(filled_api.get("/api/v1/limits", on=on, pollutant="pm25"))

    assert on == found["on"]
    assert expected == [
        limit["id"] for limit in found["limits"] if limit["authority"] == "thailand"
    ]


def test_limits_can_be_asked_for_by_pollutant(filled_api: ApiServer) -> None:
    assert {"th-tsp-24h-2004", "th-tsp-year-2004"} == {
        limit["id"] for limit in limits(filled_api, pollutant="tsp")
    }
    assert [] == limits(filled_api, pollutant="pm1")


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("on=yesterday", "on", "yesterday"),
        ("on=2024-02-30", "on", "2024-02-30"),
        ("on=", "on", ""),
        ("pollutant=pm2.5", "pollutant", "pm2.5"),
    ],
)
def test_a_limit_of_no_day_or_no_pollutant_is_refused(
    filled_api: ApiServer, query: str, field: str, value: str
) -> None:
    body = problem(filled_api.client.get(f"/api/v1/limits?{query}"), 422)

    assert (field, value) == (body["field"], body["value"])
    assert body["allowed"]


def test_a_year_of_the_buddhist_era_is_not_taken_for_the_future(filled_api: ApiServer) -> None:
    body = problem(filled_api.get("/api/v1/limits", on="2566-06-01"), 422)

    assert ("on", "2566-06-01", "a year from 1900 to 2200") == (
        body["field"],
        body["value"],
        body["allowed"],
    )


# --- Rule sets ------------------------------------------------------------------------------------
def test_rule_sets_say_that_they_are_settings_and_which_is_in_force(filled_api: ApiServer) -> None:
    found = answer(filled_api.get("/api/v1/rule-sets"))

    assert ("test-net", "epa-75-18h") == (found["network"], found["in_force"])
    assert [rules.id for rules in rule_sets()] == [rules["id"] for rules in found["rule_sets"]]
    assert {
        "id": "epa-75-18h",
        "hour_min_coverage": 0.75,
        "day_min_hours": 18,
        "long_min_coverage": 0.75,
        "final_after_days": 30,
        "source": rule_sets()[0].source,
        "is_setting": True,
        "is_default": True,
        "is_in_force": True,
    } == found["rule_sets"][0]


def test_a_network_that_names_another_rule_set_has_that_in_force(moved_api: ApiServer) -> None:
    found = answer(moved_api.get("/api/v1/rule-sets"))

    assert "complete-24h" == found["in_force"]
    assert [("epa-75-18h", True, False), ("complete-24h", False, True)] == [
        (rules["id"], rules["is_default"], rules["is_in_force"]) for rules in found["rule_sets"]
    ]


# --- Claims ---------------------------------------------------------------------------------------
def test_claim_classes_are_told_in_both_languages_from_the_best_down(filled_api: ApiServer) -> None:
    found = answer(filled_api.get("/api/v1/claims"))

    assert NOTICE == found["low_cost_notice"]
    assert [
        ("reference", "exceedance", False),
        ("indicative", "exceedance", True),
        ("screening", "signal", True),
        ("not_claimable", "not_judged", True),
    ] == [
        (each["claim_class"], each["judgement"], each["carries_low_cost_notice"])
        for each in found["claim_classes"]
    ]
    last = found["claim_classes"][-1]
    assert {"th": "ใช้เทียบมาตรฐานไม่ได้", "en": "Not for comparison with limits"} == last["name"]
    assert all(each["use"].keys() == NOTICE.keys() for each in found["claim_classes"])


def test_every_model_and_pollutant_has_its_class_with_the_source(filled_api: ApiServer) -> None:
    models = answer(filled_api.get("/api/v1/claims"))["models"]

    assert {
        (identifier, str(pollutant), str(claim.claim_class), claim.source)
        for identifier, model in claims_table().models.items()
        for pollutant, claim in model.pollutants.items()
    } == {
        (model["model"], claim["pollutant"], claim["claim_class"], claim["source"])
        for model in models
        for claim in model["claims"]
    }
    assert list(claims_table().models) == [model["model"] for model in models]


def test_a_claim_says_how_it_is_worded_and_what_is_plausible(filled_api: ApiServer) -> None:
    models = answer(filled_api.get("/api/v1/claims"))["models"]

    bam = next(model for model in models if model["model"] == "bam1020")
    assert ("Met One", "BAM-1020") == (bam["maker"], bam["name"])
    claim = bam["claims"][0]
    assert "legal method" in claim.pop("source")
    assert {
        "pollutant": "pm25",
        "claim_class": ClaimClass.REFERENCE,
        "judgement": "exceedance",
        "plausible": {"fail_below": -15.0, "suspect_above": 984.0, "unit": UGM3},
    } == claim


# --- Sensors --------------------------------------------------------------------------------------
def test_a_sensor_says_what_it_is_where_it_is_and_when_it_last_spoke(filled_api: ApiServer) -> None:
    found = answer(filled_api.get("/api/v1/sensors/pms-v1"))

    assert {
        "generated_at": "2024-01-16T05:30:00Z",
        "sensor": {
            "code": "pms-v1",
            "model": "pms5003",
            "sampling_interval_s": 900,
            "claims": {"pm1": "screening", "pm25": "screening", "pm10": "not_claimable"},
            "gateway": "gw-1",
            "deployment": {
                "station": "v1",
                "deployed_from": "2000-01-01T00:00:00Z",
                "reports": ["pm1", "pm25", "pm10"],
            },
            "last_reading_time": "2024-01-15T17:29:59.999Z",
        },
    } == found


def test_all_sensors_are_listed_by_code_as_each_is_alone(filled_api: ApiServer) -> None:
    found = sensors(filled_api)

    assert ["bam-ref", "pms-v1", "pms-v2"] == list(found)
    assert None is found["pms-v2"]["last_reading_time"]
    for code, listed in found.items():
        assert listed == answer(filled_api.get(f"/api/v1/sensors/{code}"))["sensor"]


def test_a_sensor_is_where_it_measures_now(moved_api: ApiServer) -> None:
    found = sensors(moved_api)

    assert {"station": "ref", "deployed_from": "2024-01-16T02:30:00Z", "reports": ["pm10"]} == (
        found["bam-ref"]["deployment"]
    )


@pytest.mark.parametrize(
    ("code", "why"), [("pms-v1", "not yet"), ("pms-v2", "not any more"), ("pms-spare", "never")]
)
def test_a_sensor_that_measures_nowhere_now_has_no_deployment(
    moved_api: ApiServer, code: str, why: str
) -> None:
    assert None is sensors(moved_api)[code]["deployment"], why


@pytest.mark.parametrize(("path", "value"), [("nothing", "nothing"), ("a%00b", "a\x00b")])
def test_an_unknown_sensor_is_a_problem_that_names_it(
    filled_api: ApiServer, path: str, value: str
) -> None:
    body = problem(filled_api.client.get(f"/api/v1/sensors/{path}"), 404)

    assert ("sensor", value) == (body["field"], body["value"])
    assert "/api/v1/sensors" in body["allowed"]


# --- A map ----------------------------------------------------------------------------------------
def test_stations_are_features_with_longitude_first(filled_api: ApiServer) -> None:
    found = a_map(filled_api)

    assert ("FeatureCollection", "2024-01-16T05:30:00Z") == (found["type"], found["generated_at"])
    assert ["ref", "v1", "v2"] == [feature["id"] for feature in found["features"]]
    for feature in found["features"]:
        assert {"type", "id", "geometry", "properties"} == feature.keys()
        assert "Feature" == feature["type"]
        assert {"type": "Point", "coordinates": [100.871, 14.687]} == feature["geometry"]


def test_a_feature_carries_the_boards_figures_and_the_index(filled_api: ApiServer) -> None:
    board = answer(filled_api.get("/api/v1/stations/ref"))["station"]

    found = properties(filled_api, "ref")

    del board["aqi"]["advice"]
    assert {
        "code": "ref",
        "name": {"th": "สถานี ref", "en": "Station ref"},
        "kind": "reference",
        "zone": "north-east",
        "example": False,
        "pm25": board["now"]["pm25"],
        "pm10": board["now"]["pm10"],
        "aqi": board["aqi"],
        "low_cost_notice": None,
    } == found
    assert (30.5, "ug/m3", "2024-01-16T05:29:00Z", 60, "reference") == tuple(
        found["pm25"][key] for key in ("value", "unit", "phenomenon_time", "age_s", "claim_class")
    )
    assert (3, 90) == (found["aqi"]["category"], found["aqi"]["aqi"])


def test_figures_of_a_cheap_sensor_go_on_no_map_without_the_notice(filled_api: ApiServer) -> None:
    found = properties(filled_api, "v1")

    assert ("screening", "not_claimable") == tuple(
        found[pollutant]["claim_class"] for pollutant in ("pm25", "pm10")
    )
    assert (None, NOTICE) == (found["aqi"], found["low_cost_notice"])


def test_a_station_without_figures_is_on_the_map_all_the_same(filled_api: ApiServer) -> None:
    found = properties(filled_api, "v2")

    assert {"pm25": None, "pm10": None, "aqi": None, "low_cost_notice": None}.items() <= (
        found.items()
    )


def test_the_map_and_a_station_do_not_hide_each_other(filled_api: ApiServer) -> None:
    assert "FeatureCollection" == a_map(filled_api)["type"]
    body = problem(filled_api.get("/api/v1/stations/geojson"), 404)

    assert ("station", "geojson") == (body["field"], body["value"])

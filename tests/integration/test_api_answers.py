"""Every answer of the API on a database whose numbers a hand has made, and every refusal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fixtures.postgres import _fresh_database
from integration.api_server import ApiServer, serving
from integration.desk import OTHER_SPOOL, Desk, hours, quarters, settle
from integration.networks import SENSORS, apply, network, station

from dust.clock import epoch_ms
from dust.storage.connection import connect
from dust.testing import FakeClock, a_reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

# Noon and a half in Bangkok on 16 January 2024. Yesterday was above every limit, today is not.
NOW = datetime(2024, 1, 16, 5, 30, tzinfo=UTC)
MIDNIGHT = datetime(2024, 1, 15, 17, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
STATIONS = [
    station("ref", "reference", zone="north-east"),
    station("v1", example=True),
    station("v2"),
]


@pytest.fixture(scope="module")
def api(postgres_url: str, plain_template: str) -> Iterator[ApiServer]:
    """One server and one database for all tests of this module: nothing here writes."""
    clock = FakeClock(epoch_ms(NOW))
    with _fresh_database(postgres_url, plain_template) as url:
        apply(url, network(STATIONS, SENSORS))
        _fill(Desk(url, clock), url)
        with serving(url, clock) as server:
            yield server


def _fill(desk: Desk, url: str) -> None:
    """Per station: two days ago (reference only, and withdrawn later), yesterday, today."""
    before = MIDNIGHT - 2 * DAY
    with connect(url) as connection:
        desk.take_readings(hours("bam-ref", [38] * 18, before, 1, pm10=10.0))
        settle(connection)
        desk.take_readings(hours("bam-ref", [10] * 6, before + 18 * HOUR, 100, pm10=10.0))
        desk.take_readings(hours("bam-ref", [50] * 24, MIDNIGHT - DAY, 200, pm10=130.0))
        desk.take_readings(hours("bam-ref", [20] * 12, MIDNIGHT, 300, pm10=10.0))
        newest = a_reading(400, "bam-ref", epoch_ms(NOW) - 60_000, pm25=30.5, pm10=12.0)
        desk.take_readings([newest])
        desk.take_readings(hours("pms-v1", [40] * 24, MIDNIGHT - DAY, 1, pm10=300.0), OTHER_SPOOL)
        desk.take_readings(quarters("pms-v1", MIDNIGHT, [90, 90], 200, pm10=300.0), OTHER_SPOOL)
        settle(connection)
    desk.close()


def answer(response: httpx.Response) -> Any:
    assert 200 == response.status_code, response.text
    assert "application/json" == response.headers["content-type"]
    return response.json()


def one(api: ApiServer, code: str) -> Any:
    return answer(api.get(f"/api/v1/stations/{code}"))["station"]


def problem(response: httpx.Response, status: int) -> Any:
    assert "application/problem+json" == response.headers["content-type"], response.text
    body = response.json()
    assert (status, status) == (response.status_code, body["status"])
    assert {"type", "title", "status", "detail"} <= body.keys()
    return body


# --- Stations -------------------------------------------------------------------------------------
def test_the_board_names_the_network_and_every_station(api: ApiServer) -> None:
    board = answer(api.get("/api/v1/stations"))

    assert {"generated_at", "network", "stations"} == board.keys()
    assert "2024-01-16T05:30:00Z" == board["generated_at"]
    assert {
        "code": "test-net",
        "name": {"th": "เครือข่ายทดสอบ", "en": "Test network"},
        "example": False,
    } == board["network"]
    assert ["ref", "v1", "v2"] == [entry["code"] for entry in board["stations"]]


def test_a_station_says_what_and_where_it_is(api: ApiServer) -> None:
    found = one(api, "ref")

    assert {
        "code": "ref",
        "name": {"th": "สถานี ref", "en": "Station ref"},
        "kind": "reference",
        "zone": "north-east",
        "example": False,
        "latitude": 14.687,
        "longitude": 100.871,
        "time_zone": "Asia/Bangkok",
    } == {key: found[key] for key in ("code", "name", "kind", "zone", "example")} | {
        key: found[key] for key in ("latitude", "longitude", "time_zone")
    }
    assert [
        {
            "code": "bam-ref",
            "model": "bam1020",
            "sampling_interval_s": 900,
            "claims": {"pm25": "reference", "pm10": "reference"},
        }
    ] == found["sensors"]
    assert {"last_reading_time": "2024-01-16T05:29:00Z"} == found["health"]


def test_now_is_the_newest_value_with_its_age_and_trend(api: ApiServer) -> None:
    assert {
        "value": 30.5,
        "unit": "ug/m3",
        "phenomenon_time": "2024-01-16T05:29:00Z",
        "age_s": 60,
        "is_fresh": True,
        "trend": "rising",
        "claim_class": "reference",
        "qc_flag": 1,
    } == one(api, "ref")["now"]["pm25"]


def test_an_old_value_is_shown_with_its_age_and_without_a_trend(api: ApiServer) -> None:
    now = one(api, "v1")["now"]["pm25"]

    assert (90, False, None) == (now["value"], now["is_fresh"], now["trend"])
    assert 12 * 3600 == now["age_s"]


def test_the_rolling_mean_is_of_the_last_24_whole_hours(api: ApiServer) -> None:
    """12 hours of 50 and 12 of 20, from 05:00Z to 05:00Z."""
    assert {
        "value": 35.0,
        "unit": "ug/m3",
        "period_start": "2024-01-15T05:00:00Z",
        "period_end": "2024-01-16T05:00:00Z",
        "n_valid": 24,
        "n_possible": 24,
        "is_complete": True,
        "claim_class": "reference",
        "rule_set": "epa-75-18h",
    } == one(api, "ref")["rolling_24h"]["pm25"]


def test_the_index_is_that_of_the_rolling_mean_with_its_words(api: ApiServer) -> None:
    """35.0 lies at (35.0 - 25.1) / (37.5 - 25.1) of 51 to 100: 90.1."""
    found = one(api, "ref")["aqi"]

    assert {
        "scale": "th-2566",
        "aqi": 90,
        "above_scale": False,
        "category": 3,
        "name": {"th": "ปานกลาง", "en": "Moderate"},
        "colour": "#ffff00",
        "pollutant": "pm25",
        "period_start": "2024-01-15T05:00:00Z",
        "period_end": "2024-01-16T05:00:00Z",
        "claim_class": "reference",
    } == {key: value for key, value in found.items() if key not in {"advice", "colour_word"}}
    assert {"general", "at_risk"} == found["advice"].keys()
    assert {"th", "en"} == found["colour_word"].keys() == found["advice"]["general"].keys()


def test_too_few_hours_make_no_index(api: ApiServer) -> None:
    found = one(api, "v1")

    assert (None, 12, False) == tuple(
        found["rolling_24h"]["pm25"][key] for key in ("value", "n_valid", "is_complete")
    )
    assert found["aqi"] is None


def test_today_is_the_local_day_so_far_against_its_limit(api: ApiServer) -> None:
    today = one(api, "ref")["today"]

    assert "2024-01-16" == today["local_day"]
    limit = today["pm25"].pop("limit")
    assert {
        "mean": 20.0,
        "unit": "ug/m3",
        "n_valid": 12,
        "n_possible": 24,
        "period_start": "2024-01-15T17:00:00Z",
        "period_end": "2024-01-16T17:00:00Z",
        "judgement": "exceedance",
        "state": "below",
        "claim_class": "reference",
    } == today["pm25"]
    assert ("th-pm25-24h-2023", 37.5, ">") == (limit["id"], limit["level"], limit["comparison"])
    assert limit["citation"]


def test_what_a_cheap_sensor_says_of_pm10_is_not_judged(api: ApiServer) -> None:
    pm10 = one(api, "v1")["today"]["pm10"]

    assert ("not_judged", "unknown", "not_claimable") == tuple(
        pm10[key] for key in ("judgement", "state", "claim_class")
    )


def test_a_station_that_never_spoke_has_no_numbers(api: ApiServer) -> None:
    found = one(api, "v2")

    nothing = {"pm25": None, "pm10": None}
    assert (nothing, nothing, None) == (found["now"], found["rolling_24h"], found["aqi"])
    assert (None, "unknown") == tuple(found["today"]["pm25"][key] for key in ("mean", "state"))
    assert {"last_reading_time": None} == found["health"]


def test_the_board_and_a_station_say_the_same(api: ApiServer) -> None:
    board = {entry["code"]: entry for entry in answer(api.get("/api/v1/stations"))["stations"]}

    for code, entry in board.items():
        alone = one(api, code)
        del alone["sensors"]
        assert entry == alone


# --- Hours and days -------------------------------------------------------------------------------
def test_an_hour_has_both_its_ends_its_coverage_and_its_rule_set(api: ApiServer) -> None:
    span = {"start": "2024-01-15T17:00:00Z", "end": "2024-01-15T18:00:00Z"}

    found = answer(api.get("/api/v1/stations/v1/hours", **span))

    (hour,) = found.pop("hours")
    assert {
        "station": "v1",
        "pollutant": "pm25",
        "unit": "ug/m3",
        "period_start": "2024-01-15T17:00:00Z",
        "period_end": "2024-01-15T18:00:00Z",
    } == found
    assert {
        "period_start": "2024-01-15T17:00:00Z",
        "period_end": "2024-01-15T18:00:00Z",
        "local_start": "2024-01-16T00:00:00+07:00",
        "value": None,
        "uncorrected_value": None,
        "n_valid": 2,
        "n_expected": 4,
        "time_coverage": 0.5,
        "data_capture": 1.0,
        "data_coverage": 0.5,
        "is_complete": False,
        "claim_class": "screening",
        "rule_set": "epa-75-18h",
        "revision": 1,
    }.items() <= hour.items()


def test_hours_are_the_last_48_by_default_in_ascending_order(api: ApiServer) -> None:
    found = answer(api.get("/api/v1/stations/ref/hours"))

    starts = [hour["period_start"] for hour in found["hours"]]
    assert sorted(set(starts)) == starts
    assert ("2024-01-14T06:00:00Z", "2024-01-16T05:00:00Z") == (starts[0], starts[-1])
    assert 48 == len(starts)


def test_a_span_holds_the_hours_that_begin_in_it(api: ApiServer) -> None:
    span = {"start": "2024-01-16T00:00:00+07:00", "end": "2024-01-16T02:30:00+07:00"}

    found = answer(api.get("/api/v1/stations/ref/hours", pollutant="pm10", **span))

    assert [(f"2024-01-15T{hour}:00:00Z", 10.0) for hour in (17, 18, 19)] == [
        (hour["period_start"], hour["value"]) for hour in found["hours"]
    ]


def test_days_are_local_days_with_the_limit_of_that_day(api: ApiServer) -> None:
    span = {"start": "2024-01-14", "end": "2024-01-17"}

    found = answer(api.get("/api/v1/stations/ref/days", **span))

    assert ("2024-01-13T17:00:00Z", "2024-01-16T17:00:00Z") == (
        found["period_start"],
        found["period_end"],
    )
    assert [
        ("2024-01-14", 31.0, 24, 24, False),
        ("2024-01-15", 50.0, 24, 24, True),
        ("2024-01-16", None, 12, 24, None),
    ] == [
        tuple(day[key] for key in ("local_day", "value", "n_valid", "n_possible", "exceeds"))
        for day in found["days"]
    ]
    assert {"th-pm25-24h-2023"} == {day["limit"]["id"] for day in found["days"]}
    assert ["2024-01-13T17:00:00Z", "2024-01-14T17:00:00Z", "2024-01-15T17:00:00Z"] == [
        day["period_start"] for day in found["days"]
    ]


def test_days_are_the_last_31_by_default(api: ApiServer) -> None:
    found = answer(api.get("/api/v1/stations/ref/days"))

    assert ("2023-12-16T17:00:00Z", "2024-01-16T17:00:00Z") == (
        found["period_start"],
        found["period_end"],
    )


def test_a_day_that_may_not_be_judged_neither_exceeds_nor_does_not(api: ApiServer) -> None:
    found = answer(api.get("/api/v1/stations/v1/days", pollutant="pm10"))

    assert [("2024-01-15", 300.0, None)] == [
        (day["local_day"], day["value"], day["exceeds"]) for day in found["days"][:1]
    ]


# --- Exceedances ----------------------------------------------------------------------------------
def test_the_ledger_lists_what_stands_newest_day_first(api: ApiServer) -> None:
    entries = answer(api.get("/api/v1/exceedances"))["exceedances"]

    assert [
        ("2024-01-15", "ref", "pm10", "exceedance", "provisional"),
        ("2024-01-15", "ref", "pm25", "exceedance", "provisional"),
        ("2024-01-15", "v1", "pm25", "signal", "provisional"),
    ] == [
        tuple(entry[key] for key in ("local_day", "station", "pollutant", "kind", "status"))
        for entry in entries
    ]


def test_an_entry_holds_all_that_is_needed_to_defend_it(api: ApiServer) -> None:
    entries = answer(api.get("/api/v1/stations/ref/exceedances"))["exceedances"]

    entry = next(entry for entry in entries if entry["pollutant"] == "pm25")
    assert {
        "station": "ref",
        "revision": 1,
        "reason": "found",
        "period_start": "2024-01-14T17:00:00Z",
        "period_end": "2024-01-15T17:00:00Z",
        "value_raw": 50.0,
        "value_rounded": 50.0,
        "level": 37.5,
        "unit": "ug/m3",
        "is_complete": True,
        "n_valid": 24,
        "n_possible": 24,
        "time_coverage": 1.0,
        "data_capture": 1.0,
        "data_coverage": 1.0,
        "claim_class": "reference",
        "rule_set": "epa-75-18h",
    }.items() <= entry.items()
    assert {"id", "limit", "recorded_at"} <= entry.keys()
    assert entry["limit"]["citation"]


def test_withdrawn_entries_are_shown_only_when_asked_for(api: ApiServer) -> None:
    path = "/api/v1/stations/ref/exceedances"

    shown = answer(api.get(path, withdrawn="true"))["exceedances"]

    assert [("2024-01-14", 2)] == [
        (entry["local_day"], entry["revision"]) for entry in shown if entry["status"] == "withdrawn"
    ]
    assert 2 == len(answer(api.get(path))["exceedances"])


def test_a_stations_entries_are_the_same_by_both_addresses(api: ApiServer) -> None:
    by_path = answer(api.get("/api/v1/stations/v1/exceedances"))

    assert by_path == answer(api.get("/api/v1/exceedances", station="v1"))
    assert 1 == len(by_path["exceedances"])


def test_a_list_of_entries_can_be_cut_short(api: ApiServer) -> None:
    assert 1 == len(answer(api.get("/api/v1/exceedances", limit="1"))["exceedances"])


# --- Refusals -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/stations/nowhere",
        "/api/v1/stations/nowhere/hours",
        "/api/v1/stations/nowhere/days",
        "/api/v1/stations/nowhere/exceedances",
        "/api/v1/exceedances?station=nowhere",
    ],
)
def test_an_unknown_station_is_a_problem_that_names_it(api: ApiServer, path: str) -> None:
    body = problem(api.client.get(path), 404)

    assert ("station", "nowhere") == (body["field"], body["value"])
    assert "/api/v1/stations" in body["allowed"]


@pytest.mark.parametrize("path", ["/api/v1/stations/a%00b", "/api/v1/exceedances?station=%00"])
def test_a_name_that_no_database_can_hold_is_not_found_either(api: ApiServer, path: str) -> None:
    assert "station" == problem(api.client.get(path), 404)["field"]


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("hours?pollutant=pm2.5", "pollutant", "pm2.5"),
        ("hours?start=yesterday", "start", "yesterday"),
        ("hours?start=2024-01-15T00:00:00", "start", "2024-01-15T00:00:00"),
        (
            "hours?start=2024-01-15T10:00:00Z&end=2024-01-15T10:00:00Z",
            "end",
            "2024-01-15T10:00:00Z",
        ),
        ("hours?start=1990-01-01T00:00:00Z", "start", "1990-01-01T00:00:00Z"),
        ("days?start=2024-02-30", "start", "2024-02-30"),
        ("days?start=2024-01-16&end=2024-01-15", "end", None),
        ("exceedances?limit=0", "limit", "0"),
        ("exceedances?limit=many", "limit", "many"),
        ("exceedances?withdrawn=perhaps", "withdrawn", "perhaps"),
    ],
)
def test_a_bad_parameter_is_a_problem_that_names_field_value_and_what_is_allowed(
    api: ApiServer, path: str, field: str, value: str | None
) -> None:
    body = problem(api.client.get(f"/api/v1/stations/ref/{path}"), 422)

    assert field == body["field"]
    assert value in {None, body["value"]}
    assert body["allowed"]


@pytest.mark.parametrize(
    "path",
    [
        "hours?end=0001-01-01T00:00:00Z",
        "hours?end=0001-01-01T00:00:00%2B07:00",
        "hours?start=9999-12-31T23:59:59Z&end=9999-12-31T23:59:59-07:00",
        "days?end=0001-01-01",
        "days?start=9999-12-30&end=9999-12-31",
        "days?start=0001-01-01&end=0001-01-02",
    ],
)
def test_the_ends_of_the_calendar_are_refused_and_break_nothing(api: ApiServer, path: str) -> None:
    body = problem(api.client.get(f"/api/v1/stations/ref/{path}"), 422)

    assert body["field"] in {"start", "end"}
    assert body["allowed"]


def test_an_unknown_address_and_a_wrong_method_are_problems_too(api: ApiServer) -> None:
    problem(api.get("/api/v1/nothing"), 404)
    response = api.client.post("/api/v1/stations")

    problem(response, 405)
    assert "GET" == response.headers["allow"]


def test_the_service_says_that_it_is_well(api: ApiServer) -> None:
    assert {"status": "ok", "database": "ok", "time": "2024-01-16T05:30:00Z"} == answer(
        api.get("/healthz")
    )

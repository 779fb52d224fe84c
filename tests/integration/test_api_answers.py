"""Every answer of the API on a database whose numbers a hand has made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx
    from integration.api_server import ApiServer


def answer(response: httpx.Response) -> Any:
    assert 200 == response.status_code, response.text
    assert "application/json" == response.headers["content-type"]
    return response.json()


def one(server: ApiServer, code: str) -> Any:
    return answer(server.get(f"/api/v1/stations/{code}"))["station"]


# --- Stations -------------------------------------------------------------------------------------
def test_the_board_names_the_network_and_every_station(filled_api: ApiServer) -> None:
    board = answer(filled_api.get("/api/v1/stations"))

    assert {"generated_at", "network", "stations"} == board.keys()
    assert "2024-01-16T05:30:00Z" == board["generated_at"]
    assert {
        "code": "test-net",
        "name": {"th": "เครือข่ายทดสอบ", "en": "Test network"},
        "example": False,
    } == board["network"]
    assert ["ref", "v1", "v2"] == [entry["code"] for entry in board["stations"]]


def test_a_station_says_what_and_where_it_is(filled_api: ApiServer) -> None:
    found = one(filled_api, "ref")

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


def test_now_is_the_newest_value_with_its_age_and_trend(filled_api: ApiServer) -> None:
    assert {
        "value": 30.5,
        "unit": "ug/m3",
        "phenomenon_time": "2024-01-16T05:29:00Z",
        "age_s": 60,
        "is_fresh": True,
        "trend": "rising",
        "claim_class": "reference",
        "qc_flag": 1,
    } == one(filled_api, "ref")["now"]["pm25"]


def test_an_old_value_is_shown_with_its_age_and_without_a_trend(filled_api: ApiServer) -> None:
    now = one(filled_api, "v1")["now"]["pm25"]

    assert (90, False, None) == (now["value"], now["is_fresh"], now["trend"])
    assert 12 * 3600 == now["age_s"]


def test_the_rolling_mean_is_of_the_last_24_whole_hours(filled_api: ApiServer) -> None:
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
    } == one(filled_api, "ref")["rolling_24h"]["pm25"]


def test_the_index_is_that_of_the_rolling_mean_with_its_words(filled_api: ApiServer) -> None:
    """35.0 lies at (35.0 - 25.1) / (37.5 - 25.1) of 51 to 100: 90.1."""
    found = one(filled_api, "ref")["aqi"]

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


def test_too_few_hours_make_no_index(filled_api: ApiServer) -> None:
    found = one(filled_api, "v1")

    assert (None, 12, False) == tuple(
        found["rolling_24h"]["pm25"][key] for key in ("value", "n_valid", "is_complete")
    )
    assert found["aqi"] is None


def test_today_is_the_local_day_so_far_against_its_limit(filled_api: ApiServer) -> None:
    today = one(filled_api, "ref")["today"]

    assert "2024-01-16" == today["local_day"]
    limit = today["pm25"].pop("limit")
    assert {
        "mean": 20.0,
        "headroom": 55.0,
        "projected": 20.0,
        "exceeded_for_certain_at": None,
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


def test_what_a_cheap_sensor_says_of_pm10_is_not_judged(filled_api: ApiServer) -> None:
    pm10 = one(filled_api, "v1")["today"]["pm10"]

    assert ("not_judged", "unknown", "not_claimable") == tuple(
        pm10[key] for key in ("judgement", "state", "claim_class")
    )
    assert (None, None) == (pm10["headroom"], pm10["exceeded_for_certain_at"])


def test_a_station_that_never_spoke_has_no_numbers(filled_api: ApiServer) -> None:
    found = one(filled_api, "v2")

    nothing = {"pm25": None, "pm10": None}
    assert (nothing, nothing, None) == (found["now"], found["rolling_24h"], found["aqi"])
    assert (None, "unknown") == tuple(found["today"]["pm25"][key] for key in ("mean", "state"))
    assert {"last_reading_time": None} == found["health"]


def test_the_board_and_a_station_say_the_same(filled_api: ApiServer) -> None:
    board = {
        entry["code"]: entry for entry in answer(filled_api.get("/api/v1/stations"))["stations"]
    }

    for code, entry in board.items():
        alone = one(filled_api, code)
        del alone["sensors"]
        assert entry == alone


# --- Hours and days -------------------------------------------------------------------------------
def test_an_hour_has_both_its_ends_its_coverage_and_its_rule_set(filled_api: ApiServer) -> None:
    span = {"start": "2024-01-15T17:00:00Z", "end": "2024-01-15T18:00:00Z"}

    found = answer(filled_api.get("/api/v1/stations/v1/hours", **span))

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


def test_hours_are_the_last_48_by_default_in_ascending_order(filled_api: ApiServer) -> None:
    found = answer(filled_api.get("/api/v1/stations/ref/hours"))

    starts = [hour["period_start"] for hour in found["hours"]]
    assert sorted(set(starts)) == starts
    assert ("2024-01-14T06:00:00Z", "2024-01-16T05:00:00Z") == (starts[0], starts[-1])
    assert 48 == len(starts)


def test_a_span_holds_the_hours_that_begin_in_it(filled_api: ApiServer) -> None:
    span = {"start": "2024-01-16T00:00:00+07:00", "end": "2024-01-16T02:30:00+07:00"}

    found = answer(filled_api.get("/api/v1/stations/ref/hours", pollutant="pm10", **span))

    assert [(f"2024-01-15T{hour}:00:00Z", 10.0) for hour in (17, 18, 19)] == [
        (hour["period_start"], hour["value"]) for hour in found["hours"]
    ]


def test_days_are_local_days_with_the_limit_of_that_day(filled_api: ApiServer) -> None:
    span = {"start": "2024-01-14", "end": "2024-01-17"}

    found = answer(filled_api.get("/api/v1/stations/ref/days", **span))

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


def test_days_are_the_last_31_by_default(filled_api: ApiServer) -> None:
    found = answer(filled_api.get("/api/v1/stations/ref/days"))

    assert ("2023-12-16T17:00:00Z", "2024-01-16T17:00:00Z") == (
        found["period_start"],
        found["period_end"],
    )


def test_a_day_that_may_not_be_judged_neither_exceeds_nor_does_not(filled_api: ApiServer) -> None:
    found = answer(filled_api.get("/api/v1/stations/v1/days", pollutant="pm10"))

    assert [("2024-01-15", 300.0, None)] == [
        (day["local_day"], day["value"], day["exceeds"]) for day in found["days"][:1]
    ]


# --- Exceedances ----------------------------------------------------------------------------------
def test_the_ledger_lists_what_stands_newest_day_first(filled_api: ApiServer) -> None:
    entries = answer(filled_api.get("/api/v1/exceedances"))["exceedances"]

    assert [
        ("2024-01-15", "ref", "pm10", "exceedance", "provisional"),
        ("2024-01-15", "ref", "pm25", "exceedance", "provisional"),
        ("2024-01-15", "v1", "pm25", "signal", "provisional"),
    ] == [
        tuple(entry[key] for key in ("local_day", "station", "pollutant", "kind", "status"))
        for entry in entries
    ]


def test_an_entry_holds_all_that_is_needed_to_defend_it(filled_api: ApiServer) -> None:
    entries = answer(filled_api.get("/api/v1/stations/ref/exceedances"))["exceedances"]

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


def test_withdrawn_entries_are_shown_only_when_asked_for(filled_api: ApiServer) -> None:
    path = "/api/v1/stations/ref/exceedances"

    shown = answer(filled_api.get(path, withdrawn="true"))["exceedances"]

    assert [("2024-01-14", 2)] == [
        (entry["local_day"], entry["revision"]) for entry in shown if entry["status"] == "withdrawn"
    ]
    assert 2 == len(answer(filled_api.get(path))["exceedances"])


def test_a_stations_entries_are_the_same_by_both_addresses(filled_api: ApiServer) -> None:
    by_path = answer(filled_api.get("/api/v1/stations/v1/exceedances"))

    assert by_path == answer(filled_api.get("/api/v1/exceedances", station="v1"))
    assert 1 == len(by_path["exceedances"])


def test_a_list_of_entries_can_be_cut_short(filled_api: ApiServer) -> None:
    assert 1 == len(answer(filled_api.get("/api/v1/exceedances", limit="1"))["exceedances"])


def test_the_service_says_that_it_is_well(filled_api: ApiServer) -> None:
    assert {"status": "ok", "database": "ok", "time": "2024-01-16T05:30:00Z"} == answer(
        filled_api.get("/healthz")
    )

"""Indicators of the API on rows that a hand has written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration.api_server import serving_written
from integration.networks import network
from integration.written_rows import fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.api_server import ApiServer


@pytest.fixture(scope="module")
def written(postgres_url: str, plain_template: str) -> Iterator[tuple[ApiServer, str]]:
    with serving_written(postgres_url, plain_template, network(), fill) as made:
        yield made


@pytest.fixture(scope="module")
def api(written: tuple[ApiServer, str]) -> ApiServer:
    return written[0]


def asked(server: ApiServer, path: str, **parameters: str) -> Any:
    response = server.get(f"/api/v1/stations/{path}", **parameters)
    assert 200 == response.status_code, response.text
    return response.json()


# --- Indicators -----------------------------------------------------------------------------------
def test_the_running_month_counts_days_over_among_days_monitored(api: ApiServer) -> None:
    """20 complete days and the 9th, which is over for certain; the 10th is not known."""
    assert {
        "period_start": "2026-10-31T17:00:00Z",
        "period_end": "2026-11-22T17:00:00Z",
        "first_local_day": "2026-11-01",
        "end_local_day": "2026-11-23",
        "n_over": 4,
        "n_monitored": 21,
        "n_valid": 20,
        "n_possible": 22,
        "percent": 19.0,
        "unit": "d",
        "longest_run": 3,
        "n_permitted": None,
        "is_beyond_permitted": None,
        "claim_class": "reference",
        "judgement": "exceedance",
        "rule_set": "epa-75-18h",
    } == asked(api, "ref/indicators")["days_over"]["month"]


def test_the_running_year_is_counted_against_what_the_limit_value_permits(api: ApiServer) -> None:
    found = asked(api, "ref/indicators")["days_over"]

    assert "th-pm25-24h-2023" == found["limit"]["id"]
    year = found["year"]
    assert (4, 325, 326, 1.2) == (
        year["n_over"],
        year["n_monitored"],
        year["n_possible"],
        year["percent"],
    )
    assert (0, True) == (year["n_permitted"], year["is_beyond_permitted"])


def test_the_year_to_date_stands_beside_last_years_same_days(api: ApiServer) -> None:
    found = asked(api, "ref/indicators")["year_to_date"]

    same = found["same_days"]
    assert (40.0, 50.0, -10.0, -20.0) == (
        same["this_year"]["value"],
        same["last_year"]["value"],
        same["difference"],
        same["percent"],
    )
    assert {
        "period_start": "2024-12-31T17:00:00Z",
        "period_end": "2025-11-22T17:00:00Z",
        "first_local_day": "2025-01-01",
        "end_local_day": "2025-11-23",
        "value": 50.0,
        "partial_mean": 50.0,
        "unit": "ug/m3",
        "n_valid": 326,
        "n_possible": 326,
        "is_complete": True,
        "claim_class": "reference",
        "rule_set": "epa-75-18h",
    } == same["last_year"]
    assert 324 == found["matched_days"]["last_year"]["n_valid"]


def test_the_annual_limit_in_force_stands_beside_the_mean_to_date(api: ApiServer) -> None:
    found = asked(api, "ref/indicators")["year_to_date"]["to_date"]

    assert ("th-pm25-year-2022", 15.0, True) == (
        found["limit"]["id"],
        found["limit"]["level"],
        found["is_above_so_far"],
    )


def test_data_health_says_how_complete_how_new_and_how_often_flagged(api: ApiServer) -> None:
    assert {
        "sensor": "bam-ref",
        "state": "good",
        "last_seen": "2026-11-23T05:29:00Z",
        "age_s": 60,
        "last_24h": {
            "period_start": "2026-11-22T05:00:00Z",
            "period_end": "2026-11-23T05:00:00Z",
            "n_valid": 20,
            "n_possible": 24,
            "share": pytest.approx(20 / 24),
        },
        "month_to_date": {
            "period_start": "2026-10-31T17:00:00Z",
            "period_end": "2026-11-23T05:00:00Z",
            "n_valid": 20,
            "n_possible": 22 * 24 + 12,
            "share": pytest.approx(20 / 540),
        },
        "values": {
            "period_start": "2026-11-22T05:30:00Z",
            "period_end": "2026-11-23T05:30:00Z",
            "n_values": 7,
            "n_suspect": 1,
            "n_failed": 1,
            "suspect_share": pytest.approx(1 / 7),
            "failed_share": pytest.approx(1 / 7),
        },
        "active_flags": ["range"],
        "claim_class": "reference",
    } == asked(api, "ref/indicators")["health"]


def test_a_sensor_that_never_spoke_is_silent(api: ApiServer) -> None:
    health = asked(api, "v2/indicators")["health"]

    assert ("silent", None, None, 0) == (
        health["state"],
        health["last_seen"],
        health["age_s"],
        health["values"]["n_values"],
    )
    assert "screening" == health["claim_class"]


def test_what_nobody_measures_has_no_health_and_no_days(api: ApiServer) -> None:
    found = asked(api, "ref/indicators", pollutant="tsp")

    assert found["health"] is None
    assert (0, None, None) == tuple(
        found["days_over"]["year"][key] for key in ("n_monitored", "percent", "claim_class")
    )
    assert found["year_to_date"]["same_days"]["difference"] is None


def test_numbers_that_may_not_be_judged_are_no_days_monitored(api: ApiServer) -> None:
    found = asked(api, "v1/indicators", pollutant="pm10")

    assert (0, 0, None) == tuple(
        found["days_over"]["month"][key] for key in ("n_over", "n_monitored", "percent")
    )
    to_date = found["year_to_date"]["to_date"]
    assert (300.0, "not_claimable") == (to_date["partial_mean"], to_date["claim_class"])
    assert to_date["is_above_so_far"] is None


def test_the_rule_set_is_that_of_the_network(written: tuple[ApiServer, str]) -> None:
    """20 valid hours are enough for the one and too few for the other."""
    server, url = written
    told = {}
    for rule_set in ("complete-24h", "epa-75-18h", None):
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE network SET rule_set = %s", (rule_set,))
        rolling = server.get("/api/v1/stations/ref").json()["station"]["rolling_24h"]["pm25"]
        named = asked(server, "ref/indicators")["rule_set"]
        told[rule_set] = (named, rolling["rule_set"], rolling["is_complete"])

    assert {
        "complete-24h": ("complete-24h", "complete-24h", False),
        "epa-75-18h": ("epa-75-18h", "epa-75-18h", True),
        None: ("epa-75-18h", "epa-75-18h", True),
    } == told


def test_indicators_of_an_unknown_station_are_a_problem(api: ApiServer) -> None:
    response = api.get("/api/v1/stations/nowhere/indicators")

    assert (404, "station") == (response.status_code, response.json()["field"])

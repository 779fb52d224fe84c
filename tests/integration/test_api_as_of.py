"""Longer averages, and what stood at an instant that has passed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration.api_server import serving_written
from integration.networks import network
from integration.written_rows import AFTER, BANGKOK, BETWEEN, average, entry

from dust.periods import Period, day_period, month_period, year_period
from dust.quality import QcTest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.api_server import ApiServer

DAY = day_period(date(2026, 11, 9), BANGKOK)


@pytest.fixture(scope="module")
def written(postgres_url: str, plain_template: str) -> Iterator[tuple[ApiServer, str]]:
    with serving_written(postgres_url, plain_template, network(), fill) as made:
        yield made


@pytest.fixture(scope="module")
def api(written: tuple[ApiServer, str]) -> ApiServer:
    return written[0]


def fill(connection: psycopg.Connection) -> None:
    for month in (9, 10, 11):
        whole = month_period(date(2026, month, 1), BANGKOK)
        average(connection, "month", whole, value=31.5, n_valid=25, n_possible=30)
    for year, value in ((2024, 15.04), (2025, 15.05), (2026, None)):
        whole = year_period(year, BANGKOK)
        average(connection, "year", whole, value=value, n_valid=300, n_possible=365)
    tests = int(QcTest.SPIKE | QcTest.NEIGHBOUR)
    average(connection, "day", DAY, value=41, corrections=[3, 7], qc_tests=tests)
    entry(connection, 3)
    entry(connection, 3, value=70, revision=2, status="restated", recorded_at=BETWEEN)
    entry(connection, 4, recorded_at=BETWEEN)
    entry(connection, 5)
    entry(connection, 5, revision=2, status="withdrawn", recorded_at=AFTER)


def asked(server: ApiServer, path: str, **parameters: str) -> Any:
    response = server.get(f"/api/v1/{path}", **parameters)
    assert 200 == response.status_code, response.text
    return response.json()


# --- Months and years -----------------------------------------------------------------------------
def test_months_are_told_from_their_first_to_their_last_midnight(api: ApiServer) -> None:
    found = asked(api, "stations/ref/averages", kind="month")

    assert ["2026-09-01", "2026-10-01", "2026-11-01"] == [
        row["local_day"] for row in found["averages"]
    ]
    assert ("2026-09-30T17:00:00Z", "2026-10-31T17:00:00Z", 31.5, 25, 30, True, None) == tuple(
        found["averages"][1][key]
        for key in (
            *("period_start", "period_end", "value", "n_valid", "n_possible"),
            *("is_complete", "limit"),
        )
    )
    assert "month" == found["kind"]


def test_the_running_month_is_not_complete_however_much_it_has(api: ApiServer) -> None:
    assert not asked(api, "stations/ref/averages", kind="month")["averages"][-1]["is_complete"]


def test_a_year_is_held_against_the_annual_limit_after_rounding(api: ApiServer) -> None:
    found = asked(api, "stations/ref/averages", kind="year")["averages"]

    assert [(15.04, False), (15.05, True), (None, None)] == [
        (row["value"], row["exceeds"]) for row in found
    ]
    assert {"th-pm25-year-2022"} == {row["limit"]["id"] for row in found}


def test_a_span_of_local_days_chooses_the_periods_that_begin_in_it(api: ApiServer) -> None:
    span = {"start": "2026-10-01", "end": "2026-11-01"}

    found = asked(api, "stations/ref/averages", kind="month", **span)["averages"]

    assert ["2026-10-01"] == [row["local_day"] for row in found]
    assert 1 == len(asked(api, "stations/ref/averages", kind="day")["averages"])
    assert [] == asked(api, "stations/ref/averages", kind="hour")["averages"]


def test_an_average_names_its_corrections_and_the_tests_that_spoke(api: ApiServer) -> None:
    found = asked(api, "stations/ref/days")["days"][0]

    assert ([3, 7], ["spike", "neighbour"]) == (found["corrections"], found["qc_tests"])


# --- As of ----------------------------------------------------------------------------------------
def stamp(connection: psycopg.Connection) -> str:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row
    moment: datetime = row[0]
    return moment.isoformat()


def test_an_average_as_of_an_instant_is_the_one_that_stood_then(
    written: tuple[ApiServer, str],
) -> None:
    server, url = written
    hour = Period(DAY.start, DAY.start + timedelta(hours=1))
    start = {"start": hour.start.isoformat(), "end": hour.end.isoformat()}
    told = []
    with psycopg.connect(url, autocommit=True) as connection:
        told.append(stamp(connection))
        row = connection.execute("SELECT now()").fetchone()
        average(connection, "hour", hour, value=10, computed_at=row and row[0])
        told.append(stamp(connection))
        connection.execute(
            "UPDATE averages SET value = 20, corrections = '{5}', revision = 2, computed_at = now()"
            " WHERE period_kind = 'hour'"
        )
        told.append(stamp(connection))
        connection.execute("DELETE FROM averages WHERE period_kind = 'hour'")
        told.append(stamp(connection))

    def values(**as_of: str) -> list[tuple[float, int, list[int]]]:
        found = asked(server, "stations/ref/hours", **start, **as_of)["hours"]
        return [(row["value"], row["revision"], row["corrections"]) for row in found]

    assert [[], [(10.0, 1, [])], [(20.0, 2, [5])], []] == [values(as_of=t) for t in told]
    assert [] == values()


def test_a_period_is_not_complete_as_of_an_instant_in_it(api: ApiServer) -> None:
    before = (DAY.end - timedelta(seconds=1)).isoformat()

    assert [] == asked(api, "stations/ref/days", start="2026-11-09", as_of=before)["days"]
    (found,) = asked(api, "stations/ref/days", start="2026-11-09", as_of=DAY.end.isoformat())[
        "days"
    ]
    assert found["is_complete"]


@pytest.mark.parametrize(
    ("as_of", "entries"),
    [
        ("2026-11-09T23:59:59Z", []),
        ("2026-11-10T00:00:00Z", [("2026-11-05", 1, 60.0), ("2026-11-03", 1, 60.0)]),
        ("2026-11-10T07:00:00+07:00", [("2026-11-05", 1, 60.0), ("2026-11-03", 1, 60.0)]),
        (
            "2026-11-13T00:00:00Z",
            [("2026-11-05", 1, 60.0), ("2026-11-04", 1, 60.0), ("2026-11-03", 2, 70.0)],
        ),
        ("2026-11-14T00:00:00Z", [("2026-11-04", 1, 60.0), ("2026-11-03", 2, 70.0)]),
        (None, [("2026-11-04", 1, 60.0), ("2026-11-03", 2, 70.0)]),
    ],
)
@pytest.mark.parametrize("path", ["exceedances", "stations/ref/exceedances"])
def test_the_ledger_as_of_an_instant_is_what_stood_then(
    api: ApiServer, path: str, as_of: str | None, entries: list[tuple[str, int, float]]
) -> None:
    found = asked(api, path, **({"as_of": as_of} if as_of else {}))["exceedances"]

    assert entries == [(row["local_day"], row["revision"], row["value_raw"]) for row in found]


def test_an_entry_names_its_corrections_and_what_its_revision_changed(api: ApiServer) -> None:
    found = asked(api, "exceedances")["exceedances"][0]

    assert ([7], {"value_raw": ["60", "70"]}) == (found["corrections"], found["changed"])


@pytest.mark.parametrize(
    "path",
    [
        "exceedances",
        "stations/ref/exceedances",
        "stations/ref/hours",
        "stations/ref/days",
        "stations/ref/averages?kind=year",
    ],
)
@pytest.mark.parametrize(
    "as_of", ["yesterday", "2026-11-13", "2026-11-13T00:00:00", "0001-01-01T00:00:00Z", "1e9999"]
)
def test_an_instant_that_is_none_is_a_problem_that_names_it(
    api: ApiServer, path: str, as_of: str
) -> None:
    mark = "&" if "?" in path else "?"
    response = api.client.get(f"/api/v1/{path}{mark}as_of={as_of}")

    body = response.json()
    assert (422, "as_of") == (response.status_code, body["field"]), body
    assert "application/problem+json" == response.headers["content-type"]
    assert body["value"].startswith(as_of[:10])
    assert body["allowed"]


@pytest.mark.parametrize("kind", ["week", "", "rolling"])
def test_a_kind_that_is_none_is_a_problem_that_names_those_that_are(
    api: ApiServer, kind: str
) -> None:
    response = api.get("/api/v1/stations/ref/averages", kind=kind)

    body = response.json()
    assert (422, "kind", kind) == (response.status_code, body["field"], body["value"])
    assert "month" in body["allowed"]

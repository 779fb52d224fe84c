"""What the API refuses: always a problem document that names field, value and what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration.problems import problem

if TYPE_CHECKING:
    from integration.api_server import ApiServer


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
def test_an_unknown_station_is_a_problem_that_names_it(filled_api: ApiServer, path: str) -> None:
    body = problem(filled_api.client.get(path), 404)

    assert ("station", "nowhere") == (body["field"], body["value"])
    assert "/api/v1/stations" in body["allowed"]


@pytest.mark.parametrize("path", ["/api/v1/stations/a%00b", "/api/v1/exceedances?station=%00"])
def test_a_name_that_no_database_can_hold_is_not_found_either(
    filled_api: ApiServer, path: str
) -> None:
    assert "station" == problem(filled_api.client.get(path), 404)["field"]


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
    filled_api: ApiServer, path: str, field: str, value: str | None
) -> None:
    body = problem(filled_api.client.get(f"/api/v1/stations/ref/{path}"), 422)

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
def test_the_ends_of_the_calendar_are_refused_and_break_nothing(
    filled_api: ApiServer, path: str
) -> None:
    body = problem(filled_api.client.get(f"/api/v1/stations/ref/{path}"), 422)

    assert body["field"] in {"start", "end"}
    assert body["allowed"]


def test_an_unknown_address_and_a_wrong_method_are_problems_too(filled_api: ApiServer) -> None:
    problem(filled_api.get("/api/v1/nothing"), 404)
    response = filled_api.client.post("/api/v1/stations")

    problem(response, 405)
    assert "GET" == response.headers["allow"]

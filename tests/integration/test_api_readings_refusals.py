"""What a question for readings must not ask: a refusal names field, value and what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration.api_server import serving_written
from integration.networks import network
from integration.problems import problem
from integration.written_rows import NOW

from api.cursor import Cursor, read_cursor
from api.readings import FIELDS
from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.api_server import ApiServer

PATH = "/api/v1/stations/v1/readings"


@pytest.fixture(scope="module")
def api(postgres_url: str, plain_template: str) -> Iterator[ApiServer]:
    with serving_written(postgres_url, plain_template, network(), lambda _: None) as (server, _):
        yield server


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("fields=pm25,pm2.5", "fields", "pm2.5"),
        ("fields=", "fields", ""),
        ("fields=x", "fields", "x"),
        ("after=yesterday", "after", "yesterday"),
        ("after=", "after", ""),
        ("after=%00", "after", "\x00"),
        ("after=%E0%B8%81", "after", "ก"),
        ("order=newest", "order", "newest"),
        ("limit=0", "limit", "0"),
        ("limit=10001", "limit", "10001"),
        ("start=2026-11-23T00:00:00", "start", "2026-11-23T00:00:00"),
        ("start=2026-11-23T05:30:00Z", "end", "2026-11-23T05:30:00Z"),
        ("start=2026-10-23T05:29:59Z", "start", "2026-10-23T05:29:59Z"),
        ("end=0001-01-01T00:00:00Z", "end", None),
        ("start=9999-12-31T23:59:59Z", "start", None),
    ],
)
def test_a_bad_parameter_is_a_problem_that_names_field_value_and_what_is_allowed(
    api: ApiServer, query: str, field: str, value: str | None
) -> None:
    body = problem(api.client.get(f"{PATH}?{query}"), 422)

    assert field == body["field"]
    assert value in {None, body["value"]}
    assert body["allowed"]


def test_an_unknown_field_is_told_which_there_are(api: ApiServer) -> None:
    allowed = problem(api.get(PATH, fields="uncorrected"), 422)["allowed"]

    assert [] == [name for name in FIELDS if name not in allowed]


def test_31_days_are_allowed(api: ApiServer) -> None:
    assert 200 == api.get(PATH, start="2026-10-23T05:30:00Z").status_code


@pytest.mark.parametrize("code", ["nowhere", "a%00b"])
def test_an_unknown_station_is_a_problem_that_names_it(api: ApiServer, code: str) -> None:
    body = problem(api.client.get(f"/api/v1/stations/{code}/readings"), 404)

    assert "station" == body["field"]


def test_a_cursor_that_was_changed_is_refused() -> None:
    text = Cursor(NOW, 3, 17).text()

    assert Cursor(NOW, 3, 17) == read_cursor(text)
    for changed in (text + "=", text[:-1], text + "A", " " + text, text[:5] + "!" + text[5:]):
        with pytest.raises(BadInput):
            read_cursor(changed)
    with pytest.raises(BadInput):
        read_cursor("_" * 27)
    with pytest.raises(BadInput):
        read_cursor("f" + "_" * 26)

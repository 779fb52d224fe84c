"""Data health of every station at once: the same as each station tells of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fixtures.postgres import _fresh_database
from integration.api_server import serving
from integration.networks import apply, network
from integration.problems import problem
from integration.written_rows import NOW, fill

from dust.clock import epoch_ms
from dust.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.api_server import ApiServer


@pytest.fixture(scope="module")
def api(postgres_url: str, plain_template: str) -> Iterator[ApiServer]:
    with _fresh_database(postgres_url, plain_template) as url:
        apply(url, network())
        with psycopg.connect(url) as connection:
            fill(connection)
        with serving(url, FakeClock(epoch_ms(NOW))) as server:
            yield server


def told(server: ApiServer, **parameters: str) -> Any:
    response = server.get("/api/v1/data-health", **parameters)
    assert 200 == response.status_code, response.text
    return response.json()


def test_every_station_is_there_with_its_completeness_and_when_it_was_last_seen(
    api: ApiServer,
) -> None:
    found = told(api)

    assert ("2026-11-23T05:30:00Z", "pm25") == (found["generated_at"], found["pollutant"])
    assert ["ref", "v1", "v2"] == [entry["code"] for entry in found["stations"]]
    health = found["stations"][0]["health"]
    assert ("bam-ref", "2026-11-23T05:29:00Z", 20, 24) == (
        health["sensor"],
        health["last_seen"],
        health["last_24h"]["n_valid"],
        health["last_24h"]["n_possible"],
    )
    assert ["silent", "silent"] == [entry["health"]["state"] for entry in found["stations"][1:]]


@pytest.mark.parametrize("pollutant", ["pm1", "pm25", "pm10", "tsp"])
def test_all_at_once_say_what_each_says_alone(api: ApiServer, pollutant: str) -> None:
    for entry in told(api, pollutant=pollutant)["stations"]:
        path = f"/api/v1/stations/{entry['code']}/indicators"
        alone = api.get(path, pollutant=pollutant).json()["health"]
        if alone is not None:
            del alone["month_to_date"]
        assert alone == entry["health"]


def test_a_pollutant_that_is_none_is_refused(api: ApiServer) -> None:
    body = problem(api.get("/api/v1/data-health", pollutant="pm2.5"), 422)

    assert ("pollutant", "pm2.5") == (body["field"], body["value"])

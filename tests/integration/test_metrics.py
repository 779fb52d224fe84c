"""The port of a worker and the API's /metrics, read as a scraper reads them."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest
from fixtures.ports import LOOPBACK, free_port, is_open
from integration.api_server import ApiServer, serving
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from dust.errors import BadInput
from dust.storage.connection import connect
from ingest.backlog import Backlog
from ingest.metrics import Metrics
from ingest.metrics_port import MetricsPort

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.wheel_server import RestartablePostgres

    from dust.testing import FakeClock

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("ingest-1", "1")


@pytest.fixture
def port(plain_place: str, metrics: Metrics) -> Iterator[MetricsPort]:
    with MetricsPort(LOOPBACK, free_port(), metrics, Backlog(plain_place)) as opened:
        yield opened


def ask(port: MetricsPort, path: str, accept: str = OPENMETRICS) -> httpx.Response:
    return httpx.get(f"http://{LOOPBACK}:{port.port}{path}", headers={"Accept": accept})


def samples(text: str) -> dict[str, Any]:
    """Values by name and labels, these in the order of their names; refuses another format."""
    return {
        ",".join(
            [sample.name, *(value for _, value in sorted(sample.labels.items()))]
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


# --- A worker's port ------------------------------------------------------------------------------
def test_a_scraper_gets_openmetrics_when_it_asks_for_it(port: MetricsPort) -> None:
    answer = ask(port, "/metrics")

    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert 0 == samples(answer.text)["dust_ingest_messages_total"]


def test_whoever_asks_for_nothing_gets_the_plain_text_format(port: MetricsPort) -> None:
    answer = ask(port, "/metrics", accept="*/*")

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_hours_that_wait_are_counted_in_the_database(port: MetricsPort, plain_place: str) -> None:
    with connect(plain_place) as connection:
        connection.execute(
            "INSERT INTO dirty_hours (sensor_id, hour_start, failed_at)"
            " VALUES (1, now(), NULL), (2, now(), NULL), (3, now(), now())"
        )
    found = samples(ask(port, "/metrics").text)

    assert (2, 1) == (found["dust_ingest_hours_waiting"], found["dust_ingest_hours_set_aside"])


def test_a_worker_is_ready_with_broker_and_database(port: MetricsPort, metrics: Metrics) -> None:
    before = ask(port, "/readyz")
    metrics.broker_connected(connected=True)
    after = ask(port, "/readyz")

    assert (503, {"ready": False, "broker": False, "database": True}) == (
        before.status_code,
        before.json(),
    )
    assert (200, {"ready": True, "broker": True, "database": True}) == (
        after.status_code,
        after.json(),
    )


def test_an_unknown_path_says_what_there_is(port: MetricsPort) -> None:
    answer = ask(port, "/config")

    assert 404 == answer.status_code
    assert "/metrics, /healthz, /readyz" in answer.text


def test_a_port_in_use_is_refused_with_its_setting_and_value(port: MetricsPort) -> None:
    with pytest.raises(BadInput) as refused:
        MetricsPort(LOOPBACK, port.port, Metrics("two", "1"), Backlog(""))

    assert ("ingest.metrics_port", port.port) == (refused.value.field, refused.value.value)
    assert "a port that is free on 127.0.0.1" in str(refused.value)


def test_the_port_is_free_again_after_the_end(plain_place: str) -> None:
    number = free_port()
    for _ in range(2):
        with MetricsPort(LOOPBACK, number, Metrics("w", "1"), Backlog(plain_place)):
            assert is_open(number)

    assert not is_open(number)


def test_a_database_that_hangs_delays_no_scrape(
    restartable_postgres: RestartablePostgres, metrics: Metrics
) -> None:
    """Stopped in its tracks it neither answers nor refuses; what is unknown is left out."""
    backlog = Backlog(restartable_postgres.url, patience_s=0.3)
    server = psutil.Process(restartable_postgres._server.get_pid())
    with MetricsPort(LOOPBACK, free_port(), metrics, backlog) as port:
        server.send_signal(signal.SIGSTOP)
        try:
            scrape, ready = ask(port, "/metrics"), ask(port, "/readyz")
            alive = ask(port, "/healthz")
        finally:
            server.send_signal(signal.SIGCONT)

    assert 200 == alive.status_code
    assert 0 == samples(scrape.text)["dust_ingest_messages_total"]
    assert "dust_ingest_hours_waiting" not in samples(scrape.text)
    assert (503, False) == (ready.status_code, ready.json()["database"])
    assert scrape.elapsed.total_seconds() < 3


# --- The API --------------------------------------------------------------------------------------
@pytest.fixture
def scrape(filled_api: ApiServer) -> dict[str, Any]:
    filled_api.get("/api/v1/stations/ref")
    filled_api.get("/api/v1/stations/nobody")
    filled_api.get("/no/such/page")
    answer = filled_api.client.get("/metrics", headers={"Accept": OPENMETRICS})

    assert 200 == answer.status_code, answer.text
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    return samples(answer.text)


def test_requests_are_counted_by_the_template_of_their_route(scrape: dict[str, Any]) -> None:
    assert scrape["dust_api_requests_total,GET,/api/v1/stations/{code},200"] >= 1
    assert scrape["dust_api_requests_total,GET,/api/v1/stations/{code},404"] >= 1
    assert scrape["dust_api_requests_total,GET,unmatched,404"] >= 1
    assert [] == [name for name in scrape if "nobody" in name]


def test_requests_are_timed_until_their_answer_begins(scrape: dict[str, Any]) -> None:
    assert scrape["dust_api_request_duration_seconds_count,/api/v1/stations/{code}"] >= 2
    assert 0 == scrape["dust_api_open_answers,/api/v1/stations/{code}"]


def test_the_pool_of_connections_is_told(scrape: dict[str, Any]) -> None:
    assert 1 == scrape["dust_api_database_up"]
    assert scrape["dust_api_database_connections,idle"] >= 1
    assert scrape["dust_api_database_requests_total"] >= 1


def test_a_station_tells_the_figures_that_the_api_tells(
    filled_api: ApiServer, scrape: dict[str, Any]
) -> None:
    now = filled_api.get("/api/v1/stations/ref").json()["station"]["now"]
    hours = filled_api.get(
        "/api/v1/stations/ref/hours",
        start="2024-01-16T04:00:00Z",
        end="2024-01-16T05:00:00Z",
    )
    hour = hours.json()["hours"][-1]

    assert now["pm25"]["value"] == scrape["dust_station_pm25_newest_ugm3,reference,ref"]
    assert now["pm10"]["value"] == scrape["dust_station_pm10_newest_ugm3,reference,ref"]
    assert (
        hour["value"]
        == scrape[f"dust_station_pm25_hourly_mean_ugm3,reference,{hour['rule_set']},ref"]
    )
    assert 1705381200 == scrape["dust_station_pm25_hourly_mean_period_end_timestamp_seconds,ref"]
    assert 1 == scrape["dust_station_pm25_hourly_mean_coverage_ratio,ref"]


def test_an_old_value_is_left_out_and_its_time_stays(scrape: dict[str, Any]) -> None:
    """v1 fell silent twelve hours ago; v2 has never said anything."""
    assert [] == [name for name in scrape if name.startswith("dust_station_pm") and ",v1" in name]
    assert 12 * 3600 == (
        1705383000 - round(scrape["dust_station_newest_reading_timestamp_seconds,v1"])
    )
    assert [] == [
        name for name in scrape if name.startswith("dust_station_newest") and "v2" in name
    ]


def test_every_family_is_in_the_page_of_the_metrics(scrape: dict[str, Any]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")
    names = {re.split(",|_bucket|_count|_sum", name)[0] for name in scrape}
    told = {re.sub("_(pm1|pm25|pm10|tsp)_", "_<p>_", name) for name in names}

    ours = {name for name in told if re.fullmatch("dust_.*(?<!_created)", name)}

    assert set() == {name for name in ours if f"`{name}`" not in page}


def test_a_proxy_reads_no_metrics_for_somebody_else(filled_api: ApiServer) -> None:
    answer = filled_api.client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})

    assert (403, "application/problem+json") == (
        answer.status_code,
        answer.headers["content-type"],
    )


def test_public_metrics_are_for_everybody(plain_place: str, clock: FakeClock) -> None:
    with serving(plain_place, clock, metrics="public") as server:
        answer = server.client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})

    assert 200 == answer.status_code


def test_metrics_that_are_off_are_not_there(plain_place: str, clock: FakeClock) -> None:
    with serving(plain_place, clock, metrics="off") as server:
        assert 404 == server.get("/metrics").status_code


def test_without_its_database_the_api_still_tells_of_itself(
    restartable_postgres: RestartablePostgres, clock: FakeClock
) -> None:
    with serving(restartable_postgres.url, clock) as server:
        restartable_postgres.stop()
        answer = server.client.get("/metrics", headers={"Accept": OPENMETRICS})
        restartable_postgres.start()
    found = samples(answer.text)

    assert (200, 0) == (answer.status_code, found["dust_api_database_up"])
    assert [] == [name for name in found if name.startswith("dust_station")]

"""The live stream, and an API whose database goes away."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fixtures.ports import wait_until
from integration.api_server import ApiServer, serving
from integration.desk import Desk, payload, quarters, settle
from integration.networks import apply, network

from dust.clock import epoch_ms
from dust.storage.connection import connect
from ingest.recompute import CHANNEL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fixtures.wheel_server import RestartablePostgres

    from dust.testing import FakeClock

HOUR = datetime(2024, 1, 16, 4, tzinfo=UTC)
Event = tuple[str, Any]


class Stream:
    """An open page: the events of a live stream, one after the other."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines: Iterator[str] = response.iter_lines()

    def next(self) -> Event:
        name = ""
        for line in self._lines:
            if line.startswith(": keep-alive"):
                raise TimeoutError("the server had nothing to tell for as long as it may be silent")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))
        raise EOFError("the stream has ended")


@pytest.fixture
def api(plain_place: str, clock: FakeClock) -> Iterator[ApiServer]:
    clock.set_ms(epoch_ms(HOUR) + 3_660_000)
    with serving(plain_place, clock) as server:
        yield server


def listeners(url: str) -> int:
    """Sessions of the API that listen for changes."""
    with connect(url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        ).fetchone()
    return int(found[0]) if found else 0


def announce(url: str, station: str) -> None:
    with connect(url) as connection:
        connection.execute(
            "SELECT pg_notify(%s, station_id::text) FROM stations WHERE code = %s",
            (CHANNEL, station),
        )


def test_a_page_is_greeted_and_then_told_of_each_change(
    api: ApiServer, plain_place: str, clock: FakeClock
) -> None:
    desk = Desk(plain_place, clock)
    wait_until(lambda: listeners(plain_place) == 1, "the listener")
    with api.client.stream("GET", "/api/v1/live") as response:
        stream = Stream(response)
        hello = stream.next()
        desk.take(payload(quarters("pms-v1", HOUR, [12.0] * 4)))
        with connect(plain_place) as connection:
            settle(connection)
        name, station = stream.next()
    desk.close()

    assert "text/event-stream" == response.headers["content-type"].split(";")[0]
    assert "no-store" == response.headers["cache-control"]
    assert ("hello", {"generated_at": "2024-01-16T05:01:00Z"}) == hello
    assert ("station", "v1") == (name, station["code"])
    assert (12.0, 12.0) == (
        station["now"]["pm25"]["value"],
        station["today"]["pm25"]["mean"],
    )
    board = api.get("/api/v1/stations").json()["stations"]
    assert station in board


def test_many_pages_are_told_and_forgotten_when_they_go(api: ApiServer, plain_place: str) -> None:
    wait_until(lambda: listeners(plain_place) == 1, "the listener")

    told = asyncio.run(_many_pages(api, plain_place, 40))

    assert 40 == len(told)
    assert {("station", "v2")} == set(told)
    wait_until(lambda: not api.live._clients, "the pages to be forgotten")


async def _many_pages(api: ApiServer, url: str, count: int) -> list[tuple[str, str]]:
    limits = httpx.Limits(max_connections=count)
    async with httpx.AsyncClient(base_url=api.url, timeout=20, limits=limits) as client:
        greeted: asyncio.Queue[None] = asyncio.Queue()
        pages = [asyncio.create_task(_one_page(client, greeted)) for _ in range(count)]
        for _ in range(count):
            await asyncio.wait_for(greeted.get(), 20)
        await asyncio.to_thread(announce, url, "v2")
        return await asyncio.gather(*pages)


async def _one_page(client: httpx.AsyncClient, greeted: asyncio.Queue[None]) -> tuple[str, str]:
    async with client.stream("GET", "/api/v1/live") as response:
        events = _events(response)
        await anext(events)
        greeted.put_nowait(None)
        name, station = await anext(events)
        await events.aclose()
        return name, station["code"]


async def _events(response: httpx.Response) -> AsyncIterator[Event]:
    name = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        if line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_a_burst_of_changes_is_told_as_the_newest_state(api: ApiServer, plain_place: str) -> None:
    wait_until(lambda: listeners(plain_place) == 1, "the listener")
    with api.client.stream("GET", "/api/v1/live") as response:
        stream = Stream(response)
        stream.next()
        for _ in range(50):
            announce(plain_place, "v1")
        announce(plain_place, "ref")
        told = []
        while "ref" not in told:
            told.append(stream.next()[1]["code"])

    assert len(told) < 50


def test_a_notification_that_nobody_understands_breaks_nothing(
    api: ApiServer, plain_place: str
) -> None:
    wait_until(lambda: listeners(plain_place) == 1, "the listener")
    with api.client.stream("GET", "/api/v1/live") as response:
        stream = Stream(response)
        stream.next()
        with connect(plain_place) as connection:
            for words in ("", "a,b", "99999999999999", "4711"):
                connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, words))
        announce(plain_place, "v1")

        assert "v1" == stream.next()[1]["code"]


def test_the_stream_goes_on_after_its_database_session_was_ended(
    api: ApiServer, plain_place: str
) -> None:
    wait_until(lambda: listeners(plain_place) == 1, "the listener")
    with api.client.stream("GET", "/api/v1/live") as response:
        stream = Stream(response)
        stream.next()
        with connect(plain_place) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        wait_until(lambda: listeners(plain_place) == 1, "the listener to come back")
        announce(plain_place, "v1")

        assert "v1" == stream.next()[1]["code"]


@pytest.mark.slow
def test_without_its_database_the_api_says_so_and_comes_back(
    restartable_postgres: RestartablePostgres, clock: FakeClock
) -> None:
    apply(restartable_postgres.url, network())
    with serving(restartable_postgres.url, clock) as api:
        assert 200 == api.get("/healthz").status_code
        restartable_postgres.stop()
        # At once, because each waits for a connection as long as it may.
        paths = ("/healthz", "/api/v1/stations", "/api/v1/stations/v1/hours", "/")
        with ThreadPoolExecutor() as pool:
            *refused, page = pool.map(api.get, paths)
        for response in refused:
            assert 503 == response.status_code
            assert "application/problem+json" == response.headers["content-type"]
            title = {"title": "Service Unavailable", "status": 503}
            assert title.items() <= response.json().items()
            assert "5" == response.headers["retry-after"]
            assert restartable_postgres.url not in response.text
        assert 200 == page.status_code

        restartable_postgres.start()

        wait_until(lambda: api.get("/healthz").status_code == 200, "the API to be well again")
        assert 200 == api.get("/api/v1/stations").status_code


def test_an_api_that_starts_before_its_database_waits_for_it(
    restartable_postgres: RestartablePostgres, clock: FakeClock
) -> None:
    apply(restartable_postgres.url, network())
    restartable_postgres.stop()
    with serving(restartable_postgres.url, clock) as api:
        restartable_postgres.start()

        wait_until(lambda: api.get("/healthz").status_code == 200, "the API to be well")

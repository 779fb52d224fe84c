"""The import over the network: week by week, kept for ever, resumed, and offline again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.air4thai_desk import NOW, START, counts, know, readings, stamp, take
from integration.air4thai_server import Air4ThaiServer, at, day, says, serving_air4thai

from dust.clock import epoch_ms
from dust.errors import Unavailable
from dust.storage.connection import connect
from ingest.air4thai.page_format import PageFormat
from ingest.air4thai.service import ServiceRefused
from ingest.air4thai.spans import Days

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from dust.testing import FakeClock

MONDAY, SUNDAY = date(2026, 11, 9), date(2026, 11, 15)
WEEK_OF_2_NOVEMBER = "stationID=24t&param=PM25,PM10&sdate=2026-11-02&edate=2026-11-08"


@pytest.fixture
def here(plain_database: str) -> str:
    return know(plain_database)


@pytest.fixture
def db(here: str) -> Iterator[psycopg.Connection]:
    with connect(here) as opened:
        yield opened


@pytest.fixture
def now(clock: FakeClock) -> FakeClock:
    clock.set_ms(epoch_ms(NOW))
    return clock


@pytest.fixture
def server() -> Iterator[Air4ThaiServer]:
    with serving_air4thai() as known:
        yield known


def test_the_service_is_asked_week_by_week_and_the_archive_spares_the_settled_ones(
    here: str, now: FakeClock, db: psycopg.Connection, server: Air4ThaiServer, tmp_path: Path
) -> None:
    server.hours = day(at(2026, 11, 2, 0), *([20.5] * 24 * 21))
    wanted: dict[str, Any] = {"days": Days(date(2026, 11, 2), None), "archive": tmp_path}

    first = take(here, now, server.url, **wanted)
    asked_first, server.asked = server.sdates(), []
    server.hours[at(2026, 11, 3, 3)] = server.hours[at(2026, 11, 22, 3)] = {"PM25": 21.5}
    now.advance(3600)
    again = take(here, now, server.url, **wanted)

    assert ["2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23"] == asked_first
    assert ["2026-11-16", "2026-11-23"] == server.sdates()
    assert {"new": 504} == counts(first)
    assert {"revised": 1, "unchanged": 503} == counts(again)
    assert 505 == len(readings(db))


def test_an_import_that_was_stopped_goes_on_where_it_was(
    here: str, now: FakeClock, db: psycopg.Connection, server: Air4ThaiServer, tmp_path: Path
) -> None:
    server.hours = day(at(2026, 11, 1, 17), *([20.5] * 24 * 14))
    wanted: dict[str, Any] = {"days": Days(date(2026, 11, 2), SUNDAY), "archive": tmp_path}
    first_week = server.answer("/forweb/getHistoryData.php?" + WEEK_OF_2_NOVEMBER)
    server.faults = [says(first_week), says(b"", 503), says(b"", 503)]
    with pytest.raises(Unavailable):
        take(here, now, server.url, **wanted)
    stored, server.asked = len(readings(db)), []

    take(here, now, server.url, **wanted)

    # The last hour of the Sunday is labelled on Monday.
    assert (7 * 24 - 1, 14 * 24) == (stored, len(readings(db)))
    assert ["2026-11-09", "2026-11-16"] == server.sdates()


def test_the_archive_alone_gives_the_same_readings_without_the_service(
    here: str, now: FakeClock, db: psycopg.Connection, server: Air4ThaiServer, tmp_path: Path
) -> None:
    start = at(2026, 11, 22, 0)
    wanted: dict[str, Any] = {"days": Days(date(2026, 11, 22), None), "archive": tmp_path}
    server.hours = day(start, 16.4, None, 18.5)
    take(here, now, server.url, **wanted)
    server.hours = day(start, 17.5, 19.5, None)
    now.advance(3600)
    take(here, now, server.url, **wanted)
    before = readings(db)
    db.execute("TRUNCATE readings, latest_readings")

    summary = take(here, now, str(tmp_path))
    again = take(here, now, str(tmp_path))

    assert [1, 2, 1, 1, 2] == [row[1] for row in before]
    assert before == readings(db)
    assert {"new": 3, "missing": 1, "revised": 2} == counts(summary)
    assert {"unchanged": 6} == counts(again)


def test_a_page_that_is_refused_is_kept_and_its_week_asked_again(
    here: str, now: FakeClock, server: Air4ThaiServer, tmp_path: Path
) -> None:
    wanted: dict[str, Any] = {"days": Days(MONDAY, date(2026, 11, 10)), "archive": tmp_path}
    server.hours = day(START, 16.4)
    server.faults = [says(b"<html>maintenance")]

    first = take(here, now, server.url, **wanted)
    again = take(here, now, server.url, **wanted)
    offline = take(here, now, str(tmp_path))

    assert [1, 0, 0] == [len(one.refused_pages) for one in (first, again, offline)]
    assert {"new": 1} == counts(again)
    assert 2 == len(list(tmp_path.glob("24t_*.json")))


def test_a_page_of_the_archive_that_was_altered_is_fetched_again(
    here: str, now: FakeClock, server: Air4ThaiServer, tmp_path: Path
) -> None:
    wanted: dict[str, Any] = {"days": Days(MONDAY, date(2026, 11, 10)), "archive": tmp_path}
    server.hours = day(START, 16.4)
    take(here, now, server.url, **wanted)
    (page,) = tmp_path.glob("24t_*.json")
    page.write_bytes(page.read_bytes().replace(b"16.4", b"61.4"))

    summary = take(here, now, server.url, **wanted)

    assert (2, {"unchanged": 1}) == (len(server.asked), counts(summary))
    assert b"16.4" in page.read_bytes()


def test_the_legacy_endpoint_gives_the_same_hours_rounded(
    here: str, now: FakeClock, db: psycopg.Connection, server: Air4ThaiServer
) -> None:
    server.hours = day(START, 16.4, None, 18.6)
    days = Days(MONDAY, SUNDAY)

    take(here, now, server.url, page_format=PageFormat.LEGACY, days=days)

    assert [(stamp(0), 1, 16, 33), (stamp(2), 1, 19, 37)] == readings(db)


def test_a_wrong_address_is_told_and_not_asked_again(
    here: str, now: FakeClock, server: Air4ThaiServer
) -> None:
    server.faults = [says(b"", 404)]

    with pytest.raises(ServiceRefused, match="HTTP 404"):
        take(here, now, server.url)

    assert 1 == len(server.asked)


def test_without_an_archive_nothing_is_written_to_disk(
    here: str, now: FakeClock, server: Air4ThaiServer, tmp_path: Path
) -> None:
    server.hours = day(START, 16.4)

    summary = take(here, now, server.url, days=Days(MONDAY, SUNDAY))

    assert {"new": 1} == counts(summary)
    assert [] == list(tmp_path.iterdir())


def test_the_hours_around_the_end_of_a_week_are_all_asked_for(
    here: str, now: FakeClock, db: psycopg.Connection, server: Air4ThaiServer
) -> None:
    midnight = at(2026, 11, 15, 16)  # ends with the local Sunday, labelled on Monday
    server.hours = day(midnight - timedelta(hours=1), 16.5, 17.5, 18.5)

    summary = take(here, now, server.url, days=Days(MONDAY, None))

    assert {"new": 3} == counts(summary)
    assert [16.5, 17.5, 18.5] == [row[2] for row in readings(db)]

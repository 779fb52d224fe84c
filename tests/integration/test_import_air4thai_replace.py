"""The way back where hours were taken in the wrong format: `--replace`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.air4thai_desk import NOW, START, Pages, counts, know, readings, stamp, take
from integration.air4thai_server import BANGKOK, HOUR
from integration.desk import settle

from dust.clock import epoch_ms
from dust.storage.connection import connect
from ingest.air4thai.page_format import PageFormat, local_day
from ingest.air4thai.spans import Days

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from dust.testing import FakeClock

NEW, LEGACY = PageFormat.NEW, PageFormat.LEGACY
PAGE = (16, 17, 18, 19)


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
def pages(tmp_path: Path) -> Pages:
    return Pages(tmp_path / "pages")


def legacy(pages: Pages, name: str, *levels: object, first: int = 0) -> str:
    """A page of the legacy format; its hours from `first` after START on; None: no such row."""
    rows = [
        {"DATETIMEDATA": f"{START + (first + n) * HOUR + BANGKOK:%Y-%m-%d %H:%M:%S}", "PM25": level}
        for n, level in enumerate(levels)
        if level is not None
    ]
    answer = {"result": "OK", "stations": [{"stationID": "24t", "data": rows}]}
    return pages.raw(name, json.dumps(answer).encode())


def newest(db: psycopg.Connection) -> dict[int, float | None]:
    """What counts of each hour, by hours after START."""
    numbered = {row[0]: row[2] for row in readings(db, "pm25")}
    return {int((at - stamp(0)) / HOUR): level for at, level in numbered.items()}


def test_hours_of_the_wrong_format_are_taken_over_and_the_one_beyond_is_withdrawn(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    file = legacy(pages, "a.json", *PAGE)
    take(here, now, file, page_format=NEW)
    assert {-1: 16, 0: 17, 1: 18, 2: 19} == newest(db)

    refused = take(here, now, file, page_format=LEGACY)
    replaced = take(here, now, file, page_format=LEGACY, replace=True)

    assert {"new": 1, "refused": 3} == counts(refused)
    assert {"replaced": 3, "withdrawn": 1, "unchanged": 1} == counts(replaced)
    assert {-1: None, 0: 16, 1: 17, 2: 18, 3: 19} == newest(db)
    assert [1, 2, 1, 2, 1, 2, 1, 2, 1] == [row[1] for row in readings(db)]


def test_replacing_again_changes_nothing(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    file = legacy(pages, "a.json", *PAGE)
    take(here, now, file, page_format=NEW)
    wanted: dict[str, Any] = {"page_format": LEGACY, "replace": True}
    take(here, now, file, **wanted)
    before = readings(db)

    again = take(here, now, file, **wanted)

    assert {"unchanged": 4} == counts(again)
    assert before == readings(db)


def test_what_the_right_page_calls_missing_or_leaves_out_is_withdrawn(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    take(here, now, legacy(pages, "a.json", 16, 17, 18, 19, 20), page_format=NEW)

    summary = take(here, now, legacy(pages, "b.json", 16, "-", None, 19, 20), replace=True)

    assert {"new": 1, "replaced": 2, "withdrawn": 3} == counts(summary)
    assert {-1: None, 0: 16, 1: None, 2: None, 3: 19, 4: 20} == newest(db)


def test_parameters_that_the_right_page_does_not_have_are_withdrawn_too(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    take(here, now, pages.file("a.json", (0, {"PM25": 16.5, "PM10": 40.5})))

    take(here, now, legacy(pages, "b.json", 18, "-"), replace=True)

    assert [(stamp(0), 1, 16.5, 40.5), (stamp(0), 2, 18, None)] == readings(db)


def test_a_right_hour_of_another_page_just_beyond_stays(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    take(here, now, pages.file("a.json", (-1, {"PM25": 21.5}), (0, {"PM25": 22.5})))

    summary = take(here, now, legacy(pages, "b.json", 18, "-"), replace=True)

    assert {"replaced": 1, "missing": 1} == counts(summary)
    assert {-1: 21.5, 0: 18} == newest(db)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_pages_side_by_side_come_out_the_same_in_either_order(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection, order: tuple[int, int]
) -> None:
    files = [legacy(pages, f"{n}.json", *PAGE, first=4 * n) for n in range(2)]
    take(here, now, *files, page_format=NEW)

    for n in order:
        take(here, now, files[n], page_format=LEGACY, replace=True)

    expected = {-1: None} | dict(enumerate(map(float, PAGE + PAGE)))
    assert expected == newest(db)


def test_what_was_withdrawn_may_be_told_by_a_page_of_either_format(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    right = pages.file("right.json", (-1, {"PM25": 21.5}))
    file = legacy(pages, "a.json", *PAGE)
    take(here, now, file, page_format=NEW)
    take(here, now, file, page_format=LEGACY, replace=True)

    summary = take(here, now, right)

    assert {"revised": 1} == counts(summary)
    assert 21.5 == newest(db)[-1]


def test_the_way_back_from_legacy_to_new_withdraws_the_hour_after_the_page(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    file = pages.file("a.json", *((n, {"PM25": level}) for n, level in enumerate(PAGE)))
    take(here, now, file, page_format=LEGACY)
    assert {1: 16, 2: 17, 3: 18, 4: 19} == newest(db)

    take(here, now, file, page_format=NEW, replace=True)

    assert {0: 16, 1: 17, 2: 18, 3: 19, 4: None} == newest(db)


def test_pages_of_two_formats_do_not_replace_one_another(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    one = legacy(pages, "a.json", 16, "-")
    other = pages.file("b.json", (0, {"PM25": 16.4}))

    summary = take(here, now, one, other, replace=True)

    assert ["b.json"] == [each.page[-6:] for each in summary.refused_pages]
    assert "--replace takes pages of one format in a run" in summary.refused_pages[0].reason
    assert {0: 16} == newest(db)


def test_only_the_wanted_days_are_replaced(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    midnight = 17  # in Bangkok, hours after START
    file = legacy(pages, "a.json", *PAGE, first=midnight)
    take(here, now, file, page_format=NEW)
    day = local_day(epoch_ms(START + midnight * HOUR))

    take(here, now, file, page_format=LEGACY, replace=True, days=Days(day, day))

    assert {16: 16, 17: 16, 18: 17, 19: 18, 20: 19} == newest(db)


def test_a_dry_run_counts_what_would_be_replaced(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    file = legacy(pages, "a.json", *PAGE)
    take(here, now, file, page_format=NEW)
    before = readings(db)

    summary = take(here, now, file, page_format=LEGACY, replace=True, dry_run=True)

    assert {"new": 1, "replaced": 3, "withdrawn": 1} == counts(summary)
    assert "3 replaced, 1 withdrawn" in summary.lines()[0]
    assert before == readings(db)


def test_hours_taken_back_leave_the_averages(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    file = legacy(pages, "a.json", *PAGE)
    take(here, now, file, page_format=NEW)
    settle(db)

    take(here, now, file, page_format=LEGACY, replace=True)
    settle(db)

    asked = (
        "SELECT period_start, value FROM averages WHERE period_kind = 'hour' AND value IS NOT NULL"
    )
    told = db.execute(f"{asked} AND pollutant = 'pm25' ORDER BY 1".encode()).fetchall()
    assert [(START + timedelta(hours=n), level) for n, level in enumerate(PAGE)] == told

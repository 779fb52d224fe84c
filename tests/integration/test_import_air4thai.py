"""`dust import air4thai`: from files and folders to readings, hours and a summary."""

from __future__ import annotations

import json
import ssl
import threading
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from integration.air4thai_desk import (
    CODE,
    NOW,
    START,
    Pages,
    counts,
    know,
    label,
    readings,
    stamp,
    take,
)
from integration.air4thai_server import HOUR, at, day, serving_air4thai
from integration.desk import settle
from typer.testing import CliRunner

from dust.clock import epoch_ms
from dust.errors import BadInput
from dust.storage.connection import connect
from ingest.air4thai.page_format import PageFormat
from ingest.air4thai.service import ServiceRefused
from ingest.air4thai.spans import Days
from ingest.imports import command
from ingest.recompute_command import command as recompute

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from dust.testing import FakeClock


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


# --- From pages to readings -----------------------------------------------------------------------
def test_hours_become_readings_at_their_last_instant_on_both_kinds_of_database(
    database: str, now: FakeClock, pages: Pages
) -> None:
    know(database)
    weather = {"WS": 2.5, "WD": 45, "TEMP": 28.5, "RH": 61}

    summary = take(database, now, pages.file("a.json", (0, {"PM25": 16.4, "PM10": 41} | weather)))

    with connect(database) as db:
        columns = "n, pm25, pm10, wind_mps, wind_deg, t_c, rh, x->>'format'"
        assert [(stamp(0), 1, 1, pytest.approx(16.4), 41, 2.5, 45, 28.5, 61, "new")] == readings(
            db, columns
        )
    assert {"new": 1} == counts(summary)


def test_the_writer_marks_the_hour_and_quality_control_flags_the_value(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    take(here, now, pages.file("a.json", (0, {"PM25": 16.4}), (1, {"PM25": -30.5})))

    marked = db.execute("SELECT hour_start FROM dirty_hours ORDER BY 1").fetchall()
    assert [(START,), (START + HOUR,)] == marked
    assert [1, 4] == [row[2] for row in readings(db, "qc_pm25")]


def test_imported_hours_become_averages_of_class_reference(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    levels = [(n, {"PM25": 40 + n % 2}) for n in range(-7, 17)]  # the local 10th of November
    take(here, now, pages.file("a.json", *levels), page_format=PageFormat.NEW)

    settle(db)

    told = "SELECT value, n_valid, claim_class FROM averages WHERE pollutant = 'pm25'"
    assert [(40.5, 24, "reference")] == db.execute(
        f"{told} AND period_kind = 'day'".encode()
    ).fetchall()


def test_the_same_page_again_changes_nothing(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    file = pages.file("a.json", (0, {"PM25": 16.4, "PM10": 41.3}), (1, {"PM25": None}))
    first = take(here, now, file)
    settle(db)

    again = take(here, now, file, pages.file("b.json", (0, {"PM25": 16.4, "PM10": 41.3})))

    assert {"new": 1, "missing": 1} == counts(first)
    assert {"unchanged": 2, "missing": 1} == counts(again)
    assert {"pm25": 1} == first.absent_values
    assert 1 == len(readings(db))
    assert [] == db.execute("SELECT * FROM dirty_hours").fetchall()


def test_a_republished_hour_gets_the_next_number_and_keeps_what_is_not_said_again(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    take(here, now, pages.file("a.json", (0, {"PM25": 16.5, "PM10": 41})))

    revised = take(here, now, pages.file("b.json", (0, {"PM25": 17.5})))

    assert {"revised": 1} == counts(revised)
    assert [(stamp(0), 1, 16.5, 41), (stamp(0), 2, 17.5, 41)] == readings(db)


def test_an_hour_republished_as_missing_is_taken_back(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    take(here, now, pages.file("a.json", (0, {"PM25": 16.5, "PM10": 41})))

    summary = take(
        here,
        now,
        pages.file("b.json", (0, {"PM25": None, "PM10": -999})),
        page_format=PageFormat.NEW,
    )

    assert {"revised": 1} == counts(summary)
    assert [(stamp(0), 2, None, None)] == readings(db)[1:]


def test_pages_of_a_folder_are_taken_in_the_order_in_which_they_were_said(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    pages.file("z.json", (0, {"PM25": 16.5}))
    pages.file("a.json", (0, {"PM25": 17.5}))

    first = take(here, now, str(pages.folder))
    again = take(here, now, str(pages.folder / "a.json"), str(pages.folder / "z.json"))

    assert {"new": 1, "revised": 1} == counts(first)
    assert {"unchanged": 2} == counts(again)
    assert [(1, 16.5), (2, 17.5)] == [row[1:3] for row in readings(db)]


def test_the_two_formats_are_never_mixed_in_an_hour(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    take(here, now, pages.file("a.json", (0, {"PM25": 16.4})))
    legacy = pages.file("b.json", (-1, {"PM25": 17, "PM10": "-"}), (0, {"PM25": 18, "PM10": "-"}))

    summary = take(here, now, legacy)

    # In the legacy format these labels name the hours that begin where the helper's end.
    assert {"new": 1, "refused": 1} == counts(summary)
    assert ["stored from new"] == [one.reason[:15] for one in summary.refused_hours]
    assert [(stamp(0), "new"), (stamp(1), "legacy")] == [
        (row[0], row[2]) for row in readings(db, "x->>'format'")
    ]


def test_only_the_wanted_days_are_taken(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    file = pages.file("a.json", *((n, {"PM25": n + 0.5}) for n in range(48)))

    take(here, now, file, days=Days(date(2026, 11, 11), date(2026, 11, 11)))

    assert [n + 0.5 for n in range(17, 41)] == [row[2] for row in readings(db)]


def test_a_dry_run_counts_what_would_be_and_writes_nothing(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    file = pages.file("a.json", (0, {"PM25": 16.5, "PM10": 35}))
    kept = pages.folder / "kept"

    with serving_air4thai() as server:
        server.hours = day(START, 17.5, 18.5)
        summary = take(here, now, file, server.url, archive=kept, dry_run=True)

    assert {"new": 2, "revised": 1} == counts(summary)
    assert [] == readings(db)
    assert [] == list(kept.glob("*.json"))


def test_two_imports_at_once_leave_the_later_word(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    files = [
        pages.file(name, *((n, {"PM25": level}) for n in range(50)))
        for name, level in (("a.json", 16.5), ("b.json", 17.5))
    ]
    together = threading.Barrier(2)

    def work(file: str) -> None:
        together.wait(20)
        take(here, now, file)

    threads = [threading.Thread(target=work, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    newest = {row[0]: row[2] for row in readings(db)}
    assert [17.5] * 50 == list(newest.values())


# --- What is refused ------------------------------------------------------------------------------
def test_a_refused_page_writes_nothing_and_stops_no_other(
    here: str, now: FakeClock, pages: Pages, db: psycopg.Connection
) -> None:
    pages.raw("1.json", b"<html>maintenance</html>")
    pages.file("2.json", (0, {"PM25": 16.5}), station_id="35t")
    pages.file("3.json", (0, {"PM25": 16}))
    pages.file("4.json", (0, {"PM25": 16.5}), (1, {"PM25": 1e9}))

    summary = take(here, now, str(pages.folder))

    assert ["1.json", "2.json", "3.json"] == [one.page[-6:] for one in summary.refused_pages]
    assert {"new": 1, "refused": 1} == counts(summary)
    assert [16.5] == [row[2] for row in readings(db)]


@pytest.mark.parametrize(
    ("code", "told", "lines"),
    [
        ("nobody", "'nobody'", ["[[sensors]]", 'code = "nobody"', "[[deployments]]"]),
        ("bam", "bam of model bam1020", ['model = "air4thai"', "sampling_interval_s = 3600"]),
        ("quick", "sampling_interval_s = 60", ["sampling_interval_s = 3600"]),
        ("spare", "spare, not deployed", ["[[deployments]]", 'sensor = "spare"']),
    ],
)
def test_a_sensor_that_cannot_hold_the_hours_is_refused_with_the_lines_to_add(
    here: str, now: FakeClock, pages: Pages, code: str, told: str, lines: list[str]
) -> None:
    with pytest.raises(BadInput) as caught:
        take(here, now, pages.file("a.json", (0, {"PM25": 16.5})), sensor=code)

    assert told in str(caught.value).replace("\\n", "\n")
    assert [] == [line for line in lines if line not in caught.value.allowed]


def test_a_source_that_is_not_there_or_holds_no_page_is_refused(
    here: str, now: FakeClock, pages: Pages
) -> None:
    for source in (str(pages.folder), str(pages.folder / "absent.json")):
        with pytest.raises(BadInput, match="SOURCE"):
            take(here, now, source)


# --- The command ----------------------------------------------------------------------------------
def run(url: str, *arguments: str) -> Any:
    return CliRunner().invoke(
        command, ["air4thai", *arguments, "--sensor", CODE, "--database", url]
    )


def test_the_command_tells_the_hours_by_outcome_and_the_credit(here: str, pages: Pages) -> None:
    row = {"DATETIMEDATA": label(START - timedelta(days=900)), "PM25": 16.4}
    answer = {"result": "OK", "stations": [{"stationID": "24t", "data": [row]}]}
    file = pages.raw("a.json", json.dumps(answer).encode())

    told = run(here, file)
    as_json = run(here, file, "--json")

    assert 0 == told.exit_code
    assert "hours: 1 new, 0 revised, 0 unchanged, 0 missing, 0 refused" in told.output
    assert told.output.endswith("ที่มา: กรมควบคุมมลพิษ (Air4Thai)\n")
    assert 1 == json.loads(as_json.stdout)["hours"]["unchanged"]


def test_the_command_asks_over_tls_with_a_further_authority(here: str, tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    days = ["--from", "2024-01-17", "--to", "2024-01-17"]

    with serving_air4thai(context) as server:
        server.hours = day(at(2024, 1, 17, 3), 16.4, None)
        told = run(here, server.url, *days, "--ca-file", str(tmp_path / "ca.pem"), "--json")
        refused = run(here, server.url, *days)

    summary = json.loads(told.stdout)
    assert {"new": 1, "revised": 0, "unchanged": 0, "missing": 1, "refused": 0} == summary["hours"]
    assert isinstance(refused.exception, ServiceRefused)


def test_a_refused_page_ends_the_command_with_1(here: str, pages: Pages) -> None:
    told = run(here, pages.raw("a.json", b"<html>"))

    assert 1 == told.exit_code
    assert "page refused" in told.output


def test_a_refused_hour_ends_the_command_with_1_and_is_told_as_the_page_labels_it(
    here: str, pages: Pages
) -> None:
    # Of the past of the real clock, which the command reads.
    rows = [{"DATETIMEDATA": "2024-01-17 15:00:00", "PM25": 16.5, "PM10": 40}]
    run(here, page_at(pages, "a.json", rows))

    rows = [{"DATETIMEDATA": "2024-01-17 14:00:00", "PM25": 17, "PM10": "-"}]
    told = run(here, page_at(pages, "b.json", rows))

    assert 1 == told.exit_code
    assert "b.json: 2024-01-17 14:00:00: stored from new" in told.output
    assert "--replace takes it back" in told.output


def test_a_format_that_the_page_proves_wrong_is_refused_with_the_proof(
    here: str, pages: Pages, db: psycopg.Connection
) -> None:
    rows = [{"DATETIMEDATA": "2024-01-17 15:00:00", "PM25": 17, "PM10": "-"}]

    told = run(here, page_at(pages, "a.json", rows), "--format", "new")

    assert (1, []) == (told.exit_code, readings(db))
    assert "--format = 'new': allowed is legacy, as PM10 = '-' proves" in told.output


def test_the_summary_says_what_makes_averages_of_new_hours(here: str, pages: Pages) -> None:
    file = page_at(pages, "a.json", [{"DATETIMEDATA": "2024-01-17 15:00:00", "PM25": 16.5}])

    told = [run(here, file, *more).output for more in (["--dry-run"], [], [])]

    assert [False, True, False] == ["dust recompute" in each for each in told]


def test_recompute_makes_averages_of_imported_hours(
    here: str, pages: Pages, db: psycopg.Connection
) -> None:
    rows = [{"DATETIMEDATA": "2026-01-17 15:00:00", "PM25": 16.5}]
    run(here, page_at(pages, "a.json", rows))
    days = ["--from", "2026-01-17", "--to", "2026-01-17", "--database", here]

    told = CliRunner().invoke(recompute, days)

    asked = "SELECT value FROM averages WHERE period_kind = 'hour' AND pollutant = 'pm25'"
    assert (0, [(16.5,)]) == (told.exit_code, db.execute(asked).fetchall())


def page_at(pages: Pages, name: str, rows: list[dict[str, Any]]) -> str:
    answer = {"result": "OK", "stations": [{"stationID": "24t", "data": rows}]}
    return pages.raw(name, json.dumps(answer).encode())


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ([], "SOURCE"),
        (["a.json", "--archive", "kept"], "--archive"),
        (["a.json", "--station-id", "../24t"], "--station-id"),
        (["a.json", "--from", "2026-11-02", "--to", "2026-11-01"], "--to"),
    ],
)
def test_wrong_use_names_the_option(arguments: list[str], field: str) -> None:
    error = run("postgresql:///nowhere", *arguments).exception

    assert isinstance(error, BadInput)
    assert field == error.field

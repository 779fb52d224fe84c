"""Readings that are old enough go; what was told of them stays, whatever comes later."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.desk import OTHER_SPOOL, Desk, hours, settle
from integration.networks import network
from typer.testing import CliRunner

from dust.restatement import Reason
from dust.storage import reading_drop, stored_network
from dust.storage.__main__ import command
from dust.storage.capabilities import is_hypertable
from dust.storage.dirty_marks import mark_sensor_hours, mark_station_hours
from dust.storage.reading_drop import StillMarked, drop_readings
from dust.storage.retention import (
    DroppedSpan,
    dropped_spans,
    plan_retention,
    sealed_before,
    weeks_between,
)

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

    from dust.storage.retention import Plan

START = datetime(2024, 2, 1, tzinfo=UTC)  # a Thursday: where a chunk of seven days begins
WEEK = timedelta(days=7)
CUT = START + 2 * WEEK
SEAL = CUT + timedelta(days=2)  # twice the 13.75 hours that flags of a BAM reach
N_HOURS = 18 * 24
LEVELS = [20 + 10 * (hour % 5) for hour in range(N_HOURS)]
Rows = list[tuple[Any, ...]]


@pytest.fixture
def told(desk: Desk, connection: psycopg.Connection) -> Connection:
    """Eighteen days of one sensor, averaged and judged; nothing waits."""
    desk.take_readings(hours("pms-v1", LEVELS, START))
    settle(connection)
    return connection


def plan(connection: Connection, cut: datetime = CUT) -> Plan:
    return plan_retention(connection, cut, is_hypertable=is_hypertable(connection))


def drop(connection: Connection, cut: datetime = CUT) -> int:
    made = plan(connection, cut)
    return drop_readings(connection, made, is_hypertable=is_hypertable(connection))


def averages(connection: Connection) -> Rows:
    return connection.execute(
        "SELECT * FROM averages ORDER BY station_id, pollutant, period_kind, period_start"
    ).fetchall()


def ledger(connection: Connection) -> Rows:
    return connection.execute("SELECT * FROM exceedances ORDER BY exceedance_id").fetchall()


def stored(connection: Connection) -> Rows:
    """How many readings lie before and behind the cut."""
    return connection.execute(
        "SELECT count(*) FILTER (WHERE phenomenon_time < %s),"
        " count(*) FILTER (WHERE phenomenon_time >= %s) FROM readings",
        (CUT, CUT),
    ).fetchall()


def test_readings_go_and_everything_made_of_them_stays(told: Connection) -> None:
    before = averages(told), ledger(told)
    kept = [
        DroppedSpan(START, START + WEEK, 672, is_finished=True),
        DroppedSpan(START + WEEK, CUT, 672, is_finished=True),
    ]

    assert before[1]
    assert 1344 == drop(told)
    assert [(0, N_HOURS * 4 - 1344)] == stored(told)
    assert before == (averages(told), ledger(told))
    assert kept == dropped_spans(told)
    assert sealed_before(told) == SEAL


def test_a_second_run_finds_nothing_to_drop(told: Connection) -> None:
    drop(told)

    assert () == plan(told).pieces
    assert 0 == drop(told)
    assert 2 == len(dropped_spans(told))


def test_without_a_drop_no_hour_is_sealed(told: Connection) -> None:
    assert sealed_before(told) is None
    assert [] == dropped_spans(told)


def test_a_reading_that_comes_again_after_its_drop_changes_no_average(
    desk: Desk, told: Connection
) -> None:
    drop(told)
    before = averages(told), ledger(told)

    desk.take_readings(hours("pms-v1", LEVELS, START)[100:103])
    desk.take_readings(hours("pms-v1", [200.0], START + timedelta(hours=30)), OTHER_SPOOL)
    settle(told)

    assert before == (averages(told), ledger(told))


def test_making_dropped_hours_again_leaves_them_as_they_were_told(told: Connection) -> None:
    drop(told)
    before = averages(told), ledger(told)
    stations = [key for (key,) in told.execute("SELECT station_id FROM stations")]
    sensors = [key for (key,) in told.execute("SELECT sensor_id FROM sensors")]

    for reason in Reason:
        mark_station_hours(told, stations, None, None, reason)
        mark_sensor_hours(told, sensors, None, None, reason)
    told.execute(
        "INSERT INTO dirty_hours (sensor_id, hour_start, reason) SELECT sensor_id, hour, 'asked'"
        " FROM sensors, generate_series(%s::timestamptz, %s, interval '1 hour') AS hour",
        (START, CUT),
    )
    settle(told)

    assert before == (averages(told), ledger(told))


def test_another_rule_set_keeps_the_hours_of_dropped_readings(told: Connection) -> None:
    drop(told)
    rows = "SELECT * FROM averages WHERE period_kind = 'hour' AND period_start < %s ORDER BY 1,2,4"
    before = told.execute(rows, (SEAL,)).fetchall()
    whole = network().model_copy(update={"rule_set": "complete-24h"})

    stored_network.apply(told, whole)
    settle(told)

    made_again = told.execute(
        "SELECT DISTINCT rule_set FROM averages WHERE period_kind = 'hour' AND period_start >= %s",
        (SEAL,),
    ).fetchall()

    assert before == told.execute(rows, (SEAL,)).fetchall()
    assert [("complete-24h",)] == made_again


def test_hours_behind_the_seal_are_judged_as_before(told: Connection) -> None:
    """Their flags hang on readings that are still here."""
    flags = "SELECT * FROM readings WHERE phenomenon_time >= %s ORDER BY phenomenon_time"
    before = told.execute(flags, (CUT,)).fetchall(), averages(told)

    drop(told)
    mark_sensor_hours(told, [before[0][0][0]], SEAL, None, Reason.RE_QC)
    settle(told)

    assert before == (told.execute(flags, (CUT,)).fetchall(), averages(told))


def test_an_hour_behind_the_seal_is_made_again_as_ever(desk: Desk, told: Connection) -> None:
    drop(told)
    hour = SEAL + timedelta(hours=30)
    value = (
        "SELECT value FROM averages WHERE period_kind = 'hour' AND pollutant = 'pm25'"
        " AND period_start = %s"
    )
    before = told.execute(value, (hour,)).fetchone()

    desk.take_readings(hours("pms-v1", [90.0], hour + timedelta(seconds=1)), OTHER_SPOOL)
    settle(told)

    assert before != told.execute(value, (hour,)).fetchone()


@pytest.mark.parametrize("is_set_aside", [False, True], ids=["waiting", "set_aside"])
def test_a_mark_holds_back_its_piece_and_all_behind(
    told: Connection,
    is_set_aside: bool,  # noqa: FBT001  (a parameter of the case)
) -> None:
    told.execute(
        "INSERT INTO dirty_hours (sensor_id, hour_start, failed_at)"
        " SELECT sensor_id, %s, CASE WHEN %s THEN now() END FROM sensors WHERE code = 'pms-v1'",
        (START + WEEK + timedelta(days=3), is_set_aside),
    )

    made = plan(told)

    assert [(START, START + WEEK)] == [(piece.start, piece.end) for piece in made.pieces]
    assert "2024-02-11 00:00 UTC waits to be made again" in str(made.held_back)


def test_a_mark_shortly_behind_a_piece_holds_it_back(told: Connection) -> None:
    told.execute(
        "INSERT INTO dirty_station_hours (station_id, hour_start, reason)"
        " SELECT station_id, %s, 'asked' FROM stations LIMIT 1",
        (START + WEEK + timedelta(hours=47),),
    )

    assert () == plan(told).pieces


def test_readings_without_their_average_stay(told: Connection) -> None:
    told.execute(
        "DELETE FROM averages WHERE period_kind = 'hour' AND pollutant = 'pm25'"
        " AND period_start = %s",
        (START + timedelta(hours=5),),
    )

    made = plan(told)

    assert () == made.pieces
    assert "v1 has readings but no average of the hour of 2024-02-01 05:00 UTC" == made.held_back


def test_readings_that_no_station_tells_of_are_counted(told: Connection) -> None:
    told.execute("UPDATE deployments SET deployed_from = %s", (START + timedelta(days=1),))

    assert 96 == plan(told).n_unplaced


def test_a_mark_after_the_plan_keeps_the_readings(told: Connection) -> None:
    made = plan(told)
    told.execute(
        "INSERT INTO dirty_hours (sensor_id, hour_start) SELECT sensor_id, %s FROM sensors",
        (START + WEEK,),
    )

    with pytest.raises(StillMarked, match="2024-02-08"):
        drop_readings(told, made, is_hypertable=is_hypertable(told))

    assert [] == dropped_spans(told)
    assert [(1344, N_HOURS * 4 - 1344)] == stored(told)


def test_a_drop_that_is_cut_off_goes_on_with_the_next(
    told: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = averages(told)

    def cut_off(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reading_drop, "_drop_chunks", cut_off)
        patch.setattr(reading_drop, "_delete", cut_off)
        with pytest.raises(KeyboardInterrupt):
            drop(told)
    cut = [(span.start, span.is_finished) for span in dropped_spans(told)]

    assert [(START, False)] == cut
    assert 1344 == drop(told)
    assert [True, True] == [span.is_finished for span in dropped_spans(told)]
    assert [(0, N_HOURS * 4 - 1344)] == stored(told)
    assert before == averages(told)


def test_a_writer_with_an_open_transaction_is_waited_for(
    place: str, told: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg  # noqa: PLC0415  (the name is a type elsewhere)

    monkeypatch.setattr("dust.storage.patience.LOCK_TIMEOUT", "50ms")
    heard: list[str] = []
    made = plan(told)
    with psycopg.connect(place) as writer:
        writer.execute("UPDATE readings SET n = n WHERE phenomenon_time >= %s", (CUT,))

        def say(text: str) -> None:
            heard.append(text)
            writer.commit()

        drop_readings(told, made, is_hypertable=is_hypertable(told), say=say)

    assert ["sealing hours: somebody else holds a lock; attempt 1 of 30"] == heard
    assert [(0, N_HOURS * 4 - 1344)] == stored(told)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, ["retention", *arguments])
    return result.exit_code, result.stdout or str(result.exception)


def test_all_readings_are_kept_unless_somebody_says_otherwise(place: str, told: Connection) -> None:
    assert (0, "all readings are kept\n") == run("--apply", "--database", place)
    assert [(1344, N_HOURS * 4 - 1344)] == stored(told)


def test_the_command_says_what_it_would_do_and_does_nothing(place: str, told: Connection) -> None:
    code, text = run("--keep", "500d", "--database", place)

    assert 0 == code
    assert "readings" in text.splitlines()[1]
    assert "nothing was changed; --apply sets and drops" == text.splitlines()[-1]
    assert [(1344, N_HOURS * 4 - 1344)] == stored(told)
    assert [(None,)] == told.execute("SELECT keep_readings FROM storage_settings").fetchall()


def test_the_command_sets_and_drops_and_needs_no_second_word(place: str, told: Connection) -> None:
    first = json.loads(run("--keep", "500d", "--apply", "--json", "--database", place)[1])
    second = json.loads(run("--json", "--database", place)[1])

    assert "500 days" == first["keep"] == second["keep"]
    assert first["readings"] == first["dropped"] > 0
    assert 0 == second["readings"]
    assert first["sealed_before"] == second["sealed_before"]
    assert sealed_before(told) is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--keep", "5"], "keep = '5': allowed is a number and h, d, w, mo or y"),
        (["--keep", "0d"], "keep = '0d'"),
        (["--keep", "90d"], "keep = '90 days': allowed is 400 days or longer"),
        (["--keep", "90d", "--late-data", "x"], "late_data = 'x'"),
    ],
)
def test_what_cannot_be_kept_to_is_refused(
    plain_place: str, arguments: list[str], message: str
) -> None:
    code, text = run(*arguments, "--apply", "--database", plain_place)

    assert 1 == code
    assert message in text


def test_a_shorter_window_allows_a_shorter_time(plain_place: str) -> None:
    code, text = run("--keep", "90d", "--late-data", "60d", "--apply", "--database", plain_place)

    assert 0 == code
    assert "nothing to drop" in text


def test_weeks_end_at_the_cut() -> None:
    first = datetime(2024, 2, 1, 5, 30, tzinfo=UTC)
    midnight = datetime(2024, 2, 1, tzinfo=UTC)

    assert [
        (midnight, midnight + WEEK),
        (midnight + WEEK, midnight + timedelta(days=9)),
    ] == weeks_between(first, midnight + timedelta(days=9, hours=7))
    assert [] == weeks_between(first, midnight + timedelta(hours=9))

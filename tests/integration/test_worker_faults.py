"""What must not stop or mislead the worker behind the writer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from integration.desk import OTHER_SPOOL, Desk, hours, settle
from integration.networks import DEPLOYMENTS, SENSORS, STATIONS, apply, network, sensor, station
from integration.told import ledger, told

from dust.clock import epoch_ms
from dust.testing import a_reading
from ingest import neighbourhood
from ingest.dirty_work import claim
from ingest.recompute import recompute_once

if TYPE_CHECKING:
    import psycopg
    import pytest

    from dust.testing import FakeClock

MIDNIGHT = datetime(2024, 1, 14, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)


# --- Marks ----------------------------------------------------------------------------------------
def test_a_bit_of_a_test_that_changes_no_figure_is_no_new_word(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [40] * 20, MIDNIGHT))
    settle(connection)
    before = told(connection, "hour", "ref", "revision, computed_at")

    connection.execute("UPDATE averages SET qc_tests = 512")
    mark_everything(connection)
    settle(connection)

    assert before == told(connection, "hour", "ref", "revision, computed_at")
    assert [(0,)] * 20 == told(connection, "hour", "ref", "qc_tests & 512")
    assert [] == connection.execute("SELECT 1 FROM average_history").fetchall()


def test_a_mark_that_cannot_be_made_is_set_aside_and_all_others_are_made(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [40] * 3, MIDNIGHT))
    desk.take_readings(hours("pms-v1", [50] * 3, MIDNIGHT, 500))
    connection.execute(
        "INSERT INTO corrections (sensor_id, pollutant, formula, valid_from)"
        " SELECT sensor_id, 'pm25', 'magic', '2000-01-01' FROM sensors WHERE code = 'pms-v1'"
    )
    settle(connection)

    assert [(40, 4)] * 3 == told(connection, "hour", "ref")
    assert [] == told(connection, "hour", "v1")
    aside = connection.execute(
        "SELECT code, error FROM dirty_hours JOIN sensors USING (sensor_id)"
        " WHERE failed_at IS NOT NULL"
    ).fetchall()
    assert [("pms-v1", True)] * 3 == [(code, "magic" in error) for code, error in aside]


def test_a_sensor_of_a_model_that_is_not_known_any_more_stops_nobody(
    desk: Desk, connection: psycopg.Connection
) -> None:
    connection.execute("UPDATE sensors SET model = 'gone' WHERE code = 'pms-v2'")
    desk.take_readings(hours("bam-ref", [40] * 3, MIDNIGHT))
    mark_everything(connection)
    settle(connection)

    assert [(40, 4)] * 3 == told(connection, "hour", "ref")


def test_new_readings_are_made_before_what_somebody_asked_for(
    desk: Desk, connection: psycopg.Connection
) -> None:
    connection.execute(
        "INSERT INTO dirty_hours (sensor_id, hour_start, reason)"
        " SELECT s.sensor_id, timestamptz '2020-01-01' + h * interval '1 hour', 'asked'"
        " FROM sensors s, generate_series(1, 1000) AS h WHERE code = 'pms-v2'"
    )
    desk.take_readings(hours("bam-ref", [40], MIDNIGHT))

    recompute_once(connection, 0, datetime.now(UTC))

    assert [(40, 4)] == told(connection, "hour", "ref")
    assert 0 < waiting(connection)


def test_what_stopped_in_the_midst_is_made_by_the_next_worker(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [40], MIDNIGHT))
    with connection.transaction(force_rollback=True):
        claim(connection, 500, 500)

    settle(connection)

    assert [(40, 4)] == told(connection, "hour", "ref")


def test_an_hour_that_an_archive_has_taken_back_steers_no_flag(
    place: str, desk: Desk, connection: psycopg.Connection
) -> None:
    archive = sensor("pcd", "air4thai", 3600)
    apply(
        place,
        network(
            [*STATIONS, station("v3")],
            [*SENSORS, archive],
            [*DEPLOYMENTS, {"sensor": "pcd", "station": "v3"}],
        ),
    )
    ends = [epoch_ms(MIDNIGHT + (hour + 1) * HOUR) - 1 for hour in range(30)]
    desk.take_readings([a_reading(1, "pcd", ends[15], pm25=25.0)])
    desk.take_readings([a_reading(2, "pcd", end, pm25=60.0) for end in ends], OTHER_SPOOL)
    settle(connection)

    assert [(None, 0)] * 30 == told(connection, "hour", "v3")


def test_stations_that_are_moved_are_compared_with_other_neighbours_in_every_hour(
    place: str, desk: Desk, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbourhood, "_HOURS_IN_MEMORY", 2)
    codes = ["a", "b", "c", "d", "e"]
    desk_sensors = [sensor(f"s-{code}") for code in codes]

    def at_places(latitude_of_e: float) -> Any:
        spots = [
            station(code) | {"latitude": 14.687 + 0.001 * index, "longitude": 100.871}
            for index, code in enumerate(codes)
        ]
        spots[-1]["latitude"] = latitude_of_e
        return network(
            [*STATIONS, *spots],
            [*SENSORS, *desk_sensors],
            [*DEPLOYMENTS, *({"sensor": f"s-{code}", "station": code} for code in codes)],
        )

    apply(place, at_places(16.0))
    for index, code in enumerate(codes):
        level = 400 if code == "e" else 40 + index
        desk.take_readings(hours(f"s-{code}", [level] * 3, MIDNIGHT, 100 * index + 1))
    settle(connection)
    alone = told(connection, "hour", "e", "qc_tests & 2048")

    apply(place, at_places(14.691))
    settle(connection)

    assert [(0,)] * 3 == alone
    assert [(2048,)] * 3 == told(connection, "hour", "e", "qc_tests & 2048")


# --- The open day ---------------------------------------------------------------------------------
def test_a_certain_exceedance_is_told_when_its_hour_ends_without_another_reading(
    desk: Desk, now: FakeClock, connection: psycopg.Connection
) -> None:
    now.set_ms(epoch_ms(MIDNIGHT + 24 * HOUR))
    desk.take_readings(hours("bam-ref", [950], MIDNIGHT))
    recompute_once(connection, 3600, MIDNIGHT + timedelta(minutes=59))
    before = ledger(connection, "ref")

    connection.execute("UPDATE dirty_days SET judged_at = %s", (MIDNIGHT + HOUR / 2,))
    recompute_once(connection, 3600, MIDNIGHT + HOUR)

    assert [] == before
    assert [(1, "provisional", "found")] == ledger(connection, "ref")


def test_late_data_of_an_open_days_finding_restate_it_when_the_day_was_judged_after_its_end(
    desk: Desk, now: FakeClock, connection: psycopg.Connection
) -> None:
    now.set_ms(epoch_ms(MIDNIGHT + 24 * HOUR))
    desk.take_readings(hours("bam-ref", [950], MIDNIGHT))
    recompute_once(connection, 3600, MIDNIGHT + HOUR)
    connection.execute("UPDATE exceedances SET recorded_at = %s", (MIDNIGHT + HOUR,))
    settle(connection)  # the day is over, and nothing is new

    desk.take_readings(hours("bam-ref", [50] * 20, MIDNIGHT + 2 * HOUR, 500))
    settle(connection)

    assert [(1, "provisional", "found"), (2, "restated", "late_data")] == ledger(connection, "ref")


def mark_everything(connection: psycopg.Connection) -> None:
    connection.execute(
        "INSERT INTO dirty_hours (sensor_id, hour_start, reason)"
        " SELECT DISTINCT sensor_id, date_trunc('hour', phenomenon_time), 'asked' FROM readings"
    )


def waiting(connection: psycopg.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM dirty_hours").fetchone() or (0,)
    return int(count)

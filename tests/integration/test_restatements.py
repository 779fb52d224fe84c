"""What changes below the figures, what is made again for it, and what the ledger says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integration.desk import Desk, hours, quarters, settle
from integration.networks import DEPLOYMENTS, SENSORS, STATIONS, apply, network, sensor, station
from integration.told import ledger, told

from dust.clock import epoch_ms
from dust.corrections import Formula
from dust.pollutants import Pollutant
from dust.standards import default_rule_set
from dust.storage import stored_corrections
from dust.storage.stored_corrections import NewCorrection
from dust.testing import a_reading
from ingest.ledger import finalise

if TYPE_CHECKING:
    import psycopg


MIDNIGHT = datetime(2024, 1, 14, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOON = MIDNIGHT + 12 * HOUR


def revisions(connection: psycopg.Connection) -> int:
    (count,) = connection.execute("SELECT sum(revision) FROM averages").fetchone() or (0,)
    return int(count)


def deployed(*entries: dict[str, Any]) -> Any:
    """The reference as ever, and these; the second sensor has left its own station long ago."""
    kept = [entry for entry in DEPLOYMENTS if entry["sensor"] == "bam-ref"]
    gone = {"sensor": "pms-v2", "station": "v2", "to": "2000-01-02T00:00:00Z"}
    return network([*STATIONS, station("v3")], deployments=[*kept, gone, *entries])


def at(
    sensor_code: str, station: str, start: datetime, end: datetime | None = None
) -> dict[str, Any]:
    span = {"from": start.isoformat()} | ({"to": end.isoformat()} if end else {})
    return {"sensor": sensor_code, "station": station, **span}


BEFORE = datetime(2000, 1, 1, tzinfo=UTC)


# --- A deployment ---------------------------------------------------------------------------------
def test_a_sensor_that_was_at_another_station_leaves_nothing_behind(
    place: str, desk: Desk, connection: psycopg.Connection
) -> None:
    apply(place, deployed(at("pms-v1", "v1", BEFORE)))
    desk.take_readings(hours("pms-v1", [50] * 24, MIDNIGHT))
    settle(connection)
    before = told(connection, "hour")

    apply(place, deployed(at("pms-v1", "v3", BEFORE)))
    settle(connection)

    assert 24 == len(before)
    for kind in ("hour", "day", "month", "year"):
        assert [] == told(connection, kind)
    assert before == told(connection, "hour", "v3")
    assert [(50, 24)] == told(connection, "day", "v3")
    assert [(1, "provisional", "found"), (2, "withdrawn", "deployment")] == ledger(connection, "v1")
    assert [(1, "provisional", "found")] == ledger(connection, "v3")


def test_a_sensor_that_moves_within_an_hour_gives_each_station_its_part(
    place: str, desk: Desk, connection: psycopg.Connection
) -> None:
    apply(place, deployed(at("pms-v1", "v1", BEFORE)))
    desk.take_readings(hours("pms-v1", [50] * 24, MIDNIGHT))
    settle(connection)
    half = NOON + HOUR / 2

    apply(place, deployed(at("pms-v1", "v1", BEFORE, half), at("pms-v1", "v2", half)))
    settle(connection)

    assert [(50, 4)] * 12 + [(None, 2)] == told(connection, "hour")
    assert [(None, 2)] + [(50, 4)] * 11 == told(connection, "hour", "v2")


def test_only_the_hours_that_a_change_touches_are_made_again(
    place: str, desk: Desk, connection: psycopg.Connection
) -> None:
    apply(place, deployed(at("pms-v1", "v1", BEFORE)))
    desk.take_readings(hours("pms-v1", [50] * 24, MIDNIGHT))
    settle(connection)

    apply(place, deployed(at("pms-v1", "v1", BEFORE, NOON)))
    marked = connection.execute("SELECT count(DISTINCT hour_start) FROM dirty_hours").fetchone()
    settle(connection)

    assert (12,) == marked
    assert 12 == len(told(connection, "hour"))


def test_a_swap_of_sensors_is_one_series_of_the_station(
    place: str, desk: Desk, connection: psycopg.Connection
) -> None:
    wanted = deployed(at("pms-v1", "v1", BEFORE, NOON), at("pms-v2", "v1", NOON))
    apply(place, wanted)
    desk.take_readings(hours("pms-v1", [50] * 24, MIDNIGHT))
    desk.take_readings(hours("pms-v2", [20] * 24, MIDNIGHT, 500))
    settle(connection)

    assert [(50, 4)] * 12 + [(20, 4)] * 12 == told(connection, "hour")


def test_another_model_of_a_sensor_gives_its_numbers_another_class(
    place: str, desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("pms-v1", [50] * 24, MIDNIGHT))
    settle(connection)

    others = [each for each in SENSORS if each["code"] != "pms-v1"]
    apply(place, network(sensors=[*others, sensor("pms-v1", "bam1020")]))
    settle(connection)

    assert [("reference",)] == told(connection, "day", columns="claim_class")
    assert [(1, "provisional", "found"), (2, "restated", "deployment")] == ledger(connection, "v1")


# --- The rule set ---------------------------------------------------------------------------------
def test_another_rule_set_judges_all_days_again(
    place: str, desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [40] * 20, MIDNIGHT))
    settle(connection)

    stricter = network().model_copy(update={"rule_set": "complete-24h"})
    apply(place, stricter)
    settle(connection)

    assert [(None, 20, "complete-24h")] == told(
        connection, "day", "ref", "value, n_valid, rule_set"
    )
    assert [(1, "provisional", "found"), (2, "withdrawn", "rule_set")] == ledger(connection, "ref")


# --- A correction ---------------------------------------------------------------------------------
def linear(slope: str, intercept: str, **more: Any) -> NewCorrection:
    coefficients = {"slope": Decimal(slope), "intercept": Decimal(intercept)}
    return NewCorrection(
        Pollutant.PM25, Formula.LINEAR, coefficients, BEFORE, sensor="pms-v1", **more
    )


def test_a_correction_is_applied_before_the_mean_and_the_raw_mean_stays_beside(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("pms-v1", [50] * 24, MIDNIGHT))
    settle(connection)

    number = stored_corrections.add(connection, linear("0.5", "2")).correction_id
    settle(connection)

    assert [(27, 50, [number])] == told(
        connection, "day", columns="value, uncorrected_value, corrections"
    )
    assert [(1, "provisional", "found"), (2, "withdrawn", "correction")] == ledger(connection, "v1")


def test_a_correction_that_is_withdrawn_leaves_the_figures_as_they_were(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("pms-v1", [50] * 24, MIDNIGHT))
    settle(connection)
    number = stored_corrections.add(connection, linear("0.5", "2")).correction_id
    settle(connection)

    stored_corrections.withdraw(connection, number)
    settle(connection)

    assert [(50, 50, [])] == told(
        connection, "day", columns="value, uncorrected_value, corrections"
    )
    assert ledger(connection, "v1")[2:] == [(3, "restated", "correction")]


def test_a_formula_without_its_humidity_corrects_nothing_and_the_raw_mean_is_told_beside(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("pms-v1", [50] * 24, MIDNIGHT))
    humid = NewCorrection(Pollutant.PM25, Formula.EPA_2021, {}, BEFORE, sensor="pms-v1")
    stored_corrections.add(connection, humid)
    settle(connection)

    assert [(None, 50, 0)] == told(connection, "day", columns="value, uncorrected_value, n_valid")


# --- Flags ----------------------------------------------------------------------------------------
def test_what_another_version_of_the_tests_flagged_is_judged_again_when_asked(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [40] * 24, MIDNIGHT))
    settle(connection)
    connection.execute("UPDATE readings SET qc_pm25 = 4, qc_version = 1")
    connection.execute(
        "INSERT INTO dirty_hours (sensor_id, hour_start, reason)"
        " SELECT DISTINCT sensor_id, date_trunc('hour', phenomenon_time), 're_qc' FROM readings"
    )
    settle(connection)

    assert [(40, 24)] == told(connection, "day", "ref")
    versions = connection.execute("SELECT DISTINCT qc_version FROM readings").fetchall()
    assert [(2,)] == versions


def test_a_stuck_sensor_fails_from_its_first_reading_on_also_as_the_newest_one(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("pms-v1", [50] * 6, MIDNIGHT))
    desk.take_readings(
        [
            reading
            for hour in range(6, 13)
            for reading in quarters("pms-v1", MIDNIGHT + hour * HOUR, [80] * 4, 100 + 4 * hour)
        ]
    )
    settle(connection)

    assert [(50, 4)] * 6 + [(None, 0)] * 7 == told(connection, "hour")
    newest = connection.execute(
        "SELECT qc_pm25 FROM latest_readings JOIN sensors USING (sensor_id) WHERE code = 'pms-v1'"
    ).fetchall()
    assert [(4,)] == newest


def test_a_late_reading_within_the_run_shows_that_the_sensor_was_not_stuck(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(
        [
            reading
            for hour in range(7)
            for reading in quarters("pms-v1", MIDNIGHT + hour * HOUR, [80] * 4, 1 + 4 * hour)
        ]
    )
    settle(connection)
    before = told(connection, "hour")

    between = epoch_ms(MIDNIGHT + 3 * HOUR + timedelta(minutes=20))
    desk.take_readings([a_reading(900, "pms-v1", between, pm25=84.0)])
    settle(connection)

    assert [(None, 0)] * 7 == before
    assert [(80, 4)] * 3 + [(80.8, 5)] + [(80, 4)] * 3 == told(connection, "hour")


# --- Final, and what was said before -------------------------------------------------------------
def test_an_entry_that_nothing_changes_becomes_final_and_may_still_be_restated(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [40] * 20, MIDNIGHT))
    settle(connection)
    rules = default_rule_set()
    now = datetime.now(UTC)

    early = finalise(connection, rules, now + timedelta(days=29))
    done = finalise(connection, rules, now + timedelta(days=31))
    again = finalise(connection, rules, now + timedelta(days=31))
    desk.take_readings(hours("bam-ref", [90], MIDNIGHT + 20 * HOUR, 500))
    settle(connection)

    assert (set(), set()) == (early, again)
    assert 1 == len(done)
    assert [
        (1, "provisional", "found"),
        (2, "final", "settled"),
        (3, "restated", "late_data"),
    ] == ledger(connection, "ref")


def test_what_a_closed_period_said_before_is_kept(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [40] * 20, MIDNIGHT))
    settle(connection)
    (then,) = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
    desk.take_readings(hours("bam-ref", [64], MIDNIGHT + 20 * HOUR, 500))
    settle(connection)

    said = connection.execute(
        "SELECT value, n_valid FROM average_history WHERE period_kind = 'day'"
        " AND pollutant = 'pm25' AND computed_at <= %(then)s AND superseded_at > %(then)s",
        {"then": then},
    ).fetchall()
    assert [(Decimal(40), 20)] == said
    assert [(41.142857, 21)] == told(connection, "day", "ref")


def test_an_hour_that_is_made_again_and_comes_out_the_same_is_not_told_anew(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [40] * 20, MIDNIGHT))
    settle(connection)
    before = revisions(connection)

    connection.execute(
        "INSERT INTO dirty_hours (sensor_id, hour_start, reason)"
        " SELECT DISTINCT sensor_id, date_trunc('hour', phenomenon_time), 'asked' FROM readings"
    )
    settle(connection)

    assert before == revisions(connection)
    assert [] == connection.execute("SELECT 1 FROM average_history").fetchall()


# --- Month and year -------------------------------------------------------------------------------
def test_a_month_is_the_mean_of_its_complete_days_and_valid_with_three_quarters_of_them(
    desk: Desk, connection: psycopg.Connection
) -> None:
    first = datetime(2023, 12, 31, 17, tzinfo=UTC)
    for index in range(24):
        start = first + index * DAY
        desk.take_readings(hours("bam-ref", [20 + index] * 24, start, 1000 * index + 1))
    settle(connection)

    mean = 20 + 23 / 2
    assert [(mean, mean, 24, 24, 31)] == told(
        connection, "month", "ref", "value, partial_mean, n_valid, n_measured, n_possible"
    )
    assert [(None, mean, 24, 366)] == told(
        connection, "year", "ref", "value, partial_mean, n_valid, n_possible"
    )


# --- Many chunks at once --------------------------------------------------------------------------
def test_one_late_write_over_many_chunks_loses_no_hour_and_no_day(
    desk: Desk, connection: psycopg.Connection
) -> None:
    """Where buckets with a time zone lost rows of such a write (timescaledb#10296)."""
    readings = [
        reading
        for week in range(30)
        for reading in hours("bam-ref", [40], MIDNIGHT - 7 * week * DAY, 100 * week + 1)
    ]
    desk.take_readings(readings)
    settle(connection)

    assert [(40, 4)] * 30 == told(connection, "hour", "ref")
    assert [(None, 1)] * 30 == told(connection, "day", "ref")

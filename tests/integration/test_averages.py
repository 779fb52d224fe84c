"""Hours and days against numbers made by hand, on plain PostgreSQL and on TimescaleDB."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration.desk import OTHER_SPOOL, Desk, hours, payload, quarters, settle
from integration.networks import SENSORS, apply, network, sensor

from dust.clock import epoch_ms
from dust.testing import a_reading

if TYPE_CHECKING:
    import psycopg

# The local day of 15 January 2024 in Bangkok.
MIDNIGHT = datetime(2024, 1, 14, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def averages(
    connection: psycopg.Connection, kind: str, columns: str, station: str = "v1"
) -> list[tuple[Any, ...]]:
    """By pollutant and period of one station."""
    statement = f"""
        SELECT {columns} FROM averages JOIN stations USING (station_id)
        WHERE code = '{station}' AND period_kind = '{kind}' ORDER BY pollutant, period_start
    """  # noqa: S608  (all of it is written in this file)
    return connection.execute(statement.encode()).fetchall()


def hour_means(connection: psycopg.Connection, station: str = "v1") -> list[float | None]:
    found = averages(connection, "hour", "value", station)
    return [None if value is None else float(value) for (value,) in found]


def day_means(
    connection: psycopg.Connection, station: str = "v1"
) -> list[tuple[float | None, int]]:
    found = averages(connection, "day", "value, n_valid", station)
    return [(None if value is None else float(value), n_valid) for value, n_valid in found]


# --- The hour -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("levels", "mean", "partial_mean"),
    [
        pytest.param([10, 20, 30, 40], 25, 25, id="four-of-four"),
        pytest.param([10, 20, 40], Decimal("23.333333"), Decimal("23.333333"), id="three-of-four"),
        pytest.param([10, 20], None, 15, id="two-of-four"),
    ],
)
def test_an_hour_is_valid_with_three_quarters_of_its_readings(
    desk: Desk,
    connection: psycopg.Connection,
    levels: list[float],
    mean: Decimal | None,
    partial_mean: Decimal,
) -> None:
    desk.take(payload(quarters("pms-v1", MIDNIGHT, levels)))
    settle(connection)

    share = Decimal(len(levels)) / 4
    assert [
        (
            *(MIDNIGHT, MIDNIGHT + HOUR, mean, mean, partial_mean, len(levels), 4),
            *(share, 1, share, "screening", "epa-75-18h", 1),
        )
    ] == averages(
        connection,
        "hour",
        "period_start, period_end, value, uncorrected_value, partial_mean, n_valid, n_possible,"
        " time_coverage, data_capture, data_coverage, claim_class, rule_set, revision",
    )


def test_a_negative_value_is_kept_and_does_not_count(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take(payload(quarters("pms-v1", MIDNIGHT, [10, 20, 30, -1])))
    settle(connection)

    assert [(20, 3, 4, 1, Decimal("0.75"), Decimal("0.75"))] == averages(
        connection, "hour", "value, n_valid, n_measured, time_coverage, data_capture, data_coverage"
    )


def test_a_negative_value_of_a_beta_monitor_counts(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take(payload(quarters("bam-ref", MIDNIGHT, [10, 20, 30, -4])))
    settle(connection)

    assert [14.0] == hour_means(connection, "ref")


def test_a_zero_is_a_value(desk: Desk, connection: psycopg.Connection) -> None:
    desk.take(payload(quarters("pms-v1", MIDNIGHT, [0, 0, 0])))
    settle(connection)

    assert [0.0] == hour_means(connection)


def test_the_last_millisecond_of_an_hour_belongs_to_it_and_the_next_does_not(
    desk: Desk, connection: psycopg.Connection
) -> None:
    readings = quarters("pms-v1", MIDNIGHT, [10, 10, 10])
    end_ms = epoch_ms(MIDNIGHT + HOUR)
    readings += [a_reading(8, t=end_ms - 1, pm25=30.0), a_reading(9, t=end_ms, pm25=99.0)]

    desk.take(payload(readings))
    settle(connection)

    assert [(15, 4), (None, 1)] == averages(connection, "hour", "value, n_valid")


# --- The local day --------------------------------------------------------------------------------
@pytest.mark.parametrize(("valid", "mean"), [(24, 12.5), (18, 9.5), (17, None)])
def test_a_day_is_the_mean_of_its_valid_hours_if_there_are_eighteen(
    desk: Desk, connection: psycopg.Connection, valid: int, mean: float | None
) -> None:
    readings = hours("pms-v1", range(1, valid + 1), MIDNIGHT)
    readings += quarters("pms-v1", MIDNIGHT + DAY - HOUR, [900, 900], 1000) if valid < 24 else []

    desk.take_readings(readings)
    settle(connection)

    assert [(mean, valid)] == day_means(connection)
    assert [(MIDNIGHT, MIDNIGHT + DAY, 24)] == averages(
        connection, "day", "period_start, period_end, n_possible"
    )


def test_a_day_is_the_mean_of_hours_and_not_of_readings(
    desk: Desk, connection: psycopg.Connection
) -> None:
    readings = hours("pms-v1", [10] * 23, MIDNIGHT)
    readings += quarters("pms-v1", MIDNIGHT + 23 * HOUR, [34, 34, 34], 1000)

    desk.take_readings(readings)
    settle(connection)

    assert [(11.0, 24)] == day_means(connection)  # (23 * 10 + 34) / 24; by readings 10.76


def test_the_day_turns_at_midnight_in_bangkok(desk: Desk, connection: psycopg.Connection) -> None:
    """16:59:59.999Z is the old day's last reading, 17:00Z the new day's first."""
    desk.take_readings(hours("pms-v1", [10] * 24, MIDNIGHT))
    desk.take_readings(hours("pms-v1", [40] * 24, MIDNIGHT + DAY, 1000))
    settle(connection)
    last_ms = epoch_ms(MIDNIGHT + DAY) - 1

    assert [(10.0, 24), (40.0, 24)] == day_means(connection)
    assert [(1,)] == connection.execute(
        "SELECT count(*) FROM readings WHERE phenomenon_time ="
        " timestamptz 'epoch' + %s * interval '1 millisecond' AND pm25 < 11",
        (last_ms,),
    ).fetchall()
    assert [(1,)] == connection.execute(
        "SELECT count(*) FROM readings WHERE pm25 > 39 AND phenomenon_time < %s",
        (MIDNIGHT + DAY + timedelta(minutes=15),),
    ).fetchall()


# --- Late data ------------------------------------------------------------------------------------
def test_late_readings_change_exactly_their_hour_and_day(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("pms-v1", [10] * 72, MIDNIGHT))
    settle(connection)
    columns = "period_kind, period_start, value, n_valid, revision"
    before = averages(connection, "hour", columns) + averages(connection, "day", columns)
    touched = MIDNIGHT + DAY + 5 * HOUR

    late = quarters("pms-v1", touched - timedelta(minutes=1), [58], 1000)
    desk.take(payload(late))
    settle(connection)

    after = averages(connection, "hour", columns) + averages(connection, "day", columns)
    assert [
        ("hour", touched, Decimal("19.6"), 5, 2),  # (4 * 10 + 58) / 5
        ("day", MIDNIGHT + DAY, Decimal("10.4"), 24, 2),  # (23 * 10 + 19.6) / 24
    ] == [row for row in after if row not in before]
    assert len(before) == len(after)


def test_an_hour_made_again_without_a_change_keeps_its_revision(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take(payload(quarters("pms-v1", MIDNIGHT, [10, 10, 10, 10])))
    settle(connection)
    connection.execute(
        "INSERT INTO dirty_hours (sensor_id, hour_start) SELECT sensor_id, %s FROM sensors",
        (MIDNIGHT,),
    )

    settle(connection)

    assert [(10, 1)] == averages(connection, "hour", "value, revision")


@pytest.mark.slow
def test_weeks_that_arrive_at_once_and_shuffled_average_like_weeks_in_order(
    desk: Desk, connection: psycopg.Connection
) -> None:
    """Over many chunks; a continuous aggregate got this wrong (timescaledb#10296)."""
    random_levels = random.Random(10296)  # noqa: S311  (levels of dust are no secret)
    levels = [random_levels.randrange(5, 300) / 2 for _ in range(5 * 7 * 24)]
    in_order = hours("pms-v1", levels, MIDNIGHT)
    at_once = hours("pms-v2", levels, MIDNIGHT)
    random_levels.shuffle(at_once)

    for at in range(0, len(in_order), 480):
        desk.take_readings(in_order[at : at + 480])
        settle(connection)
    desk.take_all(
        [
            ("dust/v1/gw-1/readings", payload(at_once[at : at + 500], OTHER_SPOOL))
            for at in range(0, len(at_once), 500)
        ]
    )
    settle(connection)

    columns = "pollutant, period_kind, period_start, value, partial_mean, n_valid, data_coverage"
    for kind, count in (("hour", 840), ("day", 35)):
        expected = averages(connection, kind, columns, "v1")
        assert count == len(expected)
        assert expected == averages(connection, kind, columns, "v2")
    by_hand = [round(sum(levels[at : at + 24]) / 24, 6) for at in range(0, len(levels), 24)]
    assert by_hand == [mean for mean, _ in day_means(connection, "v2")]


# --- Sensors that move ----------------------------------------------------------------------------
def test_a_sensor_that_moves_in_the_middle_of_an_hour_tells_each_station_its_part(
    desk: Desk, place: str, connection: psycopg.Connection
) -> None:
    moved = MIDNIGHT + 12 * HOUR + timedelta(minutes=45)
    deployments = [
        {"sensor": "pms-v1", "station": "v1", "to": moved},
        {"sensor": "pms-v1", "station": "v2", "from": moved},
    ]
    connection.execute("DELETE FROM deployments")
    apply(place, network(deployments=deployments))

    desk.take_readings(hours("pms-v1", [10] * 12, MIDNIGHT))
    desk.take(payload(quarters("pms-v1", MIDNIGHT + 12 * HOUR, [20, 30, 40, 90], 500)))
    desk.take_readings(hours("pms-v1", [50] * 11, MIDNIGHT + 13 * HOUR, 1000))
    settle(connection)

    assert [10.0] * 12 + [30.0] == hour_means(connection, "v1")
    assert [None] + [50.0] * 11 == hour_means(connection, "v2")
    assert [(None, 13)] == day_means(connection, "v1")
    assert [(None, 11)] == day_means(connection, "v2")


def test_two_sensors_that_change_places_within_an_hour_make_one_hour_of_the_station(
    desk: Desk, place: str, connection: psycopg.Connection
) -> None:
    """The second sensor speaks twice as often: what is possible follows their mixture."""
    changed = MIDNIGHT + timedelta(minutes=30)
    deployments = [
        {"sensor": "bam-ref", "station": "ref", "to": changed},
        {"sensor": "pms-quick", "station": "ref", "from": changed},
    ]
    connection.execute("DELETE FROM deployments")
    apply(
        place,
        network(sensors=[*SENSORS, sensor("pms-quick", interval_s=450)], deployments=deployments),
    )
    quick = [
        a_reading(100 + n, "pms-quick", epoch_ms(changed) + n * 450_000 - 1, pm25=40.0)
        for n in range(1, 5)
    ]

    desk.take(payload(quarters("bam-ref", MIDNIGHT, [10, 10, 99, 99])), payload(quick, OTHER_SPOOL))
    settle(connection)

    # 2 readings of 900 s and 4 of 450 s: each stands for 600 s on average, so six are possible.
    assert [(30, 6, 6, 1, "screening")] == averages(
        connection, "hour", "value, n_valid, n_possible, data_coverage, claim_class", "ref"
    )


def test_a_station_told_by_two_sensors_takes_from_each_what_it_reports(
    desk: Desk, place: str, connection: psycopg.Connection
) -> None:
    deployments = [
        {"sensor": "pms-v1", "station": "v1", "reports": ["pm25"]},
        {"sensor": "bam-ref", "station": "v1", "reports": ["pm10"]},
    ]
    connection.execute("DELETE FROM deployments")
    apply(place, network(deployments=deployments))

    desk.take(
        payload(quarters("pms-v1", MIDNIGHT, [10] * 4, pm10=11.0)),
        payload(quarters("bam-ref", MIDNIGHT, [20] * 4, pm10=100.0), OTHER_SPOOL),
    )
    settle(connection)

    assert [("pm10", 100, "reference"), ("pm25", 10, "screening")] == averages(
        connection, "hour", "pollutant, value, claim_class"
    )


def test_readings_of_a_sensor_that_stands_nowhere_are_stored_and_averaged_nowhere(
    desk: Desk, connection: psycopg.Connection
) -> None:
    connection.execute("DELETE FROM deployments")

    desk.take(payload(quarters("pms-v1", MIDNIGHT, [10] * 4)))
    settle(connection)

    assert [(4,)] == connection.execute("SELECT count(*) FROM readings").fetchall()
    assert [(0,)] == connection.execute("SELECT count(*) FROM averages").fetchall()

"""What the exceedance ledger says, and what it never says twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integration.desk import Desk, hours, payload, quarters, settle

from dust.clock import epoch_ms
from ingest.recompute import recompute_once

if TYPE_CHECKING:
    import psycopg

    from dust.testing import FakeClock

MIDNIGHT = datetime(2024, 1, 14, 17, tzinfo=UTC)
LOCAL_DAY = date(2024, 1, 15)
HOUR = timedelta(hours=1)


def ledger(
    connection: psycopg.Connection,
    columns: str = "pollutant, kind, status, revision, value_raw, is_complete, reason",
    station: str = "ref",
) -> list[tuple[Any, ...]]:
    statement = f"""
        SELECT {columns} FROM exceedances
        WHERE station_id = (SELECT station_id FROM stations WHERE code = '{station}')
        ORDER BY pollutant, local_day, revision
    """  # noqa: S608  (all of it is written in this file)
    return connection.execute(statement.encode()).fetchall()


# --- What is written ------------------------------------------------------------------------------
def test_a_reference_day_above_the_limit_is_an_exceedance_with_all_that_defends_it(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [37.56] * 24, MIDNIGHT))
    settle(connection)

    assert [
        (
            *("pm25", "th-pm25-24h-2023", LOCAL_DAY, MIDNIGHT, MIDNIGHT + 24 * HOUR, 1),
            *("exceedance", "provisional", Decimal("37.56"), Decimal("37.6"), Decimal("37.5")),
            *(True, 24, 24, 1, 1, 1, "reference", "epa-75-18h", "found"),
        )
    ] == ledger(
        connection,
        "pollutant, limit_id, local_day, period_start, period_end, revision,"
        " kind, status, value_raw, value_rounded, level_ugm3,"
        " is_complete, n_valid, n_possible, time_coverage, data_capture, data_coverage,"
        " claim_class, rule_set, reason",
    )


def test_a_mean_that_rounds_to_the_level_does_not_exceed_it(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [37.54] * 24, MIDNIGHT, pm10=120.49))
    settle(connection)

    assert [] == ledger(connection)


def test_a_cheap_sensor_above_the_limit_is_a_signal_and_its_pm10_is_never_judged(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("pms-v1", [80] * 24, MIDNIGHT, pm10=500.0))
    settle(connection)

    assert [("pm25", "signal", "provisional", 1, 80, True, "found")] == ledger(
        connection, station="v1"
    )


def test_pm10_of_a_reference_sensor_is_judged_by_its_own_limit(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [20] * 24, MIDNIGHT, pm10=120.5))
    settle(connection)

    assert [("pm10", "th-pm10-24h-2004", Decimal("120.5"), 121)] == ledger(
        connection, "pollutant, limit_id, value_raw, value_rounded"
    )


def test_a_past_day_is_judged_by_the_limit_of_that_day(
    desk: Desk, connection: psycopg.Connection
) -> None:
    last_old_day = datetime(2023, 5, 30, 17, tzinfo=UTC)
    desk.take_readings(hours("bam-ref", [45] * 48, last_old_day))
    settle(connection)

    assert [(date(2023, 6, 1), "th-pm25-24h-2023")] == ledger(connection, "local_day, limit_id")


def test_an_incomplete_day_counts_when_zeros_could_not_save_it(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [91] * 10, MIDNIGHT))  # 910 / 24 = 37.916667
    desk.take_readings(hours("pms-v1", [90] * 10, MIDNIGHT))  # 900 / 24 = 37.5 exactly
    settle(connection)

    assert [(Decimal("37.916667"), False, 10)] == ledger(
        connection, "value_raw, is_complete, n_valid"
    )
    assert [] == ledger(connection, station="v1")


# --- Late data ------------------------------------------------------------------------------------
def test_late_readings_add_exactly_one_restatement(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [48] * 20, MIDNIGHT))
    settle(connection)

    desk.take_readings(hours("bam-ref", [60] * 4, MIDNIGHT + 20 * HOUR, 500))
    settle(connection)
    settle(connection)

    assert [
        ("pm25", "exceedance", "provisional", 1, 48, True, "found"),
        ("pm25", "exceedance", "restated", 2, 50, True, "late_data"),
    ] == ledger(connection)


def test_a_storm_of_late_messages_is_one_restatement_once_it_is_quiet(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [48] * 20, MIDNIGHT))
    settle(connection)

    for index in range(4):
        start = MIDNIGHT + (20 + index) * HOUR
        desk.take_readings(hours("bam-ref", [60], start, 500 + 4 * index))
        recompute_once(connection, 3600, datetime.now(UTC))
    in_the_storm = ledger(connection, "revision")
    settle(connection)

    assert [(1,)] == in_the_storm
    assert [(1,), (2,)] == ledger(connection, "revision")


def test_late_readings_that_lower_the_mean_withdraw_the_entry(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [38.06] * 18, MIDNIGHT))
    settle(connection)

    desk.take_readings(hours("bam-ref", [10] * 6, MIDNIGHT + 18 * HOUR, 500))
    settle(connection)

    withdrawn = (Decimal("38.06"), Decimal("38.1"))
    assert [
        ("exceedance", "provisional", 1, *withdrawn, 18, "found"),
        ("exceedance", "withdrawn", 2, *withdrawn, 18, "late_data"),
    ] == ledger(connection, "kind, status, revision, value_raw, value_rounded, n_valid, reason")


def test_an_entry_that_was_withdrawn_can_come_back(
    desk: Desk, connection: psycopg.Connection
) -> None:
    desk.take_readings(hours("bam-ref", [38] * 18, MIDNIGHT))
    settle(connection)
    desk.take_readings(hours("bam-ref", [10] * 5, MIDNIGHT + 18 * HOUR, 500))
    settle(connection)

    desk.take_readings(hours("bam-ref", [400], MIDNIGHT + 23 * HOUR, 900))
    settle(connection)

    assert ["provisional", "withdrawn", "restated"] == [
        status for (status,) in ledger(connection, "status")
    ]


def test_readings_that_come_again_restate_nothing(
    desk: Desk, connection: psycopg.Connection
) -> None:
    readings = hours("bam-ref", [48] * 24, MIDNIGHT)
    desk.take_readings(readings)
    settle(connection)

    desk.take_readings(readings)
    settle(connection)

    assert [(1,)] == ledger(connection, "revision")


# --- The open day ---------------------------------------------------------------------------------
def test_a_certain_exceedance_of_the_open_day_is_written_at_once_and_once(
    desk: Desk, now: FakeClock, connection: psycopg.Connection
) -> None:
    now.set_ms(epoch_ms(MIDNIGHT + 24 * HOUR))

    desk.take(payload(quarters("bam-ref", MIDNIGHT, [950] * 4)))
    recompute_once(connection, 3600, MIDNIGHT + HOUR)
    desk.take_readings(hours("bam-ref", [950], MIDNIGHT + HOUR, 500))
    recompute_once(connection, 3600, MIDNIGHT + 2 * HOUR)

    assert [
        (
            date(2024, 1, 15),
            1,
            "exceedance",
            "provisional",
            Decimal("39.583333"),
            False,
            1,
        )  # 950 / 24
    ] == ledger(connection, "local_day, revision, kind, status, value_raw, is_complete, n_valid")


def test_an_open_day_that_may_still_end_well_is_not_written(
    desk: Desk, now: FakeClock, connection: psycopg.Connection
) -> None:
    now.set_ms(epoch_ms(MIDNIGHT + 24 * HOUR))

    desk.take(payload(quarters("bam-ref", MIDNIGHT, [900] * 4)))
    settle(connection, MIDNIGHT + HOUR)

    assert [] == ledger(connection)


def test_the_running_hour_makes_nothing_certain(
    desk: Desk, now: FakeClock, connection: psycopg.Connection
) -> None:
    now.set_ms(epoch_ms(MIDNIGHT + 24 * HOUR))

    desk.take(payload(quarters("bam-ref", MIDNIGHT, [950] * 3)))
    settle(connection, MIDNIGHT + timedelta(minutes=45))

    assert [] == ledger(connection)

"""Corrections in the database: which one holds, which hours a change touches, what is refused."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from typer.testing import CliRunner

from dust.claims import ClaimClass
from dust.corrections import Formula
from dust.errors import BadInput
from dust.pollutants import Pollutant
from dust.storage.connection import connect
from dust.storage.correction_command import command
from dust.storage.stored_corrections import (
    NewCorrection,
    add,
    add_once,
    load_book,
    stored_corrections,
    withdraw,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PM25 = Pollutant.PM25
LINE = {"slope": Decimal("0.8"), "intercept": Decimal("-1.25")}
NEW = NewCorrection(PM25, Formula.LINEAR, LINE, START, sensor="pms-v1")
OF_MODEL = replace(NEW, sensor=None, model="pms5003")
_READING = """
INSERT INTO readings (
  sensor_id, phenomenon_time, seq, n, pm25,
  qc_pm1, qc_pm25, qc_pm10, qc_tsp, qc_tests, qc_version
)
SELECT sensor_id, %s, 1, 60, 20, 9, 1, 9, 9, 0, 2 FROM sensors WHERE code = %s
"""


def say(connection: psycopg.Connection, sensor: str, *instants: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(_READING, [(instant, sensor) for instant in instants])


def marks(connection: psycopg.Connection) -> list[tuple[str, datetime]]:
    asked = (
        "SELECT s.code, d.hour_start FROM dirty_hours d JOIN sensors s USING (sensor_id)"
        " WHERE d.reason = 'correction' ORDER BY 1, 2"
    )
    return connection.execute(asked).fetchall()


def key(connection: psycopg.Connection, code: str) -> int:
    row = connection.execute("SELECT sensor_id FROM sensors WHERE code = %s", (code,)).fetchone()
    assert row is not None
    return int(row[0])


def in_force(
    connection: psycopg.Connection, code: str, at: datetime, pollutant: Pollutant = PM25
) -> int | None:
    sensor_id = key(connection, code)
    found = load_book(connection, [sensor_id]).at(sensor_id, pollutant, at)
    return None if found is None else found.correction_id


def run(url: str, *arguments: str) -> str:
    result = CliRunner().invoke(command, [*arguments, "--database", url])
    if result.exception is not None:
        raise result.exception
    return result.stdout


# --- Which one holds ------------------------------------------------------------------------------
def test_without_a_correction_the_raw_value_is_told(plain_connection: psycopg.Connection) -> None:
    assert in_force(plain_connection, "pms-v1", START) is None


def test_a_correction_comes_back_as_it_was_given(plain_connection: psycopg.Connection) -> None:
    fine = replace(NEW, coefficients=LINE | {"slope": Decimal("0.84158537")}, valid_to=START + DAY)
    number = add(plain_connection, replace(fine, claim_class=ClaimClass.INDICATIVE)).correction_id

    sensor_id = key(plain_connection, "pms-v1")
    found = load_book(plain_connection, [sensor_id]).at(sensor_id, PM25, START)

    assert found is not None
    assert (number, Formula.LINEAR, fine.coefficients, START, START + DAY) == (
        found.correction_id,
        found.formula,
        found.coefficients,
        found.valid_from,
        found.valid_to,
    )
    assert ClaimClass.INDICATIVE == found.claim_class


def test_it_holds_in_its_span_for_its_pollutant_and_its_sensor(
    plain_connection: psycopg.Connection,
) -> None:
    add(plain_connection, replace(NEW, valid_to=START + DAY))

    moment = timedelta(microseconds=1)
    instants = (START - moment, START, START + DAY - moment, START + DAY)
    assert [None, 1, 1, None] == [in_force(plain_connection, "pms-v1", at) for at in instants]
    assert in_force(plain_connection, "pms-v1", START, Pollutant.PM10) is None
    assert in_force(plain_connection, "pms-v2", START) is None


def test_a_models_correction_holds_for_all_its_sensors(
    plain_connection: psycopg.Connection,
) -> None:
    add(plain_connection, OF_MODEL)

    sensors = ("pms-v1", "pms-v2", "bam-ref")
    assert [1, 1, None] == [in_force(plain_connection, code, START) for code in sensors]


def test_a_sensors_own_is_preferred_to_a_newer_one_of_its_model(
    plain_connection: psycopg.Connection,
) -> None:
    add(plain_connection, replace(NEW, valid_to=START + DAY))
    add(plain_connection, OF_MODEL)

    assert [1, 2] == [in_force(plain_connection, "pms-v1", at) for at in (START, START + DAY)]


def test_the_newest_wins_and_an_older_one_comes_back_where_it_ends_or_is_withdrawn(
    plain_connection: psycopg.Connection,
) -> None:
    add(plain_connection, NEW)
    add(plain_connection, replace(NEW, valid_from=START + DAY, valid_to=START + 2 * DAY))
    instants = [START + n * DAY for n in range(3)]

    before = [in_force(plain_connection, "pms-v1", at) for at in instants]
    withdraw(plain_connection, 2)

    assert [1, 2, 1] == before
    assert [1, 1, 1] == [in_force(plain_connection, "pms-v1", at) for at in instants]


def test_a_row_that_somebody_else_wrote_wrongly_is_named(
    plain_connection: psycopg.Connection,
) -> None:
    add(plain_connection, NEW)
    plain_connection.execute("""UPDATE corrections SET coefficients = '{"slope": -1}'""")

    with pytest.raises(BadInput, match=r"corrections\.1\.slope = '-1'"):
        in_force(plain_connection, "pms-v1", START)


# --- Which hours are touched ----------------------------------------------------------------------
def test_exactly_the_hours_with_readings_in_the_span_are_marked(
    connection: psycopg.Connection,
) -> None:
    say(connection, "pms-v1", *(START + n * HOUR for n in (-2, -1, 0, 1, 5, 24, 30)))
    say(connection, "pms-v2", START)

    marked = add(connection, replace(NEW, valid_to=START + DAY))

    assert (1, 3) == marked
    assert [("pms-v1", START + n * HOUR) for n in (0, 1, 5)] == marks(connection)


def test_a_models_correction_marks_the_hours_of_all_its_sensors(
    plain_connection: psycopg.Connection,
) -> None:
    for code in ("pms-v1", "pms-v2", "bam-ref"):
        say(plain_connection, code, START, START + HOUR)

    add(plain_connection, OF_MODEL)

    expected = [(code, START + n * HOUR) for code in ("pms-v1", "pms-v2") for n in (0, 1)]
    assert expected == marks(plain_connection)


def test_withdrawing_marks_the_same_hours_again(plain_connection: psycopg.Connection) -> None:
    say(plain_connection, "pms-v1", START - HOUR, START, START + HOUR)
    add(plain_connection, NEW)
    first = marks(plain_connection)
    plain_connection.execute("DELETE FROM dirty_hours")

    marked = withdraw(plain_connection, 1)

    assert (1, 2) == marked
    assert first == marks(plain_connection)


def test_a_change_that_fails_leaves_neither_row_nor_mark(
    plain_connection: psycopg.Connection,
) -> None:
    say(plain_connection, "pms-v1", START)
    plain_connection.execute("ALTER TABLE dirty_hours ADD CHECK (reason <> 'correction')")

    with pytest.raises(psycopg.errors.CheckViolation):
        add(plain_connection, NEW)

    assert ([], []) == (stored_corrections(plain_connection), marks(plain_connection))


def test_a_worker_that_has_read_the_book_is_waited_for_and_its_readings_are_marked(
    plain_place: str, plain_connection: psycopg.Connection
) -> None:
    """It may have made an hour, without the correction, from a reading that comes now."""
    done: list[int] = []
    worker = connect(plain_place)
    with worker, worker.transaction():
        load_book(worker, [key(worker, "pms-v1")])

        def change() -> None:
            with connect(plain_place) as other:
                done.append(add(other, NEW).n_hours)

        changing = threading.Thread(target=change)
        changing.start()
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        asked = (plain_connection.execute(waits).fetchone() for _ in range(100_000))
        assert (1,) == next((found for found in asked if found != (0,)), None)
        say(plain_connection, "pms-v1", START + HOUR)
    changing.join(20)

    assert [1] == done
    assert [("pms-v1", START + HOUR)] == marks(plain_connection)


# --- What is refused ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("new", "message"),
    [
        (replace(NEW, sensor="pms-no"), r"sensor = 'pms-no': allowed is one of bam-ref, pms-v1"),
        (replace(OF_MODEL, model="pms9"), r"model = 'pms9': allowed is one of .*pms5003"),
        (replace(NEW, sensor=None), "allowed is one of the two"),
        (replace(NEW, model="pms5003"), "allowed is one of the two"),
        (replace(NEW, pollutant=Pollutant.TSP), "allowed is what a pms5003 measures: pm1, pm25"),
        (replace(OF_MODEL, pollutant=Pollutant.TSP), "allowed is what a pms5003 measures"),
        (replace(NEW, valid_to=START), "valid_to = .*: allowed is an instant after valid_from"),
        (replace(NEW, claim_class=ClaimClass.REFERENCE), "allowed is indicative or screening, or"),
        (replace(NEW, coefficients={"slope": Decimal(1)}), "intercept = None"),
        (replace(NEW, valid_from=START.replace(year=2567)), "B.E. 2567 is 2024"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_allowed(
    plain_connection: psycopg.Connection, new: NewCorrection, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        add(plain_connection, new)

    assert [] == stored_corrections(plain_connection)


def test_withdrawing_twice_or_what_is_not_there_names_those_that_are(
    plain_connection: psycopg.Connection,
) -> None:
    for _ in range(3):
        add(plain_connection, NEW)
    withdraw(plain_connection, 2)

    for number in (2, 99):
        with pytest.raises(BadInput, match=f"correction = {number}: allowed is one not withdrawn"):
            withdraw(plain_connection, number)


# --- The command ----------------------------------------------------------------------------------
def added(url: str, *options: str) -> str:
    plain = ("--sensor", "pms-v1", "--pollutant", "pm25", "--from", "2024-03-01")
    return run(url, "add", *plain, *options)


def coefficients(*pairs: str) -> list[str]:
    return [part for pair in pairs for part in ("--coefficient", pair)]


def test_a_day_is_the_local_day_of_the_station_and_its_last_day_is_included(
    plain_place: str, plain_connection: psycopg.Connection
) -> None:
    given = coefficients("slope=0.8", "intercept=-1.25")
    told = added(plain_place, "--formula", "linear", *given, "--to", "2024-03-02", "--note", "try")

    assert "correction 1 added; 0 hours will be made again\n" == told
    (row,) = stored_corrections(plain_connection)
    midnight = datetime(2024, 2, 29, 17, tzinfo=UTC)
    assert (midnight, midnight + 2 * DAY) == (row.correction.valid_from, row.correction.valid_to)
    assert ("pms-v1", None, "try", LINE) == (
        row.sensor,
        row.model,
        row.note,
        row.correction.coefficients,
    )


def test_the_list_shows_what_is_in_force_and_with_all_what_was(plain_place: str) -> None:
    empty = run(plain_place, "list")
    added(plain_place, "--formula", "epa_2021", "--note", "smoke in March")
    given = ("--model", "pms5003", "--pollutant", "pm1", "--from", "2024-03-01T00:00Z")
    run(plain_place, "add", *given, "--formula", "kappa_koehler", *coefficients("kappa=0.3"))
    run(plain_place, "withdraw", "1")

    short, long = run(plain_place, "list"), run(plain_place, "list", "--all")

    assert "no correction: told values are the raw ones\n" == empty
    assert "smoke in March" not in short
    assert "model pms5003" in short
    assert "kappa_koehler kappa=0.3" in short
    assert "2024-03-01 07:00" in short
    assert "Asia/Bangkok" in short
    assert "smoke in March" in long
    assert "withdrawn 20" in long


def test_the_list_as_json_holds_everything(plain_place: str) -> None:
    added(plain_place, "--formula", "linear", *coefficients("slope=0.8", "intercept=0"))

    (row,) = json.loads(run(plain_place, "list", "--json"))

    assert {"slope": "0.8", "intercept": "0"} == row["coefficients"]
    assert ("pms-v1", "pm25", "linear", None) == (
        row["sensor"],
        row["pollutant"],
        row["formula"],
        row["withdrawn_at"],
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--formula", "linear", "--coefficient", "slope"), "coefficient = 'slope': allowed is na"),
        (("--formula", "linear", *coefficients("slope=1", "slope=2")), "each name once"),
        (("--formula", "linear", *coefficients("slope=one")), "slope = 'one': allowed is a dec"),
        (("--formula", "epa_2022", "--pollutant", "pm10"), "allowed is pm25 for epa_2022"),
        (("--formula", "none", "--from", "soon"), "from = 'soon'"),
        (("--formula", "none", "--to", "2024-01-01"), "to = '2024-01-01'"),
        (("--formula", "none", "--sensor", "pms-no"), "sensor = 'pms-no': allowed is one of"),
    ],
)
def test_a_wrong_option_is_named_with_what_is_allowed(
    plain_place: str, options: Sequence[str], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        added(plain_place, *options)


def test_a_day_is_refused_where_stations_of_two_zones_may_be_meant(
    plain_place: str, plain_connection: psycopg.Connection
) -> None:
    plain_connection.execute("UPDATE stations SET time_zone = 'Asia/Kolkata' WHERE code = 'v2'")
    given: tuple[Any, ...] = ("--model", "pms5003", "--pollutant", "pm25", "--formula", "none")

    with pytest.raises(BadInput, match="several time zones"):
        run(plain_place, "add", *given, "--from", "2024-03-01")
    assert "added" in run(plain_place, "add", *given, "--from", "2024-03-01T00:00+07:00")
    assert "added" in added(plain_place, "--formula", "none")


def test_the_same_again_adds_nothing_and_tells_which_stands(
    plain_place: str, plain_connection: psycopg.Connection
) -> None:
    added(plain_place, "--formula", "linear", *coefficients("slope=0.8", "intercept=0"))

    again = added(plain_place, "--formula", "linear", *coefficients("slope=0.80", "intercept=0.0"))
    other = added(plain_place, "--formula", "linear", *coefficients("slope=0.9", "intercept=0"))
    first = added(plain_place, "--formula", "linear", *coefficients("slope=0.8", "intercept=0"))

    assert "correction 1 says the same and stands already; nothing was added\n" == again
    assert "correction 2 added" in other
    assert "newer ones go before it in a part of its span: 2" in first
    assert 2 == len(stored_corrections(plain_connection))


def test_the_same_with_a_better_class_is_not_the_same(
    plain_connection: psycopg.Connection,
) -> None:
    better = replace(NEW, claim_class=ClaimClass.INDICATIVE)

    numbers = [add_once(plain_connection, new).correction_id for new in (NEW, better, better, NEW)]

    assert [1, 2, 2, 1] == numbers


def test_what_was_withdrawn_does_not_stand(plain_connection: psycopg.Connection) -> None:
    add_once(plain_connection, NEW)
    withdraw(plain_connection, 1)

    assert 2 == add_once(plain_connection, NEW).correction_id

"""`dust recompute`: a span made again on demand, and what it says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration.desk import Desk, hours, settle
from typer.testing import CliRunner

from dust.corrections import Formula
from dust.errors import BadInput
from dust.pollutants import Pollutant
from dust.storage import stored_corrections
from dust.storage.stored_corrections import NewCorrection
from ingest.recompute_command import command

if TYPE_CHECKING:
    import psycopg

MIDNIGHT = datetime(2024, 1, 14, 17, tzinfo=UTC)


def recompute(url: str, *arguments: str) -> Any:
    return CliRunner().invoke(command, ["--database", url, *arguments])


@pytest.fixture
def filled(plain_desk: Desk, plain_connection: psycopg.Connection) -> psycopg.Connection:
    """Two days at two stations."""
    plain_desk.take_readings(hours("bam-ref", [40] * 48, MIDNIGHT))
    plain_desk.take_readings(hours("pms-v1", [50] * 48, MIDNIGHT, 500))
    settle(plain_connection)
    return plain_connection


def test_a_span_that_comes_out_the_same_is_left_as_it_is(
    plain_place: str, filled: psycopg.Connection
) -> None:
    before = filled.execute("SELECT * FROM averages ORDER BY 1, 2, 3, 4").fetchall()

    done = recompute(plain_place, "--from", "2024-01-15", "--to", "2024-01-16", "--json")

    assert 0 == done.exit_code, done.output
    assert {"hours": 96, "averages_changed": 0, "revisions": {}} == json.loads(done.stdout)
    assert before == filled.execute("SELECT * FROM averages ORDER BY 1, 2, 3, 4").fetchall()


def test_what_was_damaged_is_made_again_with_the_reason_that_was_given(
    plain_place: str, filled: psycopg.Connection
) -> None:
    filled.execute("UPDATE averages SET value = 1 WHERE period_kind = 'hour'")
    filled.execute("DELETE FROM averages WHERE period_kind <> 'hour'")

    done = recompute(
        plain_place,
        *("--from", "2024-01-15", "--to", "2024-01-15", "--reason", "re_qc", "--json"),
    )

    told = json.loads(done.stdout)
    assert 48 == told["hours"]
    assert [("day", 40), ("month", None), ("year", None)] == filled.execute(
        "SELECT period_kind, value FROM averages JOIN stations USING (station_id)"
        " WHERE code = 'ref' AND period_kind <> 'hour' ORDER BY period_kind"
    ).fetchall()
    assert [(1,)] == filled.execute("SELECT DISTINCT revision FROM exceedances").fetchall()


def test_one_station_is_made_again_alone(plain_place: str, filled: psycopg.Connection) -> None:  # noqa: ARG001
    done = recompute(
        plain_place,
        *("--from", "2024-01-15", "--to", "2024-01-15T06:00+07:00", "--station", "v1", "--json"),
    )

    assert 6 == json.loads(done.stdout)["hours"]


def test_people_get_a_sentence(plain_place: str, filled: psycopg.Connection) -> None:
    filled.execute("UPDATE averages SET value = 1, partial_mean = 1 WHERE period_kind = 'hour'")

    done = recompute(plain_place, "--from", "2024-01-15", "--to", "2024-01-15")

    assert done.stdout == (
        "48 hours made again, 48 averages told otherwise, revisions in the ledger: none\n"
    )


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (["--from", "2024-01-15", "--to", "2024-01-14"], "to", "2024-01-14"),
        (["--from", "yesterday", "--to", "2024-01-14"], "from", "yesterday"),
        (["--from", "2024-01-15T07:00", "--to", "2024-01-16"], "from", "2024-01-15T07:00"),
        (["--from", "2024-01-15", "--to", "2024-01-16", "--station", "x"], "station", "x"),
    ],
)
def test_a_wrong_span_or_station_is_named_and_nothing_is_marked(
    plain_place: str,
    plain_connection: psycopg.Connection,
    arguments: list[str],
    field: str,
    value: str,
) -> None:
    done = recompute(plain_place, *arguments)

    assert isinstance(done.exception, BadInput)
    assert (field, value) == (done.exception.field, done.exception.value)
    assert [] == plain_connection.execute("SELECT 1 FROM dirty_hours").fetchall()


def test_a_network_without_stations_has_nothing_to_make(empty_plain_database: str) -> None:
    from dust.storage.migrations import upgrade  # noqa: PLC0415  (only here)

    upgrade(empty_plain_database)

    done = recompute(empty_plain_database, "--from", "2024-01-15", "--to", "2024-01-16")

    assert "dust network apply" in str(done.exception)


def test_reasons_that_waited_are_told_beside_the_one_that_was_given(
    plain_place: str, filled: psycopg.Connection
) -> None:
    halved = NewCorrection(
        Pollutant.PM25,
        Formula.LINEAR,
        {"slope": Decimal("0.5"), "intercept": Decimal(0)},
        datetime(2000, 1, 1, tzinfo=UTC),
        sensor="pms-v1",
    )
    stored_corrections.add(filled, halved)

    recompute(plain_place, "--from", "2024-01-15", "--to", "2024-01-15", "--station", "v1")

    assert [("withdrawn", "correction+asked")] == filled.execute(
        "SELECT status, reason FROM exceedances JOIN stations USING (station_id)"
        " WHERE code = 'v1' AND revision = 2 AND local_day = '2024-01-15'"
    ).fetchall()


def test_a_database_without_a_schema_is_told_in_one_line(empty_plain_database: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dust.commands", "corrections", "list"],
        env=os.environ | {"DUST_DATABASE__URL": empty_plain_database},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 1 == done.returncode
    assert done.stderr.startswith("dust: database: relation ")
    assert "(dust db upgrade makes the schema)\n" == done.stderr[-35:]
    assert 1 == done.stderr.count("\n")

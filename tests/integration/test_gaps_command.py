"""`dust gaps`: tables and an answer for people, JSON and an exit code for machines."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from integration.desk import SPOOL, Desk, payload
from integration.networks import GATEWAY
from typer.testing import CliRunner

from dust import wire
from dust.clock import SystemClock, epoch_ms
from dust.errors import BadInput
from dust.testing import a_reading
from ingest.gaps.__main__ import command

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime.now(UTC)
ONE = ("--sensor", "pms-v1")


@pytest.fixture
def lossy(plain_place: str) -> Iterator[str]:
    """A day of readings of which the gateway gave up six hours, and twelve wait."""
    desk = Desk(plain_place, SystemClock())
    start_ms = epoch_ms(NOW - timedelta(hours=24))
    readings = [a_reading(n, t=start_ms + n * 900_000) for n in range(1, 97)]
    desk.take(payload([*readings[:10], *readings[34:]]))
    status = wire.GatewayStatus(
        *(1, GATEWAY, "online", epoch_ms(NOW), SPOOL),
        spool_depth=12,
        dropped=24,
        dropped_ranges=[(11, 34)],
        uptime_s=10**6,
    )
    desk.take_status(wire.encode(status))
    yield plain_place
    desk.close()


def run(url: str, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(command, [*arguments, "--database", url])
    if isinstance(done.exception, BadInput):
        return str(done.exception)
    assert code == done.exit_code, done.output
    return done.stdout


def test_people_read_what_is_missing_and_the_answer_last(lossy: str) -> None:
    lines = run(lossy, *ONE).splitlines()

    assert (
        "24 readings and 1 span of time are lost; 12 wait at the gateway or on the way."
        == lines[-1].strip()
    )
    (given_up,) = [line for line in lines if "11-34" in line]
    assert given_up.split()[:3] == [GATEWAY, SPOOL[:8], "24"]
    assert [line for line in lines if "pms-v1" in line and "6 h 15 min" in line]
    assert [line for line in lines if "Asia/Bangkok" in line]


def test_machines_read_the_same(lossy: str) -> None:
    told = json.loads(run(lossy, *ONE, "--json"))

    assert (False, 24, 12) == (
        told["is_lossless"],
        told["readings"]["lost"],
        told["readings"]["waiting"],
    )
    (spool,) = told["spools"]
    assert [(11, 34, 24, "given_up", "lost")] == [
        (hole["first"], hole["last"], hole["readings"], hole["cause"], hole["fate"])
        for hole in spool["holes"]
    ]
    assert [("not_begun", "not_measured"), ("given_up", "lost")] == [
        (gap["cause"], gap["fate"]) for gap in told["gaps"]
    ]


def test_a_check_fails_where_something_is_lost_and_only_there(lossy: str) -> None:
    run(lossy, *ONE, "--check", code=1)
    run(lossy, "--gateway", GATEWAY, "--station", "v2", "--check", code=1)

    since = (NOW - timedelta(hours=12)).isoformat()
    assert "No reading is lost" in run(lossy, *ONE, "--check", "--from", since)


def test_a_span_is_given_in_local_days(lossy: str) -> None:
    today = (NOW + timedelta(hours=7)).date().isoformat()

    told = json.loads(run(lossy, "--from", "2024-01-31", "--to", today, "--json"))

    assert "2024-01-30T17:00:00Z" == told["from"]
    assert told["to"] <= datetime.now(UTC).isoformat()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--gateway", "gw-9"), "gateway = 'gw-9'"),
        (("--sensor", "pms"), "allowed is one of bam-ref, pms-v1, pms-v2"),
        (("--station", "v9"), "station = 'v9'"),
        (("--from", "2999-01-01"), "B.E. 2999"),
        (("--from", "2399-01-01"), "from = '2399-01-01'"),
        (("--from", "2024-02-01", "--to", "2024-01-01"), "to = '2024-01-01'"),
        (("--from", "yesterday"), "from = 'yesterday'"),
    ],
)
def test_a_wrong_option_is_refused_with_what_is_allowed(
    plain_place: str, arguments: tuple[str, ...], told: str
) -> None:
    desk = Desk(plain_place, SystemClock())
    desk.take(payload([a_reading(1)]))
    desk.close()

    assert told in run(plain_place, *arguments)

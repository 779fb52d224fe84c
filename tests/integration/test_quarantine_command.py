"""`dust quarantine`: what is refused is found, shown whole, replayed, discarded, and bounded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from integration.desk import Desk, payload, quarters, raw_payload
from integration.networks import SENSORS, apply, network, sensor
from integration.quarantining import numbers, rows, waiting
from typer.testing import CliRunner

from dust.clock import SystemClock, epoch_ms
from dust.errors import BadInput
from dust.testing import a_reading
from ingest.quarantine.__main__ import command
from ingest.quarantine.bound import Refused, Share, admit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

HOUR = datetime(2024, 1, 15, 3, tzinfo=UTC)
T = epoch_ms(HOUR)


@pytest.fixture
def refused(plain_place: str) -> Iterator[str]:
    """Two readings of an unknown sensor and one with a bad value, which came twice."""
    desk = Desk(plain_place, SystemClock())
    desk.take(payload(quarters("pms-new", HOUR, [10, 20])))
    for _ in range(2):
        desk.take(raw_payload(f'{{"seq":9,"sensor":"pms-v1","t":{T},"pm25":NaN}}'))
    yield plain_place
    desk.close()


def run(url: str, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(command, [*arguments, "--database", url])
    if isinstance(done.exception, BadInput):
        return str(done.exception)
    assert code == done.exit_code, done.output
    return done.stdout


def test_the_list_counts_by_reason_gateway_and_sensor(refused: str) -> None:
    told = json.loads(run(refused, "list", "--json"))

    assert [
        ("not_finite", "gw-1", "pms-v1", 1, 2),
        ("unknown_sensor", "gw-1", "pms-new", 2, 2),
    ] == [
        (row["reason"], row["gateway"], row["sensor"], row["rows"], row["times_received"])
        for row in told
    ]
    text = run(refused, "list", "--reason", "not_finite", "--since", "2024-01-01")
    assert "pms-v1" in text
    assert "pms-new" not in text
    assert "nothing waits in quarantine\n" == run(refused, "list", "--gateway", "gw-9")


def test_a_row_is_shown_with_its_payload_field_value_and_what_is_allowed(refused: str) -> None:
    (number,) = [row["example"] for row in _listed(refused) if row["reason"] == "not_finite"]

    told = json.loads(run(refused, "show", str(number), "--json"))

    assert ("pm25", "nan", "a finite number", 9, "pms-v1") == tuple(
        told[name] for name in ("field", "value", "allowed", "seq", "sensor")
    )
    assert '"pm25": NaN' in run(refused, "show", str(number))
    assert "id = 99" in run(refused, "show", "99")


def _listed(url: str, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(url, "list", "--json", *arguments))
    return found


def test_a_replay_says_what_it_did_and_a_dry_one_what_it_would(
    refused: str, plain_connection: psycopg.Connection
) -> None:
    apply(refused, network(sensors=[*SENSORS, sensor("pms-new")]))

    dry = run(refused, "replay", "--dry-run")
    told = run(refused, "replay")
    again = json.loads(run(refused, "replay", "--json", "--reason", "unknown_sensor"))

    assert dry == "2 rows would be stored (2 new readings); 1 refused again: not_finite 1\n"
    assert told == "2 rows stored (2 new readings); 1 refused again: not_finite 1\n"
    assert {"rows": 0, "stored": 0, "new_readings": 0, "refused": {}} == again
    assert [(9, "not_finite", 1)] == waiting(plain_connection)
    assert 2 == len(_listed(refused, "--all"))


def test_what_is_discarded_stays_recorded_and_can_be_restored(
    refused: str, plain_connection: psycopg.Connection
) -> None:
    said = run(refused, "discard", "--reason", "not_finite", "--because", "a broken sensor")

    assert "1 rows discarded\n" == said
    assert [(1, "unknown_sensor", 0), (2, "unknown_sensor", 0)] == waiting(plain_connection)
    assert [("a broken sensor",)] == rows(
        plain_connection,
        "SELECT discarded_because FROM quarantine WHERE discarded_at IS NOT NULL",
    )
    assert [("{}", "{[1,3),[9,10)}")] == numbers(plain_connection)

    assert "1 rows wait again\n" == run(refused, "restore", "--gateway", "gw-1")
    assert 3 == len(waiting(plain_connection))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("discard", "--because", "all of it"), "rows = 'all'"),
        (("discard", "--because", " ", "--id", "1"), "because = ' '"),
        (("replay", "--reason", "unknown-sensor"), "reason = 'unknown-sensor'"),
        (("list", "--since", "2567-01-01"), "B.E. 2567 is 2024"),
    ],
)
def test_a_wrong_choice_is_refused_with_what_is_allowed(
    refused: str, arguments: tuple[str, ...], told: str
) -> None:
    assert told in run(refused, *arguments)


# --- What is drawn from a payload -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b'{"seq":1,"sensor":"a-1","t":123,"pm25":1}', ("a-1", 123)),
        (b'{"seq": 1, "sensor": "a-1", "t": -5}', ("a-1", -5)),
        (b'{"sensor":"\\u0000","t":1.5}', (None, None)),
        (b'{"t":99999999999999999999,"sensor":7}', (None, None)),
        (b'{"readings":[{"sensor":"a-1","t":1}]}', (None, None)),
        (b'\x00\xff"sensor":"a"', ("a", None)),
        (b"", (None, None)),
        (b'{"sensor":"a","x":"' + b"\\" * 70_000, (None, None)),
    ],
)
def test_the_sensor_and_the_time_of_any_payload_are_read_or_left_out(
    plain_connection: psycopg.Connection, message: bytes, expected: tuple[Any, ...]
) -> None:
    plain_connection.execute(
        "INSERT INTO quarantine (fingerprint, topic, gateway, reason, payload)"
        " VALUES ('x', 't', 'g', 'malformed', %s)",
        (message,),
    )

    assert [expected] == rows(plain_connection, "SELECT sensor, t_ms FROM quarantine")


# --- The bound ------------------------------------------------------------------------------------
def test_beyond_a_days_share_only_counts_are_kept(plain_connection: psycopg.Connection) -> None:
    share = Share(rows=3, n_bytes=100)

    def offer(gateway: str, *prints: bytes) -> list[bool]:
        refused = [Refused(gateway, each, 10, "malformed") for each in prints]
        return admit(plain_connection, refused, share)

    assert [True, True] == offer("gw-1", b"1", b"2")
    assert [True, False, False] == offer("gw-1", b"3", b"4", b"5")
    assert [True] == offer("gw-2", b"6")
    assert [("gw-1", 3, 30, 2, {"malformed": 2}), ("gw-2", 1, 10, 0, {})] == rows(
        plain_connection,
        "SELECT gateway, n_kept, kept_bytes, n_left_out, left_out_reasons"
        " FROM quarantine_days ORDER BY 1",
    )
    offer("gw-1", b"4")
    assert [(3, {"malformed": 3})] == rows(
        plain_connection,
        "SELECT n_left_out, left_out_reasons FROM quarantine_days WHERE gateway = 'gw-1'",
    )


def test_what_is_in_quarantine_already_costs_nothing_and_is_kept(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    plain_desk.take(payload([a_reading(1, t=1000)]))
    ((known,),) = rows(plain_connection, "SELECT fingerprint FROM quarantine")
    offered = [Refused("gw-1", each, 10, "malformed") for each in (known, b"new", known, b"new")]

    assert [True, False, True, False] == admit(plain_connection, offered, Share(0, 0))
    assert [(1,)] == rows(plain_connection, "SELECT n_left_out FROM quarantine_days")

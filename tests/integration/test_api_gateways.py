"""What the API tells of gateways: how they fare, whatever somebody wrote into their statuses."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration.api_server import serving
from integration.networks import GATEWAY
from integration.problems import problem

from api.gateways import CLOCK_STATES, GATEWAY_STATES, SENSOR_STATES
from dust.clock import epoch_ms, instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.api_server import ApiServer
    from integration.desk import Desk

    from dust.testing import FakeClock

SCHEMA = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"
STATUS = {
    "v": 1,
    "gateway": GATEWAY,
    "state": "online",
    "spool": "11111111-1111-4111-8111-111111111111",
    "spool_depth": 12,
    "dropped": 3,
    "receipts_overdue": True,
    "set_aside": ["spool-of-somchai.db"],
    "clock": {"state": "known", "held": 0, "jumps": 2, "last_jump_ms": -1500},
    "sensors": {
        "pms-v1": {"state": "ok", "frames": 10, "last_frame_ms": 1_709_294_400_000},
        "bam-ref": {"state": "port_lost"},
    },
}
WRITE = """
INSERT INTO gateway_status (gateway, state, status, said_at, received_at)
VALUES (%s, %s, %s::jsonb, NULL, %s)
"""


@pytest.fixture
def api(plain_place: str, now: FakeClock) -> Iterator[ApiServer]:
    with serving(plain_place, now) as server:
        yield server


def told(server: ApiServer) -> list[Any]:
    response = server.get("/api/v1/gateways")
    assert 200 == response.status_code, response.text
    body = response.json()
    assert {"generated_at", "gateways"} == body.keys()
    found: list[Any] = body["gateways"]
    return found


def write(url: str, gateway: str, state: str, status: object, clock: FakeClock) -> None:
    """A row as another version, or somebody's own publisher, may have left it."""
    received_at = instant(clock.now_ms()) - timedelta(seconds=90)
    with psycopg.connect(url) as connection:
        connection.execute(WRITE, (gateway, state, json.dumps(status), received_at))


def test_where_no_gateway_ever_spoke_the_list_is_empty(api: ApiServer) -> None:
    assert [] == told(api)


def test_a_gateway_says_how_it_and_its_sensors_fare(
    plain_place: str, plain_desk: Desk, now: FakeClock
) -> None:
    """A status as ingest takes it in; what it has of files, spools and counts stays inside."""
    with psycopg.connect(plain_place) as connection:
        row = connection.execute("SELECT now()").fetchone()
    assert row is not None
    now.set_ms(epoch_ms(row[0]))
    plain_desk.take_status(json.dumps(STATUS | {"t": now.now_ms() - 5000}).encode())

    with serving(plain_place, now) as server:
        (found,) = told(server)

    assert found.pop("last_heard_at")
    assert 0 <= found.pop("age_s") < 60
    assert found.pop("said_at")
    assert {
        "gateway": GATEWAY,
        "state": "online",
        "spool_depth": 12,
        "dropped": 3,
        "receipts_overdue": True,
        "disk_full": False,
        "clock": {"state": "known", "held": 0, "jumps": 2},
        "sensors": [
            {"sensor": "bam-ref", "state": "port_lost"},
            {"sensor": "pms-v1", "state": "ok"},
        ],
    } == found


def test_a_gateway_that_went_is_offline_with_all_that_was_known_of_it(
    plain_desk: Desk, api: ApiServer
) -> None:
    plain_desk.take_status(json.dumps(STATUS).encode())
    plain_desk.take_status(json.dumps({"v": 1, "gateway": GATEWAY, "state": "offline"}).encode())

    (found,) = told(api)

    assert ("offline", 12, 3) == tuple(found[key] for key in ("state", "spool_depth", "dropped"))
    assert 2 == len(found["sensors"])


def test_it_says_when_it_was_heard_last(plain_place: str, now: FakeClock, api: ApiServer) -> None:
    write(plain_place, GATEWAY, "online", STATUS, now)

    (found,) = told(api)

    assert ("2024-03-01T11:58:30Z", 90, None) == tuple(
        found[key] for key in ("last_heard_at", "age_s", "said_at")
    )


@pytest.mark.parametrize("status", [None, "online", 7, [], [STATUS], {}])
def test_a_status_that_is_no_status_tells_nothing_and_breaks_nothing(
    plain_place: str, now: FakeClock, api: ApiServer, status: object
) -> None:
    write(plain_place, GATEWAY, "online", status, now)
    write(plain_place, "gw-2", "offline", STATUS, now)

    odd, good = told(api)

    assert ("online", None, []) == (odd["state"], odd["clock"], odd["sensors"])
    assert odd["spool_depth"] in {None, 0}
    assert ("gw-2", "offline", 12) == tuple(good[k] for k in ("gateway", "state", "spool_depth"))


@pytest.mark.parametrize(
    ("member", "odd", "expected"),
    [
        ("spool_depth", "many", None),
        ("spool_depth", -1, None),
        ("spool_depth", True, None),
        ("spool_depth", 1.5, None),
        ("spool_depth", 10**30, None),
        ("dropped", None, None),
        ("receipts_overdue", "yes", None),
        ("clock", "known", None),
        ("clock", {}, {"state": "other", "held": 0, "jumps": 0}),
        (
            "clock",
            {"state": ["known"], "held": {}, "jumps": 1},
            {"state": "other", "held": None, "jumps": 1},
        ),
        ("sensors", ["pms-v1"], []),
        ("sensors", {"pms-v1": None}, [{"sensor": "pms-v1", "state": "other"}]),
        ("sensors", {"pms-v1": {"state": 3}}, [{"sensor": "pms-v1", "state": "other"}]),
    ],
)
def test_an_odd_member_costs_itself_alone(
    plain_place: str, now: FakeClock, api: ApiServer, *, member: str, odd: object, expected: object
) -> None:
    write(plain_place, GATEWAY, "online", STATUS | {member: odd}, now)

    (found,) = told(api)

    assert expected == found[member]
    others = {"spool_depth": 12, "dropped": 3, "receipts_overdue": True}
    assert [] == [name for name, value in others.items() if name != member and found[name] != value]


def test_words_of_somebody_elses_are_not_repeated_in_public(
    plain_place: str, now: FakeClock, api: ApiServer
) -> None:
    """Nor are names of files, spools or members that the protocol does not have."""
    private = "Somchai, 081-234-5678, 12 Moo 3"
    status = STATUS | {
        "owner": private,
        "set_aside": [private],
        "clock": {"state": private},
        "sensors": {private: {"state": "ok"}, "pms-v1": {"state": private, "note": private}},
    }
    write(plain_place, GATEWAY, private, status, now)
    write(plain_place, private, "online", STATUS, now)

    text = api.get("/api/v1/gateways").text

    assert "Somchai" not in text
    assert "somchai" not in text
    assert "081" not in text
    assert str(STATUS["spool"]) not in text
    assert [(GATEWAY, "other")] == [(found["gateway"], found["state"]) for found in told(api)]


@pytest.mark.parametrize("states", [GATEWAY_STATES, CLOCK_STATES, SENSOR_STATES])
def test_the_words_that_are_told_are_those_of_the_published_schema(states: tuple[str, ...]) -> None:
    published = re.findall(r"state: \{ enum: \[([a-z_, ]+)\] \}", SCHEMA.read_text("utf-8"))

    assert ", ".join(states) in published


@pytest.mark.parametrize("path", ["/api/v1/gateways/gw-1", "/api/v1/gateway"])
def test_there_is_no_address_for_one_gateway(api: ApiServer, path: str) -> None:
    problem(api.get(path), 404)


def test_gateways_are_only_told_never_written(api: ApiServer) -> None:
    response = api.client.post("/api/v1/gateways", json=STATUS)

    assert "GET" == response.headers["allow"]
    problem(response, 405)

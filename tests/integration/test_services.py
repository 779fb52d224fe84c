"""The test services themselves: what the other tests build on really works."""

import os
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
import psycopg
import pytest
from fixtures.broker import Mosquitto
from fixtures.ports import is_open
from fixtures.pty import PseudoTerminal
from fixtures.wheel_server import RestartablePostgres
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page

from dust.testing import FakeClock

if TYPE_CHECKING:
    from dust.clock import Clock


# --- Databases ------------------------------------------------------------------------------------
def test_the_plain_server_is_a_postgresql(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        (version,) = connection.execute("SELECT version()").fetchone() or ("",)
    assert version.startswith("PostgreSQL 1")


def test_timescaledb_makes_hypertables(empty_timescale_database: str) -> None:
    with psycopg.connect(empty_timescale_database) as connection:
        connection.execute("CREATE EXTENSION timescaledb")
        connection.execute("CREATE TABLE readings (at timestamptz NOT NULL, level real)")
        connection.execute("SELECT create_hypertable('readings', 'at')")
        connection.execute(
            "INSERT INTO readings VALUES (now(), 1), (now() - interval '60 days', 2)"
        )
        chunks = connection.execute("SELECT count(*) FROM show_chunks('readings')").fetchone()
    assert chunks == (2,)


def test_a_database_with_timescaledb_can_be_copied_at_once(
    timescale_url: str, empty_timescale_database: str
) -> None:
    with psycopg.connect(empty_timescale_database) as connection:
        connection.execute("CREATE EXTENSION timescaledb")
        (original,) = connection.execute("SELECT current_database()").fetchone() or ("",)
    with psycopg.connect(timescale_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {original}_copy TEMPLATE {original}")
        connection.execute(f"DROP DATABASE {original}_copy")


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_a_database_belongs_to_one_test_alone(database: str, attempt: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE mine (attempt text)")
        connection.execute("INSERT INTO mine VALUES (%s)", [attempt])


def test_a_database_is_migrated(database: str) -> None:
    with psycopg.connect(database) as connection:
        migrations = connection.execute("SELECT count(*) > 0 FROM schema_migrations").fetchone()
    assert migrations == (True,)


def test_an_empty_database_has_no_tables(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        tables = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()
    assert tables == (0,)


def test_a_killed_database_server_keeps_what_was_committed(
    restartable_postgres: RestartablePostgres,
) -> None:
    with psycopg.connect(restartable_postgres.url) as connection:
        connection.execute("CREATE TABLE kept (number int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    restartable_postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(restartable_postgres.url)
    restartable_postgres.start()
    with psycopg.connect(restartable_postgres.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


# --- Broker ---------------------------------------------------------------------------------------
@contextmanager
def connected(broker: Mosquitto) -> Iterator[tuple[mqtt.Client, "queue.Queue[bytes]"]]:
    """A subscribed MQTT 5 client and what arrives at it."""
    events: queue.Queue[str] = queue.Queue()
    arrived: queue.Queue[bytes] = queue.Queue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_connect = lambda client, *_: client.subscribe("dust/#", qos=1)
    client.on_subscribe = lambda *_: events.put("subscribed")
    client.on_message = lambda _client, _data, message: arrived.put(bytes(message.payload))
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        assert events.get(timeout=10) == "subscribed"
        yield client, arrived
    finally:
        client.disconnect()
        client.loop_stop()


def exchange(broker: Mosquitto, payload: bytes) -> bytes:
    with connected(broker) as (client, arrived):
        client.publish("dust/test", payload, qos=1).wait_for_publish(10)
        return arrived.get(timeout=10)


def test_a_message_goes_through_the_broker(mosquitto: Mosquitto) -> None:
    assert exchange(mosquitto, b"dust") == b"dust"


def test_a_killed_broker_comes_back_on_the_same_port(mosquitto: Mosquitto) -> None:
    mosquitto.kill()
    assert not is_open(mosquitto.port)
    mosquitto.start()
    assert exchange(mosquitto, b"again") == b"again"


def test_a_stopped_broker_keeps_retained_messages(mosquitto: Mosquitto) -> None:
    with connected(mosquitto) as (client, _):
        client.publish("dust/kept", b"kept", qos=1, retain=True).wait_for_publish(10)
    mosquitto.stop()
    mosquitto.start()
    with connected(mosquitto) as (_, arrived):
        assert arrived.get(timeout=10) == b"kept"


# --- Serial port and clock ------------------------------------------------------------------------
def test_a_pseudo_terminal_carries_every_byte_unchanged(
    pseudo_terminal: Callable[[], PseudoTerminal],
) -> None:
    terminal = pseudo_terminal()
    every_byte = bytes(range(256))
    terminal.write(every_byte)
    assert len(every_byte) == terminal.unread()
    port = os.open(terminal.path, os.O_RDWR | os.O_NOCTTY)
    try:
        assert every_byte == os.read(port, 1000)
        os.write(port, b"\x42\r\n")
    finally:
        os.close(port)
    assert terminal.unread() == 0
    assert terminal.read() == b"\x42\r\n"


def test_an_unplugged_terminal_is_gone(pseudo_terminal: Callable[[], PseudoTerminal]) -> None:
    terminal = pseudo_terminal()
    terminal.unplug()
    with pytest.raises(OSError, match=r"No such|Input/output"):
        os.open(terminal.path, os.O_RDWR | os.O_NOCTTY)


def test_the_fake_clock_moves_only_by_hand(clock: FakeClock) -> None:
    told: Clock = clock
    before_s = told.monotonic_s()
    clock.advance(1.5)
    assert (1_767_225_601_500, before_s + 1.5) == (told.now_ms(), told.monotonic_s())
    clock.set_ms(0)
    assert (0, before_s + 1.5) == (told.now_ms(), told.monotonic_s())


# --- Browser --------------------------------------------------------------------------------------
def test_chromium_shows_a_page_as_a_phone_does(browser_page: Callable[..., Page]) -> None:
    page = browser_page()
    page.goto("data:text/html;charset=utf-8,<title>ฝุ่น</title><p>หน้าพระลาน</p>")
    assert page.get_by_role("paragraph").inner_text() == "หน้าพระลาน"
    assert page.evaluate("[document.title, innerWidth, navigator.language]") == ["ฝุ่น", 390, "th-TH"]


def test_each_page_has_the_window_that_it_asked_for(browser_page: Callable[..., Page]) -> None:
    pages = [browser_page(viewport=(320, 600)), browser_page(viewport=(1280, 800), locale="en-GB")]
    assert [page.evaluate("[innerWidth, navigator.language]") for page in pages] == [
        [320, "th-TH"],
        [1280, "en-GB"],
    ]

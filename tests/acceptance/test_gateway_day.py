"""A day as bad as it gets at a gateway: outage, kills, a power cut and a clock in 1970."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing, contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING

import psycopg
import pytest
from fixtures.ports import wait_until
from integration.mqtt_peer import peer
from integration.networks import apply, network, sensor
from integration.service_process import ServiceProcess, running

from dust import wire
from dust.clock import ReplayClockHand
from sim.frames import pms5003_frame, sds011_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fixtures.broker import Mosquitto
    from fixtures.pty import PseudoTerminal

pytestmark = pytest.mark.slow

GATEWAY = "gw-1"
EVERY_FRAME, BY_THE_MINUTE = "pms-every", "sds-minute"
T0 = 1_768_003_200_000  # 10 January 2026, 00:00Z
MINUTE, HOUR = 60_000, 3_600_000
MOST_LOST_BY_A_KILL = 20
"""Frames right before a kill that had not reached the disk and never had a number: a commit is
50 ms away, in which the test lives many minutes. Nothing before them may be missing."""


class BadDay:
    """One gateway with two sensors; the test moves its clock minute by minute."""

    def __init__(self, folder: Path, broker: Mosquitto, make: Callable[[], PseudoTerminal]) -> None:
        self._folder = folder
        self._broker = broker
        self.hand = ReplayClockHand(folder / "clock", T0)
        self._shows_minus_true_ms = 0
        self.true_ms = T0
        self.terminals = {EVERY_FRAME: make(), BY_THE_MINUTE: make()}
        self.spool = folder / "spool.sqlite"
        self.fed_ms: list[int] = []
        self.killed_at_ms: list[int] = []
        self._minutes = self._committed = 0
        self.bridge: ServiceProcess | None = None

    def start(self, batch_readings: int = 500) -> None:
        configuration = self._folder / "gateway.toml"
        sensors = "".join(
            f'[[sensors]]\ncode = "{code}"\nmodel = "{model}"\n'
            f'port = "{self.terminals[code].path}"\nsampling_interval_s = {interval_s}\n'
            for code, model, interval_s in (
                (EVERY_FRAME, "pms5003", 0),
                (BY_THE_MINUTE, "sds011", 60),
            )
        )
        configuration.write_text(
            f'gateway = "{GATEWAY}"\nspool = "{self.spool}"\nstatus_interval_s = 1\n'
            f"receipt_timeout_s = 5\nbatch_readings = {batch_readings}\n"
            f"[mqtt]\nport = {self._broker.port}\n"
            f'[clock]\nreplay_file = "{self._folder / "clock"}"\n{sensors}'
        )
        arguments = ["bridge", "--config", str(configuration)]
        self.bridge = ServiceProcess(arguments, {}, self._folder / "bridge.log")
        self.bridge.start()
        for terminal in self.terminals.values():
            terminal.write(b"\x00")  # thrown away by the opening of the port, or as noise
        self._wait_until_read()
        self._minutes, self._committed = 0, self.spooled()[1]

    def kill(self) -> None:
        assert self.bridge is not None
        self.bridge.kill()
        self.killed_at_ms.append(self.true_ms)

    def cut_the_power(self, off_ms: int) -> None:
        """The machine is off for a while; its clock then begins in 1970."""
        self.kill()
        log = self.spool.with_name(self.spool.name + "-wal")
        with log.open("ab") as torn:  # a write that the disk had begun
            torn.write(random.Random(2569).randbytes(3000))  # noqa: S311  (repeatable)
        self.true_ms += off_ms
        self.hand.restart(shows_ms=0)
        self._shows_minus_true_ms = -self.true_ms

    def set_the_clock(self) -> None:
        self.hand.correct(-self._shows_minus_true_ms)
        self._shows_minus_true_ms = 0

    def live(self, hours: float) -> None:
        """Every minute both sensors send a frame."""
        for _ in range(round(hours * 60)):
            self.true_ms += MINUTE
            self.hand.set_ms(self.true_ms + self._shows_minus_true_ms)
            self._minutes += 1
            level = len(self.fed_ms) % 500
            self.terminals[EVERY_FRAME].write(pms5003_frame(level, level, level))
            self.terminals[BY_THE_MINUTE].write(sds011_frame(level, level, 1))
            self.fed_ms.append(self.true_ms)
            self._wait_until_read()
            if self._minutes % MOST_LOST_BY_A_KILL == 0:
                self._wait_until_committed()

    def spooled(self) -> tuple[int, int]:
        """Readings in the spool, and the highest number ever given."""
        with closing(sqlite3.connect(f"file:{self.spool}?mode=ro", uri=True)) as spool:
            (depth,) = spool.execute("SELECT count(*) FROM readings").fetchone()
            (last,) = spool.execute(
                "SELECT max(last_seq, coalesce((SELECT max(seq) FROM readings), 0)) FROM spool"
            ).fetchone()
        return int(depth), int(last)

    def _wait_until_committed(self) -> None:
        """What was fed since the last time: each frame of the one, each minute of the other."""
        wanted = self._committed + 2 * MOST_LOST_BY_A_KILL - 2
        wait_until(lambda: self.spooled()[1] >= wanted, f"number {wanted}", step_s=0.002)
        self._committed = self.spooled()[1]

    def _wait_until_read(self) -> None:
        for terminal in self.terminals.values():
            wait_until(lambda t=terminal: t.unread() == 0, "the bridge to read", step_s=0.0002)


@pytest.fixture
def day(
    tmp_path: Path, mosquitto: Mosquitto, pseudo_terminal: Callable[[], PseudoTerminal]
) -> Iterator[BadDay]:
    it = BadDay(tmp_path, mosquitto, pseudo_terminal)
    yield it
    if it.bridge is not None:
        it.bridge.kill()


@contextmanager
def ingesting(database: str, broker: Mosquitto, folder: Path) -> Iterator[ServiceProcess]:
    environment = {"DUST_DATABASE__URL": database, "DUST_MQTT__PORT": str(broker.port)}
    with running(["ingest"], environment, folder / "ingest.log") as service:
        service.wait_for("broker_connected")
        yield service


def stored(database: str, code: str) -> list[tuple[int, int]]:
    """Sequence number and time of every stored reading of a sensor."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT seq, round(extract(epoch FROM phenomenon_time) * 1000)::bigint"
            " FROM readings JOIN sensors USING (sensor_id) WHERE sensors.code = %s ORDER BY seq",
            (code,),
        ).fetchall()
    return [(int(seq), int(instant_ms)) for seq, instant_ms in rows]


def test_a_day_of_outage_kills_a_power_cut_and_a_clock_in_1970_loses_and_doubles_nothing(
    tmp_path: Path, mosquitto: Mosquitto, plain_database: str, day: BadDay
) -> None:
    sensors = [sensor(EVERY_FRAME, interval_s=60), sensor(BY_THE_MINUTE, "sds011", interval_s=60)]
    apply(plain_database, network(sensors=sensors, deployments=[]))
    with ingesting(plain_database, mosquitto, tmp_path):
        day.start()
        day.live(hours=1)
        mosquitto.kill()  # the outage begins, and the broker forgets what it had acknowledged
        live_through_24_hours_of_outage(day)
        assert day.spooled()[0] > 24 * 60
        mosquitto.start()
        day.live(hours=0.5)
        wait_until(lambda: day.spooled()[0] == 0, "an empty spool", timeout_s=60)
    assert day.bridge is not None
    day.bridge.stop()

    check_nothing_is_lost_or_doubled(day, plain_database)


def live_through_24_hours_of_outage(day: BadDay) -> None:
    day.live(hours=4)
    day.kill()
    day.start()
    day.live(hours=6)
    day.cut_the_power(off_ms=10 * MINUTE)
    day.start()
    day.live(hours=2)
    day.kill()  # in 1970
    day.start()
    day.live(hours=3)
    day.set_the_clock()
    day.live(hours=5)
    day.kill()
    day.start()
    day.live(hours=4)


def check_nothing_is_lost_or_doubled(day: BadDay, database: str) -> None:
    every, minute = stored(database, EVERY_FRAME), stored(database, BY_THE_MINUTE)
    depth, last_seq = day.spooled()
    # The interval that was open at the end waits in the spool for the next connection.
    assert list(range(1, last_seq + 1 - depth)) == sorted(seq for seq, _ in every + minute)
    with psycopg.connect(database) as connection:
        assert [(0,)] == connection.execute("SELECT count(*) FROM quarantine").fetchall()

    times = [instant_ms for _, instant_ms in every]
    assert sorted(set(times)) == times
    assert set(times) <= set(day.fed_ms)
    assert sorted(set(day.fed_ms) - set(times)) == lost_in_memory(day, set(times))


def lost_in_memory(day: BadDay, stored_ms: set[int]) -> list[int]:
    """The frames that came right before each kill and of which nothing reached the disk."""
    lost: set[int] = set()
    for killed_ms in day.killed_at_ms:
        at = day.fed_ms.index(killed_ms)
        newest_first = day.fed_ms[max(0, at - MOST_LOST_BY_A_KILL) : at + 1][::-1]
        lost |= set(takewhile(lambda instant_ms: instant_ms not in stored_ms, newest_first))
    return sorted(lost)


def test_after_an_outage_the_present_is_seen_before_the_past_has_arrived(
    mosquitto: Mosquitto, day: BadDay
) -> None:
    mosquitto.stop()
    day.start(batch_readings=50)
    day.live(hours=24)
    mosquitto.start()
    with peer(mosquitto, wire.readings_topic(GATEWAY)) as heard:
        wait_until(lambda: len(heard.on(wire.readings_topic(GATEWAY))) >= 3, "three batches")
        newest_seq = day.spooled()[1]
        first = {reading.seq for reading in heard.readings(GATEWAY)[:150]}
        assert newest_seq in first
        day.live(hours=0.05)
        wait_until(
            lambda: day.true_ms in {reading.t for reading in heard.readings(GATEWAY)},
            "the reading of this minute, though no receipt has come",
        )
        seen = {reading.seq for reading in heard.readings(GATEWAY)}
        assert day.spooled()[0] - len(seen) > 0

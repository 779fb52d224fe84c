"""What a failure test stands on: a database, a broker, workers and senders, and the last count."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psutil
from acceptance.made_readings import (
    EVERY_MS,
    SENSORS_EACH,
    made_reading,
    sensor_codes,
    spooled_rows,
)
from acceptance.raw_publisher import RawPublisher
from acceptance.small_gateway import SmallGateway
from acceptance.tally import tallies
from fixtures.ports import wait_until
from integration.networks import apply, network, sensor, station
from integration.service_process import ServiceProcess, running

from dust import wire
from dust.storage.connection import connect
from ingest.gaps.causes import FATES, Fate
from ingest.gaps.spool_facts import spool_accounts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    import psycopg
    from fixtures.broker import Mosquitto

    from ingest.gaps.numbers import SpoolAccount

BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)
RESTING_S = 0.03  # of a quarter of a second
_WAITING = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Rig:
    """Senders are registered in the network; what they sent is counted in the database."""

    def __init__(self, url: str, broker: Mosquitto, folder: Path, names: Iterable[str]) -> None:
        self.url = url
        self.broker = broker
        self._folder = folder
        self._gateways: dict[str, SmallGateway] = {}
        self._spools: dict[str, str] = {}
        self.sent: dict[str, Collection[int]] = {}
        """The numbers of each raw sender that must be stored."""
        self.refused: dict[str, Collection[int]] = {}
        """The numbers of any sender that must be in quarantine."""
        self._register(tuple(names))

    def _register(self, names: tuple[str, ...]) -> None:
        codes = [(name, code) for name in names for code in sensor_codes(name)]
        apply(
            self.url,
            network(
                stations=[station(code) for _, code in codes],
                sensors=[
                    sensor(code, interval_s=SENSORS_EACH * EVERY_MS / 1000) | {"gateway": name}
                    for name, code in codes
                ],
                deployments=[{"sensor": code, "station": code} for _, code in codes],
            ),
        )

    # --- Workers ----------------------------------------------------------------------------------
    @contextmanager
    def worker(self, name: str = "one", **settings: object) -> Iterator[ServiceProcess]:
        """An ingest process that is connected to the broker; `settings`: those of DUST_INGEST."""
        with running(["ingest"], self._environment(name, settings), self.log_of(name)) as service:
            service.wait_for("broker_connected")
            yield service

    @contextmanager
    def absent_worker(self, name: str = "one", **settings: object) -> Iterator[ServiceProcess]:
        """One that is not running, but the broker keeps for it what comes; the test starts it."""
        with self.worker(name, **settings) as worker:
            assert worker.stop() == 0
            yield worker

    def log_of(self, worker: str) -> Path:
        return self._folder / f"{worker}.log"

    def _environment(self, name: str, settings: dict[str, object]) -> dict[str, str]:
        told = {f"DUST_INGEST__{key.upper()}": str(value) for key, value in settings.items()}
        return {
            "DUST_DATABASE__URL": self.url,
            "DUST_MQTT__PORT": str(self.broker.port),
            "DUST_INGEST__WORKER": name,
            **told,
        }

    # --- Senders ----------------------------------------------------------------------------------
    def gateway(self, name: str, **habits: Any) -> SmallGateway:
        """A connected gateway that sends again what has no receipt."""
        habits.setdefault("make", partial(made_reading, name))
        made = SmallGateway(self.broker, name, **habits)
        self._gateways[name] = made
        self._spools[name] = made.spool
        made.start()
        made.wait_until_connected()
        return made

    def publish_once(self, name: str, count: int, batch_readings: int = 1) -> None:
        """So many more readings of a sender that never repeats; the broker has them."""
        first = len(self.sent.get(name, ())) + 1
        numbers = range(first, first + count)
        with RawPublisher(self.broker, name) as publisher:
            publisher.publish(
                wire.readings_topic(name), self.payloads(name, numbers, batch_readings)
            )
        self.sent[name] = range(1, first + count)

    def payloads(self, name: str, numbers: range, batch_readings: int = 1) -> list[bytes]:
        """The messages of these readings; a sender has one spool for its life."""
        spool = self._spools.setdefault(name, f"00000000-0000-4000-8000-{len(self._spools):012d}")
        rows = spooled_rows(name, numbers)
        return [
            wire.encode_batch(name, spool, rows[at : at + batch_readings])
            for at in range(0, len(rows), batch_readings)
        ]

    def adopt(self, name: str, spool: str, last_seq: int) -> None:
        """Count what a sender of another kind has sent."""
        self._spools[name] = spool
        self.sent[name] = range(1, last_seq + 1)

    def close(self) -> None:
        for gateway in self._gateways.values():
            gateway.close()

    # --- The database -----------------------------------------------------------------------------
    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        with connect(self.url) as connection:
            return connection.execute(statement.encode()).fetchall()

    @contextmanager
    def writer_held_back(self) -> Iterator[psycopg.Connection]:
        """A worker that writes waits for a lock in the midst of its transaction."""
        with connect(self.url) as other, other.transaction():
            other.execute("LOCK TABLE spools")  # the last table that the writer touches
            yield other

    def wait_for_a_writer_that_waits(self) -> int:
        """The process number of its session."""
        wait_until(lambda: self.ask(_WAITING) != [], "a writer that waits for a lock")
        ((pid,), *_) = self.ask(_WAITING)
        return int(pid)

    def sessions(self) -> set[int]:
        return {int(pid) for (pid,) in self.ask("SELECT pid FROM pg_stat_activity")}

    def stored(self) -> int:
        ((count,),) = self.ask("SELECT count(*) FROM readings")
        return int(count)

    # --- The end ----------------------------------------------------------------------------------
    def check_end(self, timeout_s: float = 60) -> None:
        """While a worker runs: nothing lost, nothing twice, receipts, ranges and words as they are.

        The reasons in quarantine are the test's own to look at.
        """
        for gateway in self._gateways.values():
            gateway.wait_until_empty(timeout_s)
        wanted = self._wanted()
        count = sum(map(len, wanted.values()))
        wait_until(lambda: self.stored() >= count, f"{count} readings", timeout_s, step_s=0.2)

        assert {} == tallies(self.url, wanted)
        refused = self.refused
        ranges = {
            name: (_multirange(wanted.get(name, ())), _multirange(refused.get(name, ())))
            for name in {*wanted, *refused}
        }
        assert _filled(ranges) == _filled(self._ranges())
        self._check_last_words()
        self._check_gaps(wanted)

    def _wanted(self) -> dict[str, set[int]]:
        of_gateways = {
            name: range(1, gateway.last_seq + 1) for name, gateway in self._gateways.items()
        }
        return {
            name: set(numbers) - set(self.refused.get(name, ()))
            for name, numbers in (self.sent | of_gateways).items()
        }

    def _ranges(self) -> dict[str, tuple[str, str]]:
        """By sender, who has one spool each: the numbers received, and those in quarantine."""
        rows = self.ask("SELECT gateway, received::text, quarantined::text FROM spools")
        return {name: (received, quarantined) for name, received, quarantined in rows}

    def _check_gaps(self, wanted: dict[str, set[int]]) -> None:
        """`dust gaps` says of every hole what made it: quarantine, or what the test lets go."""
        with connect(self.url) as connection:
            accounts = spool_accounts(connection, None, BEFORE_ALL)
        for account in accounts:
            name = account.facts.gateway
            refused = set(self.refused.get(name, ()))
            quarantined = _numbers(account, Fate.QUARANTINED)
            assert quarantined == refused, name
            gone = set(range(1, account.highest + 1)) - wanted.get(name, set()) - refused
            assert gone == _numbers(account, *(set(Fate) - {Fate.QUARANTINED})), name
            assert {} == dict(account.unnumbered), name

    def _check_last_words(self) -> None:
        for gateway in self._gateways.values():
            gateway.say()
            wait_until(
                lambda gateway=gateway: self._last_word(gateway.name) == gateway.said,  # type: ignore[misc]
                f"the last word of {gateway.name}",
            )

    def _last_word(self, name: str) -> wire.GatewayStatus | None:
        words = dict(self.ask("SELECT gateway, status FROM gateway_status"))
        return msgspec.convert(words[name], wire.GatewayStatus) if name in words else None


def _numbers(account: SpoolAccount, *fates: Fate) -> set[int]:
    return {
        number
        for hole in account.holes
        if FATES[hole.cause] in fates
        for number in range(hole.first, hole.last + 1)
    }


def _filled(ranges: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {name: pair for name, pair in ranges.items() if pair != ("{}", "{}")}


def _multirange(numbers: Collection[int]) -> str:
    parts = (f"[{first},{last + 1})" for first, last in wire.ranges_of(list(numbers)))
    return "{" + ",".join(parts) + "}"


def wait_for_outage(service: ServiceProcess, times: int = 1) -> None:
    """Wait until the worker has told so many times more that it waits for the database."""

    def told() -> int:
        return len(service.events("database_lost")) + len(service.events("lookup_waits"))

    before = told()
    wait_until(lambda: told() >= before + times, "a worker that says it waits for the database")


def process_of(service: ServiceProcess) -> psutil.Process:
    assert service._process is not None, "not running"
    return psutil.Process(service._process.pid)


def wait_until_it_rests(service: ServiceProcess) -> None:
    """Wait until it has taken in what it can: its processor time does not grow any more."""
    process, used_s = process_of(service), [-1.0]

    def rests() -> bool:
        used_s.append(sum(process.cpu_times()[:2]))
        return used_s[-1] - used_s[-2] < RESTING_S

    wait_until(rests, "a worker that has nothing to do", step_s=0.25)


def peak_memory_bytes(service: ServiceProcess) -> int:
    """The most memory that the process ever had resident (VmHWM)."""
    pid = process_of(service).pid
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024

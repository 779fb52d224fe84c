"""The composition root of the demo: starts every part in order, watches, stops in reverse."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from demo.broker import running_broker
from demo.comparison import compare, count_open_ports, count_readings, is_quiet
from demo.errors import DidNotStart
from demo.gateways import write_gateways
from demo.processes import Service, Services
from dust.errors import BadInput
from dust.network import load_network
from dust.storage import stored_network
from dust.storage.connection import connect
from dust.storage.migrations import upgrade
from dust.storage.wheel_server import running_postgres

if TYPE_CHECKING:
    from collections.abc import Callable

    from dust.network import Network

_STARTS_WITHIN_S: Final = 60.0
_DRAINS_WITHOUT_PROGRESS_S: Final = 60.0
_POLL_S: Final = 0.2
_LEDGER_SETTLE_S: Final = "2"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the caller asked for."""

    data: Path | None = None
    for_s: float | None = None
    check: bool = False
    history_hours: int | None = None
    port: int | None = None
    network: Path = Path(__file__).parent / "network.toml"
    scenario: str = "na_phra_lan"


class Demo:
    """One run of everything."""

    def __init__(self, options: DemoOptions, say: Callable[[str], None]) -> None:
        self._options = options
        self._say = say
        self._services = Services()
        self.stopping = False

    def run(self) -> dict[str, Any] | None:
        """Run until stopped or for the time given; returns the comparison if asked for."""
        with ExitStack() as parts:
            folder = self._folder(parts)
            database = parts.enter_context(running_postgres(folder))
            broker_port = _free_port()
            parts.enter_context(running_broker(folder, broker_port))
            self._say("database and broker are up")
            network = self._prepare_database(database)
            parts.callback(self._services.stop)
            api = self._start_services(folder, database, broker_port, network)
            started_s = time.monotonic()
            (folder / "ports" / "go").touch()
            self._announce(folder, api, database)
            self._watch(folder)
            if self._options.check and not self.stopping:
                return self._check(folder, database, api, started_s)
        return None

    def _folder(self, parts: ExitStack) -> Path:
        if self._options.data is not None:
            folder = self._options.data.resolve()
            if self._options.check and (folder / "clock").exists():
                allowed = "with --check, a folder without an earlier run"
                raise BadInput("data", str(self._options.data), allowed)
            folder.mkdir(parents=True, exist_ok=True)
        else:
            made = tempfile.TemporaryDirectory(prefix="dust-demo-", ignore_cleanup_errors=True)
            folder = Path(parts.enter_context(made))
        for name in ("ports", "spools", "logs"):
            (folder / name).mkdir(exist_ok=True)
        return folder

    def _prepare_database(self, database: str) -> Network:
        upgrade(database)
        network = load_network(self._options.network)
        with connect(database) as connection:
            stored_network.apply(connection, network)
        return network

    def _start_services(
        self, folder: Path, database: str, broker_port: int, network: Network
    ) -> str:
        api_port = self._options.port or _free_port()
        environment = {
            "DUST_DATABASE__URL": database,
            "DUST_MQTT__PORT": str(broker_port),
            "DUST_API__PORT": str(api_port),
            "DUST_INGEST__SHARE_GROUP": "",
            "DUST_INGEST__LEDGER_SETTLE_S": _LEDGER_SETTLE_S,
        }

        def start(name: str, arguments: list[str], *, restart: bool = True) -> None:
            log = folder / "logs" / f"{name}.log"
            self._services.start(Service(name, arguments, environment, log, restart))

        start("sim", self._sim_arguments(folder), restart=False)
        start("ingest", ["ingest"])
        start("api", ["api"])
        self._wait_for("the virtual serial ports", (folder / "ports" / "ready").exists, folder)
        for gateway, file in write_gateways(folder, network, broker_port).items():
            start(f"bridge-{gateway}", ["bridge", "--config", str(file)])
        api = f"http://127.0.0.1:{api_port}"
        self._wait_for("the API", lambda: _answers(f"{api}/healthz"), folder)
        # Opening a serial port throws away what waits in it, so nothing is sent before.
        with connect(database) as connection:
            sensors = len(network.sensors)
            self._wait_for("the ports", lambda: count_open_ports(connection) == sensors, folder)
        return api

    def _sim_arguments(self, folder: Path) -> list[str]:
        arguments = ["sim", "play", self._options.scenario, "--ports", str(folder / "ports")]
        arguments += ["--clock", str(folder / "clock"), "--sent", str(folder / "sent.csv")]
        if self._options.for_s is not None:
            arguments += ["--for", str(self._options.for_s)]
        if self._options.history_hours is not None:
            arguments += ["--history-hours", str(self._options.history_hours)]
        return arguments

    def _wait_for(self, what: str, is_there: Callable[[], bool], folder: Path) -> None:
        deadline_s = time.monotonic() + _STARTS_WITHIN_S
        while not is_there():
            if self.stopping or time.monotonic() > deadline_s:
                raise DidNotStart(f"{what} did not come up; see {folder / 'logs'}")
            self._services.revive()
            time.sleep(_POLL_S / 4)

    def _announce(self, folder: Path, api: str, database: str) -> None:
        self._write_state(folder, api)
        self._say(f"page     {api}/        (English: {api}/en)")
        self._say(f"API      {api}/api/v1/stations   (described in {api}/openapi.json)")
        self._say(f"data     {folder}")
        self._say(f"database {database}   (for dust corrections, dust calibrate, dust recompute)")

    def _write_state(self, folder: Path, api: str) -> None:
        state = {"api": api, "pids": self._services.pids()}
        written = folder / "demo.json.new"
        written.write_text(json.dumps(state, indent=1), encoding="utf-8")
        written.replace(folder / "demo.json")

    def _watch(self, folder: Path) -> None:
        """Until stopped, or until the simulator has sent what was asked for."""
        finished = folder / "ports" / "finished.json"
        api = json.loads((folder / "demo.json").read_text("utf-8"))["api"]
        while not self.stopping and not (self._options.for_s is not None and finished.exists()):
            for name in self._services.revive():
                self._say(f"{name} had ended and was started again")
                self._write_state(folder, api)
            time.sleep(_POLL_S)

    def _check(self, folder: Path, database: str, api: str, started_s: float) -> dict[str, Any]:
        expectation = folder / "expectation.json"
        now_ms = time.time_ns() // 1_000_000
        subprocess.run(  # noqa: S603  (our own command, no shell)
            [
                *(sys.executable, "-m", "dust.commands", "sim", "expect"),
                *("--sent", str(folder / "sent.csv"), "--network", str(self._options.network)),
                *("--scenario", self._options.scenario, "--out", str(expectation)),
                *("--as-of-ms", str(now_ms)),
            ],
            check=True,
        )
        wanted = len(json.loads(expectation.read_text("utf-8"))["readings"])
        self._drain(database, wanted)
        return compare(expectation, database, api).report(time.monotonic() - started_s)

    def _drain(self, database: str, wanted: int) -> None:
        """Wait until everything has arrived and is averaged, or nothing moves any more."""
        stored, moved_s = -1, time.monotonic()
        with connect(database) as connection:
            while time.monotonic() - moved_s < _DRAINS_WITHOUT_PROGRESS_S:
                self._services.revive()
                count = count_readings(connection)
                if count >= wanted and is_quiet(connection):
                    return
                if count != stored:
                    stored, moved_s = count, time.monotonic()
                time.sleep(_POLL_S)


def run(options: DemoOptions, say: Callable[[str], None]) -> dict[str, Any] | None:
    """Run the demo; SIGINT, SIGTERM and SIGHUP stop everything in order."""
    demo = Demo(options, say)

    def stop(_number: int, _frame: object) -> None:
        demo.stopping = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return demo.run()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(url, timeout=2).is_success
    return False

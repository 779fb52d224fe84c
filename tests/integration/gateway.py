"""A gateway as a bridge process, with one sensor whose port can be unplugged."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from fixtures.ports import wait_until
from integration.service_process import ServiceProcess, running

from sim.frames import pms5003_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from fixtures.broker import Mosquitto
    from fixtures.pty import PseudoTerminal

GATEWAY = "gw-1"
CODE = "pms-v1"
T = 1_768_003_200_000
"""10 January 2026, 00:00Z: where a gateway's clock stands when a test begins."""


class Gateway:
    """A bridge with one sensor, whose port is a link that can be hung on another terminal."""

    def __init__(self, folder: Path, broker: Mosquitto, make: Callable[[], PseudoTerminal]) -> None:
        self._folder = folder
        self._broker = broker
        self._make = make
        self._link = folder / "port"
        self.spool = folder / "spool.sqlite"
        self.terminal = make()
        self.plug_in(self.terminal)

    def plug_in(self, terminal: PseudoTerminal) -> None:
        self.terminal = terminal
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(terminal.path)
        self.is_plugged_in = True

    def plug_in_again(self) -> None:
        self.plug_in(self._make())

    def unplug(self) -> None:
        self.terminal.unplug()
        self.is_plugged_in = False

    @contextmanager
    def bridge(
        self,
        *,
        model: str = "pms5003",
        interval_s: int = 0,
        more: str = "",
        sensor: str = "",
        probe: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[ServiceProcess]:
        configuration = self._folder / "gateway.toml"
        configuration.write_text(
            f"""
gateway = "{GATEWAY}"
spool = "{self.spool}"
status_interval_s = 0.2
{more}
[mqtt]
port = {self._broker.port}
[clock]
replay_file = "{self._folder / "clock"}"
[[sensors]]
code = "{CODE}"
model = "{model}"
port = "{self._link}"
sampling_interval_s = {interval_s}
{sensor}
"""
        )
        arguments = ["bridge", "--config", str(configuration)]
        with running(arguments, environment or {}, self._folder / "bridge.log") as service:
            service.wait_for("bridge_started")
            if probe and self.is_plugged_in:
                self.wait_for_the_port()
            yield service

    def wait_for_the_port(self) -> None:
        """Until the bridge listens: what came before it opened the port is thrown away.

        Whether a byte of noise is thrown away by the opening or by the search for a frame, it goes.
        """
        self.terminal.write(b"\x00")
        self.hear_all()

    def say(self, *levels: int) -> None:
        """The sensor sends a frame for each PM2.5 level."""
        for level in levels:
            self.terminal.write(pms5003_frame(level, level, level))

    def hear_all(self) -> None:
        wait_until(lambda: self.terminal.unread() == 0, "the bridge to read the port")

    def depth(self) -> int:
        """Readings in the spool, as another process sees them."""
        with closing(sqlite3.connect(f"file:{self.spool}?mode=ro", uri=True)) as spool:
            return int(spool.execute("SELECT count(*) FROM readings").fetchone()[0])

    def wait_for_depth(self, depth: int) -> None:
        wait_until(
            lambda: self.spool.exists() and self.depth() == depth, f"{depth} readings in the spool"
        )

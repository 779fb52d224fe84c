"""The composition root of the gateway: builds every part, starts and stops them in order."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import structlog

from dust.logs import configure_logs
from dust.wire import VERSION, GatewayStatus
from firmware_bridge.publisher import Publisher
from firmware_bridge.reader import Reader, SensorLine
from firmware_bridge.spool import Spool

if TYPE_CHECKING:
    from dust.clock import Clock
    from firmware_bridge.settings import BridgeSettings


class Bridge:
    """A running gateway."""

    def __init__(self, settings: BridgeSettings) -> None:
        self._settings = settings
        self._clock: Clock = settings.clock.build()
        self._started_s = self._clock.monotonic_s()
        self._spool = Spool(settings.spool)
        self._lines = [SensorLine(sensor) for sensor in settings.sensors]
        self._publisher = Publisher(settings, self._spool, self._clock, self._status)
        self._reader = Reader(
            self._lines,
            self._spool,
            self._clock,
            on_stored=self._publisher.wake,
            on_port_change=self._publisher.say_status_soon,
        )

    def run(self) -> None:
        """Read and publish until `stop`; the spool is closed last."""
        publishing = threading.Thread(target=self._publisher.run, name="publisher")
        publishing.start()
        try:
            self._reader.run()
        finally:
            self._publisher.stopping = True
            self._publisher.wake()
            publishing.join()
            self._spool.close()
            structlog.get_logger().info("bridge_stopped")

    def stop(self) -> None:
        self._reader.stopping = True

    def _status(self) -> GatewayStatus:
        return GatewayStatus(
            v=VERSION,
            gateway=self._settings.gateway,
            state="online",
            t=self._clock.now_ms(),
            spool=self._spool.id,
            uptime_s=round(self._clock.monotonic_s() - self._started_s),
            spool_depth=self._spool.depth,
            sensors={line.code: line.status(self._clock.monotonic_s()) for line in self._lines},
        )


def run(settings: BridgeSettings) -> None:
    """Run the gateway until SIGTERM or SIGINT."""
    configure_logs(settings.log, "bridge")
    bridge = Bridge(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: bridge.stop())
    structlog.get_logger().info(
        "bridge_started", gateway=settings.gateway, sensors=[s.code for s in settings.sensors]
    )
    bridge.run()

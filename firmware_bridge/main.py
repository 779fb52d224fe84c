"""The composition root of the gateway: builds every part, starts and stops them in order."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Final

import structlog

from dust.logs import configure_logs
from dust.wire import VERSION, ClockStatus, GatewayStatus
from firmware_bridge.errors import SendingEnded
from firmware_bridge.line import SensorLine
from firmware_bridge.publisher import Publisher
from firmware_bridge.reader import Reader
from firmware_bridge.spool import Spool, SpoolLimits
from firmware_bridge.timekeeping import Timekeeper
from firmware_bridge.watchdog import Watchdog

if TYPE_CHECKING:
    from dust.clock import Clock
    from firmware_bridge.settings import BridgeSettings, SpoolSettings

_DAY_S: Final = 86_400


class Bridge:
    """A running gateway."""

    def __init__(self, settings: BridgeSettings) -> None:
        self._settings = settings
        self._clock: Clock = settings.clock.build()
        self._started_s = self._clock.monotonic_s()
        self._time = Timekeeper(self._clock, settings.clock_is_known_when)
        self._spool = Spool(settings.spool, _limits(settings.spool_limits), self._time.boot)
        self._lines = [
            SensorLine(sensor, self._time.boot, self._spool.mark(sensor.code))
            for sensor in settings.sensors
        ]
        self._publisher = Publisher(settings, self._spool, self._clock, self._status)
        self._reader = Reader(
            self._lines,
            self._spool,
            self._clock,
            self._time,
            Watchdog(os.environ),
            self._publisher,
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
        if self._publisher.fault is not None:
            raise SendingEnded(repr(self._publisher.fault))

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
            last_seq=self._spool.last_seq,
            dropped=self._spool.dropped + self._reader.given_up,
            dropped_ranges=self._spool.dropped_ranges(),
            receipts_overdue=self._publisher.receipts_are_overdue,
            disk_full=self._reader.disk_full,
            set_aside=self._spool.set_aside,
            clock=self._clock_status(),
            sensors={line.code: line.status(self._clock.monotonic_s()) for line in self._lines},
        )

    def _clock_status(self) -> ClockStatus:
        return ClockStatus(
            state="known" if self._reader.time_is_known else "unknown",
            held=self._spool.held,
            jumps=self._time.jumps,
            last_jump_ms=self._time.last_jump_ms,
        )


def _limits(settings: SpoolSettings) -> SpoolLimits:
    return SpoolLimits(settings.max_megabytes << 20, settings.max_age_days * _DAY_S)


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

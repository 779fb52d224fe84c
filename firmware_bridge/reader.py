"""The reading loop: all ports of the gateway in one thread, from frames to the spool.

A frame bears the time at which its bytes were there to be read: the clock is asked between the
poll and the read. Readings are committed in groups, at most 50 ms old.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Final

import structlog

from dust.wire import SensorStatus, WireReading, spooled_body
from firmware_bridge.errors import PortUnavailable
from firmware_bridge.framing import FrameStream
from firmware_bridge.port import SerialPort
from firmware_bridge.sampling import Sampler
from firmware_bridge.sensors import sensor_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from dust.clock import Clock
    from firmware_bridge.settings import SensorSettings
    from firmware_bridge.spool import Spool

_IDLE_POLL_S: Final = 0.2
_COMMIT_WITHIN_S: Final = 0.05
_COMMIT_READINGS: Final = 500
_REOPEN_AFTER_S: Final = 2.0
_SILENT_AFTER_S: Final = 30.0


class SensorLine:
    """One sensor on its port; told once when the port goes and once when it is back."""

    def __init__(self, settings: SensorSettings) -> None:
        self.code = settings.code
        self._path = settings.port
        self._model = sensor_model(settings.model)
        self._stream = FrameStream(self._model.frame_format)
        self._port: SerialPort | None = None
        self._reopen_at_s = 0.0
        self._lost = False
        self._last_frame_ms: int | None = None
        self._last_data_s = float("-inf")
        self._silent_after_s = max(_SILENT_AFTER_S, 3 * settings.sampling_interval_s)
        self.sampler = Sampler(
            settings.code, self._model, round(settings.sampling_interval_s * 1000)
        )

    def open_if_due(self, now_s: float) -> int | None:
        """Open the port if it is closed and due; returns its file descriptor when newly open."""
        if self._port is not None or now_s < self._reopen_at_s:
            return None
        try:
            self._port = SerialPort(self._path, self._model)
        except PortUnavailable as error:
            self._give_up(now_s, error)
            return None
        if self._lost:
            structlog.get_logger().info("port_is_back", sensor=self.code, port=self._path)
        self._lost = False
        return self._port.fileno()

    def read(self, instant_ms: int, now_s: float) -> list[WireReading] | None:
        """The readings closed by the bytes at hand; None where the port has gone."""
        if self._port is None:
            return None
        try:
            chunk = self._port.read()
        except PortUnavailable as error:
            self._give_up(now_s, error)
            return None
        return self._take(instant_ms, now_s, chunk)

    def status(self, now_s: float) -> SensorStatus:
        """How the sensor fares; `silent` when no data has come for a few sampling intervals."""
        counts = self._stream.counts
        state = "silent" if now_s - self._last_data_s > self._silent_after_s else "ok"
        return SensorStatus(
            state="port_lost" if self._port is None else state,
            frames=counts.frames,
            rejected_frames=counts.rejected_frames,
            discarded_bytes=counts.discarded_bytes,
            last_frame_ms=self._last_frame_ms,
        )

    def close(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    def _take(self, instant_ms: int, now_s: float, chunk: bytes) -> list[WireReading]:
        readings: list[WireReading] = []
        for frame in self._stream.feed(chunk):
            decoded = self._model.decode(frame)
            if self._model.is_data(decoded):
                readings += self.sampler.add(instant_ms, decoded)
                self._last_frame_ms, self._last_data_s = instant_ms, now_s
        return readings

    def _give_up(self, now_s: float, error: PortUnavailable) -> None:
        self.close()
        self._reopen_at_s = now_s + _REOPEN_AFTER_S
        if not self._lost:
            structlog.get_logger().warning("port_is_lost", sensor=self.code, reason=str(error))
        self._lost = True


class Reader:
    """Polls every line until it is told to stop."""

    def __init__(
        self,
        lines: list[SensorLine],
        spool: Spool,
        clock: Clock,
        on_stored: Callable[[], None],
        on_port_change: Callable[[], None],
    ) -> None:
        self._lines = lines
        self._spool = spool
        self._clock = clock
        self._on_stored = on_stored
        self._on_port_change = on_port_change
        self._poll = select.poll()
        self._by_descriptor: dict[int, SensorLine] = {}
        self._pending: list[bytes] = []
        self._pending_since_s = 0.0
        self.stopping = False

    def run(self) -> None:
        """Read until `stopping`, then close the open intervals and the ports."""
        while not self.stopping:
            self._open_lines()
            self._read_once()
        self._finish()

    def _open_lines(self) -> None:
        for line in self._lines:
            descriptor = line.open_if_due(self._clock.monotonic_s())
            if descriptor is not None:
                self._by_descriptor[descriptor] = line
                self._poll.register(descriptor, select.POLLIN)
                self._on_port_change()

    def _read_once(self) -> None:
        wait_s = _COMMIT_WITHIN_S if self._pending else _IDLE_POLL_S
        ready = self._poll.poll(wait_s * 1000)
        # Between poll and read: bytes that a replayed clock's hand has not passed yet are not read.
        instant_ms = self._clock.now_ms()
        for descriptor, _ in ready:
            self._read_line(descriptor, instant_ms)
        for line in self._lines:
            self._keep(line.sampler.close_due(instant_ms))
        self._commit_if_due()

    def _read_line(self, descriptor: int, instant_ms: int) -> None:
        line = self._by_descriptor[descriptor]
        readings = line.read(instant_ms, self._clock.monotonic_s())
        if readings is None:
            self._poll.unregister(descriptor)
            del self._by_descriptor[descriptor]
            self._on_port_change()
        else:
            self._keep(readings)

    def _keep(self, readings: list[WireReading]) -> None:
        if readings and not self._pending:
            self._pending_since_s = self._clock.monotonic_s()
        self._pending += [spooled_body(reading) for reading in readings]

    def _commit_if_due(self) -> None:
        if not self._pending:
            return
        age_s = self._clock.monotonic_s() - self._pending_since_s
        if age_s >= _COMMIT_WITHIN_S or len(self._pending) >= _COMMIT_READINGS:
            self._commit()

    def _commit(self) -> None:
        if self._pending:
            self._spool.put(self._pending)
            self._pending = []
            self._on_stored()

    def _finish(self) -> None:
        now_ms = self._clock.now_ms()
        for line in self._lines:
            self._keep(line.sampler.close(now_ms))
            line.close()
        self._commit()

"""One sensor on its port: bytes to readings, questions to bytes, and how the sensor fares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import structlog

from dust.readings import last_instant_ms
from dust.wire import SensorStatus, WireReading, spooled_body
from firmware_bridge.dialogue import dialogue_for
from firmware_bridge.errors import PortUnavailable
from firmware_bridge.framing import FrameStream
from firmware_bridge.port import SerialPort
from firmware_bridge.sampling import Sampler
from firmware_bridge.sensors import configured_model
from firmware_bridge.spool import Entry

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import Decoded
    from firmware_bridge.settings import SensorSettings
    from firmware_bridge.timekeeping import Moment

_REOPEN_AFTER_S: Final = 2.0
_SILENT_AFTER_S: Final = 30.0
_HOUR_S: Final = 3600.0
_OWN_AHEAD_MS: Final = 2 * 3_600_000
_QUICK_LOSS_S: Final = 10.0
_LONGEST_REOPEN_S: Final = 60.0
_TROUBLES: Final = frozenset({"silent", "stuck", "unanswered", "refused"})


class SensorLine:
    """What one sensor says and is told; each trouble is logged when it comes and when it goes."""

    def __init__(self, settings: SensorSettings, boot: str, last_own_ms: int | None) -> None:
        self.code = settings.code
        self._boot = boot
        self._path = settings.port
        self._interval_s = settings.sampling_interval_s
        self._stuck_after_s = settings.stuck_after_s
        # A port that returns may have kept its power: frames are given up only where this is asked.
        self._warms_up = settings.warm_up_s is not None
        self._zone = ZoneInfo(settings.time_zone)
        self._model = configured_model(settings)
        self._dialogue = dialogue_for(self._model, settings)
        self._stream = FrameStream(self._model.frame_format)
        self._sampler = Sampler(self.code, self._model, round(self._interval_s * 1000))
        self._silent_after_s = self._patience_s(settings)
        self._port: SerialPort | None = None
        self._reopen_at_s = 0.0
        self._reopen_after_s = _REOPEN_AFTER_S
        self._lost = False
        self._trouble: str | None = None
        self._opened_s = float("inf")
        self._last_frame_ms: int | None = None
        self._last_data_s = float("-inf")
        self._tripped = False
        self._own_time_is_wrong = False
        self._same: Decoded | None = None
        self._same_since_s = 0.0
        self.last_own_ms = last_own_ms
        """End of the last hour that an instrument with a clock of its own has told."""

    # --- The port ---------------------------------------------------------------------------------
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
        self._dialogue.opened(now_s, powered_up=self._lost and self._warms_up)
        self._lost, self._opened_s = False, now_s
        return self._port.fileno()

    def speak(self, moment: Moment, now_s: float) -> bool:
        """Write what is to be said now; False where the port has gone."""
        if self._port is None or now_s < self._dialogue.due_s(now_s):
            return True
        try:
            self._port.write(self._dialogue.say(now_s, self._interval_left_s(moment)))
        except PortUnavailable as error:
            self._give_up(now_s, error)
            return False
        return True

    def read(self, moment: Moment, now_s: float) -> list[Entry] | None:
        """What the bytes at hand complete; None where the port has gone."""
        if self._port is None:
            return None
        try:
            chunk = self._port.read()
        except PortUnavailable as error:
            self._give_up(now_s, error)
            return None
        return [
            entry
            for frame in self._stream.feed(chunk)
            for entry in self._take_frame(frame, moment, now_s)
        ]

    def close(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    # --- Readings ---------------------------------------------------------------------------------
    def close_due(self, moment: Moment) -> list[Entry]:
        """The reading whose interval is over."""
        return self._entries(self._sampler.close_due(moment.instant_ms), moment)

    def break_off(self, last: Moment) -> list[Entry]:
        """The open interval as far as it went, by the clock that was true until now."""
        return self._entries(self._sampler.break_off(), last)

    def finish(self, moment: Moment) -> list[Entry]:
        """The open interval when the bridge stops in the middle of it."""
        return self._entries(self._sampler.close(moment.instant_ms), moment)

    def _take_frame(self, frame: bytes, moment: Moment, now_s: float) -> list[Entry]:
        """A frame that our own code trips over costs itself, not the reading of all sensors."""
        try:
            return self._take(self._model.decode(frame), moment, now_s)
        except Exception:  # noqa: BLE001  (any fault of one model's decoder)
            self._stream.counts.rejected_frames += 1
            if not self._tripped:
                structlog.get_logger().exception(
                    "frame_not_read", sensor=self.code, hex=frame.hex()
                )
            self._tripped = True
            return []

    def _take(self, decoded: Decoded, moment: Moment, now_s: float) -> list[Entry]:
        if not self._dialogue.hear(decoded, now_s):
            return []
        if self._last_data_s < 0:
            structlog.get_logger().info("sensor_is_heard", sensor=self.code, port=self._path)
        self._last_frame_ms = moment.instant_ms if moment.known else None
        self._last_data_s = now_s
        if decoded != self._same:
            self._same, self._same_since_s = decoded, now_s
        if self._model.own_time is not None:
            return self._take_own(decoded, moment)
        return self._entries(self._sampler.add(moment.instant_ms, decoded), moment)

    def _take_own(self, decoded: Decoded, moment: Moment) -> list[Entry]:
        """A record that bears its own hour: dated by that, and never taken twice."""
        end_ms = self._model.own_time(decoded, self._zone) if self._model.own_time else None
        latest_ms = moment.instant_ms + _OWN_AHEAD_MS if moment.known else None
        if end_ms is None or self._is_ahead(end_ms, latest_ms):
            return []
        if self._is_taken(end_ms, latest_ms):
            return []
        self.last_own_ms = end_ms
        alone = Sampler(self.code, self._model, 0)
        readings = alone.add(last_instant_ms(end_ms), decoded)
        return [self._entry(reading, reading.t, moment) for reading in readings]

    def _is_taken(self, end_ms: int, latest_ms: int | None) -> bool:
        """Whether this hour, or a later one, was taken; a mark from the future is no mark."""
        taken_ms = self.last_own_ms
        if taken_ms is None or (latest_ms is not None and taken_ms > latest_ms):
            return False
        return end_ms <= taken_ms

    def _is_ahead(self, end_ms: int, latest_ms: int | None) -> bool:
        """A record from the future is a wrong clock or a flipped bit: the line has no check sum."""
        is_ahead = latest_ms is not None and end_ms > latest_ms
        if is_ahead and not self._own_time_is_wrong:
            structlog.get_logger().warning(
                "record_is_ahead", sensor=self.code, end_ms=end_ms, latest_ms=latest_ms
            )
        self._own_time_is_wrong = is_ahead
        return is_ahead

    def _entries(self, readings: list[WireReading], moment: Moment) -> list[Entry]:
        return [self._entry(r, r.t if moment.known else None, moment) for r in readings]

    def _entry(self, reading: WireReading, t_ms: int | None, moment: Moment) -> Entry:
        since_boot_ms = reading.t - moment.ahead_ms if t_ms is not None else reading.t
        return Entry(spooled_body(reading), t_ms, self._boot, since_boot_ms)

    # --- How it fares -----------------------------------------------------------------------------
    def watch(self, now_s: float) -> bool:
        """Log a trouble that is new, or over; whether there was such a change."""
        state = self._state(now_s)
        if state == "port_lost" or (state == "silent" and self._is_young(now_s)):
            return False
        trouble = state if state in _TROUBLES else None
        if trouble == self._trouble:
            return False
        log = structlog.get_logger().bind(sensor=self.code)
        if trouble is None:
            log.info("sensor_is_well", was=self._trouble)
        else:
            log.warning("sensor_in_trouble", trouble=trouble, was=self._trouble)
        self._trouble = trouble
        return True

    def status(self, now_s: float) -> SensorStatus:
        """How the sensor fares; `silent` when no data has come for a few sampling intervals."""
        frames, said = self._stream.counts, self._dialogue.counts
        return SensorStatus(
            state=self._state(now_s),
            frames=frames.frames,
            rejected_frames=frames.rejected_frames,
            discarded_bytes=frames.discarded_bytes,
            last_frame_ms=self._last_frame_ms,
            warming_frames=said.warming_frames,
            asked=said.asked,
            answered=said.answered,
            settings_written=said.settings_written,
        )

    def _state(self, now_s: float) -> str:
        if self._port is None:
            return "port_lost"
        said = self._dialogue.state(now_s)
        if said in _TROUBLES:
            return said
        if now_s - self._last_data_s > self._silent_after_s:
            return said if said != "ok" and self._is_young(now_s) else "silent"
        return "stuck" if said == "ok" and self._is_stuck() else said

    def _is_stuck(self) -> bool:
        """The very same frames for long; hours repeat themselves, and so does calm air."""
        if self._model.own_time is not None or (self._same or {}).get("wind_mps") == 0:
            return False
        return self._last_data_s - self._same_since_s > self._stuck_after_s

    def _is_young(self, now_s: float) -> bool:
        return now_s - self._opened_s <= self._silent_after_s

    def _patience_s(self, settings: SensorSettings) -> float:
        every_s = _HOUR_S if self._model.own_time is not None else settings.sampling_interval_s
        return max(_SILENT_AFTER_S, 3 * every_s, 3 * (settings.poll_s or 0))

    def _interval_left_s(self, moment: Moment) -> float:
        interval_ms = round(self._interval_s * 1000)
        return (interval_ms - moment.instant_ms % interval_ms) / 1000 if interval_ms else 0.0

    def _give_up(self, now_s: float, error: PortUnavailable) -> None:
        self.close()
        # A port that breaks as soon as it is open is left alone for longer each time.
        was_quick = 0 <= now_s - self._opened_s <= _QUICK_LOSS_S
        longer_s = min(2 * self._reopen_after_s, _LONGEST_REOPEN_S)
        self._reopen_after_s = longer_s if was_quick else _REOPEN_AFTER_S
        self._reopen_at_s, self._opened_s = now_s + self._reopen_after_s, float("inf")
        if not self._lost:
            structlog.get_logger().warning("port_is_lost", sensor=self.code, reason=str(error))
        self._lost = True

"""Whose message it is: the mapping's entry as a decoder sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dust.errors import BadInput
from ingest.foreign.local_time import check_time, is_never_set, local_ms
from ingest.foreign.message import Fault, ForeignMessage, Heard, Ignored
from ingest.foreign.sensor_codes import sensor_code
from ingest.rejection import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from dust.wire import WireReading
    from ingest.foreign.draft import Draft


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the mapping.

    `fields` leads from the device's word to our field, or to `x.<name>`; `units` names the unit of
    a word where it is not ours; `sensors` names the sensors of devices that have another code than
    `<prefix>-<device>`.
    """

    format: str
    prefix: str
    time_zone: ZoneInfo | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    sensors: Mapping[str, str] = field(default_factory=dict)
    ahead_ms: int = 600_000

    def message(self, *readings: WireReading) -> ForeignMessage:
        """One with these readings; the gateway of a foreign device is its format."""
        return ForeignMessage(self.format, readings=list(readings))

    def owns(self, device: str | None, code: str) -> bool:
        """Whether a sensor is the device's; where no device is named, one of this format's."""
        if device:
            return code == self.sensor(device)
        return code in self.sensors.values() or code.startswith(f"{self.prefix}-")

    def sensor(self, device: str | None) -> str:
        """The code of the device's sensor; raises `Fault` where there is no name."""
        if not device:
            raise Fault(Reason.MALFORMED, "device", device, "a name of the device in its topic")
        return self.sensors.get(device) or sensor_code(self.prefix, device)

    def put(
        self, draft: Draft, word: str, raw: object, none: tuple[float, ...] = (), unit: str = ""
    ) -> bool:
        """Put what the device calls `word` where `fields` says; False where it says nothing."""
        target = self.fields.get(word)
        if target is None:
            return False
        if target.startswith("x."):
            draft.keep(target.removeprefix("x."), raw, none)
            return True
        try:
            draft.put(target, word, raw, self.units.get(word) or unit or None, none)
        except BadInput as error:
            raise Fault(Reason.MALFORMED, word, error.value, error.allowed) from None
        return True

    def own_ms(self, message: ForeignMessage, heard: Heard, name: str, text: object) -> int:
        """The instant that the payload says; that of arrival where its clock was never set."""
        instant_ms = local_ms(name, text, self.time_zone, heard.arrived_ms)
        if is_never_set(instant_ms):
            return arrival_ms(message, heard)
        return self.checked_ms(name, instant_ms, heard)

    def checked_ms(self, name: str, instant_ms: int, heard: Heard) -> int:
        """`instant_ms` where a reading may have it; raises `Fault`."""
        return check_time(name, instant_ms, heard.arrived_ms + self.ahead_ms)

    def finish(
        self,
        message: ForeignMessage,
        heard: Heard,
        draft: Draft,
        instant_ms: int | None = None,
        seq: int = 0,
    ) -> ForeignMessage:
        """Make the draft the message's reading, dated by arrival where no instant is given."""
        code = self.sensor(heard.device)
        told_ms = arrival_ms(message, heard) if instant_ms is None else instant_ms
        add(message, heard, draft.reading(code, told_ms, seq), draft)
        return message


def arrival_ms(message: ForeignMessage, heard: Heard) -> int:
    """The instant of arrival, and a note that it was used."""
    message.uses_arrival = True
    return heard.arrived_ms


def add(message: ForeignMessage, heard: Heard, reading: WireReading | None, draft: Draft) -> None:
    """Add a reading, or the reason why there is none."""
    if reading is not None and not (heard.retain and message.uses_arrival):
        message.readings.append(reading)
    elif reading is not None:
        message.ignored.append(Ignored.RETAINED)
    elif draft.left_out:
        name, value = next(iter(draft.left_out.items()))
        raise Fault(Reason.MALFORMED, name, value, "a number that such a quantity can have")
    else:
        message.ignored.append(Ignored.NO_VALUE if draft.says_none else Ignored.NO_MEASURES)

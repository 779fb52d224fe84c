"""AirGradient's JSON, over MQTT on `airgradient/readings/<serial>`: firmware 3 of ONE and Open Air.

`pm02` is PM2.5. What counts here are the raw atmospheric values (`pm01 pm02 pm10 atmp rhum`),
because corrections are made by this system and kept apart; what the device has corrected goes to
`x`. Of a device with two sensors the top level has the mean, `channels` each of them
(github.com/airgradienthq/arduino, src/AgValue.cpp, read 2026). No time: dated by arrival.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ingest.foreign.draft import Draft
from ingest.foreign.json_text import object_of
from ingest.foreign.measured_values import number_of
from ingest.foreign.message import Fault, ForeignMessage, Heard, Ignored
from ingest.rejection import Reason

if TYPE_CHECKING:
    from ingest.foreign.device import Source

_FIELDS: Final = {"pm01": "pm1", "pm02": "pm25", "pm10": "pm10", "atmp": "t_c", "rhum": "rh"}
_NONE: Final = {"atmp": (-1000.0,)}
_MINUS_ONE: Final = (-1.0,)
"""How older firmware says none, of every other quantity (src/Main/utils.cpp)."""
_EXTRAS: Final = {
    "pm01Standard": "pm1_cf1",
    "pm02Standard": "pm25_cf1",
    "pm10Standard": "pm10_cf1",
    "pm02Compensated": "pm25_compensated",
    "atmpCompensated": "t_c_compensated",
    "rhumCompensated": "rh_compensated",
    "pm003Count": "n03_per_dl",
    "pm005Count": "n05_per_dl",
    "pm01Count": "n10_per_dl",
    "pm02Count": "n25_per_dl",
    "pm50Count": "n50_per_dl",
    "pm10Count": "n100_per_dl",
    "rco2": "co2_ppm",
    "tvocIndex": "voc_index",
    "noxIndex": "nox_index",
    "wifi": "rssi_dbm",
}
_CHANNELS: Final = (("1", "a"), ("2", "b"))
_ABSENT: Final = object()


def decode(source: Source, heard: Heard) -> ForeignMessage:
    """One reading; none right after the device's start, when every quantity is missing."""
    message, content = source.message(), object_of(heard.payload)
    serial = content.get("serialno")
    if heard.device is None and isinstance(serial, str):
        heard = heard._replace(device=serial)
    elif isinstance(serial, str) and serial != heard.device:
        raise Fault(Reason.GATEWAY_MISMATCH, "serialno", serial, f"the topic's: {heard.device}")
    draft, channels = Draft(), _channels(content)
    for word, field in _FIELDS.items():
        if (raw := _whole(word, content, channels)) is not _ABSENT:
            draft.put(field, word, raw, none=_NONE.get(word, _MINUS_ONE))
    if not draft.values and not draft.says_none:
        message.ignored.append(Ignored.NO_MEASURES)
        return message
    for word, name in _EXTRAS.items():
        draft.keep(name, content.get(word), () if word == "wifi" else _MINUS_ONE)
    for (_, letter), channel in zip(_CHANNELS, channels, strict=True):
        draft.keep(f"pm25_{letter}", channel.get("pm02"), _MINUS_ONE)
        draft.keep(f"pm10_{letter}", channel.get("pm10"), _MINUS_ONE)
    return source.finish(message, heard, draft)


def _channels(content: dict[str, Any]) -> list[dict[str, Any]]:
    channels = content.get("channels")
    known = channels if isinstance(channels, dict) else {}
    each = (known.get(number) for number, _ in _CHANNELS)
    return [channel if isinstance(channel, dict) else {} for channel in each]


def _whole(word: str, content: dict[str, Any], channels: list[dict[str, Any]]) -> object:
    """The quantity of the whole device; the mean where old firmware has it of its channels."""
    if word in content:
        return content[word]
    told = [channel[word] for channel in channels if word in channel]
    try:
        values = [number_of(word, raw) for raw in told]
    except Fault:
        return told[0] if len(told) == 1 else "two channels, of which one cannot be read"
    none = _NONE.get(word, _MINUS_ONE)
    present = [value for value in values if value is not None and value not in none]
    if present:
        return sum(present) / len(present)
    return None if told else _ABSENT

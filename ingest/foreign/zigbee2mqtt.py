"""Zigbee2MQTT on `zigbee2mqtt/<friendly name>`: a JSON object of all that the device last said.

A friendly name may have any letters, and slashes. `last_seen` is the time, where the bridge is
told to add it; without it a message is dated by arrival and a retained one is not stored. A state
repeats what the device said earlier, so that a message about warmth has the old dust in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ingest.foreign.draft import Draft
from ingest.foreign.json_text import json_of
from ingest.foreign.local_time import is_never_set
from ingest.foreign.message import ForeignMessage, Heard, Ignored

if TYPE_CHECKING:
    from ingest.foreign.device import Source

FIELDS: Final = {
    "pm1": "pm1",
    "pm25": "pm25",
    "pm10": "pm10",
    "temperature": "t_c",
    "humidity": "rh",
    "pressure": "p_hpa",
    "co2": "x.co2_ppm",
    "voc": "x.voc",
    "voc_index": "x.voc_index",
    "formaldehyd": "x.hcho",
    "battery": "x.battery_pct",
    "linkquality": "x.link_quality",
}
_NONE: Final = (65535.0,)
"""A 16-bit field with no value: IKEA's air purifiers say so while their fan is off
(github.com/Koenkk/zigbee-herdsman-converters#3338)."""
_NOT_A_STATE: Final = frozenset({"availability", "set", "get"})
_LATEST_S: Final = 10**11  # smaller numbers are seconds, and those of no bridge


def decode(source: Source, heard: Heard) -> ForeignMessage:
    """A reading of the device's state; nothing for the bridge's own topics."""
    message = source.message()
    name = (heard.device or "").split("/")
    if name[0] == "bridge" or (len(name) > 1 and name[-1] in _NOT_A_STATE) or not heard.payload:
        message.ignored.append(Ignored.NOT_A_STATE)
        return message
    content = json_of(heard.payload)
    if not isinstance(content, dict):  # a state told attribute by attribute
        message.ignored.append(Ignored.NO_MEASURES)
        return message
    draft = Draft()
    for word, raw in content.items():
        source.put(draft, word, raw, _NONE)
    if draft.values or draft.left_out:
        return source.finish(message, heard, draft, _seen_ms(source, message, heard, content))
    message.ignored.append(Ignored.NO_VALUE if draft.says_none else Ignored.NO_MEASURES)
    return message


def _seen_ms(
    source: Source, message: ForeignMessage, heard: Heard, content: dict[str, Any]
) -> int | None:
    seen = content.get("last_seen")
    if seen is None:
        return None
    if isinstance(seen, int) and not isinstance(seen, bool) and seen > _LATEST_S:
        return source.checked_ms("last_seen", seen, heard)
    if isinstance(seen, int) and is_never_set(seen):
        return None
    return source.own_ms(message, heard, "last_seen", seen)

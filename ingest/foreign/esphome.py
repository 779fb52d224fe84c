"""ESPHome's state topics `<prefix>/sensor/<object>/state`: plain text, one quantity a message.

No time, and retained by default: the broker's copy after a new subscription is old and not stored.
The unit is not in the message but in the device's own configuration; the mapping names it where it
is not ours. Each quantity is a reading of its own, numbered by its field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.foreign.draft import ORDINALS, Draft
from ingest.foreign.message import ForeignMessage, Heard, Ignored

if TYPE_CHECKING:
    from ingest.foreign.device import Source

FIELDS: Final = {
    "pm_1_0": "pm1",
    "pm_1_0m": "pm1",
    "pm_2_5": "pm25",
    "pm_2_5m": "pm25",
    "pm_10_0": "pm10",
    "pm_10_0m": "pm10",
    "temperature": "t_c",
    "humidity": "rh",
    "pressure": "p_hpa",
}
"""What object ids become of the names that its documentation uses (`PM <2.5µm` is `pm_2_5m`)."""
_LONGEST: Final = 80


def decode(source: Source, heard: Heard) -> ForeignMessage:
    """A reading with one quantity, or the reason why there is none."""
    message, word = source.message(), heard.quantity or ""
    message.is_partial = True
    field = source.fields.get(word)
    if field not in ORDINALS:
        message.ignored.append(Ignored.NOT_MAPPED)
        return message
    draft = Draft()
    source.put(draft, word, heard.payload[:_LONGEST].decode("utf-8", "replace"))
    return source.finish(message, heard, draft, seq=ORDINALS[field])

"""SenML JSON (RFC 8428): records, resolved, and put together by device and instant.

A record's quantity is its name's last part (`urn:dev:mac:0024befffe804ff1:pm25`), led to our field
by the mapping; a name whose last part says nothing is the device's own, and a unit that only one
field can have (`%RH`, `Cel`) says what was measured. Masses come in `ug/m3` (RFC 8798) or `kg/m3`.
Times below 2^28 are relative to arrival. What is not mapped is not kept, positions (`lat`, `lon`)
among it.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ingest.foreign.device import add, arrival_ms
from ingest.foreign.draft import Draft
from ingest.foreign.json_text import json_of
from ingest.foreign.measured_values import number_of
from ingest.foreign.message import Fault, ForeignMessage, Heard, Ignored
from ingest.rejection import Reason, Rejection

if TYPE_CHECKING:
    from ingest.foreign.device import Source

FIELDS: Final = {
    "pm1": "pm1",
    "pm25": "pm25",
    "pm2.5": "pm25",
    "pm10": "pm10",
    "temperature": "t_c",
    "temp": "t_c",
    "humidity": "rh",
    "rh": "rh",
    "pressure": "p_hpa",
    "wind_speed": "wind_mps",
    "wind_direction": "wind_deg",
}
_OF_UNIT: Final = {"%RH": "rh", "Cel": "t_c", "K": "t_c", "Pa": "p_hpa", "hPa": "p_hpa"}
_VERSION: Final = 10  # RFC 8428, section 4.4
_RELATIVE_BELOW_S: Final = 2**28  # RFC 8428, section 4.5.3
_MOST_RECORDS: Final = 2000
_MOST_READINGS: Final = 500
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")  # RFC 8428, section 4.5.1
_LAST_PART: Final = re.compile(r"^(?P<device>.*?)[:/]?(?P<last>[^:/]+)$", re.DOTALL)


@dataclass(slots=True)
class _Base:
    """What holds for the records that follow."""

    name: str = ""
    time_s: float = 0.0
    unit: str | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class _Record:
    """A resolved record: all its names and times are its own."""

    name: str
    time_s: float
    unit: str | None
    value: object

    def alone(self) -> bytes:
        """A pack of this record, so that it can be replayed."""
        told = {"n": self.name, "t": self.time_s, "v": self.value}
        return json.dumps([told if self.unit is None else told | {"u": self.unit}]).encode()


def decode(source: Source, heard: Heard) -> ForeignMessage:
    """A reading for each device and instant; a record that is wrong costs its own reading only."""
    message, base = source.message(), _Base()
    drafts: dict[tuple[str, int], Draft] = {}
    spoiled: set[tuple[str, int]] = set()
    for item in _records(heard.payload):
        record = _resolved(item, base)
        if record is not None:
            _take(source, message, heard, record, (drafts, spoiled))
    n_rows = max(len(drafts), len(message.rejections))
    if n_rows > _MOST_READINGS:
        shown, allowed = f"{n_rows} readings", f"at most {_MOST_READINGS}"
        raise Fault(Reason.TOO_MANY_READINGS, "pack", shown, allowed)
    for key, draft in sorted(drafts.items()):
        if key not in spoiled:
            _finish(message, heard, key, draft)
    if not drafts and not message.rejections and not message.ignored:
        message.ignored.append(Ignored.NO_MEASURES)
    return message


def _take(
    source: Source,
    message: ForeignMessage,
    heard: Heard,
    record: _Record,
    made: tuple[dict[tuple[str, int], Draft], set[tuple[str, int]]],
) -> None:
    device, word = _parts(source, record)
    target = source.fields.get(word)
    if target is None or record.value is None:
        message.ignored.append(Ignored.NOT_MAPPED if target is None else Ignored.NO_MEASURES)
        return
    key: tuple[str, int] | None = None
    try:
        key = source.sensor(heard.device or device), _instant_ms(source, message, heard, record)
        draft = made[0].setdefault(key, Draft())
        source.put(draft, word, record.value, unit=record.unit or "")
    except Fault as fault:
        if key is not None:
            made[1].add(key)
        message.refuse(heard, fault, record.alone())


def _finish(message: ForeignMessage, heard: Heard, key: tuple[str, int], draft: Draft) -> None:
    try:
        add(message, heard, draft.reading(*key), draft)
    except Fault as fault:
        message.refuse(heard, fault)


def _parts(source: Source, record: _Record) -> tuple[str, str]:
    """The device and the word that `fields` knows."""
    if record.name in source.fields:
        return "", record.name
    found = _LAST_PART.match(record.name)
    if found and found["last"] in source.fields:
        return found["device"], found["last"]
    unit = record.unit or ""
    return record.name, next(
        (word for word, field in source.fields.items() if field == _OF_UNIT.get(unit)), unit
    )


def _instant_ms(source: Source, message: ForeignMessage, heard: Heard, record: _Record) -> int:
    if record.time_s < _RELATIVE_BELOW_S:
        made_ms = arrival_ms(message, heard) + round(record.time_s * 1000)
        return source.checked_ms("t", made_ms, heard)
    return source.checked_ms("t", round(record.time_s * 1000), heard)


def _records(payload: bytes) -> list[dict[str, Any]]:
    pack = json_of(payload)
    if not isinstance(pack, list) or not all(isinstance(item, dict) for item in pack):
        raise Fault(Reason.MALFORMED, "pack", Rejection.shown(payload), "an array of records")
    if len(pack) > _MOST_RECORDS:
        allowed = f"at most {_MOST_RECORDS} records"
        raise Fault(Reason.TOO_MANY_READINGS, "pack", f"{len(pack)} records", allowed)
    return pack


def _resolved(item: dict[str, Any], base: _Base) -> _Record | None:
    """The record with what holds for all; raises `Fault` where the whole pack cannot be read."""
    _check_labels(item)
    base.name = _text(item, "bn", base.name)
    base.unit = _text(item, "bu", base.unit or "") or None
    base.time_s = _number(item, "bt", base.time_s)
    if "bv" in item:
        base.value = _number(item, "bv", 0.0)
    own = item.get("v")
    if not {"n", "v", "vs", "vb", "vd", "s", "u", "t"} & item.keys():
        return None  # base values alone
    name = base.name + _text(item, "n", "")
    if not _NAME.fullmatch(name):
        raise Fault(Reason.MALFORMED, "n", name, "letters, digits and - : . / _, no sign first")
    value: object = own
    if base.value is not None and not {"vs", "vb", "vd"} & item.keys():
        value = base.value + (_number(item, "v", 0.0))
    unit = _text(item, "u", base.unit or "") or None
    return _Record(name, base.time_s + _number(item, "t", 0.0), unit, value)


def _check_labels(item: dict[str, Any]) -> None:
    version = item.get("bver", _VERSION)
    if not isinstance(version, int) or version > _VERSION:
        raise Fault(Reason.UNSUPPORTED_VERSION, "bver", version, f"at most {_VERSION}")
    must = next((label for label in item if label.endswith("_")), None)
    if must is not None:  # RFC 8428, section 4.4: not to be understood by half
        raise Fault(Reason.UNSUPPORTED_VERSION, must, item[must], "labels that this system knows")


def _text(item: dict[str, Any], label: str, default: str) -> str:
    value = item.get(label, default)
    if not isinstance(value, str):
        raise Fault(Reason.MALFORMED, label, value, "a text")
    return value


def _number(item: dict[str, Any], label: str, default: float) -> float:
    value = number_of(label, item.get(label, default))
    if value is None or math.fabs(value) > 2**53:
        raise Fault(Reason.MALFORMED, label, item.get(label), "a number below 2^53")
    return value

"""The devices file: which foreign formats are listened to, on which topics, and how they are read.

    [[foreign]]
    format = "tasmota"
    topic = "tele/+/SENSOR"
    time_zone = "Asia/Bangkok"
    sensors = { garden = "pms-v7" }

Everything that could mean two things is refused: overlapping topics, prefixes that shadow each
other, one code for two devices.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from dust.errors import BadInput
from dust.readings import VALUE_FIELDS
from dust.toml_file import FileModel, load_toml
from ingest.foreign.formats import FORMATS, Format
from ingest.foreign.sensor_codes import sensor_code, shadows
from ingest.foreign.topic_filters import Levels, levels_of, overlap, takes_in_own
from ingest.foreign.units import CONVERSIONS

if TYPE_CHECKING:
    from pathlib import Path

_EXTRA: Final = r"x\.[a-z][a-z0-9_]{0,30}"
_SPECIAL: Final = {"fields": "fields", "units": "fields", "time_zone": "is_local_time"}


def _a_known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("a time zone name such as Asia/Bangkok") from None
    return name


Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=24)]
Target = Annotated[str, StringConstraints(pattern=rf"^({'|'.join(VALUE_FIELDS)}|{_EXTRA})$")]
Zone = Annotated[str, AfterValidator(_a_known_zone)]


class ForeignEntry(FileModel):
    """One format on one topic.

    `device` is the device's name where the topic has no wildcard for it; `prefix` begins the codes
    of its sensors, by default the format's name.
    """

    format: Literal["airgradient", "tasmota", "esphome", "zigbee2mqtt", "senml", "sensor-community"]
    topic: str | None = None
    device: Word | None = None
    prefix: Prefix | None = None
    time_zone: Zone | None = None
    fields: dict[Word, Target] = Field(default_factory=dict)
    units: dict[Word, Word] = Field(default_factory=dict)
    sensors: dict[Word, Code] = Field(default_factory=dict)

    @property
    def kind(self) -> Format:
        return FORMATS[self.format]

    @property
    def code_prefix(self) -> str:
        return self.prefix or self.format

    @property
    def filter(self) -> str:
        """The topic filter; that of the format where none is given."""
        return self.topic or self.kind.topic or ""

    @property
    def levels(self) -> Levels:
        return levels_of("topic", self.filter)

    def fields_in_use(self) -> dict[str, str]:
        return {**self.kind.fields, **self.fields}


class ForeignFile(FileModel):
    """A whole devices file."""

    foreign: list[ForeignEntry] = Field(default_factory=list, max_length=100)

    def entries(self) -> list[ForeignEntry]:
        """Those of the file, and pushes over HTTP where it does not name them."""
        if any(entry.kind.is_pushed for entry in self.foreign):
            return self.foreign
        return [*self.foreign, ForeignEntry(format="sensor-community")]

    @model_validator(mode="after")
    def _each_entry_is_sound(self) -> Self:
        for index, entry in enumerate(self.foreign):
            _check_topic(f"foreign.{index}", entry)
            _check_words(f"foreign.{index}", entry)
        return self

    @model_validator(mode="after")
    def _nothing_means_two_things(self) -> Self:
        for (first, one), (second, other) in combinations(enumerate(self.entries()), 2):
            if overlap(one.levels, other.levels):
                allowed = f"a topic that foreign.{first} ({one.filter}) does not take in"
                raise BadInput(f"foreign.{second}.topic", other.filter, allowed)
            if shadows(one.code_prefix, other.code_prefix):
                allowed = f"a prefix that does not begin like foreign.{first}'s ({one.code_prefix})"
                raise BadInput(f"foreign.{second}.prefix", other.code_prefix, allowed)
        self._check_codes()
        return self

    def _check_codes(self) -> None:
        """A sensor has one device: its code is nobody else's, by name or by default."""
        taken = dict[str, str]()
        for index, entry in enumerate(self.foreign):
            for device, code in entry.sensors.items():
                field = f"foreign.{index}.sensors.{device}"
                if code in taken:
                    raise BadInput(field, code, f"another code than that of {taken[code]}")
                taken[code] = field
                own = sensor_code(entry.code_prefix, device)
                for other in self.entries():
                    if code.startswith(f"{other.code_prefix}-") and code != own:
                        allowed = f"a code that does not begin with {other.code_prefix}-"
                        raise BadInput(field, code, f"{allowed}: a device may have it by default")


def load_mapping(path: Path) -> ForeignFile:
    """Read and check a devices file; a `BadFile` says which entry is wrong and what is allowed."""
    return load_toml(path, ForeignFile)


def _check_topic(place: str, entry: ForeignEntry) -> None:
    kind, field = entry.kind, f"{place}.topic"
    if not entry.filter:
        raise BadInput(field, None, f"the topics of your {entry.format} devices: none is usual")
    if kind.is_pushed and entry.filter != kind.topic:
        raise BadInput(field, entry.topic, f"{kind.topic}: the API publishes pushes there")
    levels = levels_of(field, entry.filter)
    if not kind.is_pushed and takes_in_own(levels):
        raise BadInput(
            field, entry.filter, "a filter that takes in nothing below dust/v1, dust/push"
        )
    _check_wildcards(place, entry, levels)


def _check_wildcards(place: str, entry: ForeignEntry, levels: Levels) -> None:
    ending = entry.kind.ending
    if ending and levels[-len(ending) :] != ending:
        allowed = f"a filter that ends in {'/'.join(ending)}"
        raise BadInput(f"{place}.topic", entry.filter, allowed)
    before = levels[: len(levels) - len(ending)]
    wild = sum(level in {"+", "#"} for level in before)
    if wild > 1 or (ending and "#" in before):
        allowed = "one wildcard, where the device's name stands"
        raise BadInput(f"{place}.topic", entry.filter, allowed)
    if wild and entry.device is not None:
        allowed = "no device where the topic has a wildcard for it"
        raise BadInput(f"{place}.device", entry.device, allowed)
    if not wild and entry.device is None and not entry.kind.names_its_device:
        allowed = "the device's name, or a topic with + in its place"
        raise BadInput(f"{place}.device", None, allowed)


def _check_words(place: str, entry: ForeignEntry) -> None:
    for key, needed in _SPECIAL.items():
        value = getattr(entry, key)
        has = bool(getattr(entry.kind, needed))
        if value and not has:
            raise BadInput(f"{place}.{key}", value, f"nothing: {entry.format} does not need it")
    for word, target in entry.fields.items():
        if entry.kind.ending and target not in VALUE_FIELDS:
            allowed = "one of " + ", ".join(VALUE_FIELDS) + ": a message has one quantity"
            raise BadInput(f"{place}.fields.{word}", target, allowed)
    if entry.kind.is_local_time and entry.time_zone is None:
        allowed = "the zone that the devices' clocks show, such as Asia/Bangkok"
        raise BadInput(f"{place}.time_zone", None, allowed)
    fields = entry.fields_in_use()
    for word, unit in entry.units.items():
        known = CONVERSIONS.get(fields.get(word, ""), {})
        if unit not in known:
            allowed = (
                ", ".join(known) or "a unit of a word in `fields` that leads to a field of ours"
            )
            raise BadInput(f"{place}.units.{word}", unit, allowed)

"""`dust bridge --check`: everything that is wrong or doubtful in a gateway's configuration at once.

An error is true on every machine. A doubt is about this one (a port that is not plugged in, a
folder that this user may not write to) and may be in order where the file is going to.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic import ValidationError

from dust.claims import claims_table
from dust.errors import BadFile, BadInput
from dust.toml_file import TomlFile
from firmware_bridge.dialogue import dialogue_for
from firmware_bridge.errors import PortUnavailable
from firmware_bridge.ports import BY_SERIAL, PERMISSION_CURE, resolve, serial_ports
from firmware_bridge.sensors import configured_model, sensor_models
from firmware_bridge.settings import BridgeSettings, SensorSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dust.toml_file import FieldPath

_NEEDED: Final = {"sampling_interval_s": 3600.0, "inlet": "pm25"}
"""What satisfies a model that refuses the default of an option."""

_CHANGING_NAME: Final = re.compile(r"/dev/tty(USB|ACM)\d+")


class Doubt(NamedTuple):
    """Something that will not work on this machine as it is now."""

    path: str
    line: int | None
    field: str
    value: str
    why: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: warning: {self.field} = {self.value!r} {self.why}"


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found in a file; `settings` is there where nothing is wrong."""

    errors: list[BadFile]
    doubts: list[Doubt]
    settings: BridgeSettings | None


def examine(path: Path, environment: Mapping[str, str]) -> Examination:
    """Look at the whole file; `environment` is only asked which settings it has told."""
    try:
        file = TomlFile(path)
    except BadFile as error:
        return Examination([error], [], None)
    errors = [*_of_the_shape(file, environment), *_told_twice(file), *_of_the_sensors(file)]
    settings = None if errors else file.into(BridgeSettings)
    return Examination(
        sorted(errors, key=lambda error: error.line or 0), list(_doubts(file)), settings
    )


# --- What is wrong everywhere ---------------------------------------------------------------------
def _of_the_shape(file: TomlFile, environment: Mapping[str, str]) -> Iterator[BadFile]:
    """What the settings refuse, but for what `_told_twice` tells better."""
    for error in file.problems(BridgeSettings):
        variable = "DUST_" + error.field.upper().replace(".", "__")
        if variable in environment:
            allowed = f"{error.allowed} (told by {variable})"
            yield BadFile(file.path, error.field, error.value, allowed)
        elif error.field not in ("sensors.code", "sensors.port"):
            yield error


def _told_twice(file: TomlFile) -> Iterator[BadFile]:
    for field in ("code", "port"):
        first: dict[object, int] = {}
        for index, entry in _entries(file):
            value = entry.get(field)
            if isinstance(value, str) and first.setdefault(value, index) != index:
                line = file.line_of(("sensors", first[value], field))
                allowed = f"each {field} once: it stands in line {line} too"
                yield _refused(file, index, (field,), value, allowed)


def _of_the_sensors(file: TomlFile) -> Iterator[BadFile]:
    for index, entry in _entries(file):
        model = entry.get("model")
        if isinstance(model, str) and model not in sensor_models():
            yield _refused(file, index, ("model",), model, _models_near(model))
            continue
        try:
            settings = SensorSettings.model_validate(entry)
        except (ValidationError, BadInput):
            continue  # told already
        yield from _of_the_options(file, index, settings)


def _of_the_options(file: TomlFile, index: int, settings: SensorSettings) -> Iterator[BadFile]:
    """Options are refused one at a time: each that was is cured, and the rest looked at."""
    cured: set[str] = set()
    while (error := _refusal(settings)) is not None:
        option = _option(error.field, settings.code)
        name = option[0]
        if name in cured:
            return
        yield _refused(file, index, option, error.value, error.allowed)
        if name not in SensorSettings.model_fields:
            return
        cured.add(name)
        settings = settings.model_copy(update={name: _cure(name, getattr(settings, name))})


def _cure(name: str, refused: object) -> object:
    default = SensorSettings.model_fields[name].get_default()
    return default if refused not in (default, None) else _NEEDED.get(name, default)


def _refusal(settings: SensorSettings) -> BadInput | None:
    try:
        dialogue_for(configured_model(settings), settings)
    except BadInput as error:
        return error
    return None


def _option(field: str, code: str) -> tuple[str, ...]:
    """`sensors.pms-1.modbus.count` -> modbus, count; a code may hold dots."""
    return tuple(field.removeprefix("sensors.").removeprefix(f"{code}.").split("."))


def _refused(
    file: TomlFile, index: int, option: tuple[str, ...], value: object, allowed: str
) -> BadFile:
    inner: FieldPath = tuple(int(part) if part.isdecimal() else part for part in option)
    error = BadInput(".".join(("sensors", str(index), *option)), value, allowed)
    return file.bad_at(("sensors", index, *inner), error)


def _models_near(written: str) -> str:
    """What the writer may have meant: people write what stands on the label."""
    labels = {model: model for model in sensor_models()}
    for model, claims in claims_table().models.items():
        if model in sensor_models():
            labels |= {label.strip().lower(): model for label in claims.name.split("/")}
    near = get_close_matches(written.lower().replace("_", "-"), labels, n=4, cutoff=0.7)
    if near:
        return " or ".join(dict.fromkeys(labels[label] for label in near))
    return "one of " + ", ".join(sensor_models())


def _entries(file: TomlFile) -> Iterator[tuple[int, dict[str, Any]]]:
    sensors = file.content.get("sensors")
    for index, entry in enumerate(sensors if isinstance(sensors, list) else []):
        if isinstance(entry, dict):
            yield index, entry


# --- What is doubtful here ------------------------------------------------------------------------
def _doubts(file: TomlFile) -> Iterator[Doubt]:
    first: dict[str, int] = {}
    for index, entry in _entries(file):
        port = entry.get("port")
        if isinstance(port, str):
            field: FieldPath = ("sensors", index, "port")
            for why in _of_the_port(port, index, first):
                yield _doubt(file, field, port, why)
    yield from _of_the_spool(file)
    yield from _of_the_broker(file)


def _of_the_port(port: str, index: int, first: dict[str, int]) -> Iterator[str]:
    try:
        path = resolve(port)
    except PortUnavailable as error:
        yield f"is not here now ({str(error).removeprefix(f'port {port}: ')})"
        return
    if not Path(path).exists():
        yield "is not here now: `dust bridge --list-ports` shows what is"
        return
    real = os.path.realpath(path)
    if first.setdefault(real, index) != index:
        yield f"is the port of sensors.{first[real]} by another name: two sensors cannot share one"
    if not os.access(path, os.R_OK | os.W_OK):
        yield f"is closed to this user: {PERMISSION_CURE}"
    if _CHANGING_NAME.fullmatch(port):
        yield f"may be another port after a restart: write {_lasting(port)}"


def _lasting(port: str) -> str:
    names = {there.path: there.write for there in serial_ports()}
    return names.get(port, f"its name under /dev/serial/by-id, or {BY_SERIAL}NUMBER")


def _of_the_spool(file: TomlFile) -> Iterator[Doubt]:
    told = file.content.get("spool", BridgeSettings.model_fields["spool"].default)
    if not isinstance(told, str | Path):
        return
    spool = Path(told)
    if not spool.parent.is_dir():
        yield _doubt(file, ("spool",), str(spool), "lies in a folder that is not here")
    elif not os.access(spool if spool.exists() else spool.parent, os.W_OK):
        yield _doubt(file, ("spool",), str(spool), "cannot be written by this user")


def _of_the_broker(file: TomlFile) -> Iterator[Doubt]:
    broker = file.content.get("mqtt")
    told = broker.get("ca_file") if isinstance(broker, dict) else None
    if isinstance(told, str) and not Path(told).is_file():
        yield _doubt(
            file, ("mqtt", "ca_file"), told, "is not here: without it no connection is made"
        )


def _doubt(file: TomlFile, field: FieldPath, value: str, why: str) -> Doubt:
    name = ".".join(str(part) for part in field)
    return Doubt(str(file.path), file.line_of(field), name, value, why)

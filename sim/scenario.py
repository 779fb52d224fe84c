"""A scenario: which sensors there are and what each of them sends (a TOML file)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dust.errors import BadFile
from sim.recordings import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

SCENARIOS = Path(__file__).parent / "scenarios"
MODELS = ("pms5003", "sds011")
SIGNALS = ("recorded", "captured")

_HOUR_S = 3600
_COMMON_FIELDS = ("id", "model", "signal")
_RECORDED_FIELDS = ("column", "gain", "pm10_ratio", "noise_every")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class SensorPlan:
    """What one sensor is and sends; the later fields matter to a recorded signal only."""

    id: str
    model: str
    signal: str
    column: str = ""
    gain: float = 1.0
    pm10_ratio: float = 1.3
    noise_every: int = 0


@dataclass(frozen=True, slots=True)
class Scenario:
    """The sensors, the gateways' sampling interval, and the seed of all that is random."""

    sampling_interval_s: int
    seed: int
    sensors: tuple[SensorPlan, ...]


def read_scenario(name_or_path: str) -> Scenario:
    """Reads a scenario by its name among those shipped, or by its path.

    Raises:
        BadFile: Something in it is not allowed; names the file, the field and what is allowed.
    """
    path = _path_of(name_or_path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(path, "scenario", str(error), "a file in valid TOML") from error
    return _scenario(_Table(path, "", document))


def _path_of(name_or_path: str) -> Path:
    shipped = SCENARIOS / f"{name_or_path}.toml"
    path = shipped if shipped.is_file() else Path(name_or_path)
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in SCENARIOS.glob("*.toml")))
        raise BadFile(path, "scenario", name_or_path, f"the path of a TOML file, or one of {names}")
    return path


class _Table:
    """One table of the file; reads its fields and refuses what is not allowed."""

    def __init__(self, path: Path, prefix: str, fields: dict[str, object]) -> None:
        self._path = path
        self._prefix = prefix
        self._fields = fields

    def refuse(self, field: str, allowed: str) -> BadFile:
        return BadFile(self._path, self._prefix + field, self._fields.get(field), allowed)

    def refuse_unknown(self, known: Sequence[str]) -> None:
        for field in self._fields:
            if field not in known:
                raise self.refuse(field, f"no such field here; known are {', '.join(known)}")

    def whole(self, field: str, lowest: int, highest: int, default: int | None = None) -> int:
        value = self._fields.get(field, default)
        if type(value) is not int or not lowest <= value <= highest:
            raise self.refuse(field, f"a whole number from {lowest} to {highest}")
        return value

    def number(self, field: str, lowest: float, highest: float, default: float) -> float:
        value = self._fields.get(field, default)
        if type(value) not in (int, float) or not lowest <= float(str(value)) <= highest:
            raise self.refuse(field, f"a number from {lowest} to {highest}")
        return float(str(value))

    def choice(self, field: str, choices: Sequence[str]) -> str:
        value = self._fields.get(field)
        if not isinstance(value, str) or value not in choices:
            raise self.refuse(field, f"one of {', '.join(choices)}")
        return value

    def name(self, field: str) -> str:
        value = self._fields.get(field)
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise self.refuse(field, "small letters, digits and hyphens, at most 63")
        return value

    def tables(self, field: str) -> list[_Table]:
        value = self._fields.get(field)
        if not isinstance(value, list) or not value or not all(isinstance(t, dict) for t in value):
            raise self.refuse(field, f"one or more tables [[{field}]]")
        return [
            _Table(self._path, f"{field}[{number}].", table)
            for number, table in enumerate(value, start=1)
        ]


def _scenario(table: _Table) -> Scenario:
    table.refuse_unknown(("sampling_interval_s", "seed", "sensors"))
    interval_s = table.whole("sampling_interval_s", 1, _HOUR_S)
    if _HOUR_S % interval_s:
        raise table.refuse("sampling_interval_s", f"a divisor of {_HOUR_S}")
    seed = table.whole("seed", 0, 2**63 - 1)
    return Scenario(interval_s, seed, _sensors(table.tables("sensors")))


def _sensors(tables: Sequence[_Table]) -> tuple[SensorPlan, ...]:
    plans: dict[str, SensorPlan] = {}
    for table in tables:
        plan = _sensor(table)
        if plan.id in plans:
            raise table.refuse("id", "an id that no other sensor has")
        plans[plan.id] = plan
    return tuple(plans.values())


def _sensor(table: _Table) -> SensorPlan:
    sensor_id = table.name("id")
    model = table.choice("model", MODELS)
    if table.choice("signal", SIGNALS) == "captured":
        table.refuse_unknown(_COMMON_FIELDS)
        return SensorPlan(sensor_id, model, "captured")
    table.refuse_unknown((*_COMMON_FIELDS, *_RECORDED_FIELDS))
    return SensorPlan(
        sensor_id,
        model,
        "recorded",
        column=table.choice("column", COLUMNS),
        gain=table.number("gain", 0.01, 50.0, default=1.0),
        pm10_ratio=table.number("pm10_ratio", 1.0, 20.0, default=1.3),
        noise_every=table.whole("noise_every", 0, 1_000_000, default=0),
    )

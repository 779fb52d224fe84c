"""A scenario: sky, stations, gateways, sensors and faults (a TOML file, docs/simulator.md)."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dust.errors import BadFile
from sim import frames
from sim.faults import CLOCK_FAULTS, KINDS, FaultPlan, may_befall
from sim.recordings import COLUMNS
from sim.scenario_table import Table
from sim.world.local_time import HOUR_MS
from sim.world.plans import (
    BlastPlan,
    BurningPlan,
    DiurnalPlan,
    PlacePlan,
    PlumePlan,
    SkyPlan,
    TruckPlan,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

SCENARIOS = Path(__file__).parent / "scenarios"
MODELS = ("pms5003", "sds011")  # of recorded and captured signals
SIGNALS = ("recorded", "captured", "synthetic")
LONE_GATEWAY = "sim-gateway"  # of a scenario that names none

_HOUR_S = 3600
_FIELDS = ("sampling_interval_s", "seed", "start", "hours", "sky")
_TABLES = ("stations", "gateways", "sensors", "faults")
_COMMON_FIELDS = ("id", "model", "signal", "gateway")
_RECORDED_FIELDS = ("column", "gain", "pm10_ratio", "noise_every")
_SYNTHETIC_FIELDS = ("station", "physics", "unit_id", "dirty_inlet_from_h")
_FAULT_FIELDS = ("kind", "sensors", "gateways")
_NEEDS = {"clock_skew": ("ppm",), "clock_jump": ("by_s",), "stuck_value": ("from_h", "to_h")}
_MOST_HOURS = 8784

Named = TypeVar("Named")


@dataclass(frozen=True, slots=True)
class SensorPlan:
    """What one sensor is and sends; the later fields matter to its kind of signal only."""

    id: str
    model: str
    signal: str
    column: str = ""
    gain: float = 1.0
    pm10_ratio: float = 1.3
    noise_every: int = 0
    gateway: str = LONE_GATEWAY
    station: str = ""
    physics: bool = True
    unit_id: int = 1
    dirty_inlet_from_h: float = math.inf


@dataclass(frozen=True, slots=True)
class Scenario:
    """The sensors, the gateways' sampling interval, the seed of all that is random, the world."""

    sampling_interval_s: int
    seed: int
    sensors: tuple[SensorPlan, ...]
    start_ms: int | None = None
    hours: int | None = None
    sky: SkyPlan = field(default_factory=SkyPlan)
    stations: tuple[PlacePlan, ...] = ()
    gateways: tuple[str, ...] = (LONE_GATEWAY,)
    faults: tuple[FaultPlan, ...] = ()


def read_scenario(name_or_path: str) -> Scenario:
    """Reads a scenario by its name among those shipped, or by its path.

    Raises:
        BadFile: Something in it is not allowed; names the file, the field and what is allowed.
    """
    path = path_of(name_or_path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(path, "scenario", str(error), "a file in valid TOML") from error
    return _scenario(Table(path, "", document))


def shipped() -> list[Path]:
    """The scenarios that come with the simulator."""
    return sorted(SCENARIOS.glob("*.toml"))


def path_of(name_or_path: str) -> Path:
    own = SCENARIOS / f"{name_or_path}.toml"
    path = own if own.is_file() else Path(name_or_path)
    if not path.is_file():
        names = ", ".join(file.stem for file in shipped())
        raise BadFile(path, "scenario", name_or_path, f"the path of a TOML file, or one of {names}")
    return path


def _scenario(table: Table) -> Scenario:
    table.refuse_unknown((*_FIELDS, *_TABLES))
    interval_s = table.whole("sampling_interval_s", 1, _HOUR_S)
    if _HOUR_S % interval_s:
        raise table.refuse("sampling_interval_s", f"a divisor of {_HOUR_S}")
    seed = table.whole("seed", 0, 2**63 - 1)
    gateways = _gateways(table)
    stations = _stations(table)
    sensors = _sensors(table.tables("sensors"), gateways, [station.id for station in stations])
    return Scenario(
        interval_s,
        seed,
        sensors,
        start_ms=_start_ms(table),
        hours=table.whole("hours", 1, _MOST_HOURS) if table.has("hours") else None,
        sky=_sky(table),
        stations=stations,
        gateways=gateways,
        faults=_faults(table, sensors, gateways),
    )


def _start_ms(table: Table) -> int | None:
    start_ms = table.instant_ms("start")
    if start_ms is not None and start_ms % HOUR_MS:
        raise table.refuse("start", "a whole hour")
    if start_ms is not None and not table.has("hours"):
        raise table.refuse("hours", "a whole number of hours, since start is given")
    return start_ms


def _sky(table: Table) -> SkyPlan:
    return SkyPlan(**table.table("sky").bounded(SkyPlan)) if table.has("sky") else SkyPlan()


def _gateways(table: Table) -> tuple[str, ...]:
    if not table.has("gateways"):
        return (LONE_GATEWAY,)
    ids: dict[str, None] = {}
    for gateway in table.tables("gateways"):
        gateway.refuse_unknown(("id",))
        _add(ids, gateway, gateway.name("id"), None)
    return tuple(ids)


def _stations(table: Table) -> tuple[PlacePlan, ...]:
    plans: dict[str, PlacePlan] = {}
    for station in table.tables("stations") if table.has("stations") else []:
        plan = _station(station)
        _add(plans, station, plan.id, plan)
    return tuple(plans.values())


def _station(table: Table) -> PlacePlan:
    table.refuse_unknown(("id", "diurnal", "plume", "blast", "trucks", "burning"))

    def source(field: str, kind: type[Named]) -> Named | None:
        return kind(**table.table(field).bounded(kind)) if table.has(field) else None

    return PlacePlan(
        table.name("id"),
        source("diurnal", DiurnalPlan) or DiurnalPlan(),
        source("plume", PlumePlan),
        source("blast", BlastPlan),
        source("trucks", TruckPlan),
        source("burning", BurningPlan),
    )


def _sensors(
    tables: Sequence[Table], gateways: Sequence[str], stations: Sequence[str]
) -> tuple[SensorPlan, ...]:
    plans: dict[str, SensorPlan] = {}
    for table in tables:
        plan = _sensor(table, gateways, stations)
        _add(plans, table, plan.id, plan)
    return tuple(plans.values())


def _sensor(table: Table, gateways: Sequence[str], stations: Sequence[str]) -> SensorPlan:
    if table.choice("signal", SIGNALS) == "synthetic":
        return _synthetic(table, gateways, stations)
    sensor_id = table.name("id")
    model = table.choice("model", MODELS)
    gateway = table.choice("gateway", gateways, default=gateways[0])
    if table.choice("signal", SIGNALS) == "captured":
        table.refuse_unknown(_COMMON_FIELDS)
        return SensorPlan(sensor_id, model, "captured", gateway=gateway)
    table.refuse_unknown((*_COMMON_FIELDS, *_RECORDED_FIELDS))
    return SensorPlan(
        sensor_id,
        model,
        "recorded",
        column=table.choice("column", COLUMNS),
        gain=table.number("gain", 0.01, 50.0, default=1.0),
        pm10_ratio=table.number("pm10_ratio", 1.0, 20.0, default=1.3),
        noise_every=table.whole("noise_every", 0, 1_000_000, default=0),
        gateway=gateway,
    )


def _synthetic(table: Table, gateways: Sequence[str], stations: Sequence[str]) -> SensorPlan:
    table.refuse_unknown((*_COMMON_FIELDS, *_SYNTHETIC_FIELDS))
    model = table.choice("model", frames.models())
    if table.has("dirty_inlet_from_h") and model != "sds011":
        raise table.refuse("dirty_inlet_from_h", f"a field of sds011 only, not of {model}")
    return SensorPlan(
        table.name("id"),
        model,
        "synthetic",
        gateway=table.choice("gateway", gateways, default=gateways[0]),
        station=table.choice("station", stations or ["a station in [[stations]]"]),
        physics=table.truth("physics", default=True),
        unit_id=_unit_id(table, model),
        dirty_inlet_from_h=table.number("dirty_inlet_from_h", 0.0, math.inf, default=math.inf),
    )


def _unit_id(table: Table, model: str) -> int:
    unit_id = table.whole("unit_id", 0, 0xFFFF, default=1)
    try:
        frames.encoder_of(model, unit_id)
    except ValueError as error:
        raise table.refuse("unit_id", f"what {model} can hold ({error})") from error
    return unit_id


def _faults(
    table: Table, sensors: Sequence[SensorPlan], gateways: Sequence[str]
) -> tuple[FaultPlan, ...]:
    plans = {sensor.id: sensor for sensor in sensors}
    tables = table.tables("faults") if table.has("faults") else []
    return tuple(_fault(fault, plans, gateways) for fault in tables)


def _fault(table: Table, plans: dict[str, SensorPlan], gateways: Sequence[str]) -> FaultPlan:
    kind = table.choice("kind", KINDS)
    numbers = table.bounded(FaultPlan, *_FAULT_FIELDS)
    for needed in _NEEDS.get(kind, ()):
        if not table.has(needed):
            raise table.refuse(needed, f"a number, which {kind} needs")
    plan = FaultPlan(
        kind, table.choices("sensors", list(plans)), table.choices("gateways", gateways), **numbers
    )
    if plan.to_h <= plan.from_h:
        raise table.refuse("to_h", f"more than from_h, which is {plan.from_h:g}")
    _refuse_wrong_aim(table, plan, plans)
    return plan


def _refuse_wrong_aim(table: Table, plan: FaultPlan, plans: dict[str, SensorPlan]) -> None:
    if plan.sensors and plan.kind in (*CLOCK_FAULTS, "network_outage"):
        raise table.refuse("sensors", f"no field of {plan.kind}, which befalls gateways")
    for sensor in plan.sensors:
        if not may_befall(plan.kind, plans[sensor]):
            allowed = f"sensors with a check sum to spoil, not {sensor} ({plans[sensor].model})"
            raise table.refuse("sensors", allowed)


def _add(known: dict[str, Named], table: Table, name: str, made: Named) -> None:
    if name in known:
        raise table.refuse("id", f"an id that no other {table.kind} has")
    known[name] = made

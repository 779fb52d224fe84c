"""The expectation: the oracle's answer to one sent record, as a JSON file."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from typing import TYPE_CHECKING

from dust.errors import BadFile
from sim.oracle import Deployed, Expected, expected
from sim.scenario import read_scenario
from sim.sent_record import read_sent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# domain-rules section 6: PM2.5 of an optical sensor without co-location screens; its PM10 is no
# measurement of coarse dust. (model, pollutant) pairs that are not here are not claimable.
CLAIMS = {
    ("pms5003", "pm25"): "screening",
    ("pms5003", "pm10"): "not_claimable",
    ("sds011", "pm25"): "screening",
    ("sds011", "pm10"): "not_claimable",
}


def expectation(sent: Path, network: Path, scenario: str, as_of_ms: int) -> Expected:
    """What the system must hold after the frames of the sent record, as known at `as_of_ms`.

    Raises:
        BadFile: One of the three files holds something that is not allowed.
    """
    deployed = read_deployed(network)
    interval_s = read_scenario(scenario).sampling_interval_s
    try:
        return expected(read_sent(sent), deployed, interval_s, CLAIMS, as_of_ms)
    except ValueError as error:
        raise BadFile(network, "deployments", str(error), "one sensor at a station") from error


def read_deployed(network: Path) -> dict[str, Deployed]:
    """Station and model of each deployed sensor, by its code, from a network file."""
    document = _document(network)
    models = {
        _text(network, f"sensors[{number}].code", sensor.get("code")): _text(
            network, f"sensors[{number}].model", sensor.get("model")
        )
        for number, sensor in _tables(network, document, "sensors")
    }
    deployed: dict[str, Deployed] = {}
    for number, deployment in _tables(network, document, "deployments"):
        field = f"deployments[{number}]"
        sensor = _text(network, f"{field}.sensor", deployment.get("sensor"))
        if sensor not in models or sensor in deployed:
            raise BadFile(network, f"{field}.sensor", sensor, "a sensor's code, each once")
        station = _text(network, f"{field}.station", deployment.get("station"))
        deployed[sensor] = Deployed(station, models[sensor], _reports(network, field, deployment))
    return deployed


def _reports(network: Path, field: str, deployment: dict[str, object]) -> frozenset[str] | None:
    told = deployment.get("reports")
    if told is None:
        return None
    if not isinstance(told, list):
        raise BadFile(network, f"{field}.reports", told, "a list of pollutants")
    return frozenset(_text(network, f"{field}.reports", pollutant) for pollutant in told)


def write_expectation(answer: Expected, path: Path) -> None:
    """Writes readings, hours, days and exceedances as JSON, an item a line."""
    sections = {
        "readings": map(_jsonable, answer.readings),
        "hours": map(_jsonable, answer.hours),
        "days": map(_jsonable, answer.days),
        "exceedances": map(_jsonable, answer.exceedances),
    }
    written = ",\n".join(f'"{name}": {_json_list(rows)}' for name, rows in sections.items())
    path.write_text(f"{{\n{written}\n}}\n", encoding="utf-8")


def _json_list(rows: Iterable[list[object]]) -> str:
    return "[" + ",\n".join(json.dumps(row) for row in rows) + "]"


def _jsonable(row: Iterable[object]) -> list[object]:
    return [_jsonable_value(value) for value in row]


def _jsonable_value(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, str | int | None) else str(value)


def _document(network: Path) -> dict[str, object]:
    try:
        return tomllib.loads(network.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(network, "network", str(error), "a file in valid TOML") from error


def _tables(
    network: Path, document: dict[str, object], field: str
) -> list[tuple[int, dict[str, object]]]:
    tables = document.get(field, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadFile(network, field, tables, f"tables [[{field}]]")
    return list(enumerate(tables, start=1))


def _text(network: Path, field: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadFile(network, field, value, "a text")
    return value

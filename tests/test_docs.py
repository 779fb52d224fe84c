"""Documentation held to the code: what the code offers has its word or its heading."""

from __future__ import annotations

import re
import runpy
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.settings import ApiSettings
from dust import wire
from dust.claims import ClaimClass
from dust.settings import ClockSettings, LogSettings, MqttSettings
from dust.standards import LimitPeriod, limit_values, rule_sets
from firmware_bridge.configuration import examine
from firmware_bridge.sensors import sensor_models
from firmware_bridge.settings import (
    BridgeSettings,
    ModbusSettings,
    RegisterSettings,
    SensorSettings,
    SpoolSettings,
)
from ingest.rejection import Reason

if TYPE_CHECKING:
    import msgspec
    from pydantic import BaseModel

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
_LONG = {LimitPeriod.DAY: "24 hours", LimitPeriod.YEAR: "year"}
GATEWAYS = sorted((DOCS / "bridge").glob("*.toml"))
TABLES: dict[str, type[BaseModel]] = {
    "": BridgeSettings,
    "mqtt": MqttSettings,
    "spool_limits": SpoolSettings,
    "log": LogSettings,
    "clock": ClockSettings,
    "sensors": SensorSettings,
    "sensors.modbus": ModbusSettings,
    "sensors.modbus.registers": RegisterSettings,
}
"""Every table of a gateway's configuration, by its header."""


def pages() -> list[Path]:
    return [*PROJECT.glob("*.md"), *DOCS.rglob("*.md")]


def test_the_example_of_the_environment_is_what_the_settings_say() -> None:
    script = runpy.run_path(str(PROJECT / "deploy" / "env_example.py"))

    assert script["render"]() == (PROJECT / "deploy" / "env.example").read_text("utf-8")


@pytest.mark.parametrize("struct", [wire.WireReading, wire.Receipt, wire.SensorStatus])
def test_every_field_of_the_wire_is_in_the_published_schema(struct: type[msgspec.Struct]) -> None:
    schema = (DOCS / "asyncapi.yaml").read_text("utf-8")

    assert [] == [name for name in struct.__struct_fields__ if f"        {name}:" not in schema]


def test_every_claim_class_is_in_the_domain_rules() -> None:
    rules = (DOCS / "domain-rules.md").read_text("utf-8")

    assert [] == [c for c in ClaimClass if f"| {c.replace('_', ' ')} |" not in rules]


def test_every_command_has_a_line_of_help() -> None:
    from dust.commands import _HELP  # noqa: PLC0415  (private to the command, public to its help)

    commands = {entry.name for entry in entry_points(group="dust.commands")}

    assert commands == set(_HELP)


def test_every_route_of_the_api_is_in_its_page() -> None:
    page = (DOCS / "api.md").read_text("utf-8")

    assert [] == [
        path for path in create_app(ApiSettings()).openapi()["paths"] if f"`{path}`" not in page
    ]


def test_every_link_between_pages_leads_somewhere() -> None:
    dead = [
        f"{page.name}: {target}"
        for page in pages()
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert [] == dead


def test_every_decision_says_what_it_is_and_is_not() -> None:
    parts = ("**Context.**", "**Decision.**", "**Consequences.**", "**Is / is not.**")

    assert [] == [
        f"{record.name}: {part}"
        for record in (DOCS / "decisions").glob("*.md")
        for part in parts
        if part not in record.read_text("utf-8")
    ]


def test_both_languages_of_the_page_say_the_same_things() -> None:
    texts = PROJECT / "api" / "pages" / "texts"
    thai = tomllib.loads((texts / "th.toml").read_text("utf-8"))
    english = tomllib.loads((texts / "en.toml").read_text("utf-8"))

    assert paths(thai) == paths(english)


def test_every_reason_of_quarantine_is_documented() -> None:
    operations = (DOCS / "operations.md").read_text("utf-8")

    assert [] == [reason for reason in Reason if f"`{reason}`" not in operations]


@pytest.mark.parametrize("file", GATEWAYS, ids=lambda file: file.stem)
def test_every_configuration_of_a_gateway_is_good(file: Path) -> None:
    assert [] == [str(error) for error in examine(file, {}).errors]


def test_every_model_of_a_gateway_is_in_the_configuration_of_one_family() -> None:
    families = {
        model: [file.stem for file in GATEWAYS if f'model = "{model}"' in file.read_text("utf-8")]
        for model in sensor_models()
    }

    assert {} == {model: files for model, files in families.items() if len(files) != 1}


@pytest.mark.parametrize("file", GATEWAYS, ids=lambda file: file.stem)
def test_every_line_of_a_configuration_says_what_it_is_for(file: Path) -> None:
    assert [] == [line for _, _, _, meaning, line in settings_in(file) if len(meaning) < 5]


def test_every_setting_of_a_gateway_is_explained() -> None:
    explained = {(table, key) for file in GATEWAYS for table, key, *_ in settings_in(file)}
    headers = {(header.rpartition(".")[0], header.rpartition(".")[2]) for header in TABLES}
    every = {(table, key) for table, model in TABLES.items() for key in model.model_fields}

    assert set() == every - explained - headers


def test_what_a_configuration_leaves_out_is_the_default() -> None:
    """A line behind a `#` shows what holds without it; what has no default is an example."""
    wrong = []
    for file in GATEWAYS:
        for table, key, value, _, line in settings_in(file):
            default = TABLES[table].model_fields[key].default
            is_left_out = line.startswith("#") and default is not None
            if is_left_out and str(default) != str(tomllib.loads(f"value = {value}")["value"]):
                wrong.append(f"{file.name}: {line}")

    assert [] == wrong


def settings_in(file: Path) -> list[tuple[str, str, str, str, str]]:
    """Table, key, value, meaning and whole line of each setting, left out by a `#` or not."""
    table, found = "", []
    for line in file.read_text("utf-8").splitlines():
        if header := re.match(r"\[+([a-z_.]+)\]", line):
            table = header[1]
        elif setting := re.match(r"#?([a-z_0-9]+) = (.+?)(?:  # (.*))?$", line):
            found.append((table, setting[1], setting[2], setting[3] or "", line))
    return found


def paths(tree: object, prefix: str = "") -> set[str]:
    if not isinstance(tree, dict):
        return {prefix}
    return {path for key, value in tree.items() for path in paths(value, f"{prefix}.{key}")}


def test_every_limit_value_and_rule_set_is_in_its_page_as_the_data_have_it() -> None:
    page = (DOCS / "limit-values.md").read_text("utf-8")
    rows = {
        limit.id: f"| `{limit.id}` | {limit.pollutant} | {_LONG[limit.averaging_period]} |"
        f" {limit.level_ugm3} |"
        for limit in limit_values()
    }

    assert [] == [identifier for identifier, row in rows.items() if row not in page]
    assert [] == [rules.id for rules in rule_sets() if f"| `{rules.id}` |" not in page]

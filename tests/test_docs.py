"""Documentation held to the code: what the code offers has its word or its heading."""

from __future__ import annotations

import re
import runpy
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dust import wire
from dust.claims import ClaimClass
from ingest.rejection import Reason

if TYPE_CHECKING:
    import msgspec

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"


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


def paths(tree: object, prefix: str = "") -> set[str]:
    if not isinstance(tree, dict):
        return {prefix}
    return {path for key, value in tree.items() for path in paths(value, f"{prefix}.{key}")}

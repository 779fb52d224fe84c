"""The page of the automatic tests says what the code and the data file have."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dust.quality import QcTest

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[3] / "docs" / "quality-control.md"


def page() -> str:
    return PAGE.read_text("utf-8")


def claims() -> dict[str, Any]:
    return tomllib.loads((files("dust.data") / "claims.toml").read_text("utf-8"))


def leaves(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted names and values as the file writes them."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield f"{prefix}{key}", ", ".join(str(each) for each in value)
        else:
            yield f"{prefix}{key}", str(value).lower()


def test_every_test_has_its_row() -> None:
    text = page()

    rows = [f"| {int(test)} | `{test.name}` |" for test in QcTest]

    assert [] == [row for row in rows if row not in text]


def test_every_default_is_in_the_table_and_nothing_else_is() -> None:
    content = claims()
    expected = [
        f"| `{name}` | {value} |"
        for name, value in [
            *leaves(content["qc"]),
            *leaves(content["neighbours"], "neighbours."),
        ]
    ]

    section = page().split("| parameter | default |\n|---|---|\n")[1].split("\n\n")[0]

    assert expected == section.splitlines()


def test_every_difference_of_a_model_is_in_the_table_and_nothing_else_is() -> None:
    expected = [
        f"| `{model}` | `{name}` | {value} |"
        for model, content in claims()["models"].items()
        for name, value in leaves(content.get("qc", {}))
    ]

    section = page().split("| model | parameter | value |\n|---|---|---|\n")[1].split("\n\n")[0]

    assert expected == section.splitlines()

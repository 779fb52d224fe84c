"""Files that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import Field

from dust.errors import BadFile
from dust.toml_file import FileModel, load_toml

if TYPE_CHECKING:
    from pathlib import Path


class Inner(FileModel):
    level: int = Field(ge=0)


class Outer(FileModel):
    secret: str = ""
    parts: list[Inner]


@pytest.mark.parametrize(
    ("text", "field", "value", "allowed"),
    [
        ("parts = [{ level = -1 }]", "parts.0.level", -1, "greater than or equal to 0"),
        ("parts = [{ level = 1 }, { level = 'x' }]", "parts.1.level", "x", "valid integer"),
        ("parts = [{ level = 1, lvl = 2 }]", "parts.0.lvl", 2, "no such key"),
        ("parts = []\nextra = true", "extra", True, "no such key"),
        ("secret = 'hunter2'", "parts", None, "the key must be given"),
    ],
)
def test_a_wrong_entry_is_named_with_its_value_and_what_is_allowed(
    tmp_path: Path, text: str, field: str, value: object, allowed: str
) -> None:
    path = tmp_path / "file.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(BadFile) as caught:
        load_toml(path, Outer)

    assert (str(path), field, value) == (caught.value.path, caught.value.field, caught.value.value)
    assert allowed in caught.value.allowed


def test_a_missing_key_does_not_show_its_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text("secret = 'hunter2'", encoding="utf-8")

    with pytest.raises(BadFile) as caught:
        load_toml(path, Outer)

    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_toml_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text("parts = []\nwhat is this", encoding="utf-8")

    with pytest.raises(BadFile, match=r"line 2.*allowed is TOML"):
        load_toml(path, Outer)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="allowed is the path of a file that exists"):
        load_toml(tmp_path / "none.toml", Outer)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="allowed is a file that can be read"):
        load_toml(tmp_path, Outer)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_bytes("secret = 'หน้าพระลาน'".encode("tis-620"))

    with pytest.raises(BadFile, match="allowed is TOML, in UTF-8"):
        load_toml(path, Outer)


def test_a_good_file_becomes_its_model(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text("parts = [{ level = 3 }]", encoding="utf-8")

    assert [3] == [part.level for part in load_toml(path, Outer).parts]

"""Files that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import Field

from dust.errors import BadFile, BadInput
from dust.toml_file import FieldPath, FileModel, TomlFile, bad_file, load_toml

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


def test_a_file_from_an_editor_that_marks_its_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_bytes(b"\xef\xbb\xbfparts = []\r\n")

    assert [] == load_toml(path, Outer).parts


def test_a_file_that_ends_too_soon_is_refused_at_its_last_line(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text("parts = [\n  1,\n  2", encoding="utf-8")

    with pytest.raises(BadFile) as caught:
        load_toml(path, Outer)

    assert 3 == caught.value.line


EVERYTHING = """\
# a comment with [brackets], "quotes" and key = 1
top = 1
dotted.inner . "two words" = 2   # "[[" in a comment

text = \"""
[not.a.table]
top = 9 # no comment
\\"\\"\\" escaped, "" quoted ""\"""
raw = '''
[[nor.this]]
'''
"quoted.key" = 'x # y'
many = [
  1, 2,  # two in a line
  # none here
  [3,
   4],
  { a = 5, b.c = 6 },
]
inline = { a = [ { deep = 1 }, { deep = 2 } ], 'b' = "}" }
at = 2026-01-01 07:00:00

[late.child]
x = 1

[[sensors]]
code = "a"
[sensors.modbus]
unit = 1
[[sensors.modbus.registers]]
field = "r0"
[[sensors.modbus.registers]]
field = "r1"

[[ sensors ]]
code = "b"
  [[sensors.modbus.registers]]
  field = "r2"

[late]
y = 2
"""


@pytest.mark.parametrize(
    ("field", "line"),
    [
        (("top",), 2),
        (("dotted",), 3),
        (("dotted", "inner"), 3),
        (("dotted", "inner", "two words"), 3),
        (("text",), 5),
        (("raw",), 9),
        (("quoted.key",), 12),
        (("many",), 13),
        (("many", 0), 14),
        (("many", 1), 14),
        (("many", 2), 16),
        (("many", 2, 1), 17),
        (("many", 3), 18),
        (("many", 3, "b", "c"), 18),
        (("inline", "a", 1, "deep"), 20),
        (("inline", "b"), 20),
        (("at",), 21),
        (("late", "child"), 23),
        (("late", "child", "x"), 24),
        (("late",), 40),
        (("late", "y"), 41),
        (("sensors",), 26),
        (("sensors", 0), 26),
        (("sensors", 0, "modbus"), 28),
        (("sensors", 0, "modbus", "registers", 1), 32),
        (("sensors", 0, "modbus", "registers", 1, "field"), 33),
        (("sensors", 1), 35),
        (("sensors", 1, "modbus"), 37),
        (("sensors", 1, "modbus", "registers", 0, "field"), 38),
        (("sensors", 1, "port"), 35),
        (("nowhere",), None),
    ],
)
def test_everything_has_its_line(tmp_path: Path, field: FieldPath, line: int | None) -> None:
    path = tmp_path / "file.toml"
    path.write_text(EVERYTHING, encoding="utf-8")

    assert line == TomlFile(path).line_of(field)


def test_every_problem_is_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text(
        "secrt = 'hunter2'\n[[parts]]\nlevel = -1\n[[parts]]\n\n[[parts]]\nlevel = 'x'\n",
        encoding="utf-8",
    )

    problems = TomlFile(path).problems(Outer)

    assert [
        ("parts.0.level", 3),
        ("parts.1.level", 4),
        ("parts.2.level", 7),
        ("secrt", 1),
    ] == [(problem.field, problem.line) for problem in problems]
    assert "no such key: did you mean secret?" == problems[3].allowed
    assert "hunter2" not in str(problems[3])


def test_a_key_that_is_near_no_other_is_answered_with_those_that_exist(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text("parts = [{ level = 1, zzz = 2 }]", encoding="utf-8")

    assert ["no such key: there are level"] == [p.allowed for p in TomlFile(path).problems(Outer)]


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    path = tmp_path / "file.toml"
    path.write_text("parts = []", encoding="utf-8")

    assert [] == TomlFile(path).problems(Outer)


@pytest.mark.parametrize(
    ("field", "value", "line"),
    [
        ("parts.1.level", 2, 4),
        ("parts.level", 1, 6),  # of the last that has this value
        ("parts.level", 9, 1),
        ("parts.7.level", 9, 1),
        ("elsewhere", 9, None),
    ],
)
def test_what_a_check_of_the_whole_file_finds_gets_its_line(
    tmp_path: Path, field: str, value: int, line: int | None
) -> None:
    path = tmp_path / "file.toml"
    path.write_text("[[parts]]\nlevel = 1\n[[parts]]\nlevel = 2\n[[parts]]\nlevel = 1\n", "utf-8")

    error = bad_file(path, BadInput(field, value, "another"))

    assert (field, value, line) == (error.field, error.value, error.line)


class _Broker(FileModel):
    host: str = "here"
    password: str = ""


class _Service(FileModel):
    mqtt: _Broker = _Broker()


@pytest.mark.parametrize(
    "text",
    [
        '[mqt]\npassword = "hunter2"\n',
        '[[mqtt]]\npassword = "hunter2"\n',
        '[mqtt]\npasword = "hunter2"\n',
        "[mqtt]\npassword = 7777777\n",
        '[mqtt.more]\nx = ["hunter2"]\n',
    ],
)
def test_a_password_is_never_told_wherever_the_mistake_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "service.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(BadFile) as caught:
        load_toml(path, _Service)

    assert "hunter2" not in str(caught.value)
    assert "7777777" not in str(caught.value)

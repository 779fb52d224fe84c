"""The lines of TOML files, held against the standard library's parser.

Every value of a made file bears a number of its own, so the text itself says on which line it is.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from dust.toml_file import _Places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dust.toml_file import FieldPath

COMMENTS = ["", "  # a [table] = 'x", '# """', "# '''", " # ]]}"]
LAYOUTS = [
    "{}",
    "{}.5",
    '"{}"',
    "'{} # \" ['",
    r'"{} \" = \\"',
    '"""{}\n[fake]\nk1 = 1 # "" \\"\\"\\"\n"""',
    "'''{}\n[[fake]]\n\"\"\"'''",
    '"""{}"""""',
    '"""{} \\\n   more"""',
]
KEYS = ["k{}", '"k {}"', "'k.{}'", '"k\\u0e01{}#"', "k-{}"]


class Writer:
    """Writes TOML at random; no key and no number comes twice."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self._keys, self._numbers = 0, 100_000
        self._tables: list[str] = []
        self._arrays: list[str] = []

    def text(self) -> str:
        lines = self.pairs()
        for _ in range(self.below(6)):
            lines += [self.header(), *self.pairs()]
        return self.pick(["\n", "\r\n"]).join("\n".join(lines).split("\n")) + self.pick(["", "\n"])

    def header(self) -> str:
        if self._arrays and self.below(2):
            return f"[[{self.pick(self._arrays)}]]{self.pick(COMMENTS)}"
        name = self.pick([*self._tables, *self._arrays, ""])
        name = f"{name} . {self.key()}" if name else self.dotted()
        if self.below(2):
            self._arrays.append(name)
            return f" [[{name} ]]"
        self._tables.append(name)
        return f"[ {name}]{self.pick(COMMENTS)}"

    def pairs(self) -> list[str]:
        return [
            self.pick(
                ["", "# [no] table", f"\t{self.dotted()} = {self.value(2)}{self.pick(COMMENTS)}"]
            )
            for _ in range(self.below(4))
        ]

    def value(self, depth: int) -> str:
        kind = self.below(5) if depth else 0
        if kind == 1:
            elements = [self.value(depth - 1) + self.gap() for _ in range(self.below(4))]
            return "[" + self.gap() + ("," + self.gap()).join(elements) + "]"
        if kind == 2:
            fields = [f"{self.dotted()} = {self.value(depth - 1)}" for _ in range(self.below(3))]
            return "{ " + ", ".join(fields) + " }"
        self._numbers += 1
        return self.pick(LAYOUTS).format(self._numbers)

    def gap(self) -> str:
        return self.pick(["", " ", "\n  ", " # ], [ ' \n"])

    def dotted(self) -> str:
        return " . ".join(self.key() for _ in range(1 + self.below(3)))

    def key(self) -> str:
        self._keys += 1
        return self.pick(KEYS).format(self._keys)

    def below(self, count: int) -> int:
        return self._data.draw(st.integers(0, count - 1))

    def pick(self, choices: list[str]) -> str:
        return self._data.draw(st.sampled_from(choices))


def paths(content: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Any]]:
    if path:
        yield path, content
    if isinstance(content, dict):
        for key, value in content.items():
            yield from paths(value, (*path, key))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from paths(value, (*path, index))


@given(st.data())
def test_everything_that_the_parser_finds_has_its_line_and_nothing_else_has(
    data: st.DataObject,
) -> None:
    text = Writer(data).text().replace("\r\n", "\n")
    content = dict(paths(tomllib.loads(text)))

    lines = _Places(text).lines

    assert set(content) == set(lines)
    for path, value in content.items():
        number = re.search(r"1\d{5}", str(value)) if not isinstance(value, dict | list) else None
        if number:
            assert text.count("\n", 0, text.index(number[0])) + 1 == lines[path]


@given(st.data())
def test_nothing_stands_above_the_table_around_it(data: st.DataObject) -> None:
    text = Writer(data).text().replace("\r\n", "\n")

    lines = _Places(text).lines

    for path, line in lines.items():
        elements = [step for step in range(len(path)) if isinstance(path[step], int)]
        assert all(lines[path[: step + 1]] <= line for step in elements)

"""Who may import whom, how large things may be, and what importing may do."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PACKAGES = ("dust", "firmware_bridge", "ingest", "api", "alerts", "sim", "demo")
FILES = sorted(
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "__pycache__" not in path.parts
)
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
MEDIAN_LINES, P90_LINES, MOST_LINES, MOST_LINES_OF_A_FILE = 8, 25, 50, 400

# Runs in a process of its own, without any of our settings.
IMPORT_ALL = """
import importlib, sys, threading

forbidden = {"_thread.start_new_thread", "socket.__new__", "subprocess.Popen", "sqlite3.connect"}
caught = []
sys.addaudithook(lambda event, _: caught.append(event) if event in forbidden else None)
for name in sys.argv[1:]:
    importlib.import_module(name)
    if caught or threading.active_count() > 1:
        sys.exit(f"importing {name} did {caught}, {threading.enumerate()}")
"""


class Function(NamedTuple):
    """A function and how many lines it has without its docstring."""

    name: str
    lines: int


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def functions() -> Iterator[Function]:
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Function(f"{path}:{node.lineno} {node.name}", lines_of(node))


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None and first.end_lineno is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


def test_every_package_is_looked_at() -> None:
    assert set(PACKAGES) == {path.parts[0] for path in FILES}


def test_services_keep_to_the_import_contracts() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr


def test_no_function_is_longer_than_50_lines() -> None:
    assert [] == [function for function in functions() if function.lines > MOST_LINES]


def test_most_functions_are_short() -> None:
    lines = [function.lines for function in functions()]

    assert median(lines) <= MEDIAN_LINES
    assert quantiles(lines, n=10)[-1] <= P90_LINES


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {str(path): (ROOT / path).read_text(encoding="utf-8").count("\n") for path in FILES}

    assert {} == {path: n for path, n in lengths.items() if n > MOST_LINES_OF_A_FILE}


def test_a_module_is_named_by_what_it_knows() -> None:
    assert [] == [str(path) for path in FILES if FORBIDDEN_NAMES & {path.stem, *path.parts}]


def test_every_module_says_what_it_knows() -> None:
    undocumented = [
        str(path)
        for path in FILES
        if tree_of(path).body and ast.get_docstring(tree_of(path)) is None
    ]

    assert [] == undocumented


def test_every_package_says_what_it_is_for() -> None:
    assert all(ast.get_docstring(tree_of(Path(package) / "__init__.py")) for package in PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_needs_no_settings_and_starts_nothing(package: str) -> None:
    modules = [module_name(path) for path in FILES if path.parts[0] == package]

    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *modules],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr

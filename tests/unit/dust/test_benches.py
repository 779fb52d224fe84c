"""`dust bench`: benches that the services bring."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from dust import benches, commands
from dust.commands import Installed, NotInstalled

if TYPE_CHECKING:
    from typer.testing import Result

GATEWAY = EntryPoint("gateway", "firmware_bridge.bench.__main__:command", benches.GROUP)


def bring(monkeypatch: pytest.MonkeyPatch, *brought: EntryPoint) -> None:
    groups = {benches.GROUP: brought}
    monkeypatch.setattr(commands, "entry_points", lambda *, group: groups[group])


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(benches.command, arguments)


def test_help_lists_the_benches_without_importing_any(monkeypatch: pytest.MonkeyPatch) -> None:
    bring(monkeypatch, GATEWAY)
    monkeypatch.setattr(Installed, "_load", lambda *_: pytest.fail("a bench was imported"))

    result = bench("--help")

    assert 0 == result.exit_code
    assert "\n  gateway  What sensors cost a gateway" in result.stdout


def test_a_bench_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    bring(monkeypatch, GATEWAY)

    result = bench("gateway", "--help")

    assert 0 == result.exit_code
    assert "--readings" in result.stdout


def test_a_bench_of_a_service_that_is_not_here_is_not_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bring(monkeypatch, EntryPoint("moon", "no_such_package.bench:command", benches.GROUP))

    assert "moon" not in bench("--help").stdout


def test_a_bench_whose_packages_are_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bring(monkeypatch, EntryPoint("gateway", "dust.no_such_module:command", benches.GROUP))

    error = bench("gateway").exception

    assert isinstance(error, NotInstalled)
    assert "install dust-watch[bridge]" in str(error)


def test_an_unknown_bench_is_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    bring(monkeypatch, GATEWAY)

    result = bench("dance")

    assert 2 == result.exit_code
    assert "dance" in result.output


def test_without_any_bench_the_help_still_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    bring(monkeypatch)

    assert 0 == bench("--help").exit_code

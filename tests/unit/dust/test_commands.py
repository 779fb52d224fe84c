"""The console script `dust`."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from dust import commands
from dust.commands import Installed, NotInstalled, main


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["dust", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return caught.value.code


def test_help_lists_the_commands_without_importing_any(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Installed, "_load", lambda *_: pytest.fail("a command was imported"))

    assert 0 == run_main(monkeypatch, "--help")

    out = capsys.readouterr().out
    for name in ("api", "bridge", "calc", "db", "decode", "demo", "ingest", "network", "sim"):
        assert f"\n  {name} " in out


def test_a_command_is_done_with_exit_code_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == run_main(monkeypatch, "calc", "aqi", "20")

    assert '"aqi":38' in capsys.readouterr().out


def test_bad_input_is_told_in_one_line_with_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == run_main(monkeypatch, "calc", "aqi", "x")

    expected = "dust: value = 'x': allowed is a decimal number such as 37.5\n"
    assert expected == capsys.readouterr().err


def test_an_unknown_command_is_wrong_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == run_main(monkeypatch, "dance")

    assert "dance" in capsys.readouterr().err


def test_without_arguments_the_help_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_main(monkeypatch)

    shown = capsys.readouterr()
    assert "Commands" in shown.out + shown.err


def test_a_command_whose_packages_are_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = EntryPoint("bridge", "dust.no_such_module:command", commands.GROUP)
    monkeypatch.setattr(Installed, "_installed", lambda _: {"bridge": entry})

    assert 1 == run_main(monkeypatch, "bridge")

    assert "install dust-watch[bridge]" in capsys.readouterr().err
    assert issubclass(NotInstalled, Exception)


def test_the_module_can_be_run_as_a_script() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dust.commands", "calc", "aqi", "75.05"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert '"aqi":null' in done.stdout

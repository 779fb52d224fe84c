"""Log lines."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
import structlog

from dust.logs import configure_logs
from dust.settings import LogSettings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_in_a_pipe_is_one_json_object_with_service_level_and_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(LogSettings(), "bridge")

    structlog.get_logger().info("port_is_back", sensor="pms-1")

    out, err = capsys.readouterr()
    line = json.loads(err)
    assert not out
    assert line.pop("timestamp").endswith("Z")
    assert {
        "event": "port_is_back",
        "sensor": "pms-1",
        "level": "info",
        "service": "bridge",
    } == line


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings(level="warning"), "bridge")

    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")

    assert ["loud"] == [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]


def test_a_terminal_gets_lines_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    configure_logs(LogSettings(), "bridge")

    structlog.get_logger().info("port_is_back")

    line = capsys.readouterr().err
    assert "port_is_back" in line
    assert not line.startswith("{")


def test_json_can_be_asked_for_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    configure_logs(LogSettings(format="json"), "bridge")

    structlog.get_logger().info("port_is_back")

    assert capsys.readouterr().err.startswith("{")

"""Shared settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from dust.clock import ReplayClock, ReplayClockHand, SystemClock
from dust.errors import BadInput
from dust.settings import ClockSettings, DatabaseSettings, MqttSettings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_clock_is_the_machines_unless_a_replay_is_set() -> None:
    assert isinstance(ClockSettings().build(), SystemClock)


def test_a_replayed_clock_is_built_from_its_file(tmp_path: Path) -> None:
    ReplayClockHand(tmp_path / "clock", start_ms=42)

    clock = ClockSettings(replay_file=tmp_path / "clock").build()

    assert isinstance(clock, ReplayClock)
    assert 42 == clock.now_ms()


def test_a_replay_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^clock\.replay_file = .*none.*a file of 32 bytes"):
        ClockSettings(replay_file=tmp_path / "none").build()


def test_a_replay_file_without_a_hand_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    with pytest.raises(BadInput, match="a file of 32 bytes"):
        ClockSettings(replay_file=tmp_path / "empty").build()


@pytest.mark.parametrize(
    ("field", "value"), [("port", 0), ("port", 65536), ("keepalive_s", 4), ("hots", "x")]
)
def test_a_wrong_or_unknown_setting_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        MqttSettings.model_validate({field: value})


def test_secrets_are_not_printed() -> None:
    shown = repr(MqttSettings.model_validate({"password": "hunter2"})) + repr(
        DatabaseSettings.model_validate({"url": "postgresql://me:hunter2@host/dust"})
    )

    assert "hunter2" not in shown

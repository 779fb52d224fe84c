"""What an SPS30 is told (data sheet): it measures once started, and answers when asked.

A sleeping serial interface needs a pulse, and then takes the second of two wake commands; firmware
before 2.0 has no sleep and says so, which is as good: a stopped sensor's laser is off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_bridge.dialogues.errand import Command
from firmware_bridge.dialogues.kept_setting import SettingPhrase
from firmware_bridge.dialogues.phrases import Phrases, question
from firmware_bridge.sensors.sensirion import shdlc_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_bridge.sensors.base import Decoded, SensorModel
    from firmware_bridge.settings import SensorSettings

_START, _STOP, _READ, _SLEEP, _WAKE, _FAN_CLEAN, _RESET = 0x00, 0x01, 0x03, 0x10, 0x11, 0x80, 0xD3
_FLOATS: Final = b"\x01\x03"
_NOT_NOW: Final = 0x43  # asked to start while measuring, to stop or read while idle
_PULSE: Final = b"\xff"
_INTERVAL: Final = b"\x00"
_INTERVAL_DIGITS: Final = 8


def sensirion_phrases(model: SensorModel, settings: SensorSettings) -> Phrases:
    """Woken twice and started; read; stopped and sent to sleep."""
    wake = shdlc_command(_WAKE)
    return Phrases(
        wake=(
            Command(_PULSE + wake + wake, _answers(_WAKE), within_s=0.5, tries=2),
            Command(shdlc_command(_START, _FLOATS), _answers(_START, 0, _NOT_NOW)),
        ),
        sleep=(
            Command(shdlc_command(_STOP), _answers(_STOP, 0, _NOT_NOW)),
            Command(shdlc_command(_SLEEP), _answers(_SLEEP)),
        ),
        settings=() if settings.fan_clean_s is None else (_fan_cleaning(settings.fan_clean_s),),
        question=question(shdlc_command(_READ), _answers(_READ), model, settings),
        has_started=_answers(_START, 0),
        has_stopped=_answers(_READ, _NOT_NOW),
    )


def _answers(command: int, *states: int) -> Callable[[Decoded], bool]:
    """Tells the replies to `command`, of any state or of one of `states`."""
    return lambda decoded: (
        decoded.get("command") == command and (not states or decoded.get("state") in states)
    )


def _fan_cleaning(wanted_s: int) -> SettingPhrase:
    """Seconds between cleanings; told anew only after a reset, so one follows the write."""
    return SettingPhrase(
        ask=shdlc_command(_FAN_CLEAN, _INTERVAL),
        value=_told_interval_s,
        wanted=wanted_s,
        write=shdlc_command(_FAN_CLEAN, _INTERVAL + wanted_s.to_bytes(4)),
        follow=shdlc_command(_RESET),
        within_s=1,
    )


def _told_interval_s(decoded: Decoded) -> int | None:
    data = decoded.get("data", "")
    is_told = _answers(_FAN_CLEAN, 0)(decoded) and len(data) == _INTERVAL_DIGITS
    return int(data, 16) if is_told else None

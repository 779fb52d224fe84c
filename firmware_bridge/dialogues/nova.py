"""What Nova's SDS sensors are told (control protocol).

Report mode and working period are kept in flash: both are read first. A sensor with a period of its
own would sleep when it likes, so the period is 0 wherever anything is said at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_bridge.dialogues.errand import Command
from firmware_bridge.dialogues.kept_setting import SettingPhrase
from firmware_bridge.dialogues.phrases import Phrases, question
from firmware_bridge.sensors.nova import sds_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_bridge.sensors.base import Decoded, SensorModel
    from firmware_bridge.settings import SensorSettings

_MODE, _QUERY, _WORK, _PERIOD = 2, 4, 6, 8


def nova_phrases(model: SensorModel, settings: SensorSettings) -> Phrases:
    """Command 06 wakes and sends to sleep, 02 and 08 are kept settings, 04 asks."""
    if not settings.asked and not settings.read_s:
        return Phrases()
    return Phrases(
        wake=(
            Command(
                sds_command(_WORK, b"\x01\x01"),
                lambda decoded: model.is_data(decoded) or _is_working(decoded, 1),
                within_s=2,
            ),
        ),
        sleep=(
            Command(
                sds_command(_WORK, b"\x01\x00"), lambda decoded: _is_working(decoded, 0), within_s=2
            ),
        ),
        settings=(_kept(_PERIOD, "period", 0), _kept(_MODE, "mode", int(settings.asked))),
        question=question(sds_command(_QUERY), model.is_data, model, settings)
        if settings.asked
        else None,
    )


def _is_working(decoded: Decoded, value: int) -> bool:
    return decoded.get("reply") == "work" and decoded.get("value") == value


def _kept(command: int, reply: str, wanted: int) -> SettingPhrase:
    return SettingPhrase(
        ask=sds_command(command, b"\x00"),
        value=_told(reply),
        wanted=wanted,
        write=sds_command(command, bytes((1, wanted))),
    )


def _told(reply: str) -> Callable[[Decoded], int | None]:
    """The value in an answer to a question, not in the echo of a write."""

    def value(decoded: Decoded) -> int | None:
        is_answer = decoded.get("reply") == reply and not decoded.get("is_set")
        return int(decoded["value"]) if is_answer else None

    return value

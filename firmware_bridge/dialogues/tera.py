"""What a NextPM is told (user guide): its power command is a toggle, so the state comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_bridge.dialogues.phrases import Phrases, question
from firmware_bridge.dialogues.power_errand import PowerToggle
from firmware_bridge.sensors.tera import nextpm_command

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import Decoded, SensorModel
    from firmware_bridge.settings import SensorSettings

_MEANS_OF_10_S, _POWER, _STATE = 0x11, 0x15, 0x16
_ASLEEP: Final = 0b1


def tera_phrases(model: SensorModel, settings: SensorSettings) -> Phrases:
    """16 asks the state, 15 toggles, 11 reads; any of them may be answered by the state alone."""
    return Phrases(
        toggle=PowerToggle(
            ask=nextpm_command(_STATE),
            is_asleep=_is_asleep,
            content=nextpm_command(_POWER),
            within_s=model.answer_within_s,
        ),
        question=question(
            nextpm_command(_MEANS_OF_10_S),
            lambda decoded: model.is_data(decoded) or _is_asleep(decoded) is not None,
            model,
            settings,
        ),
        has_stopped=lambda decoded: _is_asleep(decoded) is True,
    )


def _is_asleep(decoded: Decoded) -> bool | None:
    return bool(decoded["state"] & _ASLEEP) if decoded.keys() == {"state"} else None

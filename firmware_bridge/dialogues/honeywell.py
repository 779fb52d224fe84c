"""What an HPMA115 is told (data sheet): it measures and sends by itself after power.

Its acknowledgements do not say what they acknowledge, so one command is said at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_bridge.dialogues.errand import Command
from firmware_bridge.dialogues.kept_setting import SettingPhrase
from firmware_bridge.dialogues.phrases import Phrases, question
from firmware_bridge.sensors.honeywell import hpma_command

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import Decoded, SensorModel
    from firmware_bridge.settings import SensorSettings

_START, _STOP, _READ, _SEND, _SEND_NOT = 0x01, 0x02, 0x04, 0x40, 0x20
_SET_COEFFICIENT, _COEFFICIENT = 0x08, 0x10
_DRAIN: Final = Command(b"", within_s=1)
"""Frames sent before the sensor fell silent are not the answer to the first question."""


def honeywell_phrases(model: SensorModel, settings: SensorSettings) -> Phrases:
    """01 and 02 start and stop, 40 and 20 let it send or not, 04 reads, 08 and 10 the factor."""
    talks = settings.asked or settings.read_s > 0
    wake = Command(hpma_command(_START), _is_acknowledged)
    mode = Command(hpma_command(_SEND_NOT if settings.asked else _SEND), _is_acknowledged)
    return Phrases(
        wake=(wake, mode, *((_DRAIN,) if settings.asked else ())) if talks else (),
        sleep=(Command(hpma_command(_STOP), _is_acknowledged),),
        settings=() if settings.coefficient is None else (_factor(settings.coefficient),),
        question=question(
            hpma_command(_READ),
            lambda decoded: model.is_data(decoded) or decoded.get("acknowledged") is False,
            model,
            settings,
        )
        if settings.asked
        else None,
    )


def _is_acknowledged(decoded: Decoded) -> bool:
    return decoded.get("acknowledged") is True


def _factor(wanted_pct: int) -> SettingPhrase:
    return SettingPhrase(
        ask=hpma_command(_COEFFICIENT),
        value=lambda decoded: decoded.get("coefficient"),
        wanted=wanted_pct,
        write=hpma_command(_SET_COEFFICIENT, bytes((wanted_pct,))),
        within_s=1,
    )

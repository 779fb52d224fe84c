"""Sensors that send by themselves: nothing is ever said to them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from firmware_bridge.dialogues.counts import DialogueCounts
from firmware_bridge.dialogues.warm_up import WarmUp

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import Decoded, SensorModel


class Listening:
    """No byte is written, ever: the line may be a tap on somebody else's."""

    def __init__(self, model: SensorModel, warm_up_s: float) -> None:
        self._model = model
        self._warm_up = WarmUp(warm_up_s)
        self.counts = DialogueCounts()

    def opened(self, now_s: float, *, powered_up: bool) -> None:
        if powered_up:
            self._warm_up.begin(now_s)
        else:
            self._warm_up.skip()

    def say(self, now_s: float, interval_left_s: float) -> bytes:  # noqa: ARG002  (of the protocol)
        return b""

    def hear(self, decoded: Decoded, now_s: float) -> bool:
        return self._model.is_data(decoded) and self._warm_up.lets_through(now_s, self.counts)

    def due_s(self, now_s: float) -> float:  # noqa: ARG002  (of the protocol)
        return math.inf

    def state(self, now_s: float) -> str:
        return "warming" if self._warm_up.is_running(now_s) else "ok"

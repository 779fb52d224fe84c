"""Commands that are said one after the other, each until its acknowledgement or often enough."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from firmware_bridge.sensors.base import Decoded


@dataclass(frozen=True, slots=True)
class Command:
    """Bytes, and the frame that says that they were obeyed; None: nothing answers, time passes."""

    content: bytes
    is_done: Callable[[Decoded], bool] | None = None
    within_s: float = 1.0
    tries: int = 3


class Errand(Protocol):
    """Something to be brought about by several commands."""

    @property
    def is_over(self) -> bool: ...

    @property
    def has_failed(self) -> bool:
        """A command was not acknowledged as often as it was said."""
        ...

    @property
    def is_refused(self) -> bool:
        """The sensor answers and yet does not do it."""
        ...

    @property
    def due_s(self) -> float: ...

    def say(self, now_s: float) -> bytes: ...
    def hear(self, decoded: Decoded) -> None: ...


class Commands:
    """Commands in their order; one that nobody acknowledges is passed over after its tries."""

    is_refused = False

    def __init__(self, commands: Iterable[Command]) -> None:
        self._commands = deque(commands)
        self._tries = 0
        self._until_s = -math.inf
        self.has_failed = False

    @property
    def is_over(self) -> bool:
        return not self._commands

    @property
    def due_s(self) -> float:
        return self._until_s

    def say(self, now_s: float) -> bytes:
        while self._commands and now_s >= self._until_s:
            command = self._commands[0]
            if self._tries < (command.tries if command.is_done else 1):
                self._tries += 1
                self._until_s = now_s + command.within_s
                return command.content
            self.has_failed |= command.is_done is not None
            self._go_on()
        return b""

    def hear(self, decoded: Decoded) -> None:
        if self._commands and self._tries:
            is_done = self._commands[0].is_done
            if is_done is not None and is_done(decoded):
                self._go_on()

    def _go_on(self) -> None:
        self._commands.popleft()
        self._tries, self._until_s = 0, -math.inf

"""A simulated instrument that really hangs on a serial line: hears, answers and sends."""

from __future__ import annotations

import os
import select
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fixtures.pty import PseudoTerminal

    from sim.air import Air
    from sim.instruments.instrument import Instrument

_TURN_S = 0.005


@contextmanager
def on_the_line(
    instrument: Instrument,
    terminal: PseudoTerminal,
    air: Air,
    now_s: Callable[[], float] = time.monotonic,
    *,
    is_on: bool = False,
) -> Iterator[None]:
    """Powered and alive until the end of the block; `now_s` is the instrument's own time."""
    if not is_on:
        instrument.power_up(now_s())
    over = threading.Event()

    def live() -> None:
        while not over.is_set():
            terminal.write(instrument.send(now_s(), air))
            ready, _, _ = select.select([terminal.sensor_fd], [], [], _TURN_S)
            if ready:
                terminal.write(instrument.hear(os.read(terminal.sensor_fd, 4096), now_s()))

    thread = threading.Thread(target=live, name=instrument.model)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()

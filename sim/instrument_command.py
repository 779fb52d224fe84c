"""`dust sim instrument`: one instrument on a virtual serial port, alive in real time."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path  # noqa: TC003  (Typer reads annotations at run time)
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dust.clock import SystemClock
from dust.errors import BadInput
from sim.air import Air
from sim.frames import models
from sim.instruments import instrument_of
from sim.pseudo_terminal import PseudoTerminal
from sim.terminal import named_errors, stop_on_signals

if TYPE_CHECKING:
    from sim.instruments import Instrument
    from sim.player import Stop

_TURN_S: Final = 0.01


def instrument(  # noqa: PLR0913  (one parameter for each option of the command)
    model: Annotated[
        str, typer.Argument(help="The instrument's model, as in `dust decode --list`.")
    ],
    *,
    link: Annotated[
        Path | None, typer.Option(help="Also reachable by this name (default: none).")
    ] = None,
    pm25: Annotated[float, typer.Option(min=0, max=5000, help="PM2.5 of its air, ug/m3.")] = 35,
    pm10: Annotated[float, typer.Option(min=0, max=5000, help="PM10 of its air, ug/m3.")] = 90,
    rh: Annotated[float, typer.Option(min=0, max=100, help="Humidity of its air, percent.")] = 60,
    wind_mps: Annotated[float, typer.Option(min=0, max=60, help="Wind, m/s.")] = 2,
    wind_deg: Annotated[
        float, typer.Option(min=0, max=359.99, help="Where the wind comes from, degrees.")
    ] = 45,
) -> None:
    """Hear, answer, sleep and send as the instrument does, until stopped; prints the port.

    To try a configuration, `dust bridge --probe PORT`, or a program of one's own.
    """
    stop = stop_on_signals()
    with named_errors(), ExitStack() as parts:
        if model not in models():
            raise BadInput("model", model, "one of " + ", ".join(models()))
        if pm10 < pm25:
            raise BadInput("--pm10", pm10, f"at least the PM2.5 of {pm25:g}")
        coarse = pm10 - pm25
        air = Air(0.7 * pm25, pm25, pm25 + 0.3 * coarse, pm10, 1.5 * pm10)
        port = PseudoTerminal(model)
        parts.callback(port.close)
        port.let_go()
        if link is not None:
            link.symlink_to(port.device)
            parts.callback(link.unlink)
        typer.echo(port.device if link is None else f"{link} -> {port.device}")
        _live(
            instrument_of(model),
            port,
            air._replace(rh=rh, wind_mps=wind_mps, wind_deg=wind_deg if wind_mps else None),
            stop,
        )


def _live(made: Instrument, port: PseudoTerminal, air: Air, stop: Stop) -> None:
    """In real time; what nobody reads is thrown away, as on a line without a host."""
    clock = SystemClock()
    made.power_up(clock.now_ms() / 1000)
    while not stop.over():
        now_s = clock.now_ms() / 1000
        port.offer(made.send(now_s, air))
        if heard := port.replies():
            port.offer(made.hear(heard, now_s))
        stop.sleep_until(clock.monotonic_s() + _TURN_S)

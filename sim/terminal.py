"""What a person at the terminal sees: progress, errors in one line, an end when they ask for it."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dust.clock import SystemClock
from dust.errors import BadInput, DustError
from sim.player import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FAILED = 1
_WRONG_USE = 2


def stop_on_signals() -> Stop:
    """A stop that SIGTERM and SIGINT request."""
    stop = Stop(SystemClock())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.request())
    return stop


@contextmanager
def progress(what: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Shows how many are done of those to do; nothing when no terminal looks on."""
    console = Console(stderr=True)
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task(what, total=total)
        yield lambda done: shown.update(task, completed=done)


@contextmanager
def named_errors() -> Iterator[None]:
    """Turns errors that the user can mend into one line and an exit code."""
    try:
        yield
    except (DustError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(_WRONG_USE if isinstance(error, BadInput) else _FAILED) from error

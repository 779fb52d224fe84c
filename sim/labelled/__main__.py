"""`dust bench plumes`: what quality control does to plumes and to faults, as tables or JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sim.labelled.bench import RULES, run, verdicts_of
from sim.labelled.data_files import write_set
from sim.labelled.labelled_set import labelled_set
from sim.labelled.picture import picture_of
from sim.labelled.table import tables_of

_WIDE = 132  # columns, where no terminal says how many there are

command = typer.Typer(help="What quality control does to plumes and to faults.")


@command.callback(invoke_without_command=True)
def plumes(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first set.")] = 100,
    sets: Annotated[int, typer.Option(min=1, max=100, help="Sets, of this seed and the next.")] = 1,
    days: Annotated[int, typer.Option(min=4, max=366, help="Days in a set.")] = 28,
    picture: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Draw the first set into this SVG file.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write the first set into this folder.")
    ] = None,
) -> None:
    """Plume and fault recall of our rules and of the peers', on sets in which all is known."""
    with _progress(sets * len(RULES)) as say:
        figures = run(seed, sets, days, say)
    if write is not None:
        write_set(labelled_set(seed, days), write)
    if picture is not None:
        shown = labelled_set(seed, days)
        picture.write_text(picture_of(shown, verdicts_of(shown)), encoding="utf-8")
    if as_json:
        typer.echo(msgspec.json.encode(figures).decode())
    else:
        console = Console()
        if not console.is_terminal:
            console.width = _WIDE
        console.print(tables_of(figures.rules))


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[str], None]]:
    """Shows what is being judged; nothing when no terminal looks on."""
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    described = TextColumn("{task.description}")
    with Progress(described, *columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=steps, completed=-1)
        yield lambda what: bar.update(task, description=what, advance=1)


if __name__ == "__main__":
    command()

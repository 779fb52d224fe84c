"""`dust bench recompute`: figures as a table, or as one JSON object."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from dust.errors import BadInput
from ingest.bench.main import Options, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.bench.figures import RecomputeFigures

command = typer.Typer(help="What late readings cost, beside histories of several sizes.")


@command.callback(invoke_without_command=True)
def recompute(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
    sizes: Annotated[
        str, typer.Option(help="Rows of history, ascending, with commas between them.")
    ] = "1000000,10000000,50000000",
    late: Annotated[int, typer.Option(min=1, max=100_000, help="Late readings.")] = 1000,
    rounds: Annotated[int, typer.Option(min=1, max=99, help="Rounds; medians are told.")] = 5,
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            help="Connection string of a server on which databases may be made and dropped"
            " (default: PostgreSQL from the wheel).",
        ),
    ] = None,
) -> None:
    """Late readings into histories of several sizes: write, average, judge; and how it grows."""
    options = Options(_sizes(sizes), late, rounds, server)
    with _progress() as say:
        figures = run(options, say)
    if as_json:
        typer.echo(msgspec.json.encode(figures).decode())
    else:
        Console().print(_table(figures))


def _sizes(text: str) -> tuple[int, ...]:
    allowed = "ascending whole numbers of at least 100000 with commas between them"
    try:
        found = tuple(int(part) for part in text.replace("_", "").split(","))
    except ValueError:
        raise BadInput("sizes", text, allowed) from None
    if sorted(set(found)) != list(found) or found[0] < 100_000:  # noqa: PLR2004  (stated above)
        raise BadInput("sizes", text, allowed)
    return found


def _table(figures: RecomputeFigures) -> Table:
    table = Table(
        title=f"dust bench recompute {figures.version}, {figures.date}",
        caption=f"{figures.machine.processor}, {figures.machine.cores} cores;"
        f" {figures.machine.server}, {figures.sensors} sensors every"
        f" {figures.sampling_interval_s} s;"
        f" readings in a {'hypertable' if figures.machine.hypertable else 'plain table'}",
    )
    for name in (
        "rows",
        "late over",
        "hours",
        "days",
        "write s",
        "recompute s",
        "read only s",
        "x",
    ):
        table.add_column(name, justify="right")
    for each in figures.late:
        table.add_row(
            *(f"{each.stored_rows:,}", f"{each.spread} ({each.spread_days:.0f} d)"),
            *(str(each.hours), str(each.days)),
            *(f"{s:.3f}" for s in (each.insert_s, each.recompute_s, each.plain_s)),
            f"{each.growth:.2f}",
        )
    return table


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """On a terminal a bar for each step; quiet elsewhere."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        tasks: dict[str, object] = {}

        def say(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done)  # type: ignore[arg-type]

        yield say


if __name__ == "__main__":
    command()

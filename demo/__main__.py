"""`dust demo`: everything on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from demo.main import DemoOptions, run

command = typer.Typer(help="Run everything on this machine with real data.")


@command.callback(invoke_without_command=True)
def demo(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Keep the data here (default: a temporary folder)."),
    ] = None,
    for_s: Annotated[
        float | None, typer.Option("--for", min=1, help="Feed data for so many seconds, then end.")
    ] = None,
    history_hours: Annotated[
        int | None,
        typer.Option(
            "--history-hours", min=1, help="Hours of history to replay (default: 31 days)."
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65535, help="Port of the page (default: free)."),
    ] = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="With --for: compare what was sent, stored and served.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
) -> None:
    """Serial bytes to live page: embedded servers, real services, replayed real data."""
    if check and for_s is None:
        raise typer.BadParameter("--check needs --for SECONDS")
    console = Console(stderr=True, quiet=as_json)
    options = DemoOptions(data, for_s, check, history_hours, port)
    report = run(options, lambda line: console.print(line, highlight=False, soft_wrap=True))
    if report is not None:
        typer.echo(json.dumps(report) if as_json else json.dumps(report, indent=2))
        raise typer.Exit(0 if report["equal"] else 1)


if __name__ == "__main__":
    command()

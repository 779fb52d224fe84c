"""`dust import`: data of others becomes readings of our sensors."""

from __future__ import annotations

import typer

from ingest.air4thai.__main__ import import_air4thai

command = typer.Typer(help="Take in data of others.", no_args_is_help=True)


@command.callback()
def choose() -> None:
    """Take in data of others, one source a command."""


command.command("air4thai")(import_air4thai)

"""`dust ingest`: the ingest service."""

from __future__ import annotations

import typer
from pydantic import ValidationError

from ingest.main import run
from ingest.settings import IngestSettings

command = typer.Typer(help="Take readings from the broker into the database.")


@command.callback(invoke_without_command=True)
def ingest() -> None:
    """Run until told to stop; configured by DUST_* variables (deploy/env.example names them)."""
    try:
        settings = IngestSettings()
    except ValidationError as error:
        raise typer.BadParameter(str(error)) from None
    run(settings)


if __name__ == "__main__":
    command()

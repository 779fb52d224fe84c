"""`dust api`: the API and the page."""

from __future__ import annotations

import typer
import uvicorn
from pydantic import ValidationError

from api.app import create_app
from api.settings import ApiSettings
from dust.logs import configure_logs

command = typer.Typer(help="Serve the API and the page.")


@command.callback(invoke_without_command=True)
def api() -> None:
    """Serve until told to stop; configured by DUST_* variables (deploy/env.example names them)."""
    try:
        settings = ApiSettings()
    except ValidationError as error:
        raise typer.BadParameter(str(error)) from None
    configure_logs(settings.log, "api")
    uvicorn.run(
        create_app(settings),
        host=settings.api.host,
        port=settings.api.port,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    command()

"""The `--database` option of commands that need the database, and where it comes from otherwise."""

from __future__ import annotations

import os
from typing import Annotated

import typer

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database", help="Connection string; otherwise DUST_DATABASE__URL.", show_default=False
    ),
]


def database_url(given: str | None) -> str:
    """The connection string given, or that of DUST_DATABASE__URL; wrong use without either."""
    url = given or os.environ.get("DUST_DATABASE__URL")
    if not url:
        raise typer.BadParameter("name the database by --database or DUST_DATABASE__URL")
    return url

"""`dust bridge`: the gateway service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dust.toml_file import load_toml
from firmware_bridge.main import run
from firmware_bridge.sensors import sensor_model
from firmware_bridge.settings import BridgeSettings

command = typer.Typer(help="Read serial sensors and publish their readings.")


@command.callback(invoke_without_command=True)
def bridge(
    config: Annotated[Path, typer.Option("--config", help="The gateway's configuration (TOML).")],
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Check the configuration and stop.")
    ] = False,
) -> None:
    """Run the gateway until it is told to stop."""
    settings = load_toml(config, BridgeSettings)
    for sensor in settings.sensors:
        sensor_model(sensor.model)
    if check:
        typer.echo(f"{config}: {len(settings.sensors)} sensors, gateway {settings.gateway}: good")
        return
    run(settings)


if __name__ == "__main__":
    command()

"""`dust bridge`: the gateway service, and what helps to set a gateway up."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from firmware_bridge.configuration import examine
from firmware_bridge.findings import aligned, as_text, findings
from firmware_bridge.main import run
from firmware_bridge.ports import PERMISSION_CURE, Port, resolve, serial_ports
from firmware_bridge.probe import Probe
from firmware_bridge.questions import LineSetting
from firmware_bridge.sensors import configured_model, sensor_model, sensor_models

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import SensorModel
    from firmware_bridge.settings import BridgeSettings, SensorSettings

command = typer.Typer(help="Read serial sensors and publish their readings.")
_WRONG: Final = 2


@command.command()
def bridge(  # noqa: PLR0913  (each is an option of the command line)
    file: Annotated[
        Path | None, typer.Argument(help="The gateway's configuration (TOML); or --config FILE.")
    ] = None,
    *,
    config: Annotated[
        Path | None, typer.Option("--config", help="The gateway's configuration (TOML).")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Say everything that is wrong in the file, and stop.")
    ] = False,
    list_ports: Annotated[
        bool, typer.Option("--list-ports", help="Show the serial ports of this machine, and stop.")
    ] = False,
    probe: Annotated[
        str | None,
        typer.Option("--probe", metavar="PORT", help="Find out what speaks on a port, and stop."),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.05, max=3600, help="Of --probe: at each speed.")
    ] = 10,
    model: Annotated[
        str | None, typer.Option("--model", help="Of --probe: look for this model only.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Of --list-ports and --probe: for programs.")
    ] = False,
) -> None:
    """Run the gateway until it is told to stop.

    `--check FILE`, `FILE --check` and `--config FILE --check` are the same.
    """
    if [check, list_ports, probe is not None].count(True) > 1:
        raise typer.BadParameter("one of --check, --list-ports and --probe at a time")
    if list_ports:
        _list_ports(as_json=as_json)
    elif probe is not None:
        _probe(probe, seconds, model, as_json=as_json)
    elif check:
        _check(_configuration(file, config))
    else:
        run(_sound(_configuration(file, config)))


def _configuration(file: Path | None, config: Path | None) -> Path:
    if file is None and config is None:
        raise typer.BadParameter("name the gateway's configuration: --config FILE")
    if file is not None and config is not None and file != config:
        raise typer.BadParameter(f"two configurations are named: {config} and {file}")
    return Path(file or config or "")


def _sound(path: Path) -> BridgeSettings:
    """The settings of a file without a mistake; else all of them are told, with their lines."""
    found = examine(path, os.environ)
    if found.settings is None:
        for told in found.errors:
            typer.echo(f"dust: {told}", err=True)
        raise typer.Exit(_WRONG)
    return found.settings


# --- check ----------------------------------------------------------------------------------------
def _check(path: Path) -> None:
    """Exit code 2 where something is wrong; doubts about this machine do not count as wrong."""
    found = examine(path, os.environ)
    for told in (*found.errors, *found.doubts):
        typer.echo(str(told), err=True)
    if found.settings is None:
        typer.echo(f"{path}: {len(found.errors)} wrong", err=True)
        raise typer.Exit(_WRONG)
    sensors = found.settings.sensors
    head = ("sensor", "model", "port", "line", "a reading", "read as", "what it tells")
    for row in aligned([head, *(_row(sensor) for sensor in sensors)]):
        typer.echo(row)
    typer.echo(f"{path}: {len(sensors)} sensors, gateway {found.settings.gateway}: good")


def _row(sensor: SensorSettings) -> tuple[str, ...]:
    model = configured_model(sensor)
    interval_s = sensor.sampling_interval_s
    return (
        sensor.code,
        model.identifier,
        sensor.port,
        str(LineSetting(model.baud, model.parity)),
        f"every {interval_s:g} s" if interval_s else "every frame",
        _how(sensor, model),
        " ".join([*model.values, *model.weather]) or "-",
    )


def _how(sensor: SensorSettings, model: SensorModel) -> str:
    every_s = sensor.poll_s or model.poll_s
    asked = f"asked every {every_s:g} s" if every_s and model.own_time is None else "asked"
    how = asked if sensor.asked or model.is_only_asked else "listened to"
    return f"{how}, {sensor.read_s:g} s at a time" if sensor.read_s else how


# --- list-ports -----------------------------------------------------------------------------------
def _list_ports(*, as_json: bool) -> None:
    ports = serial_ports()
    if as_json:
        typer.echo(msgspec.json.encode(ports).decode())
        return
    typer.echo(
        "\n\n".join(_told(port) for port in ports) or "no serial port here: is the cable in?"
    )


def _told(port: Port) -> str:
    rows = [
        ("USB", f"{port.usb}, serial number {port.serial_number or 'none'}" if port.usb else "no"),
        ("by-id", port.by_id or "-"),
        ("by-path", port.by_path or "-"),
        *(("name", name) for name in port.other_names),
        ("in use", " and ".join(port.used_by) or "by nobody that this user may see"),
        *(() if port.may_open else (("closed", PERMISSION_CURE),)),
        ("write", f"port = {msgspec.json.encode(port.write).decode()}"),
    ]
    return "\n".join([f"{port.path}: {port.description}", *aligned(rows)])


# --- probe ----------------------------------------------------------------------------------------
def _probe(name: str, seconds: float, model: str | None, *, as_json: bool) -> None:
    models = [sensor_model(model)] if model else list(sensor_models().values())
    probe = Probe(name, models, seconds)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=probe.longest_s)
        heard = probe.run(lambda what, s: progress.update(task, description=what, completed=s))
    port = _lasting_name(name)
    found = msgspec.json.encode(findings(port, heard)).decode() if as_json else None
    typer.echo(found or as_text(port, heard))


def _lasting_name(name: str) -> str:
    """What to write for the port that was probed."""
    real = os.path.realpath(resolve(name))
    return next((port.write for port in serial_ports() if port.path == real), name)


if __name__ == "__main__":
    command()

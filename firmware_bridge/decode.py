"""`dust decode`: frames given as hex, one a line, to one JSON object a line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from firmware_bridge.errors import FrameError
from firmware_bridge.sensors import known_model, known_models

if TYPE_CHECKING:
    from firmware_bridge.framing import FrameFormat
    from firmware_bridge.sensors.base import Decoded, SensorModel

command = typer.Typer(help="Decode sensor frames given as hex on standard input.")


@command.callback(invoke_without_command=True)
def decode(
    sensor: Annotated[str | None, typer.Option("--sensor", help="The sensor's model.")] = None,
    *,
    list_models: Annotated[bool, typer.Option("--list", help="Name the models and stop.")] = False,
) -> None:
    """Decode each line; a line that is no whole frame of the model answers with its error."""
    if list_models:
        typer.echo("\n".join(known_models()))
        return
    if sensor is None:
        raise typer.BadParameter("name the model by --sensor; --list names them all")
    model = known_model(sensor)
    for line in sys.stdin.buffer:  # bytes: a line that is no text is a bad line like any other
        if line.strip():
            text = line.decode("ascii", "replace")
            typer.echo(msgspec.json.encode(_decode_line(model, text)).decode())


def _decode_line(model: SensorModel, line: str) -> Decoded:
    try:
        return decode_frame(model, bytes.fromhex(line.strip()))
    except FrameError as error:
        return {"error": error.reason, "detail": str(error)}
    except ValueError as error:
        return {"error": "hex", "detail": str(error)}


def decode_frame(model: SensorModel, frame: bytes) -> Decoded:
    """The values of exactly one frame; raises `FrameError` for anything else."""
    frame_format = _format_of(model, frame)
    length = frame_format.length(frame[: frame_format.reach])
    if length is None:
        raise FrameError(frame_format.unended_reason, f"{len(frame)} bytes are no whole frame")
    if len(frame) != length:
        raise FrameError("length", f"{len(frame)} bytes where a frame has {length}")
    frame_format.check(frame)
    return model.decode(frame)


def _format_of(model: SensorModel, frame: bytes) -> FrameFormat:
    for frame_format in (model.frame_format, *model.answers):
        if frame.startswith(frame_format.headers):
            return frame_format
    known = ", ".join(header.hex() for header in model.frame_format.headers[:8])
    raise FrameError("header", f"{frame[:2].hex()} where a frame begins: {known}")


if __name__ == "__main__":
    command()

"""`dust decode`: frames given as hex, one a line, to one JSON object a line."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameStream
from firmware_bridge.host_commands import host_command
from firmware_bridge.sensors import sensor_model, sensor_models

if TYPE_CHECKING:
    from firmware_bridge.framing import FrameFormat
    from firmware_bridge.sensors.base import Decoded, SensorModel

_COUNTED_HEADER: Final = 3  # beginning, length, command
command = typer.Typer(help="Decode sensor frames given as hex on standard input.")


@command.callback(invoke_without_command=True)
def decode(
    sensor: Annotated[str | None, typer.Option("--sensor", help="The sensor's model.")] = None,
    *,
    list_models: Annotated[bool, typer.Option("--list", help="Name the models and stop.")] = False,
) -> None:
    """Decode each line; a line that is no whole frame of the model answers with its error."""
    if list_models:
        typer.echo("\n".join(sensor_models()))
        return
    if sensor is None:
        raise typer.BadParameter("name the model by --sensor; --list names them all")
    model = sensor_model(sensor)
    for line in sys.stdin.buffer:  # bytes: a line that is no text is a bad line like any other
        if line.strip():
            text = line.decode("ascii", "replace")
            typer.echo(msgspec.json.encode(_decode_line(model, text)).decode())


def _decode_line(model: SensorModel, line: str) -> Decoded:
    try:
        content = bytes.fromhex(line.strip())
    except ValueError:
        return {"error": "hex", "detail": f"{line.strip()[:80]!r} is no hexadecimal"}
    try:
        return decode_frame(model, content)
    except FrameError as error:
        refused = {"error": error.reason, "detail": str(error)}
    if model.preamble and content.startswith(model.preamble):
        with suppress(FrameError):
            return decode_frame(model, content.removeprefix(model.preamble))
    return host_command(model.identifier, content) or _frames_in(model, content) or refused


def _frames_in(model: SensorModel, content: bytes) -> Decoded | None:
    """The whole data frames within a longer piece of a line; None where there is none."""
    found = FrameStream(model.frame_format).feed(content)
    frames = [frame.hex().upper() for frame in found if model.is_data(model.decode(frame))]
    return {"frames": frames} if frames else None


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
    formats = (model.frame_format, *model.answers)
    for frame_format in formats:
        if frame.startswith(frame_format.headers) and frame_format.may_be(frame):
            return frame_format
    headers = [header for frame_format in formats for header in frame_format.headers if header]
    if any(_begins_alike(header, frame) for header in headers):
        raise FrameError("length", f"{frame[:4].hex()}: torn, or a length that no frame has")
    known = ", ".join(header.hex() for header in headers[:8])
    raise FrameError("header", f"{frame[:2].hex()} where a frame begins: {known}")


def _begins_alike(header: bytes, frame: bytes) -> bool:
    """Cut off within its header, or with another length between a known beginning and command."""
    if frame and header.startswith(frame):
        return True
    counted = len(header) == _COUNTED_HEADER
    return counted and frame[:1] == header[:1] and frame[2:3] == header[2:3]


if __name__ == "__main__":
    command()

"""What a probe found, for people and as JSON: candidates, never one answer."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firmware_bridge.probe import Candidate, Heard

_DUMP_WIDTH: Final = 16
_SHOWN_ELSEWHERE_BYTES: Final = 64
_VISIBLE: Final = frozenset((string.digits + string.ascii_letters + string.punctuation).encode())
_UNDECIDED: Final = "READ-THE-LABEL"


class ModelFound(msgspec.Struct, frozen=True):
    """How many whole valid frames a model's decoder saw, and the last one's content."""

    model: str
    frames: int
    data_frames: int
    last: dict[str, Any] | None


class LineFound(msgspec.Struct, frozen=True):
    """What came at one line setting; `first_bytes` is hexadecimal."""

    line: str
    received_bytes: int
    first_bytes: str
    asked: list[str]
    echoes: bool
    lacks_parity: bool
    models: list[ModelFound]


class Findings(msgspec.Struct, frozen=True):
    """A whole probe; only the sensor's label tells its `candidates` apart."""

    port: str
    lines: list[LineFound]
    candidates: list[str]
    suggestion: str | None


def findings(port: str, heard: list[Heard]) -> Findings:
    """`port` is the name to be written into the configuration."""
    best = _best(heard)
    found = best.found() if best else []
    return Findings(
        port=port,
        lines=[_line_found(at_line) for at_line in heard],
        candidates=[candidate.model.identifier for candidate in found],
        suggestion="\n".join(_suggestion(port, best, found)) if best else None,
    )


def as_text(port: str, heard: list[Heard]) -> str:
    """The same for a person at a terminal."""
    best = _best(heard)
    lines = list(_of_the_best(port, best) if best else _of_nothing_known(heard))
    if any(at_line.echoes for at_line in heard):
        lines += _ECHO
    if any(at_line.lacks_parity for at_line in heard):
        lines += _NO_PARITY
    return "\n".join(lines)


_ECHO: Final = (
    "",
    "What was asked came back byte by byte: the adapter's TX leads into its own RX. The adapter's",
    "RX belongs to the sensor's TX, and its TX to the sensor's RX.",
)
_NO_PARITY: Final = (
    "",
    "This port cannot do parity (the small UART of a Raspberry Pi cannot, ttyS0), so sensors with",
    "even parity (NextPM, SN-GCJA5) may not be understood here: put them on a USB adapter.",
)


def _best(heard: list[Heard]) -> Heard | None:
    with_frames = [at_line for at_line in heard if at_line.frames]
    return max(with_frames, key=lambda at_line: at_line.frames, default=None)


def _line_found(heard: Heard) -> LineFound:
    models = [
        ModelFound(found.model.identifier, found.frames, found.data_frames, found.last)
        for found in heard.found()
    ]
    return LineFound(
        line=str(heard.line),
        received_bytes=heard.received_bytes,
        first_bytes=heard.first_bytes.hex(),
        asked=[question.asks for question in heard.asked],
        echoes=heard.echoes,
        lacks_parity=heard.lacks_parity,
        models=models,
    )


def _of_the_best(port: str, best: Heard) -> Iterator[str]:
    found = best.found()
    how = f" after asking ({best.asked[-1].asks})" if best.asked else ""
    yield f"{best.line}: {best.received_bytes} bytes{how}"
    yield ""
    yield from aligned(
        [("model", "valid frames", "with values")]
        + [(c.model.identifier, str(c.frames), str(c.data_frames)) for c in found]
    )
    yield from ("", f"first bytes ({len(best.first_bytes)} of {best.received_bytes})")
    yield from hex_dump(best.first_bytes)
    yield from ("", "the last frame, as each model would read it")
    yield from aligned([(c.model.identifier, _values(c)) for c in found])
    yield ""
    yield from _verdict(found)
    yield from ("", "lines for the gateway's configuration:", "")
    yield from _suggestion(port, best, found)


def _verdict(found: list[Candidate]) -> Iterator[str]:
    if len(found) == 1:
        yield f"Only {found[0].model.identifier} has frames of this shape here. Compare it with the"
        yield "sensor's label all the same: other makers may use the shape too."
        return
    yield f"These {len(found)} models send frames of one shape with different insides. The bytes do"
    yield "not say which one this is: READ THE MODEL FROM THE SENSOR'S LABEL."


def _suggestion(port: str, best: Heard, found: list[Candidate]) -> Iterator[str]:
    names = [candidate.model.identifier for candidate in found]
    model = found[0].model
    yield "[[sensors]]"
    yield 'code = "CHOOSE-A-CODE"  # the sensor\'s code in the network file'
    if len(names) == 1:
        yield f'model = "{names[0]}"  # compare with the label'
    else:
        yield f'model = "{_UNDECIDED}"  # one of: {", ".join(names)}'
    yield f"port = {msgspec.json.encode(port).decode()}"
    if best.line.baud != model.baud:
        yield f"baud = {best.line.baud}  # the data sheet says {model.baud}"
    if "inlet" in model.options:
        yield "sampling_interval_s = 3600  # its records are hours"
        yield 'inlet = "LOOK-AT-IT"  # pm25, pm10 or tsp'
    if "modbus" in model.options:
        yield "# and what its registers mean: docs/bridge/modbus.toml"


def _of_nothing_known(heard: list[Heard]) -> Iterator[str]:
    yield from aligned(
        [("line", "bytes", "questions asked")]
        + [(str(h.line), str(h.received_bytes), str(len(h.asked))) for h in heard]
    )
    yield ""
    told = [at_line for at_line in heard if at_line.received_bytes]
    yield from _UNKNOWN if told else _SILENCE
    for at_line in told:
        yield from ("", f"{at_line.line}:")
        yield from hex_dump(at_line.first_bytes[:_SHOWN_ELSEWHERE_BYTES])


_SILENCE: Final = (
    "Nothing came, at any line setting. In this order:",
    "  1. Has the sensor power? Most need 5 V; a fan can be heard or felt.",
    "  2. Does the sensor's TX lead to the adapter's RX, and is ground joined to ground?",
    "  3. Is the level right? TTL sensors (3.3 V) need a TTL adapter, RS-232 and RS-485 their own.",
    "  4. Does it speak seldom? Try again with --seconds 60.",
)
_UNKNOWN: Final = (
    "Bytes came, but no whole frame of any model that is known. In this order:",
    "  1. Is it at another speed, or set to another output (manual of the instrument)?",
    "  2. Is the level right? An RS-232 line on a TTL adapter is heard upside down.",
    "  3. Is ground joined to ground, and the cable short?",
    "  4. Is the sensor among those of `dust decode --list`?",
)


def hex_dump(content: bytes) -> Iterator[str]:
    """Sixteen bytes a line: offset, hexadecimal, and as text where they are visible."""
    for at in range(0, len(content), _DUMP_WIDTH):
        row = content[at : at + _DUMP_WIDTH]
        text = "".join(chr(byte) if byte in _VISIBLE else "." for byte in row)
        yield f"  {at:04x}  {row.hex(' '):<{3 * _DUMP_WIDTH}} |{text}|"


def aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Rows of cells under each other, two blanks apart."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield ("  " + "  ".join(cells)).rstrip()


def _values(candidate: Candidate) -> str:
    fields = (candidate.last or {}).items()
    return "  ".join(f"{name} {value}" for name, value in fields)

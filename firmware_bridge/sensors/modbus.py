"""Modbus RTU: answers of any instrument as registers, and a table that says what they mean.

No standard map exists for cups and vanes, so what stands where is configured. The end of an answer
is told by its length byte, not by silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dust.errors import BadInput
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameFormat
from firmware_bridge.sensors.base import (
    ASKED,
    WIND,
    Decoded,
    SensorModel,
    big_endian_words,
    signed_word,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FUNCTIONS: Final = (3, 4)
_EXCEPTION: Final = 0x80
_EXCEPTION_BYTES: Final = 5
_MOST_BYTES: Final = 250
_UNITS: Final = range(1, 248)


class ModbusFormat(FrameFormat):
    """Unit, function 3 or 4, count of bytes, registers, CRC-16; or an exception of five bytes.

    Where the number of `registers` is known, an echoed request is not taken for a long answer.
    """

    reach = 3

    def __init__(
        self,
        units: Sequence[int] = _UNITS,
        functions: Sequence[int] = _FUNCTIONS,
        registers: int | None = None,
    ) -> None:
        codes = (*functions, *(_EXCEPTION | function for function in functions))
        self.headers = tuple(bytes((unit, code)) for unit in units for code in codes)
        self._bytes = None if registers is None else 2 * registers

    def length(self, start: bytes) -> int | None:
        if len(start) < self.reach:
            return None
        if start[1] & _EXCEPTION:
            return _EXCEPTION_BYTES
        if start[2] % 2 or not 0 < start[2] <= _MOST_BYTES:
            raise FrameError("length", f"{start[2]} bytes announced, even counts up to 250 exist")
        if self._bytes not in (None, start[2]):
            raise FrameError("length", f"{start[2]} bytes announced, {self._bytes} were asked for")
        return 5 + start[2]

    def check(self, frame: bytes) -> None:
        stated, computed = int.from_bytes(frame[-2:], "little"), crc16(frame[:-2])
        if stated != computed:
            raise FrameError("checksum", f"{stated:#06x} stated, {computed:#06x} computed")


def crc16(content: bytes) -> int:
    """CRC-16 of Modbus: reflected 8005, begun with FFFF."""
    crc = 0xFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def modbus_request(unit: int, function: int, address: int, count: int) -> bytes:
    """Ask `unit` for `count` registers from `address` on."""
    body = bytes((unit, function)) + address.to_bytes(2) + count.to_bytes(2)
    return body + crc16(body).to_bytes(2, "little")


def decode_modbus(frame: bytes) -> Decoded:
    """The registers of an answer, or its exception code."""
    if frame[1] & _EXCEPTION:
        return {"unit": frame[0], "function": frame[1] ^ _EXCEPTION, "exception": frame[2]}
    return {"unit": frame[0], "function": frame[1], "registers": big_endian_words(frame[3:-2])}


@dataclass(frozen=True, slots=True)
class Register:
    """Where a number stands in an answer and what one step of it is worth."""

    index: int
    step: float = 1
    signed: bool = False
    low_word_first: bool = False
    """Two registers make one 32-bit number, the low word first."""

    def read(self, registers: Sequence[int]) -> float:
        if self.index + self.low_word_first >= len(registers):
            raise BadInput("index", self.index, f"0 to {len(registers) - 1}")
        word = registers[self.index]
        if self.low_word_first:
            word |= registers[self.index + 1] << 16
        elif self.signed:
            word = signed_word(word)
        return round(word * self.step, 6)


def read_registers(table: Mapping[str, Register], registers: Sequence[int]) -> dict[str, float]:
    """The numbers that `table` finds in an answer."""
    return {name: register.read(registers) for name, register in table.items()}


MODBUS_RTU: Final = SensorModel(
    identifier="modbus-rtu",
    baud=9600,
    parity="N",
    frame_format=ModbusFormat(),
    decode=decode_modbus,
    values={},
    poll_s=1,
    is_only_asked=True,
    options=ASKED | WIND | {"modbus"},
)

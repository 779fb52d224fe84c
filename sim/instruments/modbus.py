"""A Modbus RTU wind transmitter: two registers, read by function 3 or 4; refusals as exceptions."""

from __future__ import annotations

from sim.frames.modbus import answer, exception, registers
from sim.frames.scale import refuse_beyond
from sim.instruments.instrument import Powered
from sim.instruments.requests import fixed, modbus_crc_is_right

_READS = (3, 4)
_REGISTERS = 2
_MOST_REGISTERS = 125
_UNKNOWN_FUNCTION, _UNKNOWN_ADDRESS, _BAD_COUNT = 1, 2, 3
_LAST_UNIT = 247
_SILENCE_S = 0.5  # well above the 3.5 characters that end a request


class ModbusWind(Powered):
    """Silent to other units, to broadcasts and to a wrong check; half a request is forgotten."""

    take = staticmethod(fixed(b"", 8, modbus_crc_is_right))

    def __init__(self, model: str, unit_id: int) -> None:
        super().__init__(model)
        refuse_beyond("unit_id", unit_id, most=_LAST_UNIT, least=1)
        self._unit = unit_id
        self._last_byte_s = 0.0

    def hear(self, data: bytes, now_s: float) -> bytes:
        if now_s - self._last_byte_s > _SILENCE_S:
            self._heard.clear()
        self._last_byte_s = now_s
        return super().hear(data, now_s)

    def _wake(self, now_s: float) -> None:
        """It is there at once, and wind has no laser."""

    def _obey(self, request: bytes, now_s: float) -> bytes:
        unit, function = request[0], request[1]
        if unit != self._unit:
            return b""
        first, count = int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
        if code := _refusal(function, first, count):
            return exception(unit, function, code)
        return self._answer(
            now_s, lambda air: answer(unit, function, registers(air)[first : first + count])
        )


def _refusal(function: int, first: int, count: int) -> int:
    """Why a request is refused; 0 where it is not."""
    if function not in _READS:
        return _UNKNOWN_FUNCTION
    if not 1 <= count <= _MOST_REGISTERS:
        return _BAD_COUNT
    return 0 if first + count <= _REGISTERS else _UNKNOWN_ADDRESS

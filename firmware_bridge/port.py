"""A serial port: the only module that knows the serial library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import serial

from firmware_bridge.errors import PortUnavailable

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import SensorModel

_CHUNK_BYTES: Final = 4096


class SerialPort:
    """An open serial line; every failure is told as `PortUnavailable`."""

    def __init__(self, path: str, model: SensorModel) -> None:
        self.path = path
        try:
            self._line = serial.Serial(path, model.baud, parity=model.parity, timeout=0)
        except (serial.SerialException, OSError, ValueError) as error:
            raise PortUnavailable(f"port {path}: {error}") from error

    def fileno(self) -> int:
        return int(self._line.fileno())

    def read(self) -> bytes:
        """What has arrived, without waiting."""
        try:
            return bytes(self._line.read(_CHUNK_BYTES))
        except (serial.SerialException, OSError, TypeError) as error:
            raise PortUnavailable(f"port {self.path}: {error}") from error

    def close(self) -> None:
        self._line.close()

"""A serial port: the only module that knows the serial library."""

from __future__ import annotations

import termios
from typing import TYPE_CHECKING, Final

import serial

from firmware_bridge.errors import PortUnavailable
from firmware_bridge.ports import resolve

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import SensorModel

_CHUNK_BYTES: Final = 4096
# termios.error is no OSError; the library lets it through, and a TypeError where a port was closed
# under its hands.
_FAILURES: Final = (serial.SerialException, OSError, ValueError, TypeError, termios.error)


class SerialPort:
    """An open serial line; every failure is told as `PortUnavailable`."""

    def __init__(self, path: str, model: SensorModel) -> None:
        self.path = path
        try:
            self._line = serial.Serial(
                resolve(path),
                model.baud,
                parity=model.parity,
                timeout=0,
                write_timeout=0,
                exclusive=True,  # two readers of one line would each get a part of it
            )
        except _FAILURES as error:
            raise PortUnavailable(f"port {path}: {error}") from error

    def fileno(self) -> int:
        return int(self._line.fileno())

    def read(self) -> bytes:
        """What has arrived, without waiting."""
        try:
            return bytes(self._line.read(_CHUNK_BYTES))
        except _FAILURES as error:
            raise PortUnavailable(f"port {self.path}: {error}") from error

    def write(self, data: bytes) -> None:
        """Send without waiting; what the line does not take is lost, and is asked again."""
        try:
            if data:
                self._line.write(data)
        except _FAILURES as error:
            raise PortUnavailable(f"port {self.path}: {error}") from error

    def close(self) -> None:
        self._line.close()

"""What a host says to sensors, read back: a tapped line carries both sides.

A command is recognised by its builder: what is built again from its parts must be the same.
A miswired SPS30 sends its commands back: here the echo is told as the command that it is, and to
the gateway it is no frame of the sensor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_bridge.sensors.cubic import cubic_command
from firmware_bridge.sensors.honeywell import hpma_command
from firmware_bridge.sensors.modbus import modbus_request
from firmware_bridge.sensors.nova import sds_command
from firmware_bridge.sensors.plantower import pms_command
from firmware_bridge.sensors.sensirion import shdlc_command, unstuffed
from firmware_bridge.sensors.tera import nextpm_command
from firmware_bridge.sensors.winsen import zh_command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firmware_bridge.sensors.base import Decoded

    _Built = tuple[Decoded, bytes]
    """The parts of a command, and what is built again from them."""


def host_command(model: str, frame: bytes) -> Decoded | None:
    """The parts of a command to this model, by the maker's names; None for anything else."""
    read = _READERS.get(model)
    if read is None:
        return None
    try:
        parts, built = read(frame)
    except (IndexError, ValueError, OverflowError):
        return None
    return parts if built == frame else None


def _plantower(frame: bytes) -> _Built:
    command, data = frame[2], int.from_bytes(frame[3:5])
    return {"cmd": f"{command:02X}", "data": data}, pms_command(command, data)


def _nova(frame: bytes) -> _Built:
    command, data, target = frame[2], frame[3:15], frame[15:17]
    parts = {"cmd": command, "data": data.hex().upper(), "target_id": target.hex().upper()}
    return parts, sds_command(command, data, int.from_bytes(target))


def _counted(frame: bytes, build: Callable[[int, bytes], bytes]) -> _Built:
    command, data = frame[2], frame[3:-1]
    return {"cmd": f"{command:02X}", "data": data.hex().upper()}, build(command, data)


def _honeywell(frame: bytes) -> _Built:
    return _counted(frame, hpma_command)


def _cubic(frame: bytes) -> _Built:
    return _counted(frame, cubic_command)


def _sensirion(frame: bytes) -> _Built:
    content = unstuffed(frame[1:-1])
    address, command, data = content[0], content[1], content[3:-1]
    parts = {"address": address, "command": command, "data": data.hex().upper()}
    return parts, shdlc_command(command, data, address)


def _winsen(frame: bytes) -> _Built:
    return {"cmd": f"{frame[2]:02X}", "data": frame[3]}, zh_command(frame[2], frame[3])


def _nextpm(frame: bytes) -> _Built:
    if frame[0] == 1:  # the sensor's own address on Modbus
        return _modbus(frame)
    return {"cmd": f"{frame[1]:02X}"}, nextpm_command(frame[1])


def _modbus(frame: bytes) -> _Built:
    unit, function = frame[0], frame[1]
    address, count = int.from_bytes(frame[2:4]), int.from_bytes(frame[4:6])
    parts = {"unit": unit, "function": function, "address": address, "count": count}
    return parts, modbus_request(unit, function, address, count)


_READERS: Final[Mapping[str, Callable[[bytes], _Built]]] = {
    **dict.fromkeys(
        ("pms3003", "pms5003", "pms5003t", "pms5003s", "pms5003st", "sm-uart-04l"), _plantower
    ),
    **dict.fromkeys(("sds011", "sds198"), _nova),
    **dict.fromkeys(("hpma115s0", "hpma115c0"), _honeywell),
    **dict.fromkeys(("zh03b", "zh06"), _winsen),
    **dict.fromkeys(("pm1006", "pm2008"), _cubic),
    "sps30": _sensirion,
    "nextpm": _nextpm,
    "modbus-rtu": _modbus,
}

"""Questions that change nothing: what may be asked of a line whose sensor is not known.

Every one only reads. None switches a mode, writes a setting, lets a sensor sleep or wakes it for
longer than its answer, whichever model hears it. The PM1006 is not asked at all: where it sits in a
lamp, the lamp asks it on the same wire.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from firmware_bridge.sensors.cubic import cubic_command
from firmware_bridge.sensors.davis import WAKE, loop_command
from firmware_bridge.sensors.honeywell import hpma_command
from firmware_bridge.sensors.metone import HEADER, RECORD
from firmware_bridge.sensors.modbus import modbus_request
from firmware_bridge.sensors.nova import sds_command
from firmware_bridge.sensors.plantower import READ, pms_command
from firmware_bridge.sensors.sensirion import shdlc_command
from firmware_bridge.sensors.tera import nextpm_command
from firmware_bridge.sensors.winsen import zh_command


class LineSetting(NamedTuple):
    """Speed and parity of a serial line; always eight bits and one stop bit."""

    baud: int
    parity: Literal["N", "E", "O"]

    def __str__(self) -> str:
        return f"{self.baud} 8{self.parity}1"


class Question(NamedTuple):
    """Bytes that ask, the models that answer them, what is asked in words, and how long to wait."""

    models: tuple[str, ...]
    line: LineSetting
    data: bytes
    asks: str
    answer_s: float = 1.2


_PLANTOWER = ("pms5003", "pms3003", "pms5003t", "pms5003s", "pms5003st", "sm-uart-04l")


def questions() -> tuple[Question, ...]:
    """All of them, in the order in which they are asked."""
    # Modbus first: its bytes may hold a line's end, which would stop a Davis console.
    return (*_of_modbus(), *_of_slow_lines(), *_of_fast_lines())


def _of_slow_lines() -> tuple[Question, ...]:
    line = LineSetting(9600, "N")
    return (
        Question(("sds011", "sds198"), line, sds_command(4), "Nova: values"),
        Question(("sds011", "sds198"), line, sds_command(7), "Nova: firmware"),
        Question(_PLANTOWER, line, pms_command(READ, 0), "Plantower, Telaire: values"),
        Question(("hpma115s0", "hpma115c0"), line, hpma_command(0x04), "Honeywell: values"),
        Question(("zh03b", "zh06"), line, zh_command(0x86), "Winsen: values"),
        Question(("pm2008",), line, cubic_command(0x0B, b"\x07"), "Cubic PM2008: values"),
        Question(("bam1020",), line, HEADER + RECORD, "Met One BAM-1020: last record"),
    )


def _of_fast_lines() -> tuple[Question, ...]:
    sps30, nextpm = LineSetting(115_200, "N"), LineSetting(115_200, "E")
    davis = LineSetting(19_200, "N")
    return (
        Question(("sps30",), sps30, shdlc_command(0xD1), "Sensirion SPS30: version"),
        Question(("sps30",), sps30, shdlc_command(0x03), "Sensirion SPS30: values"),
        Question(("nextpm",), nextpm, nextpm_command(0x16), "Tera NextPM: state"),
        Question(("nextpm",), nextpm, nextpm_command(0x11), "Tera NextPM: values"),
        Question(("davis-vantage",), davis, WAKE, "Davis Vantage: awake?"),
        Question(("davis-vantage",), davis, loop_command(1), "Davis Vantage: values", 2.5),
    )


def _of_modbus() -> tuple[Question, ...]:
    return tuple(
        Question(
            ("modbus-rtu",),
            LineSetting(baud, "N"),
            modbus_request(1, function, address=0, count=1),
            f"Modbus: unit 1, function {function}, register 0",
        )
        for baud in (9600, 4800, 19_200)
        for function in (3, 4)
    )

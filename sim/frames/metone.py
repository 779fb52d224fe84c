"""Met One BAM-1020: header and record as comma-separated text (manual, sections on RS-232).

Concentrations are mg/m³; the stamp is the local end of the sampling hour. The columns' order
differs between instruments, and a reader must take it from the header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sim.frames.encoded import Encoded
from sim.frames.scale import Scale

if TYPE_CHECKING:
    from decimal import Decimal

    from sim.air import Air

ALARMS = ("E", "U", "M", "I", "L", "R", "N", "F", "P", "D", "C", "T")
_LINE_END = "\r\n"

# As the manual's example has them, and as a real instrument did.
_MANUAL_COLUMNS = (
    *("Time", "Conc(mg/m3)", "Qtot(m3)", "WS(MPS)", "WD(DEG)", "BP(mm)", "RH(%)", "Delta(C)"),
    "AT(C)",
)
_LOGGED_COLUMNS = (
    *("Time", "Conc (mg/m3)", "Qtot (m3)", "no (V)", "WS (MPS)", "no (V)", "RH (%)", "no (V)"),
    *("AT (C)", "Stab(ug)", "Ref (ug)"),
)
COLUMN_ORDERS = {"manual": _MANUAL_COLUMNS + ALARMS, "logged": _LOGGED_COLUMNS + ALARMS}

_UGM3 = Scale(most=985, least=-15)  # the full scale stands for an error
_ANY_STAMP = "01/01/26 01:00"


class Record(NamedTuple):
    """One hour: its local end as `MM/DD/YY HH:MM`, the level, the weather inputs, raised alarms."""

    hour_ending: str
    level_mgm3: float
    t_c: float = 28.0
    wind_mps: float = 0.0
    wind_deg: float = 0.0
    alarms: str = ""


def bam1020(air: Air, hour_ending: str = _ANY_STAMP, inlet: str = "pm10") -> Encoded:
    """Header and record behind one another; what is measured (`inlet`) hangs on the inlet.

    At full scale nothing may be taken from it.
    """
    level_mgm3 = measured_mgm3(getattr(air, inlet))
    record = Record(hour_ending, level_mgm3, air.t_c, air.wind_mps, air.wind_deg or 0.0)
    return Encoded(header_line() + record_line(record), levels_of(record, inlet))


def measured_mgm3(level_ugm3: float) -> float:
    """The level as the instrument counts it, between its zero's offset and full scale."""
    return _UGM3.steps(level_ugm3) / 1000


def levels_of(record: Record, inlet: str = "pm10") -> dict[str, Decimal]:
    """What a right reader must take from a record: nothing at full scale or with an alarm."""
    steps = _UGM3.steps(record.level_mgm3 * 1000)
    return {} if record.alarms or steps == _UGM3.most else {inlet: _UGM3.level(steps)}


def header_line(order: str = "manual") -> bytes:
    return f"{','.join(COLUMN_ORDERS[order])},{_LINE_END}".encode()


def record_line(record: Record, order: str = "manual") -> bytes:
    """The record's cells in the order of the header, each figure six characters wide."""
    cells = [_cell(column, record) for column in COLUMN_ORDERS[order]]
    return f"{','.join(cells)},{_LINE_END}".encode()


def _cell(column: str, record: Record) -> str:
    if column in ALARMS:
        return "1" if column in record.alarms else "0"
    figures = {
        "Time": record.hour_ending,
        "Conc": f"{record.level_mgm3:6.3f}",
        "Qtot": " 0.834",  # 16.7 l/min for 50 minutes
        "WS": f"{record.wind_mps:6.1f}",
        "WD": f"{record.wind_deg % 360:6.0f}",
        "BP": "   755",
        "RH": "    30",  # of the filter, which is heated
        "Delta": "   4.2",
        "AT": f"{record.t_c:6.1f}",
        "no": " 0.001",
        "Stab": "   0.3",
        "Ref": "   0.8",
    }
    return figures[column.partition("(")[0].strip()]

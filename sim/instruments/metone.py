"""Met One BAM-1020: a record an hour, given when asked for (manual, RS-232 and query output).

`ESC Q CR` gives the last record and `ESC QH CR` the header alone, as the manual has it; STX serves
for ESC. Three CR give `*`; then `6` and `4` give header and last record, `6` and `3` every record
since the last `6`, `3`.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from statistics import fmean
from typing import TYPE_CHECKING

from sim.frames.metone import Record, header_line, measured_mgm3, record_line
from sim.instruments.instrument import Powered

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.air import Air
    from sim.instruments.quirks import Quirks

BANGKOK = timezone(timedelta(hours=7))
_POWER_FAILED = "L"
_ESCAPES = b"\x1b\x02"
_LONGEST_COMMAND = 16
_MENU = b"\r\n3 - Display New Data\r\n4 - Display Last Data\r\n>"


def bangkok_time(now_s: float) -> datetime:
    """The local time where `now_s` are seconds since 1970."""
    return datetime.fromtimestamp(now_s, BANGKOK)


class Bam1020(Powered):
    """Averages what its inlet lets through over the local hour and stamps the hour's end.

    An hour in which power came is recorded with the alarm for it. `clock` turns `now_s` into local
    time; `alarms` are the letters that the running hour will show.
    """

    def __init__(self, model: str, unit_id: int, quirks: Quirks) -> None:
        super().__init__(model)
        self.clock: Callable[[float], datetime] = bangkok_time
        self.alarms = ""
        self.records: list[Record] = []
        self._station = unit_id
        self._order = quirks.column_order
        self._inlet = quirks.inlet
        self._hour: datetime | None = None
        self._airs: list[Air] = []
        self._given = 0
        self._keys = ""

    def hear(self, data: bytes, now_s: float) -> bytes:
        """Replies to commands; a record is closed by the time alone, also when nobody sent air."""
        if not self._powered:
            return b""
        self._close_hours(now_s)
        return b"".join(self._key(byte) for byte in data)

    def _begin(self, now_s: float) -> None:
        self._lasing = False
        self._hour = _hour_of(self.clock(now_s))
        self._airs.clear()
        self.alarms = _POWER_FAILED if self.clock(now_s) > self._hour else ""
        self._keys = ""

    def _unasked(self, now_s: float, air: Air) -> bytes:
        self._close_hours(now_s)
        self._airs.append(air)
        return b""

    def _close_hours(self, now_s: float) -> None:
        hour = _hour_of(self.clock(now_s))
        if self._hour is None or hour <= self._hour:
            return
        if self._airs:
            self.records.append(self._record(self._hour + timedelta(hours=1)))
        self._airs.clear()
        self._hour, self.alarms = hour, ""

    def _record(self, hour_ending: datetime) -> Record:
        return Record(
            f"{hour_ending:%m/%d/%y %H:%M}",
            measured_mgm3(fmean(float(getattr(air, self._inlet)) for air in self._airs)),
            fmean(air.t_c for air in self._airs),
            fmean(air.wind_mps for air in self._airs),
            self._airs[-1].wind_deg or 0.0,
            self.alarms,
        )

    def _key(self, byte: int) -> bytes:
        if byte in _ESCAPES:
            self._keys = "\x1b"
            return b""
        self._keys = (self._keys + chr(byte))[-_LONGEST_COMMAND:]
        if self._keys.startswith("\x1b"):
            return self._escaped() if byte == ord("\r") else b""
        return self._menu()

    def _escaped(self) -> bytes:
        """`Q`, `QH`, the custom output (set up as the standard one), or the pointer put back."""
        command, self._keys = self._keys[1:-1].replace(" ", ""), ""
        if command in ("Q", "QC"):
            return self._lines(self.records[-1:])
        if command in ("QH", "QCH"):
            return header_line(self._order)
        if command.startswith("3") and command[1:].isdecimal():
            self._given = max(0, len(self.records) - int(command[1:]))
        return b""

    def _menu(self) -> bytes:
        if self._keys.endswith("\r\r\r"):
            self._keys = "*"
            return b"*"
        if self._keys == "*6":
            return _MENU
        if self._keys in ("*64", "*63"):
            new = self.records[self._given :] if self._keys == "*63" else self.records[-1:]
            self._given = len(self.records) if self._keys == "*63" else self._given
            self._keys = "*"
            return self._report(new)
        if self._keys.startswith("*"):
            self._keys = "*" if self._keys[-1] != "\r" else "\r"
        return b""

    def _report(self, records: list[Record]) -> bytes:
        head = f"\r\nDisplay CSV Data\r\nStation, {self._station}\r\n".encode()
        return head + header_line(self._order) + self._lines(records) + b"*"

    def _lines(self, records: list[Record]) -> bytes:
        return b"".join(record_line(record, self._order) for record in records)


def _hour_of(stamp: datetime) -> datetime:
    return stamp.replace(minute=0, second=0, microsecond=0)

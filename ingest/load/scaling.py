"""The arithmetic of docs/scaling.md: from measured constants to what a network of a size takes.

`python -m ingest.load.scaling FILE` writes the file's tables again from the constants in it.
"""

from __future__ import annotations

import math
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from dust.errors import BadFile
from dust.storage.chunk_interval import Load, Memory, Reckoning, advise
from dust.storage.reading_size import ReadingSize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SENSORS: Final = (1_000, 100_000, 1_000_000)
EVERY_S: Final = (60, 1)
_CONSTANT: Final = re.compile(r"^\| `(\w+)` \| ([\d.,]+) \|", re.MULTILINE)
_TABLE: Final = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_DAY_S: Final = 86_400
_YEAR_DAYS: Final = 365
_GIB: Final = 1 << 30
_CURRENT: Final = timedelta(days=7)


class Constants(msgspec.Struct, forbid_unknown_fields=True):
    """What was measured on one machine, and what is supposed of a network; units in the names."""

    reading_payload_bytes: float
    message_bytes: float
    receipt_bytes: float
    table_bytes: float
    index_bytes: float
    wal_bytes: float
    ingest_ms_per_1000_readings: float
    ingest_ms_per_1000_messages: float
    database_ms_per_1000_readings: float
    database_ms_per_1000_messages: float
    broker_ms_per_1000_readings: float
    broker_ms_per_1000_messages: float
    hour_ingest_ms: float
    hour_database_ms: float
    sensors_per_gateway: float
    busy_share: float
    database_cores: float
    database_memory_gib: float
    raw_days: float
    open_hour_s: float


class Size(NamedTuple):
    """A network: so many sensors, each with a reading every so many seconds."""

    constants: Constants
    sensors: int
    every_s: int

    @property
    def readings_per_s(self) -> float:
        return self.sensors / self.every_s

    @property
    def gateways(self) -> int:
        return math.ceil(self.sensors / self.constants.sensors_per_gateway)

    @property
    def messages_per_s(self) -> float:
        """A gateway sends the readings of one instant together."""
        return self.gateways / self.every_s

    @property
    def bytes_per_day(self) -> float:
        kept = self.constants.table_bytes + self.constants.index_bytes
        return kept * self.readings_per_s * _DAY_S

    @property
    def wal_bytes_per_s(self) -> float:
        return self.constants.wal_bytes * self.readings_per_s

    @property
    def inbound_bits_per_s(self) -> float:
        """From the gateways to the broker, and the same again from there to the workers."""
        constants = self.constants
        return 8 * (
            constants.reading_payload_bytes * self.readings_per_s
            + constants.message_bytes * self.messages_per_s
        )

    @property
    def receipt_bits_per_s(self) -> float:
        return 8 * self.constants.receipt_bytes * self.messages_per_s

    def cores(self, of: str) -> float:
        """Of `ingest`, `database` or `broker`: so much for a message, so much for a reading."""
        per_reading: float = getattr(self.constants, f"{of}_ms_per_1000_readings")
        per_message: float = getattr(self.constants, f"{of}_ms_per_1000_messages")
        ms_per_s = per_reading * self.readings_per_s + per_message * self.messages_per_s
        return ms_per_s / 1_000_000

    def cores_of_hours(self, of: str) -> float:
        """What `ingest` or `database` takes for the averages: each open hour again and again."""
        per_hour_ms: float = getattr(self.constants, f"hour_{of}_ms")
        return per_hour_ms * self.sensors / max(self.constants.open_hour_s, self.every_s) / 1000

    @property
    def workers(self) -> int:
        """One worker is one core, and none is planned to be busier than its share."""
        cores = self.cores("ingest") + self.cores_of_hours("ingest")
        return max(1, math.ceil(cores / self.constants.busy_share))

    @property
    def databases(self) -> int:
        each = self.constants.database_cores * self.constants.busy_share
        cores = self.cores("database") + self.cores_of_hours("database")
        return max(1, math.ceil(cores / each))

    @property
    def chunk(self) -> timedelta:
        """What a quarter of one database's memory holds the index of."""
        constants = self.constants
        reading = ReadingSize(constants.table_bytes, constants.index_bytes)
        a_day = self.readings_per_s * _DAY_S / self.databases
        load = Load(math.ceil(self.sensors / self.databases), a_day, reading)
        memory = Memory(0, round(constants.database_memory_gib * _GIB))
        history = timedelta(days=constants.raw_days)
        return advise(Reckoning(load, memory, history), _CURRENT).advised


def _of_traffic(size: Size) -> list[str]:
    return [
        _number(size.readings_per_s),
        _number(size.messages_per_s),
        f"{size.gateways + size.workers:,}",
        _number(size.inbound_bits_per_s / 1e6),
        _number(size.receipt_bits_per_s / 1e6),
    ]


def _of_storage(size: Size) -> list[str]:
    a_day = size.bytes_per_day
    return [
        _number(a_day / 1e9),
        _number(a_day * _YEAR_DAYS / 1e12),
        _number(a_day * size.constants.raw_days / 1e12),
        _number(size.wal_bytes_per_s / 1e6),
        _number(size.wal_bytes_per_s * _DAY_S / 1e9),
        _length(size.chunk),
    ]


def _of_machines(size: Size) -> list[str]:
    used = [size.cores(of) for of in ("broker", "ingest", "database")]
    used += [size.cores_of_hours(of) for of in ("ingest", "database")]
    return [*map(_number, used), f"{size.workers:,}", f"{size.databases:,}"]


_TABLES: Final[dict[str, tuple[list[str], Callable[[Size], list[str]]]]] = {
    "traffic": (
        ["readings/s", "messages/s", "broker connections", "Mbit/s in", "Mbit/s of receipts"],
        _of_traffic,
    ),
    "storage": (
        ["GB a day", "TB a year", "TB kept", "WAL MB/s", "WAL GB a day", "chunk"],
        _of_storage,
    ),
    "machines": (
        ["broker", "ingest", "database", "hours: ingest", "database", "workers", "primaries"],
        _of_machines,
    ),
}


def rewritten(text: str, file: str = "docs/scaling.md") -> str:
    """The document with every table made again from the constants that it states."""
    try:
        found = {name: float(value.replace(",", "")) for name, value in _CONSTANT.findall(text)}
        constants = msgspec.convert(found, Constants)
    except (ValueError, msgspec.ValidationError) as error:
        names = ", ".join(Constants.__struct_fields__)
        raise BadFile(file, "constants", str(error), f"a row each for {names}") from None
    return _TABLE.sub(
        lambda place: place[1] + "\n".join(_table(place[2], constants)) + "\n" + place[3], text
    )


def _table(name: str, constants: Constants) -> Iterator[str]:
    headings, cells = _TABLES[name]
    yield "| " + " | ".join(["sensors", "every", *headings]) + " |"
    yield "|" + "---|" * (2 + len(headings))
    for every_s in EVERY_S:
        for sensors in SENSORS:
            row = [f"{sensors:,}", f"{every_s} s", *cells(Size(constants, sensors, every_s))]
            yield "| " + " | ".join(row) + " |"


def _number(value: float) -> str:
    """Two digits at least, none that means nothing."""
    if value < 0.01:  # noqa: PLR2004  (a hundredth)
        return "< 0.01"
    if value >= 100:  # noqa: PLR2004  (three digits)
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004  (two digits)


def _length(interval: timedelta) -> str:
    hours = round(interval / timedelta(hours=1))
    return f"{hours} h" if hours < 24 else f"{hours // 24} d"  # noqa: PLR2004  (hours of a day)


def main() -> None:
    """Write the tables of a file again."""
    file = Path(sys.argv[1])
    file.write_text(rewritten(file.read_text("utf-8"), str(file)), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What lies in the gateways' spools: readings as whole MQTT packets in one file, and where.

Made and written to the disk before a clock starts, so that sending them costs next to nothing.
"""

from __future__ import annotations

import math
import os
import random
import time
import uuid
from typing import TYPE_CHECKING, Final

import msgspec

from dust import wire
from ingest.load import packets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL: Final = "pms5003"
_BODIES: Final = 997  # a prime: no two sensors go through them in step
_LAST_PACKET: Final = 65535
_EXTRAS: Final = ("pm1_cf1", "pm25_cf1", "pm10_cf1")
_COUNTS: Final = ("n03_per_dl", "n05_per_dl", "n10_per_dl", "n25_per_dl", "n50_per_dl")


class Layout(msgspec.Struct, frozen=True):
    """Who sends: so many gateways with so many sensors each, and how far apart readings lie.

    Without `extras` a reading has no `x`.
    """

    gateways: int
    sensors: int
    spacing_s: float
    extras: bool = True

    def gateway(self, number: int) -> str:
        return f"bench-{number:04}"

    def sensor(self, gateway: int, number: int) -> str:
        return f"bench-{gateway:04}-{number:02}"


class Part(msgspec.Struct, frozen=True):
    """So many readings of each gateway, so many of them in a message."""

    readings: int
    batch: int


class Batch(msgspec.Struct, array_like=True):
    """A packet's place in the file, and the sequence numbers in it, both ends included."""

    offset: int
    length: int
    first: int
    last: int


class Spooled(msgspec.Struct):
    """A file of packets: for each part, for each gateway, its batches in their order."""

    layout: Layout
    path: str
    spools: list[str]
    parts: list[list[list[Batch]]]
    first_ms: int
    readings_per_gateway: int
    payload_bytes: int

    @property
    def readings(self) -> int:
        return self.readings_per_gateway * self.layout.gateways

    def instant_ms(self, seq: int) -> int:
        """The phenomenon time of the reading with this number: the same at every gateway."""
        return self.first_ms + round((seq - 1) // self.layout.sensors * self.layout.spacing_s * 1e3)


def spool_up(path: Path, layout: Layout, parts: list[Part]) -> Spooled:
    """Write the packets of all parts; the newest reading is of now."""
    per_gateway = sum(part.readings for part in parts)
    steps = math.ceil(per_gateway / layout.sensors)
    first_ms = time.time_ns() // 1_000_000 - round(steps * layout.spacing_s * 1000)
    spools = [str(uuid.uuid4()) for _ in range(layout.gateways)]
    spooled = Spooled(layout, str(path), spools, [], first_ms, per_gateway, 0)
    bodies = _bodies(extras=layout.extras)
    with path.open("wb") as file:
        first = 1
        for part in parts:
            spooled.parts.append([[] for _ in range(layout.gateways)])
            for at in range(first, first + part.readings, part.batch):
                numbers = range(at, min(at + part.batch, first + part.readings))
                for gateway in range(layout.gateways):
                    payload = _payload(spooled, gateway, numbers, bodies)
                    spooled.payload_bytes += len(payload)
                    packet = _packet(layout, gateway, numbers[0], payload)
                    place = Batch(file.tell(), len(packet), numbers[0], numbers[-1])
                    spooled.parts[-1][gateway].append(place)
                    file.write(packet)
            first += part.readings
        file.flush()
        os.fsync(file.fileno())  # else its pages would be written while the clock runs
    return spooled


def _packet(layout: Layout, gateway: int, first: int, payload: bytes) -> bytes:
    topic = wire.readings_topic(layout.gateway(gateway))
    return packets.publish(topic, 2 + first % (_LAST_PACKET - 1), payload)


def _payload(spooled: Spooled, gateway: int, numbers: range, bodies: list[bytes]) -> bytes:
    """As `dust.wire.encode_batch` writes it; a test holds the two together."""
    layout = spooled.layout
    sensors = [layout.sensor(gateway, number).encode() for number in range(layout.sensors)]
    readings = b",".join(
        b'{"seq":%d,"t":%d,"sensor":"%s",%s'
        % (
            *(seq, spooled.instant_ms(seq), sensors[(seq - 1) % layout.sensors]),
            bodies[(seq + 31 * gateway) % _BODIES],
        )
        for seq in numbers
    )
    head = b'{"v":%d,"gateway":"%s","spool":"%s","readings":['
    named = layout.gateway(gateway).encode(), spooled.spools[gateway].encode()
    return head % (wire.VERSION, *named) + readings + b"]}"


def _bodies(*, extras: bool) -> list[bytes]:
    """All behind the sensor's code: means of a minute of a PMS5003, a plume that comes and goes."""
    dice = random.Random(5003)  # noqa: S311  (not a secret)
    return [
        wire.encode(reading).partition(b'"sensor":"",')[2] for reading in _readings(dice, extras)
    ]


def _readings(dice: random.Random, extras: bool) -> Iterator[wire.WireReading]:  # noqa: FBT001  (of this module)
    for number in range(_BODIES):
        level = 25 + 20 * math.sin(2 * math.pi * number / _BODIES) + dice.uniform(-2, 2)
        share = dice.uniform(0.9, 1.1)
        values = [round(level * by * share, 3) for by in (0.6, 1.0, 1.6)]
        counts = [round(level * by * share, 3) for by in (190.0, 55.0, 9.0, 1.1, 0.4)]
        more = dict(zip((*_EXTRAS, *_COUNTS), (*values, *counts), strict=True))
        more["n100_per_dl"] = 0.0
        yield wire.WireReading(
            seq=0,
            t=0,
            sensor="",
            n=dice.randint(57, 60),
            pm1=values[0],
            pm25=values[1],
            pm10=values[2],
            x=more if extras else None,
        )

"""The readings that failure tests send: told by sender and number, ten seconds apart."""

from __future__ import annotations

from dust import wire

T0_MS = 1_577_836_800_000  # 1 January 2020, 00:00Z: a soak sends years of readings
SENSORS_EACH = 2
EVERY_MS = 10_000


def sensor_codes(name: str) -> list[str]:
    """The sensors of a sender, which measure in turn."""
    return [f"{name}-{index}" for index in range(SENSORS_EACH)]


def made_reading(name: str, seq: int) -> wire.WireReading:
    return wire.WireReading(
        seq=seq,
        sensor=sensor_codes(name)[seq % SENSORS_EACH],
        t=T0_MS + seq * EVERY_MS,
        pm25=20 + seq % 97 / 10,
        pm10=40 + seq % 89 / 10,
    )


def spooled_rows(name: str, numbers: range) -> list[tuple[int, int, bytes]]:
    """Number, time and body of each, as `wire.encode_batch` takes them."""
    readings = [made_reading(name, seq) for seq in numbers]
    return [(reading.seq, reading.t, wire.spooled_body(reading)) for reading in readings]

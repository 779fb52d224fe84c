"""One ingest worker without its broker: payloads are put on the desk by hand.

Everything behind the MQTT library is the real thing: decoder, quality control, writer, database.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import msgspec
from integration.networks import GATEWAY, INTERVAL_S

from dust import wire
from dust.clock import epoch_ms
from dust.readings import PARTICULATE_FIELDS
from dust.settings import DatabaseSettings
from ingest.decoding import Decoder
from ingest.foreign.sources import foreign_sources
from ingest.inbox import Delivery, Inbox
from ingest.intake import Intake
from ingest.metrics import Unmeasured
from ingest.pipeline import Pipeline
from ingest.recompute import recompute_once
from ingest.registry import Registry
from ingest.settings import IngestSettings
from ingest.settling import Settling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import psycopg
    from pydantic import SecretStr

    from dust.clock import Clock
    from ingest.subscriber import Subscriber

_LITTLE_UGM3 = 0.5
SPOOL = "11111111-1111-4111-8111-111111111111"
OTHER_SPOOL = "22222222-2222-4222-8222-222222222222"


class FakeSubscriber:
    """Remembers in one list what ingest published and acknowledged."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []
        self.on_publish: Callable[[], None] = lambda: None

    def is_current(self, _delivery: Delivery) -> bool:
        return True

    def publish(self, topic: str, payload: bytes) -> None:
        self.on_publish()
        self.done.append((topic, wire.decode_receipt(payload)))

    def acknowledge(self, delivery: Delivery) -> None:
        self.done.append(("acknowledged", delivery.mid))


class Desk:
    """Takes payloads in as one batch, and tells which receipts went out for it."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.subscriber = FakeSubscriber()
        metrics = Unmeasured()
        subscriber = cast("Subscriber", self.subscriber)
        self.pipeline = Pipeline(
            IngestSettings(database=DatabaseSettings(url=cast("SecretStr", url))),
            Inbox(1, 1, 0),
            Intake(Decoder(600), foreign_sources(None)),
            Registry(clock),
            Settling(url, "desk", subscriber, clock, metrics, lambda _: None),
            clock,
        )

    def take(self, *payloads: bytes, topic: str | None = None) -> dict[str, list[tuple[int, int]]]:
        """The receipted ranges by spool."""
        receipts = self.take_all(
            [(topic or wire.readings_topic(GATEWAY), each) for each in payloads]
        )
        return {receipt.spool: receipt.ranges for _, receipt in receipts}

    def take_all(self, messages: Sequence[tuple[str, bytes]]) -> list[tuple[str, wire.Receipt]]:
        self.subscriber.done.clear()
        self.pipeline.take_in(
            [Delivery(topic, payload, mid, 0) for mid, (topic, payload) in enumerate(messages, 1)]
        )
        return [entry for entry in self.subscriber.done if entry[0] != "acknowledged"]

    def take_status(self, payload: bytes, gateway: str = GATEWAY) -> None:
        self.take_all([(wire.status_topic(gateway), payload)])

    def take_readings(self, readings: Sequence[wire.WireReading], spool: str = SPOOL) -> None:
        """Any number of readings, in messages as large as the protocol allows."""
        for at in range(0, len(readings), wire.MAX_READINGS):
            self.take(payload(readings[at : at + wire.MAX_READINGS], spool))

    def close(self) -> None:
        self.pipeline.close()


def payload(
    readings: Iterable[wire.WireReading], spool: str = SPOOL, gateway: str = GATEWAY
) -> bytes:
    rows = [(reading.seq, reading.t, wire.spooled_body(reading)) for reading in readings]
    return wire.encode_batch(gateway, spool, rows)


def raw_payload(
    *readings: str, spool: str = SPOOL, gateway: str = GATEWAY, version: int = 1
) -> bytes:
    """A message whose readings are written by somebody who does not know the protocol."""
    head = f'{{"v":{version},"gateway":"{gateway}","spool":"{spool}","readings":['
    return (head + ",".join(readings) + "]}").encode()


def quarters(
    sensor: str, hour: datetime, levels: Sequence[float], first_seq: int = 1, **more: float
) -> list[wire.WireReading]:
    """The readings of an hour's first quarters with these PM2.5 levels, µg/m³."""
    start_ms = epoch_ms(hour)
    return [
        wire.WireReading(
            seq=first_seq + index,
            sensor=sensor,
            t=start_ms + (index + 1) * INTERVAL_S * 1000 - 1,
            pm25=level,
            **more,  # type: ignore[arg-type]  # only levels are given
        )
        for index, level in enumerate(levels)
    ]


def hours(
    sensor: str, levels: Sequence[float], start: datetime, first_seq: int = 1, **more: float
) -> list[wire.WireReading]:
    """Full hours one after the other, each with one mean; its quarters lie a little around it.

    Values that stay the same to the last digit for hours are those of a stuck sensor.
    """
    return [
        _moved(reading, _LITTLE_UGM3 if index % 2 else -_LITTLE_UGM3)
        for hour, level in enumerate(levels)
        for index, reading in enumerate(
            quarters(
                sensor, start + timedelta(hours=hour), [level] * 4, first_seq + 4 * hour, **more
            )
        )
    ]


def _moved(reading: wire.WireReading, by_ugm3: float) -> wire.WireReading:
    moved = {
        name: round(value + by_ugm3, 3)
        for name in PARTICULATE_FIELDS
        if (value := getattr(reading, name)) is not None and value >= _LITTLE_UGM3
    }
    return msgspec.structs.replace(reading, **moved)


def settle(connection: psycopg.Connection, at: datetime | None = None) -> None:
    """Recompute until nothing waits, at an instant or now; past days are judged at once."""
    while recompute_once(connection, 0, at or datetime.now(UTC)):
        pass

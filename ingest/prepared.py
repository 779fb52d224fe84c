"""Messages and what they come to, between the thread that prepares and the one that writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.batch_line import BatchLine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.batch import Batch
    from ingest.inbox import Delivery
    from ingest.intake import Taken


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch that is ready to be written; `error` instead, where none could be made."""

    deliveries: list[Delivery]
    started_s: float = 0.0
    decode_s: float = 0.0
    batch: Batch | None = None
    taken: Taken | None = None
    arrivals: Mapping[int, int] = field(default_factory=dict)
    waiting: tuple[int, int] = (0, 0)
    """Messages and bytes that waited behind it."""
    error: Exception | None = None

    @property
    def statuses(self) -> list[tuple[str, bytes]]:
        return self.taken.statuses if self.taken else []

    @property
    def dated_by_arrival(self) -> list[Delivery]:
        return self.taken.dated_by_arrival if self.taken else []

    @property
    def ignored(self) -> Mapping[str, int]:
        return self.taken.ignored if self.taken else {}

    @property
    def newest_ms(self) -> int | None:
        """The latest phenomenon time among its readings."""
        if self.taken is None or not len(self.taken.columns):
            return None
        return int(self.taken.columns.times_ms.max())

    def line(self, worker: str) -> BatchLine:
        """What is known of it before it is written."""
        line = BatchLine(worker, messages=len(self.deliveries), decode_s=self.decode_s)
        line.epoch = max((each.epoch for each in self.deliveries), default=0)
        line.n_bytes = sum(len(each.payload) for each in self.deliveries)
        if self.taken is not None:
            line.gateways = len({message.gateway for _, message in self.taken.messages})
            if len(self.taken.columns):
                line.oldest_ms = int(self.taken.columns.times_ms.min())
        return line

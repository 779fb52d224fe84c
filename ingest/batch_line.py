"""The one canonical log line of a batch: what came, what became of it, and where the time went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class BatchLine:
    """Filled by the pipeline while it works on one batch; pure numbers.

    `readings` are those that were committed, new or known before; `quarantined` counts refused
    readings and messages by reason; `oldest_ms` is the earliest phenomenon time among the
    readings, epoch ms; `epoch` counts the connections to the broker, of which one brought it.
    """

    worker: str
    epoch: int = 0
    messages: int = 0
    gateways: int = 0
    readings: int = 0
    new: int = 0
    n_bytes: int = 0
    oldest_ms: int | None = None
    decode_s: float = 0.0
    database_s: float = 0.0
    total_s: float = 0.0
    quarantined: Mapping[str, int] = field(default_factory=dict)

    def fields(self, now_ms: int) -> dict[str, object]:
        """What is logged under the event `batch`; times in milliseconds, ages in seconds.

        `reasons` is there only where something was quarantined.
        """
        age_s = None if self.oldest_ms is None else round((now_ms - self.oldest_ms) / 1000, 1)
        line: dict[str, object] = {
            "worker": self.worker,
            "epoch": self.epoch,
            "messages": self.messages,
            "gateways": self.gateways,
            "readings": self.readings,
            "new": self.new,
            "repeated": self.readings - self.new,
            "quarantined": sum(self.quarantined.values()),
            "bytes": self.n_bytes,
            "oldest_age_s": age_s,
            "decode_ms": _milliseconds(self.decode_s),
            "database_ms": _milliseconds(self.database_s),
            "ms": _milliseconds(self.total_s),
        }
        if self.quarantined:
            line["reasons"] = {str(reason): n for reason, n in self.quarantined.items()}
        return line


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)

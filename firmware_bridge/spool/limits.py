"""How much a spool may hold before its oldest readings are given up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from firmware_bridge.spool.file import SpoolFile

# A drop of so many is a transaction of about 1 MiB and some 20 ms; the reading thread waits for it.
_MOST_AT_ONCE: Final = 5000
_SLACK_BYTES: Final = 256 * 1024


class SpoolLimits(NamedTuple):
    """Of the file, in bytes (journal and reserve come on top), and of its oldest reading's age."""

    max_bytes: int = 1024**3
    max_age_s: float = 400 * 86_400

    def surplus(self, file: SpoolFile, now_ms: int | None) -> int | None:
        """The number up to which readings must go now; None where all is within the limits.

        A file over its limit gives up a little more than it must, so that not every put does.
        """
        used = file.database.used_bytes()
        if used > self.max_bytes and file.depth:
            slack = min(_SLACK_BYTES, self.max_bytes // 16)
            share = (used - self.max_bytes + slack) / used
            return file.oldest(min(math.ceil(file.depth * share), _MOST_AT_ONCE))
        if now_ms is None:
            return None
        return file.oldest_before(now_ms - math.ceil(self.max_age_s * 1000), _MOST_AT_ONCE)


DEFAULT_LIMITS: Final = SpoolLimits()

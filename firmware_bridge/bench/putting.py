"""How fast readings reach the disk, beside bare SQLite on the same disk."""

from __future__ import annotations

from contextlib import ExitStack, closing
from statistics import median
from typing import TYPE_CHECKING, Final

from firmware_bridge.bench.figures import Put
from firmware_bridge.bench.plain import PlainTable
from firmware_bridge.bench.rate import ROUNDS, rate_once, rates_in_turn
from firmware_bridge.bench.readings import bodies, put
from firmware_bridge.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firmware_bridge.bench.plan import Plan

GROUPS: Final = (1, 20, 500)
_ROUND: Final = 1 / 20
"""Of the seconds of the run: how long one round of one rate lasts."""


def measure_put(plan: Plan, group: int) -> Put:
    """The spool and a bare table in turn, `group` readings in a transaction."""
    folder = plan.subfolder(f"put-{group}")
    some = bodies(group)
    with ExitStack() as parts:
        spool = parts.enter_context(closing(Spool(folder / "spool.sqlite")))
        plain = parts.enter_context(closing(PlainTable(folder / "plain.sqlite")))
        acts = [_counted(lambda: put(spool, some), group), _counted(lambda: plain.put(some), group)]
        spool_per_s, plain_per_s = rates_in_turn(acts, plan.options.seconds * _ROUND)
    return Put(
        group=group,
        spool_per_s=round(spool_per_s),
        plain_per_s=round(plain_per_s),
        ratio=round(spool_per_s / plain_per_s, 2),
    )


def bulk_insert_per_s(plan: Plan) -> float:
    """One big transaction that waits for no disk."""
    folder = plan.subfolder("bulk")
    some = bodies(plan.options.readings)
    return median(_bulk_insert(folder / f"{number}.sqlite", some) for number in range(ROUNDS))


def _bulk_insert(path: Path, some: list[bytes]) -> float:
    with closing(PlainTable(path, synchronous="OFF")) as plain:
        return rate_once(_counted(lambda: plain.put(some), len(some)))


def _counted(act: Callable[[], None], count: int) -> Callable[[], int]:
    def acted() -> int:
        act()
        return count

    return acted

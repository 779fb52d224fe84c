"""The composition root of the bench: one folder, one broker, every measurement in turn."""

from __future__ import annotations

import signal
import tempfile
import uuid
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from firmware_bridge.bench.broker import running_broker
from firmware_bridge.bench.draining import measure_drain
from firmware_bridge.bench.figures import GatewayFigures
from firmware_bridge.bench.machine import this_machine
from firmware_bridge.bench.plan import Options, Plan
from firmware_bridge.bench.putting import GROUPS, bulk_insert_per_s, measure_put
from firmware_bridge.bench.steady import measure_steady

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_INTERVALS_S: Final = (0, 60)
STEPS: Final = len(_INTERVALS_S) + len(GROUPS) + 2
"""How often `say` is called."""


def run(options: Options, say: Callable[[str], None]) -> GatewayFigures:
    """Measure everything, one thing after another; `say` hears what comes next.

    Raises `NotMeasured` where a part does not come up. Ends its processes and removes its folder
    whatever happens; SIGTERM is taken for Ctrl-C, which a shell's background jobs would ignore.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    with _planned(options) as plan:
        return _measured(plan, say)


def _measured(plan: Plan, say: Callable[[str], None]) -> GatewayFigures:
    date = datetime.now(UTC).isoformat(timespec="seconds")
    sensors = plan.options.sensors
    steady = []
    for interval_s in _INTERVALS_S:
        say(f"{sensors} sensors at 1 Hz, sampling interval {interval_s} s")
        steady.append(measure_steady(plan, interval_s))
    put = []
    for group in GROUPS:
        say(f"into the spool, {group} in a commit")
        put.append(measure_put(plan, group))
    say("bare SQLite, one big insert")
    bulk_per_s = bulk_insert_per_s(plan)
    say(f"{plan.options.readings:,} readings out of the spool")
    return GatewayFigures(
        bench="gateway",
        version=version("dust-watch"),
        date=date,
        machine=this_machine(plan.folder),
        broker=plan.broker.name,
        steady=steady,
        put=put,
        plain_bulk_insert_per_s=round(bulk_per_s),
        drain=measure_drain(plan, bulk_per_s),
    )


@contextmanager
def _planned(options: Options) -> Iterator[Plan]:
    """A temporary folder and a broker for this run."""
    gateway = f"bench-{uuid.uuid4().hex[:12]}"
    with tempfile.TemporaryDirectory(prefix="dust-bench-", dir=options.folder) as made:
        folder = Path(made)
        given = nullcontext(options.broker) if options.broker else running_broker(folder)
        with given as broker:
            yield Plan(options, folder, broker, gateway)

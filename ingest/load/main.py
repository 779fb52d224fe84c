"""The composition root of the bench: one folder, one broker, one server, every scenario in turn."""

from __future__ import annotations

import os
import platform
import signal
import tempfile
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from dust.machine import cores, file_system, memory_mb, processor
from ingest.load.catch_up import measure_catch_up
from ingest.load.figures import IngestFigures, Load, Machine, Setting, Workers
from ingest.load.mosquitto import running_mosquitto
from ingest.load.one_by_one import measure_one_by_one
from ingest.load.plan import BRIDGE_WINDOW, Plan
from ingest.load.server import Databases, running_postgres, server_at
from ingest.load.spooled import Part, spool_up
from ingest.load.steady import measure_steady
from ingest.load.visible import measure_visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.load.figures import Steady
    from ingest.load.plan import Options


def run(options: Options, say: Callable[[str], None]) -> IngestFigures:
    """Measure everything, one thing after another; `say` hears what comes next.

    Raises `WronglyStored` where a reading is missing or there twice, `NotMeasured` where a part
    does not come up. Ends its processes and removes its folder whatever happens.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    with _planned(options, say) as plan:
        figures = _empty(plan)
        if "steady" in options.scenarios:
            figures.steady = measure_steady(plan, options.workers)
        if "visible" in options.scenarios:
            figures.visible = measure_visible(plan)
        if "one_by_one" in options.scenarios:
            figures.one_by_one = measure_one_by_one(plan)
        if "workers" in options.scenarios:
            figures.workers = _workers(plan, figures.steady)
        if "catch_up" in options.scenarios:
            figures.catch_up = measure_catch_up(plan)
        return figures


def _workers(plan: Plan, one: Steady | None) -> Workers:
    """Two against one; one is measured here where it was not before."""
    if one is None or one.workers != 1:
        one = measure_steady(plan, 1, with_limit=False)
    two = measure_steady(plan, 2, with_limit=False)
    ratio = round(two.readings_per_s / one.readings_per_s, 3)
    return Workers(one.readings_per_s, two.readings_per_s, ratio, two)


def _empty(plan: Plan) -> IngestFigures:
    options, server, broker = plan.options, plan.server, plan.broker
    return IngestFigures(
        "ingest",
        version("dust-watch"),
        datetime.now(UTC).isoformat(timespec="seconds"),
        Machine(
            cores(), processor(), memory_mb(), platform.python_version(), file_system(plan.folder)
        ),
        Setting(
            broker.name,
            broker.settings,
            server.version,
            server.edition,
            server.settings,
            {k: v for k, v in sorted(os.environ.items()) if k.startswith("DUST_INGEST__")},
        ),
        Load(
            options.gateways,
            options.sensors,
            options.spacing_s,
            options.batch,
            BRIDGE_WINDOW,
            _payload_bytes(plan),
            options.extras,
        ),
    )


def _payload_bytes(plan: Plan) -> float:
    """Of a reading in a whole message, its share of the envelope included."""
    sample = spool_up(plan.folder / "packets", plan.options.layout(), [Part(100, 100)])
    return round(sample.payload_bytes / sample.readings, 1)


@contextmanager
def _planned(options: Options, say: Callable[[str], None]) -> Iterator[Plan]:
    """A temporary folder, a broker and a server for this run."""
    with ExitStack() as parts:
        made = tempfile.TemporaryDirectory(prefix="dust-bench-", dir=options.folder)
        folder = Path(parts.enter_context(made))
        say("broker and database")
        broker = options.broker or parts.enter_context(running_mosquitto(folder))
        url = options.database or parts.enter_context(_own_server(folder))
        databases = parts.enter_context(Databases(url, folder))
        say("the network")
        with databases.fresh(options.layout()) as dsn:
            server = server_at(url, dsn)
        yield Plan(options, folder, broker, server, databases, say)


@contextmanager
def _own_server(folder: Path) -> Iterator[str]:
    place = folder / "server"
    place.mkdir()
    # The server steps down from root, and must be able to go through our folder.
    folder.chmod(0o755)
    with running_postgres(place) as url:
        yield url

"""The composition root of the ingest service."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import structlog

from dust.clock import SystemClock
from dust.logs import configure_logs
from ingest.backlog import Backlog
from ingest.decoding import Decoder
from ingest.foreign.sources import foreign_sources
from ingest.homeassistant.announcer import Announcer
from ingest.inbox import Inbox
from ingest.intake import Intake
from ingest.metrics import Metrics, Unmeasured
from ingest.metrics_port import MetricsPort
from ingest.pipeline import Pipeline
from ingest.recompute import Recompute
from ingest.registry import Registry
from ingest.settling import Settling
from ingest.subscriber import Subscriber

if TYPE_CHECKING:
    from ingest.settings import IngestSettings

_STOP_WITHIN_S: Final = 5.0
_STOP_LEAST_S: Final = 0.5
_THREADS_SWITCH_S: Final = 0.0005
"""The thread that writes has little to do here and must not wait long for those that decode."""


def run(settings: IngestSettings) -> None:
    """Take readings in until SIGTERM or SIGINT; what is not committed then comes again."""
    configure_logs(settings.log, "ingest")
    sys.setswitchinterval(_THREADS_SWITCH_S)
    with ExitStack() as stack:
        metrics = _measure(settings, stack)
        pipeline, recompute = _build(settings, metrics, stack)

        def stop(*_: object) -> None:
            recompute.stop()  # both end at once: where the database hangs, each waits in vain
            pipeline.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        structlog.get_logger().info("ingest_started", worker=settings.ingest.worker)
        pipeline.run()
    structlog.get_logger().info("ingest_stopped")


def _measure(settings: IngestSettings, stack: ExitStack) -> Metrics:
    """The worker's metrics, served where a port is given."""
    told = settings.ingest
    if told.metrics_port is None:
        return Unmeasured()
    metrics = Metrics(told.worker, version("dust-watch"))
    backlog = Backlog(settings.database.url.get_secret_value())
    stack.enter_context(MetricsPort(told.metrics_host, told.metrics_port, metrics, backlog))
    return metrics


def _build(
    settings: IngestSettings, metrics: Metrics, stack: ExitStack
) -> tuple[Pipeline, Recompute]:
    """Everything joined and started but the pipeline itself; the stack stops it."""
    clock, told = SystemClock(), settings.ingest
    dsn = settings.database.url.get_secret_value()
    foreign = foreign_sources(told.devices_file, told.ahead_tolerance_s)
    inbox = Inbox(told.receive_maximum, told.inbox_bytes, settings.mqtt.keepalive_s / 3)
    subscriber = Subscriber(settings.mqtt, told, foreign.filters(), inbox, clock, metrics)
    recompute = Recompute(dsn, told.ledger_settle_s, clock, metrics)
    settling = Settling(dsn, told.worker, subscriber, clock, metrics, recompute.wake)
    intake = Intake(Decoder(told.ahead_tolerance_s), foreign)
    # A daemon: a database that hangs must not keep the process from ending.
    recomputing = threading.Thread(target=recompute.run, name="recompute", daemon=True)
    recomputing.start()
    stack.callback(_end_recompute, recompute, recomputing)
    if settings.homeassistant.enabled:
        announcer = Announcer(settings.homeassistant, settings.mqtt, dsn, told.worker, clock)
        announcer.start()
        stack.callback(announcer.stop)
    subscriber.start()
    stack.callback(subscriber.stop)
    stack.callback(inbox.close)  # first: the thread that hears may wait for room in it
    return Pipeline(settings, inbox, intake, Registry(clock), settling, clock), recompute


def _end_recompute(recompute: Recompute, thread: threading.Thread) -> None:
    """Let it end what it does; what is not committed stays marked for the next worker."""
    recompute.stop()
    thread.join(max(_STOP_LEAST_S, _STOP_WITHIN_S - recompute.stopping_for_s))

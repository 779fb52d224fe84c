"""The composition root of the ingest service."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import structlog

from dust.clock import SystemClock
from dust.logs import configure_logs
from ingest.inbox import Inbox
from ingest.pipeline import Pipeline
from ingest.recompute import Recompute
from ingest.registry import Registry
from ingest.subscriber import Subscriber

if TYPE_CHECKING:
    from ingest.settings import IngestSettings


def run(settings: IngestSettings) -> None:
    """Take readings in until SIGTERM or SIGINT; what is not committed then comes again."""
    configure_logs(settings.log, "ingest")
    clock = SystemClock()
    inbox = Inbox(settings.ingest.receive_maximum)
    subscriber = Subscriber(settings.mqtt, settings.ingest, inbox, clock)
    recompute = Recompute(
        settings.database.url.get_secret_value(), settings.ingest.ledger_settle_s, clock
    )
    pipeline = Pipeline(settings, inbox, subscriber, Registry(clock), clock, recompute.wake)
    recomputing = threading.Thread(target=recompute.run, name="recompute")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: pipeline.stop())
    recomputing.start()
    subscriber.start()
    structlog.get_logger().info("ingest_started", worker=settings.ingest.worker)
    try:
        pipeline.run()
    finally:
        subscriber.stop()
        recompute.stop()
        recomputing.join()
    structlog.get_logger().info("ingest_stopped")

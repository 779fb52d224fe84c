"""From publishing to the API's answer, at a load far from the limit."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from ingest.load.child import running, service
from ingest.load.errors import NotMeasured
from ingest.load.figures import Visible
from ingest.load.gateways import running_gateways
from ingest.load.latency import latency_of
from ingest.load.plan import BRIDGE_WINDOW
from ingest.load.spooled import Layout, Part, spool_up
from ingest.load.tally import tally
from ingest.load.usage import per_1000, used
from ingest.load.worker import running_workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.load.plan import Plan
    from ingest.load.spooled import Spooled

_GATEWAYS: Final = 10
_BATCHES_PER_S: Final = 10.0
_WARM_S: Final = 3
_ASKED_EVERY_S: Final = 0.004
_LATEST_S: Final = 10.0
_LOOPBACK: Final = "127.0.0.1"


class _Health(msgspec.Struct):
    last_reading_time: str | None


class _Station(msgspec.Struct):
    health: _Health


class _Answer(msgspec.Struct):
    station: _Station


class Seen(NamedTuple):
    """The API answered with the newest reading of a batch (of all, in the order of sending)."""

    place: int
    at_s: float


class Asker:
    """Asks the API for one station at a time until it shows what was published."""

    def __init__(self, port: int, spooled: Spooled, part: int) -> None:
        self._connection = http.client.HTTPConnection(_LOOPBACK, port, timeout=20)
        self._spooled = spooled
        self._batches = spooled.parts[part]
        self._decoder = msgspec.json.Decoder(_Answer)
        self._asked = 0
        self._asking_s = 0.0

    def is_up(self) -> bool:
        try:
            return self._get("/healthz")[0] == http.client.OK
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return False

    def close(self) -> None:
        self._connection.close()

    @property
    def asked_every_s(self) -> float:
        """While something was waited for."""
        return self._asking_s / self._asked if self._asked else 0.0

    def watch(self, started_s: float) -> list[Seen]:
        """The next batch to be sent, and when that is visible the next one from then on."""
        seen = []
        count = sum(map(len, self._batches))
        while (place := self._next(started_s)) < count:
            time.sleep(max(0.0, started_s + place / _BATCHES_PER_S - time.monotonic()))
            seen.append(Seen(place, self._wait_for(place)))
        return seen

    def _next(self, started_s: float) -> int:
        return max(0, int((time.monotonic() - started_s) * _BATCHES_PER_S) + 1)

    def _wait_for(self, place: int) -> float:
        index, gateway = divmod(place, _GATEWAYS)
        last = self._batches[gateway][index].last
        layout, due_ms = self._spooled.layout, self._spooled.instant_ms(last)
        path = f"/api/v1/stations/{layout.sensor(gateway, (last - 1) % layout.sensors)}"
        began_s = now_s = time.monotonic()
        while now_s - began_s < _LATEST_S:
            self._asked += 1
            is_there = self._newest_ms(path) >= due_ms
            now_s = time.monotonic()
            if is_there:
                self._asking_s += now_s - began_s
                return now_s
            time.sleep(_ASKED_EVERY_S)
        raise NotMeasured(f"{path} does not show the reading within {_LATEST_S:g} s")

    def _newest_ms(self, path: str) -> int:
        told = self._decoder.decode(self._get(path)[1]).station.health.last_reading_time
        return round(datetime.fromisoformat(told).timestamp() * 1000) if told else 0

    def _get(self, path: str) -> tuple[int, bytes]:
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def measure_visible(plan: Plan) -> Visible:
    """Ten gateways with a batch a second each; the API is asked for one batch after another."""
    plan.say("from publishing to the API's answer")
    options = plan.options
    layout = Layout(_GATEWAYS, options.sensors, options.spacing_s, options.extras)
    seconds = round(options.visible_s)
    sizes = (
        (1, 1),
        (_WARM_S * options.batch, options.batch),
        (seconds * options.batch, options.batch),
    )
    parts = [Part(*size) for size in sizes]
    spooled = spool_up(plan.folder / "packets", layout, parts)
    with plan.databases.fresh(layout) as dsn:
        return _measured(plan, dsn, spooled)


def _measured(plan: Plan, dsn: str, spooled: Spooled) -> Visible:
    with (
        running_workers(plan.broker, dsn, plan.folder) as ingest,
        _running_api(plan, dsn) as port,
        running_gateways(plan, spooled) as gateways,
        closing(Asker(port, spooled, 2)) as asker,
    ):
        gateways.child.wait_for("the API", asker.is_up)
        gateways.send(0, "probe", BRIDGE_WINDOW)
        gateways.send(1, "paced", _BATCHES_PER_S)
        before, started_s = used(plan, ingest), time.monotonic()
        gateways.begin(2, "paced", _BATCHES_PER_S)
        seen = asker.watch(started_s)
        watched_s = time.monotonic() - started_s
        sent = gateways.finish()
        spent = used(plan, ingest).since(before)
        found = tally(dsn, spooled)
    waits_s = [each.at_s - sent.published_s[each.place][2] for each in seen]
    return Visible(
        round(sent.readings / (sent.ended_s - sent.started_s)),
        round(watched_s, 1),
        round(asker.asked_every_s, 4),
        latency_of(waits_s),
        latency_of(sent.receipt_after_s),
        per_1000(spent, sent.processor_s, sent.readings),
        found.lost,
        found.duplicated,
    )


@contextmanager
def _running_api(plan: Plan, dsn: str) -> Iterator[int]:
    """The real API on a free port of the loopback address."""
    with closing(socket.create_server((_LOOPBACK, 0))) as probe:
        port = int(probe.getsockname()[1])
    settings = {
        "DUST_DATABASE__URL": dsn,
        "DUST_API__HOST": _LOOPBACK,
        "DUST_API__PORT": str(port),
        "DUST_LOG__FORMAT": "json",
    }
    with running("api", service("api"), plan.folder, settings):
        yield port

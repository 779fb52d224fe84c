"""The whole answer to "was data lost?": spools and sensors with their holes explained."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from ingest.gaps.causes import FATES, Cause, Fate
from ingest.gaps.spool_facts import spool_accounts
from ingest.gaps.time_facts import deployed_sensors, gateway_events, refused_spans, walks
from ingest.gaps.timelines import by_certainty, cause_spans
from ingest.gaps.times import TimePiece, cause_by_numbers, explain
from ingest.gateway_events import EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from psycopg import Connection

    from dust.periods import Period
    from ingest.gaps.numbers import SpoolAccount
    from ingest.gaps.time_facts import Deployed, Walk
    from ingest.gaps.timelines import CauseSpan
    from ingest.gateway_events import Event


class Asked(NamedTuple):
    """Whose gaps are asked for; None stands for all."""

    gateways: list[str] | None = None
    sensors: list[str] | None = None
    stations: list[str] | None = None


class SensorGap(NamedTuple):
    """A span without readings of a deployed sensor, with its cause."""

    deployed: Deployed
    piece: TimePiece


@dataclass(frozen=True, slots=True)
class GapReport:
    """Every hole of a span, in numbers and in time."""

    span: Period
    spools: list[SpoolAccount]
    gaps: list[SensorGap]

    def readings(self) -> Counter[Fate]:
        """How many readings that are not here have which fate, by the numbers of the spools."""
        fates: Counter[Fate] = Counter()
        for account in self.spools:
            for cause in Cause:
                if count := account.count(cause):
                    fates[FATES[cause]] += count
        return fates

    def spans(self) -> Counter[Fate]:
        """How many spans of time without readings have which fate."""
        return Counter(FATES[gap.piece.cause] for gap in self.gaps)

    @property
    def is_lossless(self) -> bool:
        """Whether nothing is lost and nothing unexplained."""
        both = self.readings() + self.spans()
        return not (both[Fate.LOST] or both[Fate.UNEXPLAINED])


def gap_report(connection: Connection, span: Period, asked: Asked, now: datetime) -> GapReport:
    """Explain what is missing of `span`; takes a few queries, each bounded in time."""
    window = asked._asdict() | {"start": span.start, "end": span.end}
    sensors = deployed_sensors(connection, window)
    gateways = _gateways(asked, sensors)
    walked = walks(connection, sensors, span.start, span.end)
    accounts = spool_accounts(connection, gateways, span.start)
    of_gateways = sorted({each.gateway for each in sensors} | set(gateways or ()))
    events = gateway_events(connection, of_gateways, span.start, now)
    refused = refused_spans(connection, sensors, span.start, span.end)
    spools = _of_the_span(accounts, walked, events, span)
    return GapReport(span, spools, _sensor_gaps(walked, accounts, events, refused, now))


def _gateways(asked: Asked, sensors: Sequence[Deployed]) -> list[str] | None:
    """Where sensors are chosen, the spools of their gateways."""
    if asked.sensors is None and asked.stations is None:
        return asked.gateways
    return sorted({each.gateway for each in sensors})


def _sensor_gaps(
    walked: Sequence[Walk],
    accounts: Sequence[SpoolAccount],
    events: Mapping[str, list[Event]],
    refused: Mapping[str, list[CauseSpan]],
    now: datetime,
) -> list[SensorGap]:
    of_gateway: defaultdict[str, list[SpoolAccount]] = defaultdict(list)
    for account in accounts:
        of_gateway[account.facts.gateway].append(account)
    now_ms = round(now.timestamp() * 1000)
    gaps = []
    for deployed, holes, _ in walked:
        spans = cause_spans(events.get(deployed.gateway, ()), deployed.sensor, now_ms)
        spans = by_certainty([*spans, *refused.get(deployed.sensor, ())])
        for hole in holes:
            otherwise = cause_by_numbers(hole, of_gateway[deployed.gateway])
            tolerance_ms = round(deployed.longest_s * 1000)
            gaps += [
                SensorGap(deployed, piece)
                for piece in explain(hole, spans, otherwise, tolerance_ms)
            ]
    return gaps


def _of_the_span(
    accounts: Sequence[SpoolAccount],
    walked: Sequence[Walk],
    events: Mapping[str, list[Event]],
    span: Period,
) -> list[SpoolAccount]:
    """Without what is older: below the first number of the span, where one spool has them all."""
    first: dict[str, int] = {}
    for deployed, _, number in walked:
        if number is not None:
            first[deployed.gateway] = min(number, first.get(deployed.gateway, number))
    count = Counter(account.facts.gateway for account in accounts)
    start_ms = round(span.start.timestamp() * 1000)
    made = []
    for account in accounts:
        gateway = account.facts.gateway
        oldest = first.get(gateway, 0) if count[gateway] == 1 else 0
        holes = tuple(hole for hole in account.holes if hole.last >= oldest)
        gave_up = any(
            event.kind is EventKind.DROPPED and event.at_ms >= start_ms
            for event in events.get(gateway, ())
        )
        unnumbered = {
            cause: n
            for cause, n in account.unnumbered.items()
            if cause is not Cause.DISK_FULL or gave_up
        }
        made.append(replace(account, holes=holes, unnumbered=unnumbered))
    return made

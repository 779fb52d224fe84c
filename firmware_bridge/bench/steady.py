"""What sensors that send one frame a second cost a gateway, and whether any frame is missing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_bridge.bench.bridge import running_bridge, spool_of
from firmware_bridge.bench.feed import Feed, open_terminals
from firmware_bridge.bench.figures import Steady
from firmware_bridge.bench.peer import Peer
from firmware_bridge.bench.readings import frames_left

if TYPE_CHECKING:
    from firmware_bridge.bench.child import Child
    from firmware_bridge.bench.feed import Terminal
    from firmware_bridge.bench.plan import Plan

_PROBE: Final = b"\x00"  # no frame begins with it and no frame is made of it
_STORED_WITHIN_S: Final = 1.0  # behind the last byte read; the reader commits within 50 ms


class _Cost(NamedTuple):
    seconds: float
    processor_s: float
    memory_mb: tuple[float, float]


def measure_steady(plan: Plan, interval_s: int) -> Steady:
    """One run with this sampling interval; `interval_s` 0 makes a reading of every frame."""
    folder = plan.subfolder(f"steady-{interval_s}")
    gateway = f"{plan.gateway}-{interval_s}"
    broker = plan.broker
    with (
        open_terminals(plan.options.sensors) as terminals,
        Peer(broker.host, broker.port, gateway, lambda _: None) as peer,
    ):
        with running_bridge(folder, broker, gateway, terminals, interval_s) as bridge:
            _wait_until_read(bridge, terminals)
            feed = Feed(terminals)
            cost = _cost_while(plan, bridge, feed)
        # Stopped, the bridge has closed its intervals; what it did not send is in its spool.
        frames = frames_left(spool_of(folder)) | peer.frames
    return _figures(plan, interval_s, cost, feed.sent, frames, peer.heard.repeats)


def _wait_until_read(bridge: Child, terminals: list[Terminal]) -> None:
    """Until every port is open: what comes before is thrown away, as it would be from a sensor."""
    for terminal in terminals:
        terminal.send(_PROBE)
    bridge.wait_for("the ports", lambda: all(terminal.is_read() for terminal in terminals))


def _cost_while(plan: Plan, bridge: Child, feed: Feed) -> _Cost:
    feed.start()
    try:
        time.sleep(plan.options.settle_s)
        started_s, before_s = time.monotonic(), bridge.processor_s()
        time.sleep(plan.options.seconds)
        seconds, used_s = time.monotonic() - started_s, bridge.processor_s() - before_s
        memory_mb = bridge.memory_mb()
    finally:
        feed.stop()
    bridge.wait_for("the last bytes to be read", feed.is_read)
    time.sleep(_STORED_WITHIN_S)
    return _Cost(seconds, used_s, memory_mb)


def _figures(
    plan: Plan, interval_s: int, cost: _Cost, sent: int, frames: dict[int, int], repeats: int
) -> Steady:
    stored = sum(frames.values())
    now_mb, peak_mb = cost.memory_mb
    return Steady(
        sampling_interval_s=interval_s,
        sensors=plan.options.sensors,
        seconds=round(cost.seconds, 2),
        bridge_processor_pct=round(100 * cost.processor_s / cost.seconds, 2),
        bridge_memory_mb=round(now_mb, 1),
        bridge_peak_memory_mb=round(peak_mb, 1),
        frames_sent=sent,
        frames_stored=stored,
        frames_missing=sent - stored,
        readings=len(frames),
        repeats=repeats,
    )

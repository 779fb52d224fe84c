"""The load process from its other side: start it, send parts, hear what came of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ingest.load.child import own_module, running
from ingest.load.sender import Sent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.load.child import Child
    from ingest.load.plan import Plan
    from ingest.load.spooled import Spooled


class Gateways(NamedTuple):
    """All gateways of a round, connected."""

    child: Child

    def send(self, part: int, how: str, window: float) -> Sent:
        """Send a part and wait until it is done (see `ingest.load.sender`)."""
        self.begin(part, how, window)
        return self.finish()

    def begin(self, part: int, how: str, window: float) -> None:
        self.child.say(f"{part} {how} {window:g}")

    def finish(self) -> Sent:
        return msgspec.json.decode(self.child.next_line(), type=Sent)


@contextmanager
def running_gateways(plan: Plan, spooled: Spooled) -> Iterator[Gateways]:
    """Connected and subscribed to their receipts while the context lasts."""
    file = plan.folder / "spooled.json"
    file.write_bytes(msgspec.json.encode(spooled))
    command = own_module("sender", plan.broker.host, str(plan.broker.port), str(file))
    with running("gateways", command, plan.folder) as child:
        child.next_line()
        yield Gateways(child)

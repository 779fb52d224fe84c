"""Where a station is told: its topics, and the identity that Home Assistant knows it by.

Home Assistant takes letters, digits, `_` and `-` in a discovery topic and nothing else; a dot
there hides the device (Tasmota#7548). Codes of ours may have dots, so `_` and `.` are written `__`
and `_-`, which can be read back. No topic here matches those of the gateways (`dust/v1/+/...`).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_ESCAPED: Final = {"_": "__", ".": "_-"}
_READ_BACK: Final = {written: sign for sign, written in _ESCAPED.items()}
_ESCAPE: Final = re.compile(r"_[_-]")


class Place(NamedTuple):
    """One station of one network, below one discovery prefix."""

    prefix: str
    network: str
    station: str

    @property
    def identity(self) -> str:
        """Object id of the discovery topic, identifier of the device, start of unique ids."""
        return f"{_of_network(self.network)}{_written(self.station)}"

    @property
    def config_topic(self) -> str:
        return f"{self.prefix}/device/{self.identity}/config"

    @property
    def state_topic(self) -> str:
        return f"dust/stations/v1/{self.network}/{self.station}/state"

    @property
    def availability_topic(self) -> str:
        return f"dust/stations/v1/{self.network}/{self.station}/availability"

    def entity_id(self, platform: str, component: str) -> str:
        """Lower case, digits and `_`, as Home Assistant wants it; only a proposal to it."""
        return f"{platform}.{self.identity}_{component}".lower().replace("-", "_")


def config_filter(prefix: str) -> str:
    """Matches every device's discovery topic, others' devices included."""
    return f"{prefix}/device/+/config"


def place_of(prefix: str, network: str, config_topic: str) -> Place | None:
    """The place that a discovery topic belongs to; None where it is not one of this network."""
    identity = config_topic.removeprefix(f"{prefix}/device/").removesuffix("/config")
    written = identity.removeprefix(_of_network(network))
    if written == identity:
        return None
    place = Place(prefix, network, _ESCAPE.sub(lambda found: _READ_BACK[found[0]], written))
    return place if place.config_topic == config_topic else None


def _of_network(network: str) -> str:
    return f"dust_{_written(network)}_"


def _written(code: str) -> str:
    return "".join(_ESCAPED.get(sign, sign) for sign in code)

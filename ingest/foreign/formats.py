"""The formats that are known: what decodes each, its usual topic, and what its topic must say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dust.push import SENSOR_COMMUNITY, push_topic
from ingest.foreign import airgradient, esphome, senml, sensor_community, tasmota, zigbee2mqtt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.foreign.device import Source
    from ingest.foreign.message import ForeignMessage, Heard


class Format(NamedTuple):
    """A format: `fields` are its words that lead to ours unless the mapping says otherwise."""

    decode: Callable[[Source, Heard], ForeignMessage]
    topic: str | None
    """Where such devices publish unless they are told otherwise."""
    fields: Mapping[str, str] = {}
    ending: tuple[str, ...] = ()
    """The last levels of its topics; the wildcard among them is the quantity."""
    names_its_device: bool = False
    """Whether the payload says whose it is, so that the topic need not."""
    is_local_time: bool = False
    is_pushed: bool = False


FORMATS: Final[Mapping[str, Format]] = {
    "airgradient": Format(airgradient.decode, "airgradient/readings/+", names_its_device=True),
    "tasmota": Format(tasmota.decode, "tele/+/SENSOR", is_local_time=True),
    "esphome": Format(esphome.decode, None, esphome.FIELDS, ("sensor", "+", "state")),
    "zigbee2mqtt": Format(zigbee2mqtt.decode, "zigbee2mqtt/+", zigbee2mqtt.FIELDS),
    "senml": Format(senml.decode, None, senml.FIELDS, names_its_device=True),
    SENSOR_COMMUNITY: Format(
        sensor_community.decode, push_topic(SENSOR_COMMUNITY, "+"), is_pushed=True
    ),
}

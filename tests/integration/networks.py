"""The little network that integration tests measure with: two stations, three sensors, 15 minutes.

A reading stands for 15 minutes, so that an hour has four: three of them are just the 75 % that
make it valid, and a hand can compute everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dust.network import Network
from dust.storage import stored_network
from dust.storage.connection import connect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dust.storage.stored_network import Change

GATEWAY = "gw-1"
INTERVAL_S = 900


def station(code: str, kind: str = "village", **more: Any) -> dict[str, Any]:
    names = {"th": f"สถานี {code}", "en": f"Station {code}"}
    place = {"latitude": 14.687, "longitude": 100.871}
    return {"code": code, "name": names, "kind": kind, **place, **more}


def sensor(code: str, model: str = "pms5003", interval_s: float = INTERVAL_S) -> dict[str, Any]:
    return {"code": code, "model": model, "gateway": GATEWAY, "sampling_interval_s": interval_s}


STATIONS = (station("ref", "reference"), station("v1"), station("v2"))
SENSORS = (sensor("bam-ref", "bam1020"), sensor("pms-v1"), sensor("pms-v2"))
DEPLOYMENTS = (
    {"sensor": "bam-ref", "station": "ref"},
    {"sensor": "pms-v1", "station": "v1"},
    {"sensor": "pms-v2", "station": "v2"},
)


def network(
    stations: Sequence[dict[str, Any]] = STATIONS,
    sensors: Sequence[dict[str, Any]] = SENSORS,
    deployments: Sequence[dict[str, Any]] = DEPLOYMENTS,
) -> Network:
    return Network.model_validate(
        {
            "code": "test-net",
            "name": {"th": "เครือข่ายทดสอบ", "en": "Test network"},
            "stations": stations,
            "sensors": sensors,
            "deployments": deployments,
        }
    )


def apply(url: str, wanted: Network) -> list[Change]:
    with connect(url) as connection:
        return stored_network.apply(connection, wanted)

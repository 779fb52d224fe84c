"""The gateways of the demo: a configuration file for each, as an operator would write it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from dust.network import Network, SensorEntry


def write_gateways(folder: Path, network: Network, broker_port: int) -> dict[str, Path]:
    """Write `<gateway>.toml` for every gateway of the network; returns the files by gateway."""
    sensors: defaultdict[str, list[SensorEntry]] = defaultdict(list)
    for sensor in network.sensors:
        sensors[sensor.gateway].append(sensor)
    files = {}
    for gateway, entries in sorted(sensors.items()):
        files[gateway] = folder / f"{gateway}.toml"
        files[gateway].write_text(_configuration(folder, gateway, entries, broker_port), "utf-8")
    return files


def _configuration(folder: Path, gateway: str, sensors: list[SensorEntry], broker_port: int) -> str:
    head = f"""\
gateway = "{gateway}"
spool = "{folder / "spools" / f"{gateway}.sqlite"}"
status_interval_s = 5

[mqtt]
port = {broker_port}

[clock]
replay_file = "{folder / "clock"}"
"""
    return head + "".join(
        f"""
[[sensors]]
code = "{sensor.code}"
model = "{sensor.model}"
port = "{folder / "ports" / sensor.code}"
sampling_interval_s = {sensor.sampling_interval_s}
"""
        for sensor in sensors
    )

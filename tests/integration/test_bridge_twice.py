"""Two bridges where there should be one, and bridges that cannot begin at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fixtures.ports import wait_until
from integration.gateway import GATEWAY, Gateway
from integration.mqtt_peer import peer

from dust import wire

if TYPE_CHECKING:
    from fixtures.broker import Mosquitto


def bridge(configuration: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dust.commands", "bridge", "--config", str(configuration)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_second_bridge_on_the_same_spool_is_refused_and_the_first_goes_on(
    gateway: Gateway, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with peer(mosquitto, wire.readings_topic(GATEWAY)) as ear, gateway.bridge() as first:
        ear.gives_receipts = True
        second = bridge(tmp_path / "gateway.toml")
        gateway.say(10, 20)
        wait_until(lambda: len(ear.readings(GATEWAY)) >= 2, "both readings")

        assert 1 == second.returncode
        assert "allowed is a file that no other gateway has open" in second.stderr
        assert first.is_running()
        assert {1, 2} == {reading.seq for reading in ear.readings(GATEWAY)}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("[mqtt]\n", '[mqtt]\nhost = ""\n'), "mqtt.host"),
        (("[mqtt]\n", '[mqtt]\nhost = "broker..example"\n'), "mqtt.host"),
        (("[mqtt]\n", "[spool_limits]\nmax_age_days = inf\n[mqtt]\n"), "spool_limits.max_age_days"),
        (("[mqtt]\n", "receipt_timeout_s = inf\n[mqtt]\n"), "receipt_timeout_s"),
    ],
)
def test_what_would_leave_a_gateway_half_alive_is_refused_at_the_start(
    gateway: Gateway, tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    with gateway.bridge():
        pass
    configuration = tmp_path / "gateway.toml"
    configuration.write_text(configuration.read_text().replace(*change))

    refused = bridge(configuration)

    assert 2 == refused.returncode
    assert told in refused.stderr


def test_a_spool_below_a_file_is_refused_by_its_path(gateway: Gateway, tmp_path: Path) -> None:
    with gateway.bridge():
        pass
    (tmp_path / "file").touch()
    configuration = tmp_path / "gateway.toml"
    text = configuration.read_text().replace(str(gateway.spool), str(tmp_path / "file" / "spool"))
    configuration.write_text(text)

    refused = bridge(configuration)

    assert 1 == refused.returncode
    assert (
        f"spool = '{tmp_path / 'file' / 'spool'}': allowed is a file in a folder" in refused.stderr
    )


def test_a_log_that_cannot_be_written_stops_no_gateway(
    gateway: Gateway, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with gateway.bridge():
        pass
    arguments = ["bridge", "--config", str(tmp_path / "gateway.toml")]
    with (
        Path("/dev/full").open("w") as full,
        peer(mosquitto, wire.readings_topic(GATEWAY)) as ear,
        subprocess.Popen(
            [sys.executable, "-m", "dust.commands", *arguments], stderr=full
        ) as process,
    ):
        gateway.wait_for_the_port()
        gateway.say(10)
        wait_until(lambda: bool(ear.readings(GATEWAY)), "the reading")
        process.terminate()
        assert 0 == process.wait(20)

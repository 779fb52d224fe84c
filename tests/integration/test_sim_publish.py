"""The MQTT sink against a real broker: nothing lost, nothing told twice, an end when asked for."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import msgspec
import pytest
from fixtures.ports import free_port, wait_until
from integration.mqtt_peer import Peer, peer

from dust import wire

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.broker import Mosquitto

READINGS = "dust/v1/+/readings"
Told = dict[tuple[str, int], tuple[str, str, int, float | None]]


def publishing(
    port: int, folder: Path, *options: str, scenario: str = "broken_week"
) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sim", "publish", scenario, "--port", str(port), "--json"]
    return subprocess.Popen(
        [*command, "--sent", str(folder / "sent.csv"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str], timeout_s: float = 60) -> dict[str, object]:
    try:
        output, errors = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert "" == errors
    report: dict[str, object] = json.loads(output)
    return report


def told_by(heard: Peer) -> tuple[Told, int]:
    """What the receiver knows by (spool, seq), and how many readings came in all."""
    told: Told = {}
    came = 0
    for topic, payload in list(heard.messages):
        batch = msgspec.json.decode(payload, type=wire.Batch)
        assert wire.gateway_of(topic) == batch.gateway
        for reading in msgspec.json.decode(batch.readings, type=list[wire.WireReading]):
            content = (batch.gateway, reading.sensor, reading.t, reading.pm25)
            came += 1
            assert content == told.setdefault((batch.spool, reading.seq), content)
    return told, came


def sent_record(folder: Path) -> list[tuple[str, int, str, int, float | None]]:
    with (folder / "sent.csv").open(newline="") as file:
        return [
            (gateway, int(seq), sensor, int(t), float(pm25) if pm25 else None)
            for gateway, sensor, seq, t, pm25 in list(csv.reader(file))[1:]
        ]


def received_record(told: Told) -> list[tuple[str, int, str, int, float | None]]:
    return [
        (gateway, seq, sensor, t, pm25)
        for (_spool, seq), (gateway, sensor, t, pm25) in told.items()
    ]


def test_every_reading_of_many_gateways_arrives_with_its_number_and_is_receipted(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with peer(mosquitto, READINGS) as heard:
        heard.gives_receipts = True
        process = publishing(mosquitto.port, tmp_path, "--gateways", "120", "--hours", "3")
        report = ended(process)
        told, came = told_by(heard)

    assert 0 == process.returncode
    assert sorted(sent_record(tmp_path)) == sorted(received_record(told))
    assert (120, 240, 3.0) == (report["gateways"], report["sensors"], report["hours"])
    assert len(told) == came == report["readings_sent"] == report["readings_receipted"]
    assert (0, 0) == (report["readings_resent"], report["unreceipted"])
    assert 120 * 2 * 180 * 0.9 < len(told) < 120 * 2 * 180
    spools = defaultdict(set)
    for (spool, seq), (gateway, *_) in told.items():
        spools[gateway, spool].add(seq)
    assert 120 == len(spools)
    assert all(set(range(1, len(seqs) + 1)) == seqs for seqs in spools.values())


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_a_restart_of_the_broker_loses_nothing_and_tells_nothing_twice_in_other_words(
    mosquitto: Mosquitto, tmp_path: Path, way: str
) -> None:
    with peer(mosquitto, READINGS) as heard:
        heard.gives_receipts = True
        options = ("--gateways", "40", "--hours", "24", "--rate", "20000")
        process = publishing(
            mosquitto.port, tmp_path, *options, "--receipt-timeout", "2", "--most-waiting", "20000"
        )
        wait_until(lambda: len(heard.messages) > 20, "some batches before the broker goes")
        getattr(mosquitto, way)()
        mosquitto.start()
        report = ended(process)
        told, came = told_by(heard)

    assert 0 == process.returncode
    assert sorted(sent_record(tmp_path)) == sorted(received_record(told))
    assert 0 == report["unreceipted"]
    assert came >= len(told) == report["readings_sent"] == report["readings_receipted"]


def test_without_receipts_it_stops_generating_and_gives_up_with_its_own_exit_code(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with peer(mosquitto, READINGS):
        options = ("--gateways", "20", "--hours", "24", "--most-waiting", "2000")
        process = publishing(mosquitto.port, tmp_path, *options, "--patience", "2")
        report = ended(process)

    assert 1 == process.returncode
    assert report["unreceipted"] == report["readings_sent"]
    assert 2000 <= int(str(report["readings_sent"])) < 2000 + 500 * 20 * 2


def test_what_no_receipt_covers_is_sent_again_until_one_does(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with peer(mosquitto, READINGS) as heard:
        process = publishing(
            mosquitto.port, tmp_path, "--hours", "1", "--receipt-timeout", "0.5", "--patience", "30"
        )
        wait_until(lambda: len(heard.messages) >= 4, "every batch a second time")
        heard.gives_receipts = True
        report = ended(process)

    assert 0 == process.returncode
    assert int(str(report["batches_resent"])) >= 2
    assert 0 == report["unreceipted"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_a_report_of_what_was_done(
    mosquitto: Mosquitto, tmp_path: Path, number: signal.Signals
) -> None:
    with peer(mosquitto, READINGS) as heard:
        heard.gives_receipts = True
        process = publishing(mosquitto.port, tmp_path, "--rate", "500", "--hours", "168")
        wait_until(lambda: len(heard.messages) > 2, "some batches")
        process.send_signal(number)
        report = ended(process, timeout_s=10)
        told, _ = told_by(heard)

    assert 0 == process.returncode
    assert report["stopped"] is True
    assert sorted(sent_record(tmp_path)) == sorted(received_record(told))
    assert len(told) == report["readings_receipted"]


def test_a_rate_is_kept_to(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with peer(mosquitto, READINGS) as heard:
        heard.gives_receipts = True
        options = ("--gateways", "4", "--hours", "2", "--rate", "400")
        report = ended(publishing(mosquitto.port, tmp_path, *options))

    due_s = int(str(report["readings_sent"])) / 400
    assert due_s - 0.2 < float(str(report["seconds"]))


def test_an_outage_of_a_gateway_holds_its_readings_back_and_loses_none(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    scenario = tmp_path / "outage.toml"
    scenario.write_text(OUTAGE)
    with peer(mosquitto, READINGS) as heard:
        heard.gives_receipts = True
        report = ended(publishing(mosquitto.port, tmp_path, scenario=str(scenario)))
        told, came = told_by(heard)

    per_gateway = Counter(gateway for gateway, *_ in told.values())
    assert {"gw-a": 1440, "gw-b": 1440} == per_gateway
    assert 2880 == came == report["readings_receipted"]


def test_a_broker_that_is_not_there_is_named(tmp_path: Path) -> None:
    port = free_port()
    process = publishing(port, tmp_path, "--hours", "1")
    _, errors = process.communicate(timeout=40)

    assert 1 == process.returncode
    assert f"error: no answer from the broker at 127.0.0.1:{port}" in errors


OUTAGE = """# Two gateways, one of them cut off for half a day.
sampling_interval_s = 60
seed = 1
start = 2026-03-02T00:00:00+07:00
hours = 24
[[gateways]]
id = "gw-a"
[[gateways]]
id = "gw-b"
[[stations]]
id = "a"
[[sensors]]
id = "pms-a"
model = "pms5003"
signal = "synthetic"
station = "a"
gateway = "gw-a"
[[sensors]]
id = "pms-b"
model = "pms5003"
signal = "synthetic"
station = "a"
gateway = "gw-b"
[[faults]]
kind = "network_outage"
gateways = ["gw-a"]
from_h = 6
to_h = 18
"""

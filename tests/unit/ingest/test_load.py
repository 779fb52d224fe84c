"""What the bench of ingest sends and counts; whole runs are integration tests."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from dust import wire
from dust.errors import BadInput
from ingest.load import packets
from ingest.load.__main__ import _scenarios
from ingest.load.figures import (
    CatchUp,
    Disk,
    IngestFigures,
    Latency,
    Limit,
    Load,
    Machine,
    OneByOne,
    OneByOneComparison,
    OneByOneRate,
    Setting,
    Steady,
    Visible,
    Workers,
)
from ingest.load.latency import latency_of
from ingest.load.mosquitto import broker_at
from ingest.load.packets import Packet
from ingest.load.plan import SCENARIOS, Options
from ingest.load.process_tree import family, memory, processor_s
from ingest.load.sender import _covers
from ingest.load.spooled import Layout, Part, Spooled, spool_up
from ingest.load.table import table_of
from ingest.load.usage import ProcessorPer1000

LAYOUT = Layout(gateways=2, sensors=3, spacing_s=60)


def payloads(spooled: Spooled, part: int) -> list[bytes]:
    content = Path(spooled.path).read_bytes()
    return [
        packets.publication(packet)[1]
        for batches in spooled.parts[part]
        for batch in batches
        for packet in packets.received(bytearray(content[batch.offset :][: batch.length]))
    ]


@pytest.fixture
def spooled(tmp_path: Path) -> Spooled:
    return spool_up(tmp_path / "packets", LAYOUT, [Part(1, 1), Part(250, 100)])


def test_every_number_is_spooled_once_for_each_gateway(spooled: Spooled) -> None:
    for gateway in range(2):
        batches = [batch for part in spooled.parts for batch in part[gateway]]
        numbers = [n for batch in batches for n in range(batch.first, batch.last + 1)]

        assert list(range(1, 252)) == numbers
    assert 502 == spooled.readings


@pytest.mark.parametrize("part", [0, 1])
def test_a_payload_is_what_a_real_gateway_would_send(spooled: Spooled, part: int) -> None:
    for payload in payloads(spooled, part):
        batch = msgspec.json.decode(payload, type=wire.Batch)
        readings = msgspec.json.decode(batch.readings, type=list[wire.WireReading])
        rows = [(each.seq, each.t, wire.spooled_body(each)) for each in readings]

        assert wire.encode_batch(batch.gateway, batch.spool, rows) == payload
        assert all(each.t == spooled.instant_ms(each.seq) for each in readings)
        assert all(each.sensor.startswith(batch.gateway) for each in readings)
        assert all(len(each.x or {}) == 9 for each in readings)


def test_lean_readings_have_no_extras(tmp_path: Path) -> None:
    layout = msgspec.structs.replace(LAYOUT, extras=False)
    lean = spool_up(tmp_path / "packets", layout, [Part(2, 2)])

    assert all(b'"x"' not in payload for payload in payloads(lean, 0))


def test_packets_are_found_wherever_the_stream_is_cut() -> None:
    long = packets.publish("a/b", 7, b"x" * 20_000)
    stream = long + packets.acknowledge(b"\0\1") + packets.disconnect()
    for cut in (1, 2, 3, len(long), len(long) + 1, len(stream)):
        buffer = bytearray(stream[:cut])
        found = list(packets.received(buffer))
        buffer += stream[cut:]
        found += packets.received(buffer)

        assert [packets.PUBLISH, packets.PUBACK, 14] == [packet.kind for packet in found]
        assert (b"\0\7", b"x" * 20_000) == packets.publication(found[0])


def test_a_message_without_acknowledgement_has_no_number() -> None:
    properties = b"\x02\x01\x01"  # of two bytes: the payload is text

    assert (b"", b"hello") == packets.publication(Packet(3, 0, b"\0\1a" + properties + b"hello"))


def test_percentiles_are_of_what_there_is() -> None:
    assert Latency(100, 50.0, 99.0, 99.0) == latency_of([float(n) for n in range(100)])
    assert Latency(0, 0.0, 0.0, 0.0) == latency_of([])


def test_a_receipt_speaks_for_the_batches_whose_last_number_it_holds() -> None:
    assert [False, True, True, False, True] == [
        _covers([(2, 5), (9, 9)], number) for number in (1, 2, 5, 6, 9)
    ]


def test_a_family_has_the_children_of_its_children() -> None:
    script = (
        "import subprocess, sys;"
        "subprocess.run([sys.executable, '-c', 'print(sum(range(10**7)), flush=True); input()'])"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        found = family(parent.pid)
        used_s, held = processor_s(parent.pid), memory(parent.pid)
        parent.communicate(b"\n")

    assert 2 == len(found)
    assert parent.pid == found[0]
    assert used_s > 0.05
    assert held.peak_mib >= held.now_mib > 10
    assert os.getpid() not in found


@pytest.mark.parametrize(
    "address", ["", "host", "host:", ":1883", "host:0", "host:x", "host:65536"]
)
def test_an_address_without_host_or_port_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="HOST:PORT"):
        broker_at(address)


def test_a_scenario_that_there_is_not_is_refused() -> None:
    assert SCENARIOS == _scenarios(",".join(SCENARIOS))
    with pytest.raises(BadInput, match="steady"):
        _scenarios("steady,unsteady")


def test_a_quick_run_keeps_what_was_asked_for_otherwise() -> None:
    quick = Options(scenarios=("visible",), extras=False).quick()

    assert (("visible",), False, 1) == (quick.scenarios, quick.extras, quick.rounds)


def figures() -> IngestFigures:
    spent = ProcessorPer1000(0.0123, 0.001, None, 0.002)
    disk = Disk(600_000, 400.0, 80.0, 1.0, 481.0, 900.0, 600.0)
    steady = Steady(
        *(1, 3, 600_000, 61_234.0, [61_234.0], [4.2]),
        *(Limit(100_000, 0.0067, 150_000, 30_000), 0.612, 0.408),
        *(Latency(6000, 2.5, 3.5, 4.0), spent, 123.4, 5.6, disk, 0, 0, 0),
    )
    rate = OneByOneRate(12_345, [12_345], spent, 1.0, 99.0)
    slow = msgspec.structs.replace(spent, ingest_s=0.07)
    plain = OneByOneRate(10_500, [10_500], slow, 1.0, 60.0)
    compared = OneByOneComparison(rate, plain, 1.176, 0.5)
    latency = Latency(150, 0.12, 0.2, 0.21)
    return IngestFigures(
        *("ingest", "1.2.3", "2026-01-01T00:00:00+00:00"),
        Machine(2, "a processor", 1000, "3.11", "ext4"),
        Setting("Mosquitto", {}, "PostgreSQL 18", "plain PostgreSQL", {}, {}),
        Load(200, 5, 60.0, 100, 8, 280.5, has_extras=True),
        steady,
        Visible(1000, 30.0, 0.008, latency, latency, spent, 0, 0),
        OneByOne(40_000, 3, compared, compared, 0, 0),
        CatchUp(
            *(5_000_000, 200, 83.3, 80.0, 62_500, 90_000, 0.694, spent, 1.0, 140.0),
            *([100.0, 110.0, 111.0, 112.0], 84_000, 100.0, 70_000, 1.2, 0.8, disk, 0, 0, 0),
        ),
        Workers(61_234.0, 70_000.0, 1.143, steady),
    )


def test_the_table_has_every_figure_beside_its_limit() -> None:
    shown = StringIO()
    Console(file=shown, width=160).print(table_of(figures()))

    for told in (
        *("61,234 readings/s", "SQL alone 100,000 (x 0.61)", "unnest 30,000", "12.3 ms"),
        *("481 bytes", "SQL alone 600", "p50 120 ms, p99 200 ms", "plain worker 10,500 (x 1.18)"),
        *("plain worker 70.0 (x 0.50)", "one 61,234 (x 1.14)", "first quarter 100, last 112"),
        *("5,000,000 readings after 83 h", "SQL alone 90,000 (x 0.69)", "84,000 hours are made"),
    ):
        assert told in shown.getvalue()


def test_what_was_not_asked_for_has_no_row() -> None:
    shown = StringIO()
    empty = msgspec.structs.replace(
        figures(), steady=None, visible=None, one_by_one=None, catch_up=None, workers=None
    )
    Console(file=shown, width=160).print(table_of(empty))

    assert "readings/s" not in shown.getvalue()

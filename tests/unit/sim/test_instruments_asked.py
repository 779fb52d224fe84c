"""Lives of those that wait to be asked: SPS30, NextPM, Modbus, Davis and BAM-1020."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from firmware_bridge.decode import decode_frame
from firmware_bridge.sensors import sensor_model
from sim.air import Air
from sim.frames import encoder_of
from sim.frames.checks import inverted_sum, modbus_crc, to_zero
from sim.frames.metone import header_line
from sim.frames.sensirion import flagged
from sim.instruments import Quirks, instrument_of
from sim.instruments.metone import Bam1020
from sim.instruments.sensirion import Sps30

if TYPE_CHECKING:
    from sim.instruments import Instrument

AIR = Air(8.0, 14.0, 15.0, 18.0, 30.0, wind_mps=3.3, wind_deg=40.0)
MIDNIGHT_S = datetime(2026, 1, 1, 17, tzinfo=UTC).timestamp()  # 2 January in Bangkok
START, STOP, READ = b"\x00", b"\x01", b"\x03"
LENGTH_IS_WRONG = bytes.fromhex("7E000305F77E")
WOKEN = bytes.fromhex("7E007D310000EE7E")
SLEEP, WAKE, CLEAN, AUTO_CLEAN = b"\x10", b"\x11", b"\x56", b"\x80"


def powered(model: str, quirks: Quirks | None = None, unit_id: int = 1) -> Instrument:
    instrument = instrument_of(model, unit_id, quirks or Quirks())
    instrument.power_up(0.0)
    instrument.send(0.0, AIR)
    return instrument


def shdlc(command: bytes, data: bytes = b"") -> bytes:
    content = b"\0" + command + bytes((len(data),)) + data
    return flagged(content + bytes((inverted_sum(content),)))


def answered(sps30: Instrument, now_s: float, command: bytes, data: bytes = b"") -> dict[str, Any]:
    return decode_frame(sensor_model("sps30"), sps30.hear(shdlc(command, data), now_s))


def state(sps30: Instrument, now_s: float, command: bytes, data: bytes = b"") -> int:
    return int(answered(sps30, now_s, command, data)["state"])


def test_an_idle_sps30_has_nothing_to_read_or_to_stop() -> None:
    sps30 = powered("sps30")

    assert [0x43] * 3 == [state(sps30, 1.0, command) for command in (READ, STOP, CLEAN)]
    assert 0.0 == sps30.laser_s


def test_an_sps30_has_one_sample_a_second_and_says_nothing_between() -> None:
    sps30 = powered("sps30")

    assert "7E00000000FF7E" == sps30.hear(shdlc(START, b"\x01\x03"), 10.0).hex().upper()
    assert "" == answered(sps30, 10.5, READ)["data"]
    assert 14.0 > answered(sps30, 11.0, READ)["pm25"]
    assert "" == answered(sps30, 11.5, READ)["data"]
    assert {"pm1": 8.0, "pm25": 14.0, "pm10": 18.0}.items() <= answered(sps30, 60.0, READ).items()
    assert 0 == state(sps30, 61.0, STOP)
    assert 51.0 == sps30.laser_s


def test_an_sps30_refuses_what_it_does_not_understand_by_its_state() -> None:
    sps30 = powered("sps30")

    assert 0x28 == state(sps30, 1.0, START, b"\x01\x07")
    assert 0x01 == state(sps30, 1.0, START, b"\x01")
    assert 0x01 == state(sps30, 1.0, AUTO_CLEAN, b"\0\0")
    assert 0x02 == state(sps30, 1.0, b"\x77")
    assert 0x43 == state(sps30, 1.0, WAKE)
    assert "7E00030100FB7E" == sps30.hear(LENGTH_IS_WRONG, 1.0).hex().upper()
    assert 0 == state(sps30, 1.0, START, b"\x01\x03")
    assert 0x43 == state(sps30, 1.0, START, b"\x01\x03")
    assert 0x43 == state(sps30, 1.0, SLEEP)
    assert b"" == sps30.hear(shdlc(READ)[:-2] + b"\0\x7e", 2.0)


def test_a_sleeping_sps30_loses_the_byte_that_wakes_its_line() -> None:
    sps30 = powered("sps30")

    assert 0 == state(sps30, 1.0, SLEEP)
    assert b"" == sps30.hear(shdlc(WAKE), 2.0)  # its flag is lost
    assert b"" == sps30.hear(shdlc(WAKE), 3.0)  # and the line asleep again
    assert WOKEN == sps30.hear(b"\xff" + shdlc(WAKE), 4.0)
    assert 0x43 == state(sps30, 4.0, READ)


def test_a_sleeping_sps30_is_woken_by_two_wake_commands_in_a_row() -> None:
    sps30 = powered("sps30")
    sps30.hear(shdlc(SLEEP), 1.0)

    assert WOKEN == sps30.hear(shdlc(WAKE) + shdlc(WAKE), 2.0)


def test_an_sps30_that_cleans_its_fan_has_no_samples_for_10_s() -> None:
    sps30 = powered("sps30")
    sps30.hear(shdlc(START, b"\x01\x03"), 0.0)

    assert 0 == state(sps30, 60.0, CLEAN)
    assert "" == answered(sps30, 69.0, READ)["data"]
    assert 14.0 == answered(sps30, 70.0, READ)["pm25"]


def test_the_interval_of_cleaning_is_in_flash_and_keeps_its_time() -> None:
    sps30 = powered("sps30")

    assert "00093A80" == answered(sps30, 1.0, AUTO_CLEAN, b"\0")["data"]
    assert 0 == state(sps30, 1.0, AUTO_CLEAN, b"\0" + (3600).to_bytes(4, "big"))
    sps30.power_up(2.0)
    assert "00000E10" == answered(sps30, 3.0, AUTO_CLEAN)["data"]
    assert 1 == sps30.flash_writes
    sps30.hear(shdlc(START, b"\x01\x03"), 3.0)
    answered(sps30, 3700.0, READ)
    assert isinstance(sps30, Sps30)
    assert 1 == sps30.cleanings


def test_a_reset_makes_an_sps30_idle_and_it_tells_who_it_is() -> None:
    sps30 = powered("sps30")
    sps30.hear(shdlc(START, b"\x01\x03"), 0.0)

    assert 0 == state(sps30, 1.0, b"\xd3")
    assert 0x43 == state(sps30, 2.0, READ)
    assert "303030383030303000" == answered(sps30, 2.0, b"\xd0", b"\x00")["data"]
    assert 14 == len(answered(sps30, 2.0, b"\xd1")["data"])


def nextpm(command: int) -> bytes:
    return bytes((0x81, command, to_zero(bytes((0x81, command)))))


def later(instrument: Instrument, now_s: float, command: int) -> dict[str, Any]:
    """Ask a NextPM; nothing comes at once, and the answer after 0.4 s."""
    assert b"" == instrument.hear(nextpm(command), now_s)
    assert b"" == instrument.send(now_s + 0.3, AIR)
    return decode_frame(sensor_model("nextpm"), instrument.send(now_s + 0.4, AIR))


def test_a_nextpm_answers_after_350_ms_and_has_no_data_for_15_s() -> None:
    sensor = powered("nextpm")

    assert {"state": 4} == later(sensor, 1.0, 0x11)
    assert {"state": 0, "pm25": 14.0}.items() <= later(sensor, 16.0, 0x11).items()
    assert {"state": 0, "firmware": 0x34} == later(sensor, 17.0, 0x17)


def test_the_power_command_of_a_nextpm_is_a_toggle() -> None:
    sensor = powered("nextpm")

    assert {"state": 1} == later(sensor, 20.0, 0x15)
    assert {"state": 1} == later(sensor, 30.0, 0x12)
    assert b"" == sensor.send(100.0, AIR)
    assert 20.0 == sensor.laser_s
    assert {"state": 4} == later(sensor, 100.0, 0x15)
    assert {"state": 0} == later(sensor, 116.0, 0x16)


def test_a_nextpm_tells_means_of_its_three_windows() -> None:
    sensor = powered("nextpm")
    for second in range(1, 961):
        level = 0.0 if second <= 930 else 20.0
        sensor.send(float(second), AIR._replace(pm1=level, pm25=level, pm10=level))

    means = [later(sensor, 960.0, command)["pm25"] for command in (0x11, 0x12, 0x13)]

    assert [20.0, 10.0, 0.7] == means


def test_the_climate_of_a_nextpm_is_that_behind_its_heated_inlet() -> None:
    fields = later(powered("nextpm"), 20.0, 0x14)

    assert AIR.t_c == pytest.approx(0.9754 * fields["temperature_c"] - 4.2488, abs=0.01)
    assert AIR.rh == pytest.approx(1.1768 * fields["humidity_pct"] - 4.727, abs=0.01)


@pytest.mark.parametrize(("broken", "bits"), [("fan", 0x21), ("laser", 0x81)])
def test_a_broken_nextpm_answers_with_its_state_alone(broken: Any, bits: int) -> None:
    sensor = powered("nextpm", Quirks(broken=broken))
    questions = ((20.0, 0x11), (21.0, 0x15), (22.0, 0x16))

    assert [{"state": bits}] * 3 == [later(sensor, at, command) for at, command in questions]
    assert 0.0 == sensor.laser_s


def modbus(unit: int, function: int, first: int, count: int) -> bytes:
    body = bytes((unit, function)) + first.to_bytes(2, "big") + count.to_bytes(2, "big")
    return body + modbus_crc(body)


def test_a_modbus_unit_answers_its_own_registers_by_both_functions() -> None:
    unit = powered("modbus-rtu", unit_id=2)

    assert encoder_of("modbus-rtu", 2)(AIR).data == unit.hear(modbus(2, 3, 0, 2), 1.0)
    one = decode_frame(sensor_model("modbus-rtu"), unit.hear(modbus(2, 4, 1, 1), 2.0))
    assert {"unit": 2, "function": 4, "registers": [40]} == one


@pytest.mark.parametrize(
    ("function", "first", "count", "code"),
    [(6, 0, 1, 1), (3, 1, 2, 2), (3, 0, 0, 3), (4, 0, 126, 3)],
)
def test_a_modbus_unit_refuses_by_exceptions(
    function: int, first: int, count: int, code: int
) -> None:
    reply = powered("modbus-rtu").hear(modbus(1, function, first, count), 1.0)

    assert (1, function | 0x80, code) == tuple(reply[:3])
    assert modbus_crc(reply[:3]) == reply[3:]


def test_a_modbus_unit_is_silent_to_others_and_to_a_wrong_check() -> None:
    unit = powered("modbus-rtu")

    assert b"" == unit.hear(modbus(2, 3, 0, 2), 1.0)
    assert b"" == unit.hear(modbus(0, 3, 0, 2), 2.0)
    assert b"" == unit.hear(modbus(1, 3, 0, 2)[:-1] + b"\0", 3.0)


def test_half_a_modbus_request_is_forgotten_in_the_silence_behind_it() -> None:
    unit = powered("modbus-rtu")
    request = modbus(1, 3, 0, 2)

    assert b"" == unit.hear(request[:4], 1.0)
    assert b"" == unit.hear(request[4:], 2.0)
    assert b"" != unit.hear(request, 3.0)


def test_a_davis_sleeps_until_a_line_comes_and_again_after_two_minutes() -> None:
    console = powered("davis-vantage")

    assert b"\n\r" == console.hear(b"LOOP 2\n", 1.0)  # it woke, and heard no command
    assert b"\n\r" == console.hear(b"\n", 2.0)
    assert b"TEST\n\r" == console.hear(b"TEST\n", 100.0)
    assert b"\n\r" == console.hear(b"TEST\n", 221.0)


def test_a_davis_acknowledges_loop_and_sends_that_many_packets_two_seconds_apart() -> None:
    console = powered("davis-vantage")
    console.hear(b"\n", 1.0)

    assert b"\x06" == console.hear(b"LOOP 3\n", 1.0)
    packets = {now: data for now in range(1, 20) if (data := console.send(float(now), AIR))}
    assert [1, 3, 5] == list(packets)
    assert {encoder_of("davis-vantage")(AIR).data} == set(packets.values())


@pytest.mark.parametrize("ending", [b"\r", b"\n"])
def test_a_line_stops_the_packets_of_a_davis(ending: bytes) -> None:
    console = powered("davis-vantage")
    console.hear(b"\n", 1.0)
    console.hear(b"LOOP 20\n", 1.0)
    console.send(1.0, AIR)

    assert b"\n\r" == console.hear(ending, 2.0)
    assert b"" == b"".join(console.send(float(now), AIR) for now in range(3, 20))


def test_a_davis_refuses_what_it_does_not_know() -> None:
    console = powered("davis-vantage")
    console.hear(b"\n", 1.0)

    assert b"\x21" == console.hear(b"LOOP many\n", 1.0)
    assert b"\x06" == console.hear(b"LOOP " + b"9" * 5000 + b"\nLOOP 1\n", 1.0)[-1:]
    assert b"" == powered("davis-vantage").hear(b"LOOP", 1.0)


def bam(quirks: Quirks | None = None, power_s: float = MIDNIGHT_S) -> Instrument:
    instrument = instrument_of("bam1020", 5, quirks or Quirks())
    instrument.power_up(power_s)
    return instrument


def feed(instrument: Instrument, first_s: float, hours: float, air: Air = AIR) -> None:
    for minute in range(int(hours * 60)):
        assert b"" == instrument.send(first_s + 60 * minute, air)


def record(instrument: Instrument, now_s: float) -> dict[str, Any]:
    lines = instrument.hear(b"\x1bQH\r", now_s) + instrument.hear(b"\x1bQ\r", now_s)
    return decode_frame(sensor_model("bam1020"), lines)


def test_a_bam_gives_the_last_full_hour_stamped_with_its_end_in_local_time() -> None:
    instrument = bam()
    feed(instrument, MIDNIGHT_S, 1.0)
    feed(instrument, MIDNIGHT_S + 3600, 0.9, AIR._replace(pm10=500.0))

    assert {"hour_ending": "01/02/26 01:00", "conc_ugm3": 18.0}.items() <= record(
        instrument, MIDNIGHT_S + 7190
    ).items()
    assert {"hour_ending": "01/02/26 02:00", "conc_ugm3": 500.0}.items() <= record(
        instrument, MIDNIGHT_S + 7200
    ).items()
    assert 0.0 == instrument.laser_s


def test_a_bam_without_a_full_hour_gives_its_header_alone() -> None:
    instrument = bam()

    assert header_line() == instrument.hear(b"\x1bQH\r\x02Q\r", MIDNIGHT_S + 60)


def test_an_hour_in_which_power_came_carries_the_alarm_for_it() -> None:
    instrument = bam(power_s=MIDNIGHT_S + 1200)
    feed(instrument, MIDNIGHT_S + 1200, 2.0)

    instrument.hear(b"", MIDNIGHT_S + 3600)
    assert isinstance(instrument, Bam1020)
    assert ["L", ""] == [one.alarms for one in instrument.records][:2]


def test_alarms_stand_in_the_record_of_the_hour_in_which_they_were_raised() -> None:
    instrument = bam()
    assert isinstance(instrument, Bam1020)
    feed(instrument, MIDNIGHT_S, 0.5)
    instrument.alarms = "NT"
    feed(instrument, MIDNIGHT_S + 1800, 1.5)
    instrument.hear(b"", MIDNIGHT_S + 7200)

    assert ["NT", ""] == [one.alarms for one in instrument.records]


def test_a_bam_has_the_inlet_and_the_columns_that_it_was_set_up_with() -> None:
    instrument = bam(Quirks(column_order="logged", inlet="pm25"))
    feed(instrument, MIDNIGHT_S, 1.0)

    fields = record(instrument, MIDNIGHT_S + 3600)
    assert 14.0 == fields["conc_ugm3"]
    assert "Stab(ug)" in fields


def test_the_clock_of_a_bam_can_be_set() -> None:
    instrument = instrument_of("bam1020")
    assert isinstance(instrument, Bam1020)
    instrument.clock = lambda now_s: datetime.fromtimestamp(now_s, UTC)
    instrument.power_up(0.0)
    feed(instrument, 0.0, 1.0)

    assert "01/01/70 01:00" == record(instrument, 3600.0)["hour_ending"]


def test_the_menu_of_a_bam_gives_last_and_new_records() -> None:
    instrument = bam()
    feed(instrument, MIDNIGHT_S, 3.0)
    now_s = MIDNIGHT_S + 3 * 3600

    assert b"*" == instrument.hear(b"\r\r\r", now_s)
    assert instrument.hear(b"6", now_s).endswith(b">")
    last = instrument.hear(b"4", now_s)
    assert b"Station, 5\r\n" + header_line() in last
    assert [b"01/02/26 03:00"] == [line[:14] for line in last.splitlines() if line[:3] == b"01/"]
    assert 3 == instrument.hear(b"63", now_s).count(b"01/02/26")
    assert 0 == instrument.hear(b"63", now_s).count(b"01/02/26")
    assert b"" == instrument.hear(b"\x1b3 2\r", now_s)
    assert 2 == len(bam_new(instrument, now_s))


def bam_new(instrument: Instrument, now_s: float) -> list[bytes]:
    instrument.hear(b"\r\r\r", now_s)
    lines = instrument.hear(b"63", now_s).splitlines()
    return [line for line in lines if line.startswith(b"01/02/26")]

"""Lives of Plantower, Telaire, Nova, Honeywell, Winsen and Cubic: modes, sleep and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firmware_bridge.decode import decode_frame
from firmware_bridge.sensors import sensor_model
from sim.air import Air
from sim.frames import encoder_of
from sim.instruments import Quirks, instrument_of
from sim.instruments.honeywell import Hpma115
from sim.instruments.nova import Sds

if TYPE_CHECKING:
    from sim.instruments import Instrument

AIR = Air(8.0, 14.0, 15.0, 18.0, 30.0)
PASSIVE, ACTIVE, READ, SLEEP, WAKE = (
    bytes.fromhex(command)
    for command in (
        *("424DE100000170", "424DE100010171", "424DE200000171"),
        *("424DE400000173", "424DE400010174"),
    )
)


def powered(model: str, unit_id: int = 1, **quirks: bool) -> Instrument:
    instrument = instrument_of(model, unit_id, Quirks()._replace(**quirks))
    instrument.power_up(0.0)
    instrument.send(0.0, AIR)
    return instrument


def sent(instrument: Instrument, seconds: range, air: Air = AIR) -> list[bytes]:
    said = (instrument.send(float(second), air) for second in seconds)
    return [data for data in said if data]


def sds(command: int, *data: int, target: int = 0xFFFF) -> bytes:
    summed = bytes((command, *data)).ljust(13, b"\0") + target.to_bytes(2, "big")
    return b"\xaa\xb4" + summed + bytes((sum(summed) & 0xFF, 0xAB))


def test_a_passive_pms_sends_only_when_asked() -> None:
    pms = powered("pms5003")

    assert "424D0004E1000174" == pms.hear(PASSIVE, 40.0).hex().upper()
    assert [] == sent(pms, range(40, 60))
    assert encoder_of("pms5003")(AIR).data == pms.hear(READ, 60.0)
    assert "424D0004E1010175" == pms.hear(ACTIVE, 61.0).hex().upper()
    assert sent(pms, range(61, 70))


def test_an_active_pms_answers_no_read_and_power_brings_the_active_mode_back() -> None:
    pms = powered("pms5003")

    assert b"" == pms.hear(READ, 40.0)
    pms.hear(PASSIVE, 41.0)
    pms.power_up(50.0)
    assert sent(pms, range(50, 60))


def test_a_sleeping_pms_is_silent_wears_nothing_and_hears_only_waking() -> None:
    pms = powered("pms5003")

    assert "424D0004E4000177" == pms.hear(SLEEP, 40.0).hex().upper()
    assert b"" == pms.hear(SLEEP + PASSIVE + READ, 41.0)
    assert [] == sent(pms, range(41, 100))
    assert 40.0 == pms.laser_s
    assert b"" == pms.hear(WAKE, 100.0)
    assert sent(pms, range(100, 111))
    assert 50.0 == pms.laser_s


def test_a_woken_pms_is_low_for_30_s() -> None:
    pms = powered("pms5003")
    pms.hear(SLEEP, 40.0)
    pms.hear(WAKE, 100.0)

    levels = [int.from_bytes(frame[12:14], "big") for frame in sent(pms, range(100, 140))]
    assert sorted(levels) == levels
    assert (0, 14) == (levels[0], levels[-1])


def test_a_steady_pms_sends_every_2_3_s_and_faster_when_the_air_moves() -> None:
    pms = powered("pms5003")
    ticks = [now / 10 for now in range(400, 630)]

    steady = [now_s for now_s in ticks if pms.send(now_s, AIR)]
    gusts = [AIR._replace(pm25=20.0 + 15 * (at % 16 < 8)) for at in range(230)]
    moving = [at for at, air in enumerate(gusts) if pms.send(63.0 + at / 10, air)]

    assert 10 == len(steady)
    assert 20 < len(moving) < 30


def test_a_wrong_sum_is_no_command() -> None:
    pms = powered("pms5003")

    assert b"" == pms.hear(bytes.fromhex("424DE400000174"), 40.0)
    assert sent(pms, range(40, 50))


def test_a_telaire_answers_a_read_while_it_sends_by_itself_and_has_no_passive_mode() -> None:
    telaire = powered("sm-uart-04l")

    assert encoder_of("sm-uart-04l")(AIR).data == telaire.hear(READ, 40.0)
    assert b"" == telaire.hear(PASSIVE, 41.0)
    assert sent(telaire, range(41, 50))


def test_an_sds_keeps_its_mode_in_flash_and_answers_a_query() -> None:
    sensor = powered("sds011", 0xA160)

    assert "AAC502000000A16003AB" == sensor.hear(sds(2), 20.0).hex().upper()[:20].replace(
        "A16003", "A16003"
    )
    assert "AAC502010100A16005AB"[:16] == sensor.hear(sds(2, 1, 1), 20.0).hex().upper()[:16]
    assert 1 == sensor.flash_writes
    sensor.power_up(30.0)
    assert [] == sent(sensor, range(30, 60))
    assert encoder_of("sds011", 0xA160)(AIR).data == sensor.hear(sds(4), 60.0)
    assert 1 == sensor.flash_writes


def test_an_sds_answers_only_its_own_identity_or_any() -> None:
    sensor = powered("sds011", 0xA160)

    assert b"" == sensor.hear(sds(7, target=0xA161), 20.0)
    assert (
        "AAC507110815A1603AAB"[:14] == sensor.hear(sds(7, target=0xA160), 20.0).hex().upper()[:14]
    )


def test_an_sds_that_gets_a_new_identity_answers_with_it() -> None:
    sensor = powered("sds011", 0xA160)
    rename = sds(5, *bytes(10), 0xA0, 0x01, target=0xA160)

    assert "AAC505000000A001A6AB" == sensor.hear(rename, 20.0).hex().upper()
    assert 1 == sensor.flash_writes
    assert b"" == sensor.hear(sds(7, target=0xA160), 21.0)
    assert sent(sensor, range(21, 23)) == [encoder_of("sds011", 0xA001)(AIR).data] * 2


def test_a_sleeping_sds_hears_only_waking_and_is_awake_after_a_loss_of_power() -> None:
    sensor = powered("sds011", 0xA160)

    asleep = sensor.hear(sds(6, 1, 0), 20.0)
    assert {"reply": "work", "is_set": True, "value": 0, "device_id": "A160"} == decode_frame(
        sensor_model("sds011"), asleep
    )
    assert b"" == sensor.hear(sds(7) + sds(4) + sds(2, 1, 1) + sds(6), 21.0)
    assert [] == sent(sensor, range(21, 60))
    assert 20.0 == sensor.laser_s
    assert "AAC506010100A16009AB" == sensor.hear(sds(6, 1, 1), 60.0).hex().upper()
    assert 10 == len(sent(sensor, range(60, 70)))
    sensor.hear(sds(6, 1, 0), 70.0)
    sensor.power_up(80.0)
    assert 10 == len(sent(sensor, range(80, 90)))
    assert 0 == sensor.flash_writes


def test_some_sds_end_the_answer_to_a_sleep_command_with_ff() -> None:
    sensor = powered("sds011", odd_sleep_reply=True)

    assert 0xFF == sensor.hear(sds(6, 1, 0), 20.0)[-1]
    assert 0xAB == sensor.hear(sds(6, 1, 1), 30.0)[-1]


def test_an_sds_with_a_period_reports_once_a_period_and_works_30_s_of_it() -> None:
    sensor = powered("sds011")

    assert "AAC50801020000010CAB" == sensor.hear(sds(8, 1, 2), 0.0).hex().upper()
    frames = sent(sensor, range(1, 601))
    assert [encoder_of("sds011")(AIR).data] * 5 == frames
    assert 140.0 < sensor.laser_s < 160.0
    assert 1 == sensor.flash_writes


def test_an_sds_that_works_says_so_and_refuses_settings_that_it_does_not_know() -> None:
    sensor = powered("sds011")

    assert "AAC50600010000010" == sensor.hear(sds(6), 0.0).hex().upper()[:17]
    assert b"" == sensor.hear(sds(8, 1, 31) + sds(2, 1, 2) + sds(9, 1, 1), 0.0)
    assert 0 == sensor.flash_writes
    assert isinstance(sensor, Sds)
    assert 0 == sensor.period_min


def test_an_hpma_sends_by_itself_until_told_not_to_and_is_then_read() -> None:
    sensor = powered("hpma115c0")

    assert 10 == len(sent(sensor, range(10, 20)))
    assert b"\xa5\xa5" == sensor.hear(bytes.fromhex("68012077"), 20.0)
    assert [] == sent(sensor, range(20, 40))
    assert "400D040008000E000F00120000000078" == sensor.hear(
        bytes.fromhex("68010493"), 40.0
    ).hex().upper().replace(" ", "")
    assert b"\xa5\xa5" == sensor.hear(bytes.fromhex("68014057"), 40.0)
    assert 9 <= len(sent(sensor, range(41, 51)))


def test_a_stopped_hpma_refuses_to_be_read_and_wears_nothing() -> None:
    sensor = powered("hpma115s0")

    assert b"\xa5\xa5" == sensor.hear(bytes.fromhex("68010295"), 10.0)
    assert b"\x96\x96" == sensor.hear(bytes.fromhex("68010493"), 20.0)
    assert [] == sent(sensor, range(20, 40))
    assert 10.0 == sensor.laser_s
    assert b"\xa5\xa5" == sensor.hear(bytes.fromhex("68010196"), 40.0)
    assert sent(sensor, range(41, 50))


@pytest.mark.parametrize("command", ["68010494", "680109FF", "6802081E70", "680208C9C5"])
def test_an_hpma_refuses_a_wrong_check_and_what_it_does_not_know(command: str) -> None:
    sensor = powered("hpma115s0")
    refused = {"6802081E70": b"\xa5\xa5"}  # a coefficient of 30 is just allowed

    assert refused.get(command, b"\x96\x96") == sensor.hear(bytes.fromhex(command), 10.0)


def test_an_hpma_keeps_its_coefficient_in_flash_and_counts_with_it() -> None:
    sensor = powered("hpma115s0")

    assert "4002106446"[:8] == sensor.hear(bytes.fromhex("68011087"), 10.0).hex().upper()[:8]
    assert b"\xa5\xa5" == sensor.hear(bytes.fromhex("68020896F8"), 10.0)  # 150 %
    sensor.power_up(20.0)
    assert 1 == sensor.flash_writes
    assert isinstance(sensor, Hpma115)
    assert 150 == sensor.coefficient
    assert "400504001500" == sensor.hear(bytes.fromhex("68010493"), 40.0).hex().upper()[:12]


def test_a_zh_in_question_and_answer_mode_has_another_order_of_masses() -> None:
    sensor = powered("zh06")

    assert b"" == sensor.hear(bytes.fromhex("FF0186000000000079"), 40.0)
    sensor.hear(bytes.fromhex("FF0178410000000046"), 40.0)
    assert [] == sent(sensor, range(40, 50))
    answer = sensor.hear(bytes.fromhex("FF0186000000000079"), 50.0)
    assert {"pm1": 8, "pm25": 14, "pm10": 18} == decode_frame(sensor_model("zh06"), answer)
    sensor.hear(bytes.fromhex("FF0178400000000047"), 50.0)
    assert sent(sensor, range(51, 60))


def test_a_zh_acknowledges_sleep_and_waking_and_sleeps_between() -> None:
    sensor = powered("zh03b")

    asleep = sensor.hear(bytes.fromhex("FF01A7010000000057"), 40.0)
    assert {"ack_cmd": "A7", "ack_data": 1} == decode_frame(sensor_model("zh03b"), asleep)
    assert [] == sent(sensor, range(40, 60))
    assert b"" == sensor.hear(bytes.fromhex("FF0178410000000046"), 60.0)
    assert asleep == sensor.hear(bytes.fromhex("FF01A7000000000058"), 60.0)
    assert 5 == len(sent(sensor, range(60, 65)))
    assert 44.0 == sensor.laser_s


def test_a_closed_pm2008_measures_nothing_until_it_is_opened() -> None:
    sensor = powered("pm2008")
    read = bytes.fromhex("11020B07DB")

    assert encoder_of("pm2008")(AIR).data == sensor.hear(read, 40.0)
    assert "16020C01DB" == sensor.hear(bytes.fromhex("11030C011EC1"), 40.0).hex().upper()
    assert b"" == sensor.hear(read, 50.0)
    assert 40.0 == sensor.laser_s
    assert "16020C02DA" == sensor.hear(bytes.fromhex("11030C021EC0"), 60.0).hex().upper()
    assert encoder_of("pm2008")(AIR).data == sensor.hear(read, 100.0)


@pytest.mark.parametrize("command", ["11020B07DC", "11020B01E2", "11011ED1", "11022001CC"])
def test_cubic_sensors_are_silent_to_a_wrong_check_and_to_the_unknown(command: str) -> None:
    assert b"" == powered("pm2008").hear(bytes.fromhex(command), 40.0)
    assert b"" == powered("pm1006").hear(bytes.fromhex(command), 40.0)


def test_a_pm2008_tells_version_and_serial_number() -> None:
    sensor = powered("pm2008")

    assert sensor.hear(bytes.fromhex("11011ED0"), 1.0).startswith(b"\x16\x0e\x1ePM2008")
    assert sensor.hear(bytes.fromhex("11011FCF"), 1.0).startswith(b"\x16\x0b\x1f")

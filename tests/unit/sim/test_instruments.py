"""What every instrument has in common, and those that only talk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.air import Air
from sim.frames import encoder_of, models
from sim.instruments import Quirks, instrument_of
from sim.instruments.beat import Beat

if TYPE_CHECKING:
    from sim.instruments import Instrument

AIR = Air(8.0, 14.0, 15.0, 18.0, 30.0, t_c=31.0, rh=62.0, wind_mps=3.3, wind_deg=40.0)
SPEAK_UNASKED = {
    *("pms3003", "pms5003", "pms5003t", "pms5003s", "pms5003st", "sm-uart-04l"),
    *("sds011", "sds198", "hpma115s0", "hpma115c0", "zh03b", "zh06", "pm1006"),
    *("sn-gcja5", "nmea-wind", "windsonic", "rm-young-86xxx"),
}
WITHOUT_LASER = {
    *("nmea-wind", "windsonic", "rm-young-86xxx", "davis-vantage", "modbus-rtu"),
    *("bam1020", "sps30"),  # a source of beta rays; idle until it is started
}
REQUESTS = {
    "pms5003": "424DE100000170 424DE200000171 424DE400000173",
    "sds011": "AAB40600000000000000000000000000FFFF04AB AAB407000000000000000000000000FFFF05AB",
    "sps30": "7E0000020103F97E 7E000300FC7E 7E000100FE7E",
    "hpma115c0": "68012077 68010493 68011087 680208642A",
    "zh03b": "FF0178410000000046 FF0186000000000079 FF01A7010000000057",
    "pm2008": "11020B07DB 11030C011EC1 11011FCF",
    "modbus-rtu": "010300000002C40B",
    "davis-vantage": "0A 54455354 0A",
}


def powered(model: str, quirks: Quirks | None = None) -> Instrument:
    instrument = instrument_of(model, 1, quirks or Quirks())
    instrument.power_up(0.0)
    return instrument


def sent(instrument: Instrument, seconds: range, air: Air = AIR) -> list[bytes]:
    """What it sent in each second that was not silent."""
    said = (instrument.send(float(second), air) for second in seconds)
    return [data for data in said if data]


@pytest.mark.parametrize("model", models())
def test_every_model_has_an_instrument_that_says_nothing_without_power(model: str) -> None:
    instrument = instrument_of(model)

    assert model == instrument.model
    assert b"" == instrument.send(0.0, AIR)
    assert b"" == instrument.hear(b"\n" * 8, 0.0)


@pytest.mark.parametrize("model", models())
def test_only_those_that_send_by_themselves_are_heard_unasked(model: str) -> None:
    assert (model in SPEAK_UNASKED) == bool(sent(powered(model), range(120)))


@pytest.mark.parametrize("model", sorted(SPEAK_UNASKED))
def test_a_warm_instrument_sends_the_frames_of_its_encoder(model: str) -> None:
    frames = sent(powered(model), range(60, 120))

    assert {encoder_of(model)(AIR).data} == set(frames)


@pytest.mark.parametrize("model", models())
def test_laser_time_is_that_for_which_it_ran(model: str) -> None:
    instrument = powered(model)
    sent(instrument, range(101))

    assert (0.0 if model in WITHOUT_LASER else 100.0) == instrument.laser_s
    instrument.power_up(5_000.0)  # the time without power does not wear
    assert (0.0 if model in WITHOUT_LASER else 100.0) == instrument.laser_s


@pytest.mark.parametrize("model", models())
def test_nobody_writes_to_flash_unasked(model: str) -> None:
    instrument = powered(model)
    sent(instrument, range(100))

    assert 0 == instrument.flash_writes


@pytest.mark.parametrize("model", sorted(REQUESTS))
@given(data=st.data())
def test_requests_may_be_split_anywhere(model: str, data: st.DataObject) -> None:
    request = bytes.fromhex(REQUESTS[model])
    cuts = sorted(data.draw(st.sets(st.integers(0, len(request)))))
    parts = [request[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
    whole, split = powered(model), powered(model)
    for instrument in (whole, split):
        instrument.send(0.0, AIR)
    if model == "davis-vantage":  # what wakes it is lost
        assert whole.hear(b"\n", 40.0) == split.hear(b"\n", 40.0)

    expected = whole.hear(request, 40.0)

    assert expected
    assert expected == b"".join(split.hear(part, 40.0) for part in parts)


@pytest.mark.parametrize("model", models())
@given(noise=st.binary(max_size=60))
def test_noise_from_the_host_breaks_nothing(model: str, noise: bytes) -> None:
    instrument = powered(model)
    instrument.send(0.0, AIR)
    instrument.hear(noise, 1.0)
    instrument.send(2.0, AIR)

    assert model == instrument.model


def test_a_request_behind_noise_is_understood() -> None:
    instrument = powered("pms5003")

    reply = instrument.hear(bytes.fromhex("00FF424D42 424DE100000170"), 1.0)

    assert "424D0004E1000174" == reply.hex().upper()


@pytest.mark.parametrize("model", sorted(REQUESTS))
def test_on_a_miswired_line_the_host_hears_itself_and_nothing_else(model: str) -> None:
    instrument = powered(model, Quirks(miswired=True))
    request = bytes.fromhex(REQUESTS[model])

    assert request == instrument.hear(request, 1.0)
    assert [] == sent(instrument, range(60))


def test_an_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="model = 'pms7000': allowed is one of pms3003,"):
        instrument_of("pms7000")
    with pytest.raises(ValueError, match="model = 'pms7000': allowed is one of pms3003,"):
        encoder_of("pms7000")


@pytest.mark.parametrize(
    ("model", "unit_id"),
    [("sds011", 65_536), ("modbus-rtu", 0), ("modbus-rtu", 248), ("windsonic", 27)],
)
def test_an_identity_that_no_line_can_carry_is_refused_by_name(model: str, unit_id: int) -> None:
    with pytest.raises(ValueError, match=f"unit_id = {unit_id}: allowed is"):
        encoder_of(model, unit_id)
    with pytest.raises(ValueError, match=f"unit_id = {unit_id}: allowed is"):
        instrument_of(model, unit_id)


def test_a_level_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="value = nan: allowed is a finite number"):
        encoder_of("pms5003")(AIR._replace(pm25=float("nan")))


def test_a_beat_keeps_its_grid_and_makes_up_for_nothing() -> None:
    beat = Beat(1.0)
    beat.begin(10.0)

    assert [False, True, False, True] == [beat.strikes(now_s) for now_s in (9.5, 10.2, 10.9, 11.0)]
    assert [True, False, True] == [beat.strikes(now_s) for now_s in (60.0, 60.5, 61.0)]


def test_an_sn_gcja5_sends_zeros_for_8_s_then_grows_until_28_s() -> None:
    frames = sent(powered("sn-gcja5"), range(30))

    levels = [int.from_bytes(frame[5:9], "little") for frame in frames]
    assert [0] * 8 == levels[:8]
    assert sorted(levels) == levels
    assert 0 < levels[8] < levels[20] < 14
    assert [14, 14] == levels[28:]


def test_a_lamp_s_sensor_sends_seven_frames_in_a_burst_and_then_rests() -> None:
    instrument = powered("pm1006")

    assert 7 == len(sent(instrument, range(20)))
    assert [] == sent(instrument, range(20, 40))
    assert 7 == len(sent(instrument, range(40, 60)))


def test_on_a_shared_line_the_lamp_s_requests_are_heard_as_well() -> None:
    frames = sent(powered("pm1006", Quirks(shared_line=True)), range(10))

    assert {bytes.fromhex("11020B01E1") + encoder_of("pm1006")(AIR).data} == set(frames)


def test_a_pm1006_answers_its_host() -> None:
    instrument = powered("pm1006")

    assert b"" == instrument.hear(bytes.fromhex("11020B01E1"), 0.0)  # it has seen no air yet
    assert instrument.send(0.1, AIR).startswith(encoder_of("pm1006")(AIR).data)
    assert encoder_of("pm1006")(AIR).data == instrument.hear(bytes.fromhex("11020B01E1"), 0.2)

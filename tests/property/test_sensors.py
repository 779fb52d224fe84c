"""decode(encode(x)) == x, for both makers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.decode import decode_frame
from firmware_bridge.errors import FrameError
from firmware_bridge.sensors import sensor_models
from firmware_bridge.sensors.nova import SDS011
from firmware_bridge.sensors.plantower import PMS5003
from sim.frames import cf1_level_ugm3, particle_counts, pms5003_frame, sds011_frame

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import SensorModel

WORD = st.integers(0, 65_535)


@given(pm1=WORD, pm25=WORD, pm10=WORD)
def test_a_pms5003_frame_says_what_was_put_into_it(pm1: int, pm25: int, pm10: int) -> None:
    decoded = decode_frame(PMS5003, pms5003_frame(pm1, pm25, pm10))

    assert (pm1, pm25, pm10) == (decoded["pm1_atm"], decoded["pm25_atm"], decoded["pm10_atm"])
    assert tuple(cf1_level_ugm3(level) for level in (pm1, pm25, pm10)) == (
        decoded["pm1_cf1"],
        decoded["pm25_cf1"],
        decoded["pm10_cf1"],
    )
    sizes = ("n03", "n05", "n10", "n25", "n50", "n100")
    assert particle_counts(pm25, pm10) == tuple(decoded[f"{size}_per_dl"] for size in sizes)
    assert 0 == decoded["error_code"]


@given(pm25=WORD, pm10=WORD, device_id=WORD)
def test_an_sds011_frame_says_what_was_put_into_it(pm25: int, pm10: int, device_id: int) -> None:
    decoded = decode_frame(SDS011, sds011_frame(pm25, pm10, device_id))

    assert {"pm25": pm25 / 10, "pm10": pm10 / 10, "device_id": f"{device_id:04X}"} == decoded


def reason_of(model: SensorModel, frame: bytes) -> str | None:
    try:
        decode_frame(model, frame)
    except FrameError as error:
        return error.reason
    return None


@given(frame=st.binary(max_size=40) | st.builds(sds011_frame, WORD, WORD, WORD))
def test_any_bytes_are_decoded_or_refused_with_a_known_reason(frame: bytes) -> None:
    for model in sensor_models().values():
        assert reason_of(model, frame) in {None, "header", "length", "checksum", "tail"}


@given(
    frame=st.builds(pms5003_frame, WORD, WORD, WORD),
    at=st.integers(0, 31),
    bit=st.integers(0, 7),
)
def test_one_flipped_bit_is_always_noticed(frame: bytes, at: int, bit: int) -> None:
    broken = bytearray(frame)
    broken[at] ^= 1 << bit

    assert reason_of(PMS5003, bytes(broken)) in {"header", "length", "checksum"}

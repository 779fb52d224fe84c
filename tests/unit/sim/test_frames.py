"""Frames, decoded by hand from their bytes."""

from __future__ import annotations

import pytest

from sim.frames import cf1_level_ugm3, particle_counts, pms5003_frame, sds011_frame


def words(frame: bytes) -> list[int]:
    return [frame[at] * 256 + frame[at + 1] for at in range(4, 28, 2)]


def test_a_pms5003_frame_begins_as_a_captured_one_with_the_same_levels() -> None:
    captured = bytes.fromhex("424D001C000A000E000E000A000E000E07B60257005000050000000000000262")

    assert captured[:16] == pms5003_frame(10, 14, 14)[:16]


def test_a_pms5003_frame_is_32_bytes_and_its_sum_is_that_of_the_30_before_it() -> None:
    frame = pms5003_frame(41, 61, 250)

    assert 32 == len(frame)
    assert sum(frame[:30]) == frame[30] * 256 + frame[31]
    assert 28 == frame[2] * 256 + frame[3]
    assert [41, 61, 250] == words(frame)[3:6]
    assert 0 == frame[29]


def test_cf1_words_equal_atmospheric_ones_in_clean_air_and_are_half_again_in_dirty_air() -> None:
    assert [0, 14, 30] == [cf1_level_ugm3(level) for level in (0, 14, 30)]
    assert [150, 450] == [cf1_level_ugm3(level) for level in (100, 300)]
    assert 65 < cf1_level_ugm3(65) < 98


def test_counts_never_grow_with_size_and_are_near_those_of_a_real_frame() -> None:
    counts = particle_counts(14, 14)

    assert sorted(counts, reverse=True) == list(counts)
    assert 1500 < counts[0] < 2500  # the captured frame with PM2.5 = 14 says 1974


def test_counts_and_cf1_words_stop_at_the_largest_word() -> None:
    frame = pms5003_frame(50_000, 60_000, 65_535)

    assert [65_535] * 3 == words(frame)[:3]
    assert 65_535 == words(frame)[6]


@pytest.mark.parametrize(
    ("captured", "pm25_tenths", "pm10_tenths", "device_id"),
    [
        ("AAC0D4043A0AA1601DAB", 1236, 2618, 0xA160),
        ("AAC00900090058D943AB", 9, 9, 0x58D9),
        ("AAC02C0037007E2304AB", 44, 55, 0x7E23),
        ("AAC0AAABAAC0A160C0AB", 43_946, 49_322, 0xA160),
    ],
)
def test_an_sds011_frame_is_the_documented_one_byte_for_byte(
    captured: str, pm25_tenths: int, pm10_tenths: int, device_id: int
) -> None:
    assert captured == sds011_frame(pm25_tenths, pm10_tenths, device_id).hex().upper()


def test_a_level_that_no_word_can_carry_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="pm25 = 65536: allowed is"):
        pms5003_frame(0, 65_536, 0)
    with pytest.raises(ValueError, match="pm10 = -1: allowed is"):
        sds011_frame(0, -1, 0)

"""Frames cut out of a stream of bytes."""

from __future__ import annotations

import pytest

from firmware_bridge.framing import FrameCounts, FrameStream
from firmware_bridge.sensors import sensor_model
from firmware_bridge.sensors.bm import BmFormat
from firmware_bridge.sensors.nova import SdsFormat
from firmware_bridge.sensors.sensirion import ShdlcFormat
from sim.frames import pms5003_frame, sds011_frame

PMS = pms5003_frame(10, 20, 30)
SDS = sds011_frame(123, 456, 0xA160)


def pms_stream() -> FrameStream:
    return FrameStream(BmFormat(28, 4))


def test_frames_behind_one_another_are_all_found() -> None:
    stream = pms_stream()

    assert [PMS, PMS, PMS] == stream.feed(PMS * 3)
    assert FrameCounts(frames=3) == stream.counts


@pytest.mark.parametrize("at", range(1, 32))
def test_a_frame_split_anywhere_is_whole_when_its_last_byte_comes(at: int) -> None:
    stream = pms_stream()

    assert [] == stream.feed(PMS[:at])
    assert [PMS] == stream.feed(PMS[at:])


def test_noise_is_counted_byte_by_byte_and_thrown_away() -> None:
    stream = pms_stream()

    assert [PMS] == stream.feed(b"\x00\xff\x4d" + PMS)
    assert FrameCounts(frames=1, discarded_bytes=3) == stream.counts


def test_a_false_header_with_an_impossible_length_never_waits_for_its_bytes() -> None:
    stream = pms_stream()

    assert [PMS] == stream.feed(b"\x42\x4d\xff\xff" + PMS)
    assert FrameCounts(frames=1, rejected_frames=1, discarded_bytes=4) == stream.counts


def test_a_false_header_with_a_possible_length_does_not_cost_the_frame_behind_it() -> None:
    stream = pms_stream()

    assert [PMS] == stream.feed(b"\x42\x4d\x00\x1c" + PMS)


def test_a_frame_whose_end_was_lost_costs_only_itself() -> None:
    stream = pms_stream()

    assert [PMS] == stream.feed(PMS[:20] + PMS)
    assert 1 == stream.counts.rejected_frames


def test_half_a_header_at_the_end_is_kept() -> None:
    stream = pms_stream()

    assert [] == stream.feed(b"\x00\x42")
    assert [PMS] == stream.feed(PMS[1:])
    assert 1 == stream.counts.discarded_bytes


def test_a_header_byte_before_a_header_is_noise() -> None:
    stream = FrameStream(SdsFormat())

    assert [SDS] == stream.feed(b"\xaa" + SDS)
    assert [PMS] == pms_stream().feed(b"\x42" + PMS)


def test_an_acknowledgement_between_data_frames_is_a_frame_of_its_own() -> None:
    acknowledgement = bytes.fromhex("424D0004E1010175")

    assert [PMS, acknowledgement, PMS] == pms_stream().feed(PMS + acknowledgement + PMS)


def test_feeding_nothing_gives_nothing() -> None:
    assert [] == pms_stream().feed(b"")


def test_a_long_run_of_header_bytes_is_worked_through() -> None:
    stream = FrameStream(SdsFormat())

    assert [SDS] == stream.feed(b"\xaa\xc0" * 20_000 + SDS)


SPS = bytes.fromhex("7E00000000FF7E")


def sps_stream() -> FrameStream:
    return FrameStream(ShdlcFormat())


@pytest.mark.parametrize("between", [b"", b"\x7e", b"\x7e\x7e\x7e", b"\x00\x01", b"\x7d"])
def test_frames_between_flags_are_found_whatever_lies_between(between: bytes) -> None:
    assert [SPS, SPS, SPS] == sps_stream().feed(between.join((SPS, SPS, SPS)))


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_a_lost_flag_does_not_swallow_the_next_frame(chunk: int) -> None:
    opening_lost, closing_lost = SPS + SPS[1:] + SPS, SPS[:-1] + SPS + SPS
    for content in (opening_lost, closing_lost):
        stream = sps_stream()
        chunks = [content[at:][:chunk] for at in range(0, len(content), chunk)]
        assert [SPS, SPS, SPS] == [frame for part in chunks for frame in stream.feed(part)]


def test_frames_with_their_own_flags_are_neither_rejected_nor_discarded() -> None:
    stream = sps_stream()
    stream.feed(SPS * 3)

    assert FrameCounts(frames=3) == stream.counts


def test_a_flag_without_an_end_is_given_up_after_the_longest_frame() -> None:
    stream = sps_stream()

    assert [] == stream.feed(b"\x7e" + b"\x00" * 10_000)
    assert 10_001 == stream.counts.discarded_bytes


@pytest.mark.parametrize("begun", [b"$IIM", b"$" * 200, b"$IIMWV,1" + b"0" * 500])
def test_a_line_without_an_end_does_not_swallow_the_next(begun: bytes) -> None:
    sentence = b"$IIMWV,271.0,R,000.2,N,A*3B\r\n"
    stream = FrameStream(sensor_model("nmea-wind").frame_format)

    assert [sentence] == stream.feed(begun + sentence)

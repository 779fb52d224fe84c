"""Whatever noise lies between frames, whole frames come out."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firmware_bridge.decode import decode_frame
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameStream
from firmware_bridge.sensors import sensor_model
from sim.frames import pms5003_frame, sds011_frame

GOLDEN = Path(__file__).parents[1] / "golden" / "frames"
WORD = st.integers(0, 65_535)
FRAMES = {
    "pms5003": st.builds(pms5003_frame, WORD, WORD, WORD)
    | st.just(bytes.fromhex("424D0004E1010175")),
    "sds011": st.builds(sds011_frame, WORD, WORD, WORD),
}
HEADERS = {"pms5003": b"\x42\x4d", "sds011": b"\xaa"}
# Bytes that look like the beginning, the middle or the end of a frame, and any others.
NOISE = st.lists(
    st.sampled_from([b"\x42", b"\x42\x4d", b"\x42\x4d\x00\x1c", b"\x42\x4d\x00\x04"])
    | st.sampled_from([b"\xaa", b"\xaa\xc0", b"\xaa\xc5", b"\xab", b"\x00" * 30])
    | FRAMES["pms5003"].map(lambda frame: frame[:20])
    | FRAMES["sds011"].map(lambda frame: frame[:9])
    | st.binary(max_size=12),
    max_size=6,
).map(b"".join)
FLUSH = bytes(40)  # longer than any frame: whatever waits for more bytes is decided
MODELS = pytest.mark.parametrize("identifier", sorted(FRAMES))


def parts_of(identifier: str) -> st.SearchStrategy[list[tuple[bytes, bytes]]]:
    return st.lists(st.tuples(NOISE, FRAMES[identifier]), max_size=5)


def whole_frame_at(identifier: str, content: bytes, at: int) -> bytes | None:
    """The frame that begins exactly at `at`, checked without the stream."""
    for length in (8, 10, 32):
        candidate = content[at : at + length]
        try:
            decode_frame(sensor_model(identifier), candidate)
        except FrameError:
            continue
        return candidate
    return None


def frames_from_the_left(identifier: str, content: bytes) -> list[tuple[int, bytes]]:
    """Every whole frame that does not begin inside the one before, by trying each position."""
    found, at = [], 0
    while at < len(content):
        frame = whole_frame_at(identifier, content, at)
        if frame is not None:
            found.append((at, frame))
        at += len(frame) if frame is not None else 1
    return found


def fed(identifier: str, content: bytes, cuts: list[int]) -> list[bytes]:
    stream = FrameStream(sensor_model(identifier).frame_format)
    edges = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    found = [frame for first, last in pairwise(edges) for frame in stream.feed(content[first:last])]
    found += stream.feed(FLUSH)
    return found


@MODELS
@given(data=st.data(), cuts=st.lists(st.integers(0, 500), max_size=6))
def test_a_stream_finds_what_trying_every_position_finds(
    identifier: str, data: st.DataObject, cuts: list[int]
) -> None:
    parts = data.draw(parts_of(identifier))
    content = b"".join(noise + frame for noise, frame in parts) + data.draw(NOISE)

    expected = [frame for _, frame in frames_from_the_left(identifier, content + FLUSH)]
    assert expected == fed(identifier, content, cuts)


@MODELS
@given(data=st.data(), cuts=st.lists(st.integers(0, 500), max_size=6))
def test_noise_never_costs_a_whole_frame_unless_it_holds_one_by_chance(
    identifier: str, data: st.DataObject, cuts: list[int]
) -> None:
    parts = data.draw(parts_of(identifier))
    planted, content = [], b""
    for noise, frame in parts:
        planted.append((len(content) + len(noise), frame))
        content += noise + frame

    by_chance = set(frames_from_the_left(identifier, content + FLUSH)) - set(planted)
    assume(not by_chance)

    assert [frame for _, frame in planted] == fed(identifier, content, cuts)


@MODELS
@given(data=st.data())
def test_noise_without_a_header_costs_nothing_and_is_counted_to_the_byte(
    identifier: str, data: st.DataObject
) -> None:
    header = HEADERS[identifier]
    parts = [
        (noise.replace(header[:1], b""), frame) for noise, frame in data.draw(parts_of(identifier))
    ]
    stream = FrameStream(sensor_model(identifier).frame_format)

    found = stream.feed(b"".join(noise + frame for noise, frame in parts))

    assert [frame for _, frame in parts] == found
    assert sum(len(noise) for noise, _ in parts) == stream.counts.discarded_bytes
    assert (len(parts), 0) == (stream.counts.frames, stream.counts.rejected_frames)


@MODELS
@given(data=st.data())
def test_splitting_at_every_single_byte_changes_nothing(
    identifier: str, data: st.DataObject
) -> None:
    content = b"".join(noise + frame for noise, frame in data.draw(parts_of(identifier)))

    assert fed(identifier, content, []) == fed(identifier, content, list(range(len(content))))


@MODELS
@given(content=st.binary(max_size=200))
def test_any_bytes_are_frames_or_counted_as_discarded_or_still_waiting(
    identifier: str, content: bytes
) -> None:
    stream = FrameStream(sensor_model(identifier).frame_format)

    found = stream.feed(content)

    waiting = len(content) - sum(map(len, found)) - stream.counts.discarded_bytes
    assert len(found) == stream.counts.frames
    assert 0 <= waiting < 32


def golden_frames() -> dict[str, list[bytes]]:
    """Whole frames of every model, by its identifier."""
    frames: dict[str, list[bytes]] = {}
    for path in sorted(GOLDEN.glob("*.json")):
        for vector in json.loads(path.read_text(encoding="utf-8"))["vectors"]:
            whole = vector["direction"] == "from_sensor" and not vector.get("must_reject")
            if whole and vector["protocol"] not in {"stream", "modbus", "davistime"}:
                frames.setdefault(vector["model"], []).append(bytes.fromhex(vector["hex"]))
    return frames


GOLDEN_FRAMES = golden_frames()
ALL_MODELS = pytest.mark.parametrize("identifier", sorted(GOLDEN_FRAMES))


def fragments_of(identifier: str) -> st.SearchStrategy[bytes]:
    """Beginnings and ends of this model's frames, and bytes of any kind."""
    cut = st.tuples(st.sampled_from(GOLDEN_FRAMES[identifier]), st.integers(1, 60))
    piece = (
        cut.map(lambda it: it[0][: min(it[1], len(it[0]) - 1)])
        | cut.map(lambda it: it[0][-min(it[1], len(it[0]) - 1) :])
        | st.binary(max_size=12)
    )
    return st.lists(piece, max_size=3).map(b"".join)


def missing_from(found: list[bytes], wanted: list[bytes]) -> list[bytes]:
    """What of `wanted` is not in `found`, in order; `found` may hold more."""
    rest = iter(found)
    return [frame for frame in wanted if frame not in rest]


@ALL_MODELS
@given(data=st.data(), size=st.sampled_from([1, 2, 7, 10_000]))
def test_fragments_between_frames_cost_no_frame_of_any_model(
    identifier: str, data: st.DataObject, size: int
) -> None:
    frame_format = sensor_model(identifier).frame_format
    part = st.tuples(fragments_of(identifier), st.sampled_from(GOLDEN_FRAMES[identifier]))
    parts = data.draw(st.lists(part, max_size=4))
    content = b"".join(noise + frame for noise, frame in parts)
    content += bytes(frame_format.reach + 100)  # whatever waits for more bytes is decided
    stream = FrameStream(frame_format)

    found = [f for at in range(0, len(content), size) for f in stream.feed(content[at:][:size])]

    assume(set(found) <= set(GOLDEN_FRAMES[identifier]))  # else the noise made one by chance
    planted = [frame for _, frame in parts]
    missing = missing_from(found, planted)
    if missing:
        # A fragment may end where the next frame's first byte completes it (its sum ends in 42):
        # then it is a whole frame, the leftmost one, and that byte is its own.
        assume(missing_from(planted, found) == [])
    assert [] == missing


@ALL_MODELS
@given(content=st.binary(max_size=300))
def test_no_model_waits_for_more_than_its_longest_frame(identifier: str, content: bytes) -> None:
    stream = FrameStream(sensor_model(identifier).frame_format)

    found = stream.feed(content)
    stream.feed(bytes(1200))

    kept = len(content) + 1200 - sum(map(len, found)) - stream.counts.discarded_bytes
    assert kept <= 100

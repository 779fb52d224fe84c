"""Captured and documented frames, decoded digit for digit (tests/golden/frames)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.decode import decode_frame
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameStream
from firmware_bridge.sensors import sensor_model

GOLDEN = Path(__file__).parents[2] / "golden" / "frames" / "plantower_nova.json"
VECTORS: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))["vectors"]
STREAMS = [pytest.param(v, id=v["id"]) for v in VECTORS if v["protocol"] == "stream"]
REFUSED = [pytest.param(v, id=v["id"]) for v in VECTORS if v.get("must_reject")]
DECODED = [
    pytest.param(v, id=v["id"])
    for v in VECTORS
    if v["protocol"] != "stream" and not v.get("must_reject")
]


@pytest.mark.parametrize("vector", DECODED)
def test_a_frame_says_what_its_source_says(vector: dict[str, Any]) -> None:
    decoded = decode_frame(sensor_model(vector["model"]), bytes.fromhex(vector["hex"]))

    assert vector["expected"] == {name: decoded.get(name) for name in vector["expected"]}


@pytest.mark.parametrize("vector", REFUSED)
def test_a_broken_frame_is_refused_with_the_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(FrameError) as caught:
        decode_frame(sensor_model(vector["model"]), bytes.fromhex(vector["hex"]))

    assert vector["expected"]["reject"] == caught.value.reason


@pytest.mark.parametrize("vector", STREAMS)
@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_a_stream_gives_its_whole_data_frames(vector: dict[str, Any], chunk: int) -> None:
    model, content = sensor_model(vector["model"]), bytes.fromhex(vector["hex"])
    stream = FrameStream(model.frame_format)

    found = [
        frame
        for at in range(0, len(content), chunk)
        for frame in stream.feed(content[at : at + chunk])
        if model.is_data(model.decode(frame))
    ]

    assert vector["expected"]["frames"] == [frame.hex().upper() for frame in found]

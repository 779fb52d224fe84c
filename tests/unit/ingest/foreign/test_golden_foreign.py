"""Payloads of foreign devices and the readings that they stand for (tests/golden/foreign)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.foreign.formats import FORMATS
from ingest.foreign.mapping import ForeignFile
from ingest.foreign.sources import ForeignSources

GOLDEN = Path(__file__).parents[3] / "golden" / "foreign"
FILES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(GOLDEN.glob("*.json"))
}
CASES = [
    pytest.param(file, case, id=f"{name}-{case['id']}")
    for name, file in FILES.items()
    for case in file["cases"]
]


def payload_of(case: dict[str, Any]) -> bytes:
    payload = case["payload"]
    return payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()


@pytest.mark.parametrize(("file", "case"), CASES)
def test_a_payload_is_the_readings_that_stand_beside_it(
    file: dict[str, Any], case: dict[str, Any]
) -> None:
    sources = ForeignSources(ForeignFile.model_validate({"foreign": [file["mapping"]]}), 600)

    assert sources.matches(case["topic"])
    message = sources.decode(
        case["topic"], payload_of(case), file["arrived_ms"], retain=case.get("retain", False)
    )

    assert case["readings"] == msgspec.to_builtins(message.readings)
    assert case.get("ignored", []) == [str(reason) for reason in message.ignored]
    assert case.get("rejections", []) == [[str(e.reason), e.field] for e in message.rejections]
    assert file["mapping"]["format"] == message.gateway
    assert message.spool is None
    if message.readings:
        assert case.get("is_partial", False) == message.is_partial
        assert case.get("uses_arrival", False) == message.uses_arrival


def test_every_format_has_its_cases_and_every_case_its_source() -> None:
    assert set(FORMATS) == {file["mapping"]["format"] for file in FILES.values()}
    assert all(case["source"] for file in FILES.values() for case in file["cases"])

"""JSON as devices write it: lenient with NaN, strict with what has two meanings."""

from __future__ import annotations

import json
from typing import Any, Final

from ingest.foreign.message import Fault
from ingest.rejection import Reason, Rejection

MAX_BYTES: Final = 64 * 1024
"""A device's message is below 4 KiB."""


def json_of(payload: bytes) -> Any:  # noqa: ANN401  (any JSON)
    """What the payload says; raises `Fault` for what is no JSON, or names a key twice otherwise."""
    if len(payload) > MAX_BYTES:
        allowed = f"at most {MAX_BYTES} bytes"
        raise Fault(Reason.MALFORMED, "payload", f"{len(payload)} bytes", allowed)
    try:
        return json.loads(payload.decode("utf-8"), object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError) as error:
        raise Fault(Reason.NOT_JSON, "payload", _start(payload), f"JSON ({error})") from None


def object_of(payload: bytes) -> dict[str, Any]:
    """The same, where only an object will do."""
    content = json_of(payload)
    if not isinstance(content, dict):
        raise Fault(Reason.MALFORMED, "payload", _start(payload), "a JSON object")
    return content


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        for key, value in pairs:
            # Compared as text: to Python 1 is True, and NaN is not NaN.
            if repr(content[key]) != repr(value):
                shown = f"{Rejection.shown(value)} and {Rejection.shown(content[key])}"
                raise Fault(Reason.MALFORMED, key, shown, "each key once, or with one value")
    return content


def _start(payload: bytes) -> str:
    return payload[:200].decode("utf-8", "replace")

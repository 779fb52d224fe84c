"""What a request asks for, and how long that may be."""

from __future__ import annotations

import pytest

from api.request_target import is_of_api, length_of


@pytest.mark.parametrize(
    ("path", "of_api"),
    [
        ("/api/v1/stations", True),
        ("/api/v1/", True),
        ("/api/v1", False),
        ("/api/v10/x", False),
        ("/", False),
    ],
)
def test_the_api_is_what_lies_under_its_version(path: str, of_api: bool) -> None:  # noqa: FBT001
    assert of_api is is_of_api({"path": path})


@pytest.mark.parametrize(
    ("scope", "length"),
    [
        ({"path": "/é", "raw_path": b"/%C3%A9", "query_string": b"a=1"}, 11),
        ({"path": "/é", "raw_path": b"/%C3%A9", "query_string": b""}, 7),
        ({"path": "/é", "raw_path": None}, 3),
    ],
)
def test_a_target_is_as_long_as_it_came(scope: dict[str, object], length: int) -> None:
    assert length == length_of(scope)

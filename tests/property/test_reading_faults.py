"""What is looked at all at once never passes what one by one would have been looked at."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.reading_faults import _is_strange, _may_be_strange

pieces = st.sampled_from(
    [
        b"{",
        b"}",
        b"e",
        b"E",
        b"+",
        b"3",
        b"300",
        b"\\",
        b'"name"',
        b"\xc3\xa4",
        b" ",
        b"[1]",
        b"null",
    ]
)
texts = st.lists(pieces, max_size=8).map(b"".join)
extras = st.lists(st.one_of(st.just(b""), st.just(b'{"pm25_cf1":24}'), texts), max_size=6)


@given(extras)
@example([b'{"a":1e400}'])
@example([b'{"a":1e', b"300}"])
@example([b"", b"1", b""])
@example([b""])
@example([])
def test_no_strange_extras_are_passed_over(found: list[bytes]) -> None:
    strange = any(text != b"" and _is_strange(text) for text in found)

    assert _may_be_strange(found) or not strange


@given(
    st.lists(st.sampled_from([b"", b"{}", b'{"fan_state":"ok","n0_3":1234,"e":-2.5}']), max_size=9)
)
def test_plain_extras_are_passed_at_once(found: list[bytes]) -> None:
    assert not _may_be_strange(found)

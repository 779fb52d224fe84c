"""How often somebody may come."""

from __future__ import annotations

import pytest

from api.token_buckets import TokenBuckets, address_key


def test_a_burst_is_let_in_and_then_one_at_a_time() -> None:
    buckets = TokenBuckets(burst=3, refill_s=10)

    assert [0, 0, 0, 10] == [buckets.take("a", 100) for _ in range(4)]
    assert [4, 0, 10] == [buckets.take("a", at_s) for at_s in (106, 110, 110)]


def test_a_bucket_is_never_fuller_than_at_first() -> None:
    buckets = TokenBuckets(burst=2, refill_s=1)
    buckets.take("a", 0)

    assert [0, 0, 1] == [buckets.take("a", 1000) for _ in range(3)]


def test_everybody_has_a_bucket_and_memory_is_bounded() -> None:
    buckets = TokenBuckets(burst=1, refill_s=10, most=100)
    waits = [buckets.take(str(number), 0) for number in range(1000)]

    assert [0] * 1000 == waits
    assert 100 == len(buckets)
    assert 10 == buckets.take("999", 0)


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("a host", "a host"),
    ],
)
def test_an_ipv6_customer_has_one_bucket_for_all_addresses(host: str, key: str) -> None:
    assert key == address_key(host)

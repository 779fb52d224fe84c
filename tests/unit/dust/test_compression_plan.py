"""What is told to a server that can compress, and what to one that cannot; decided without one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dust.storage.capabilities import Capabilities, Edition
from dust.storage.compression import CompressionWish, plan_compression

FULL = Capabilities("17.6", 170_006, "dust", True, True, "timescale", "2.20.1", "2.20.1")  # noqa: FBT003  (in the order of the fields)
WISH = CompressionWish("500 days", "400 days", is_within=False)


def statements(server: Capabilities, wish: CompressionWish = WISH) -> list[str]:
    return [each.as_string() for each in plan_compression(server, wish).statements]


def test_the_full_edition_gets_settings_and_one_policy() -> None:
    settings, no_limit, remove, add = statements(FULL)

    assert "compress_segmentby = 'sensor_id'" in settings
    assert "compress_orderby = 'phenomenon_time, seq'" in settings
    assert (
        'ALTER DATABASE "dust" SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0'
        == no_limit
    )
    assert remove.startswith("SELECT remove_compression_policy('readings'")
    assert "SELECT add_compression_policy('readings', compress_after => INTERVAL '500 days')" == add


def test_never_takes_the_policy_away() -> None:
    wish = replace(WISH, after=None)

    assert ["SELECT remove_compression_policy('readings', if_exists => true)"] == statements(
        FULL, wish
    )


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (replace(FULL, extension=None, licence=None), "plain PostgreSQL does not compress"),
        (replace(FULL, is_preloaded=False), "plain PostgreSQL does not compress"),
        (replace(FULL, licence="apache"), "the licence is `apache`"),
        (replace(FULL, is_hypertable=False), "run `dust db upgrade` first"),
        (replace(FULL, extension="2.18.1"), "timescaledb#7672"),
        (replace(FULL, extension="2.9.3"), "2.19 or newer is needed"),
    ],
)
def test_a_server_that_cannot_is_told_nothing_and_why(server: Capabilities, reason: str) -> None:
    plan = plan_compression(server, WISH)

    assert () == plan.statements
    assert reason in str(plan.refusal)


def test_nothing_is_compressed_for_which_a_late_reading_may_come() -> None:
    plan = plan_compression(FULL, replace(WISH, after="30 days", is_within=True))

    assert () == plan.statements
    assert "late readings may come for 400 days" in str(plan.refusal)


@pytest.mark.parametrize(
    ("server", "edition"),
    [
        (FULL, Edition.FULL),
        (replace(FULL, licence="apache"), Edition.APACHE),
        (replace(FULL, extension=None), Edition.PLAIN),
    ],
)
def test_the_edition_follows_from_extension_and_licence(
    server: Capabilities, edition: Edition
) -> None:
    assert edition is server.edition


def test_an_update_is_pending_when_the_package_is_another_version() -> None:
    assert not FULL.is_update_pending
    assert replace(FULL, offered="2.21.0").is_update_pending
    assert not replace(FULL, extension=None).is_update_pending

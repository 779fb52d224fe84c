"""`dust bench recompute` on a small history: every figure is there, and nothing is left behind."""

from __future__ import annotations

import msgspec
import pytest
from typer.testing import CliRunner

from dust.errors import BadInput
from dust.storage.connection import connect
from ingest.bench.__main__ import command
from ingest.bench.figures import RecomputeFigures


def databases(url: str) -> list[tuple[str]]:
    with connect(url) as connection:
        return connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'dust_bench%'"
        ).fetchall()


def test_a_small_run_has_every_figure(postgres_url: str) -> None:
    done = CliRunner().invoke(
        command,
        [
            *("--json", "--sizes", "100000,200000", "--late", "20", "--rounds", "1"),
            *("--server", postgres_url),
        ],
    )

    assert 0 == done.exit_code, done.output
    figures = msgspec.json.decode(done.stdout, type=RecomputeFigures)
    assert [(100_000, "window"), (100_000, "whole"), (200_000, "window"), (200_000, "whole")] == [
        (late.stored_rows, late.spread) for late in figures.late
    ]
    assert [2, 2, 2, 4] == [round(late.spread_days) for late in figures.late]
    assert all(0 < late.hours <= 20 for late in figures.late)
    assert all(0 < late.days <= late.hours for late in figures.late)
    assert all(late.insert_s > 0 < late.plain_s for late in figures.late)
    growths = figures.greatest_growth, figures.greatest_growth_over_the_whole
    assert growths == tuple(max(late.growth for late in figures.late[at::2]) for at in (0, 1))
    assert [] == databases(postgres_url)


@pytest.mark.parametrize("sizes", ["x", "", "200000,100000", "99999", "100000,100000"])
def test_sizes_that_cannot_be_are_named(sizes: str) -> None:
    done = CliRunner().invoke(command, ["--sizes", sizes])

    assert isinstance(done.exception, BadInput)
    assert ("sizes", sizes) == (done.exception.field, done.exception.value)

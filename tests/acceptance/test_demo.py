"""The whole chain as processes: what was sent is stored once, averaged right and served."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from fixtures.ports import wait_until
from fixtures.running_demo import ENDS_WITHIN_S, RunningDemo, running_demo

pytestmark = pytest.mark.slow

HISTORY_TAKES_S = "20"
"""At most, while other tests are at work as well: 10 s were once too few. The rest is live."""


def stored(demo: RunningDemo) -> int:
    with psycopg.connect(demo.database) as connection:
        row = connection.execute("SELECT count(*) FROM readings").fetchone()
    return row[0] if row else 0


def is_alive(process: psutil.Process) -> bool:
    """Whether it still does anything; a dead one that nobody has reaped yet does not."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def kill_ingest_at(demo: RunningDemo, readings: int) -> None:
    """SIGKILL the ingest process once so many readings are stored; wait for the next one."""
    ingest = demo.state["pids"]["ingest"]
    wait_until(lambda: stored(demo) >= readings, f"{readings} readings", timeout_s=60)
    os.kill(ingest, signal.SIGKILL)
    wait_until(lambda: demo.state["pids"]["ingest"] != ingest, "a new ingest", timeout_s=30)


def test_what_was_sent_is_stored_once_and_every_mean_is_equal() -> None:
    with running_demo(
        "--for", HISTORY_TAKES_S, "--history-hours", "60", "--check", "--json"
    ) as demo:
        code, output, errors = demo.finish()

    report = json.loads(output)

    assert 0 == code, errors
    assert report["sent"] > 5_000
    assert report["sent"] == report["stored"]
    assert (0, 0) == (report["lost"], report["duplicates"])
    assert report["hours"] > 700
    assert report["days"] > 20
    assert (0, 0) == (report["hours_different"], report["days_different"])


def test_ingest_killed_in_the_middle_loses_nothing_and_doubles_nothing() -> None:
    with running_demo("--for", HISTORY_TAKES_S, "--check", "--json") as demo:
        for readings in (500, 4_000, 9_000):
            kill_ingest_at(demo, readings)
        code, output, errors = demo.finish()

    report = json.loads(output)

    assert 0 == code, errors
    assert (0, 0) == (report["lost"], report["duplicates"])
    assert report["sent"] == report["stored"]
    assert (0, 0) == (report["hours_different"], report["exceedances_different"])


def test_a_reading_that_vanishes_from_the_database_fails_the_check() -> None:
    with running_demo("--for", "12", "--history-hours", "40", "--check", "--json") as demo:
        assert demo.state["api"]
        wait_until(lambda: stored(demo) > 1000, "some readings", timeout_s=60)
        with psycopg.connect(demo.database) as connection:
            connection.execute(
                "DELETE FROM readings WHERE (sensor_id, phenomenon_time) IN"
                " (SELECT sensor_id, phenomenon_time FROM readings ORDER BY 2 LIMIT 1)"
            )
        code, output, _ = demo.finish()

    report = json.loads(output)

    assert 1 == code
    assert 1 == report["lost"]
    assert not report["equal"]


def test_ctrl_c_stops_everything_and_leaves_nothing_behind() -> None:
    with tempfile.TemporaryDirectory(prefix="dust-") as folder:
        demo = subprocess.Popen(
            [sys.executable, "-m", "dust.commands", "demo", "--history-hours", "3"],
            env=os.environ | {"TMPDIR": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: any(Path(folder).glob("*/demo.json")), "the demo's start", timeout_s=90)
        children = psutil.Process(demo.pid).children(recursive=True)
        servers = [p for p in psutil.process_iter(["cmdline"]) if folder in str(p.info["cmdline"])]
        demo.send_signal(signal.SIGINT)
        output, errors = demo.communicate(timeout=ENDS_WITHIN_S)

        assert 0 == demo.returncode, errors
        assert "" == output
        assert len(children) >= 7
        assert [] == [process for process in [*children, *servers] if is_alive(process)]
        assert [] == list(Path(folder).iterdir())


def test_the_page_and_the_api_answer_while_the_demo_runs() -> None:
    with running_demo("--history-hours", "30") as demo:
        api = demo.state["api"]
        page = httpx.get(f"{api}/", timeout=10)
        stations = httpx.get(f"{api}/api/v1/stations", timeout=10).json()["stations"]

    assert 200 == page.status_code
    assert {"24t", "npl-v1", "npl-v2", "npl-f1", "npl-f2", "npl-lab"} == {
        s["code"] for s in stations
    }


def test_check_without_a_time_is_wrong_use() -> None:
    wrong = subprocess.run(
        [sys.executable, "-m", "dust.commands", "demo", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 2 == wrong.returncode
    assert "--for" in wrong.stderr

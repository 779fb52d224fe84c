"""Sensor lines whose port is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from firmware_bridge.errors import PortUnavailable
from firmware_bridge.line import SensorLine
from firmware_bridge.port import SerialPort
from firmware_bridge.sensors.plantower import PMS5003
from firmware_bridge.settings import SensorSettings
from firmware_bridge.timekeeping import Moment

if TYPE_CHECKING:
    from pathlib import Path


def line(port: Path) -> SensorLine:
    settings = SensorSettings(code="pms-1", model="pms5003", port=str(port))
    return SensorLine(settings, boot="boot-1", last_own_ms=None)


def test_a_port_that_is_not_there_may_come_back(tmp_path: Path) -> None:
    with pytest.raises(PortUnavailable, match="none") as caught:
        SerialPort(str(tmp_path / "none"), PMS5003)

    assert caught.value.retryable


def test_a_file_that_is_no_serial_line_is_told_the_same_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(PortUnavailable):
        SerialPort(str(tmp_path / "file"), PMS5003)


def test_a_lost_port_is_told_once_and_tried_again_after_two_seconds(tmp_path: Path) -> None:
    it = line(tmp_path / "none")

    with capture_logs() as logs:
        tries = [it.open_if_due(now_s) for now_s in (10.0, 11.9, 12.1, 20.0)]

    assert [None] * 4 == tries
    assert ["port_is_lost"] == [entry["event"] for entry in logs]
    assert "port_lost" == it.status(0).state


def test_a_line_without_a_port_has_nothing_to_read_and_can_be_closed(tmp_path: Path) -> None:
    it = line(tmp_path / "none")

    assert it.read(Moment(0, 0, known=True, era=0), 0.0) is None
    it.close()
    assert 0 == it.status(0).frames

"""Settings kept in a sensor's flash: looked at, written where they differ, never in a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fixtures.dialogue import Talk

from firmware_bridge.sensors.honeywell import hpma_command
from firmware_bridge.sensors.nova import sds_command
from firmware_bridge.sensors.sensirion import shdlc_command, stuffed
from sim.frames import sds011_frame

if TYPE_CHECKING:
    from collections.abc import Callable

GET_FACTOR, SET_FACTOR = hpma_command(0x10), hpma_command(0x08, b"\x50")
GET_MODE, SET_QUERY = sds_command(2, b"\x00"), sds_command(2, b"\x01\x01")
GET_PERIOD, SET_PERIOD = sds_command(8, b"\x00"), sds_command(8, b"\x01\x00")
HOUR_S = 3600


def factor(percent: int) -> bytes:
    body = bytes((0x40, 0x02, 0x10, percent))
    return body + bytes((-sum(body) & 0xFF,))


class Honeywell:
    """Keeps a factor, or does not, whatever it is told."""

    def __init__(self, percent: int, *, is_stubborn: bool = False) -> None:
        self.percent = percent
        self._is_stubborn = is_stubborn

    def __call__(self, said: bytes) -> bytes:
        if said == GET_FACTOR:
            return factor(self.percent)
        self.percent = self.percent if self._is_stubborn else said[3]
        return b"\xa5\xa5"


class Nova:
    """Keeps mode and period; replies as the control protocol says."""

    def __init__(self, mode: int, period: int) -> None:
        self.kept = {2: mode, 8: period}

    def __call__(self, said: bytes) -> bytes:
        command, is_set, value = said[2], said[3], said[4]
        if command == 4:
            return sds011_frame(10, 20, 0xA160)
        if command in self.kept:
            self.kept[command] = value if is_set else self.kept[command]
            value = self.kept[command]
        content = bytes((command, is_set, value, 0, 0xA1, 0x60))
        return b"\xaa\xc5" + content + bytes((sum(content) & 0xFF, 0xAB))


def talk(model: str, reply: Callable[[bytes], bytes], **options: int) -> Talk:
    it = Talk(model, **options)
    it.reply = reply
    return it.open()


def test_a_setting_that_is_as_wanted_is_asked_for_and_not_written() -> None:
    it = talk("hpma115s0", Honeywell(80), coefficient=80)

    assert [GET_FACTOR] == it.go(2 * HOUR_S)
    assert 0 == it.dialogue.counts.settings_written
    assert "ok" == it.state


def test_a_setting_that_differs_is_written_once_and_asked_for_again() -> None:
    it = talk("hpma115s0", Honeywell(100), coefficient=80)

    assert [GET_FACTOR, SET_FACTOR, GET_FACTOR] == it.go(2 * HOUR_S)
    assert 1 == it.dialogue.counts.settings_written
    assert (2, 2) == (it.dialogue.counts.asked, it.dialogue.counts.answered)


def test_what_is_not_accepted_is_written_three_times_and_then_refused() -> None:
    it = talk("hpma115s0", Honeywell(100, is_stubborn=True), coefficient=80)

    it.go(2 * HOUR_S)

    assert 3 == it.dialogue.counts.settings_written == len(it.times_of(SET_FACTOR))
    assert "refused" == it.state


def test_a_port_that_comes_and_goes_does_not_wear_the_flash() -> None:
    it = talk("hpma115s0", Honeywell(100, is_stubborn=True), coefficient=80)

    for _ in range(60):
        it.open(powered_up=True)
        it.go(50)

    assert 3 == it.dialogue.counts.settings_written
    it.go(HOUR_S)
    it.open()
    it.go(60)
    assert 6 == it.dialogue.counts.settings_written


def test_a_setting_whose_question_is_not_answered_is_never_written() -> None:
    it = talk("hpma115s0", lambda _: b"", coefficient=80)

    said = it.go(HOUR_S)

    assert {GET_FACTOR} == set(said)
    assert 150 <= len(said) <= 180
    assert "unanswered" == it.state


def test_frames_count_while_a_setting_is_looked_at() -> None:
    it = talk("hpma115s0", Honeywell(80), coefficient=80)
    it.unasked = bytes.fromhex("424D001C0000001E0032") + bytes(20)
    it.unasked += sum(it.unasked).to_bytes(2)

    it.go(10)

    assert [30] * 10 == [decoded["pm25"] for decoded in it.counted]


def test_a_nova_that_is_asked_is_set_to_query_mode_without_a_period_of_its_own() -> None:
    nova = Nova(mode=0, period=5)
    it = talk("sds011", nova, asked=True)

    it.go(20)

    assert {2: 1, 8: 0} == nova.kept
    assert (1, 1) == (len(it.times_of(SET_QUERY)), len(it.times_of(SET_PERIOD)))
    assert 2 == it.dialogue.counts.settings_written
    assert 1 < len(it.counted)


@pytest.mark.parametrize(("options", "mode"), [({"asked": True}, 1), ({"read_s": 5}, 0)])
def test_a_nova_that_is_set_already_is_not_written_to(options: dict[str, int], mode: int) -> None:
    it = talk("sds011", Nova(mode, period=0), **options)

    it.go(10 * 60)

    assert 0 == it.dialogue.counts.settings_written
    assert [1, 1] == [len(it.times_of(get)) for get in (GET_MODE, GET_PERIOD)]


def test_a_nova_that_forgets_is_looked_at_again_when_its_line_is_opened() -> None:
    nova = Nova(mode=1, period=0)
    it = talk("sds011", nova, asked=True)
    it.go(20)
    nova.kept[2] = 0
    it.open(powered_up=True)

    it.go(20)

    assert 1 == nova.kept[2]
    assert 1 == it.dialogue.counts.settings_written


def test_settings_that_sleep_interrupts_are_taken_up_after_waking() -> None:
    nova = Nova(mode=1, period=0)
    it = talk("sds011", lambda _: b"", sampling_interval_s=60, read_s=5)
    it.go(61)
    it.reply = nova

    it.go(58)

    assert 0 == nova.kept[2]
    assert 1 == it.dialogue.counts.settings_written


class Sensirion:
    """Tells its cleaning interval anew only after a reset, after which it is idle."""

    def __init__(self) -> None:
        self.shown_s, self.kept_s, self.measures = 604_800, 604_800, False

    def __call__(self, said: bytes) -> bytes:
        commands = [part for part in said.split(b"\x7e") if part and part != b"\xff"]
        command = commands[0][1] if commands[0][1] != 0x7D else commands[0][2] ^ 0x20
        if command == 0x80 and commands[0][2] == 5:
            self.kept_s = int.from_bytes(said[5:9])
            return self.answer(command)
        if command == 0x80:
            return self.answer(command, data=self.shown_s.to_bytes(4))
        if command == 0xD3:
            self.shown_s, self.measures = self.kept_s, False
        if command == 3 and not self.measures:
            return self.answer(command, state=0x43)
        self.measures |= command == 0
        return self.answer(command)

    @staticmethod
    def answer(command: int, state: int = 0, data: bytes = b"") -> bytes:
        content = bytes((0, command, state, len(data))) + data
        return b"\x7e" + stuffed(content + bytes((~sum(content) & 0xFF,))) + b"\x7e"


def test_the_cleaning_interval_of_an_sps30_is_seen_after_a_reset_and_it_is_started_again() -> None:
    sensor = Sensirion()
    it = talk("sps30", sensor, fan_clean_s=86_400)

    it.go(30)

    assert 86_400 == sensor.shown_s
    assert sensor.measures
    assert 1 == it.dialogue.counts.settings_written == len(it.times_of(shdlc_command(0xD3)))
    assert "warming" == it.state


def test_the_cleaning_interval_is_left_alone_where_nothing_is_configured() -> None:
    it = talk("sps30", Sensirion())

    it.go(60)

    assert not [said for _, said in it.said if said[2] == 0x80]

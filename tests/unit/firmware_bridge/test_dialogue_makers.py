"""What each maker's sensors are told, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fixtures.dialogue import Talk

from firmware_bridge.sensors.cubic import cubic_command
from firmware_bridge.sensors.honeywell import hpma_command
from firmware_bridge.sensors.sensirion import shdlc_command, stuffed
from firmware_bridge.sensors.tera import nextpm_command
from firmware_bridge.sensors.winsen import zh_command

if TYPE_CHECKING:
    from collections.abc import Callable

STATE, POWER, READ = nextpm_command(0x16), nextpm_command(0x15), nextpm_command(0x11)
MEANS = bytes.fromhex("81110032E732F532F8006A00720085A3")
SLEEPING, RUNNING = bytes.fromhex("81160168"), bytes.fromhex("81160069")


def talk(model: str, reply: Callable[[bytes], bytes], **options: object) -> Talk:
    it = Talk(model, **options)
    it.reply = reply
    return it.open()


def from_table(answers: dict[bytes, str]) -> Callable[[bytes], bytes]:
    return lambda said: bytes.fromhex(answers.get(said, ""))


# --- Sensirion ------------------------------------------------------------------------------------
def shdlc(command: int, state: int = 0, data: bytes = b"") -> bytes:
    content = bytes((0, command, state, len(data))) + data
    return b"\x7e" + stuffed(content + bytes((~sum(content) & 0xFF,))) + b"\x7e"


WAKE_TWICE = b"\xff" + 2 * shdlc_command(0x11)
START, STOP, NAP = shdlc_command(0, b"\x01\x03"), shdlc_command(1), shdlc_command(0x10)
SAMPLE = bytes.fromhex(
    "7E0003002840B9C67F41036C8B411E4AE24123AA92420C5B7C422EFDBA4238CAB3423AB2C9423AFDE93F4A1025D67E"
)


def sps30(said: bytes) -> bytes:
    if said == shdlc_command(3):
        return SAMPLE
    return shdlc(0x11) if said == WAKE_TWICE else shdlc(said[2], 0x43 if said == START else 0)


def test_an_sps30_is_woken_twice_behind_a_pulse_started_and_read_every_second() -> None:
    it = talk("sps30", sps30)

    assert [WAKE_TWICE, START] + [shdlc_command(3)] * 10 == it.go(10)
    assert 10 == len(it.counted)


def test_an_sps30_that_was_idle_is_warmed_up_and_one_that_measured_is_not() -> None:
    running, idle = (
        talk("sps30", sps30),
        talk("sps30", lambda said: shdlc(0) if said == START else sps30(said)),
    )

    running.go(5)
    idle.go(5)

    assert ("ok", "warming") == (running.state, idle.state)


def test_a_read_without_a_new_sample_is_an_answer_and_no_data() -> None:
    it = talk("sps30", lambda said: shdlc(3) if said == shdlc_command(3) else sps30(said))

    it.go(10)

    assert it.dialogue.counts.answered == it.dialogue.counts.asked
    assert [] == it.counted


def test_an_sps30_that_says_that_it_does_not_measure_is_started_again() -> None:
    it = talk("sps30", lambda said: shdlc(3, 0x43) if said == shdlc_command(3) else sps30(said))

    it.go(30)

    assert 3 <= len(it.times_of(START)) <= 5


def test_an_sps30_is_stopped_before_it_sleeps() -> None:
    it = talk("sps30", sps30, sampling_interval_s=120, read_s=10)

    it.go(120)

    assert [STOP, NAP] == it.go(5)
    assert "asleep" == it.state


# --- Honeywell ------------------------------------------------------------------------------------
def test_a_honeywell_that_is_asked_is_started_silenced_and_drained_first() -> None:
    done = dict.fromkeys((hpma_command(1), hpma_command(0x20)), "A5A5")
    it = talk("hpma115s0", from_table(done | {hpma_command(4): "400504001E003267"}), asked=True)

    assert [hpma_command(1), hpma_command(0x20), hpma_command(4)] == it.go(2)
    assert 1.0 <= it.times_of(hpma_command(4))[0] <= 1.3
    assert [30] == [decoded["pm25"] for decoded in it.counted]


def test_a_honeywell_that_refuses_to_answer_is_there_and_tells_nothing() -> None:
    answers = dict.fromkeys((hpma_command(1), hpma_command(0x20)), "A5A5") | {
        hpma_command(4): "9696"
    }
    it = talk("hpma115c0", from_table(answers), asked=True)

    it.go(20)

    assert it.dialogue.counts.asked == it.dialogue.counts.answered
    assert [] == it.counted


def test_a_honeywell_that_naps_is_stopped_and_started() -> None:
    it = talk("hpma115s0", lambda _: b"\xa5\xa5", sampling_interval_s=60, read_s=5)

    assert [hpma_command(1), hpma_command(0x40)] == it.go(4)
    it.go(56)
    assert [hpma_command(2)] == it.go(10)


# --- Winsen and Cubic -----------------------------------------------------------------------------
ZH_DONE = {
    zh_command(0xA7, 0): "FFA701000000000058",
    zh_command(0xA7, 1): "FFA701000000000058",
    zh_command(0x78, 0x40): "FF7801000000000087",
    zh_command(0x78, 0x41): "FF7801000000000087",
    zh_command(0x86): "FF86008500960065FA",
}


def test_a_winsen_is_told_its_mode_when_its_line_is_new_and_not_at_every_waking() -> None:
    it = talk("zh06", from_table(ZH_DONE), sampling_interval_s=60, read_s=5)

    assert [zh_command(0xA7, 0), zh_command(0x78, 0x40)] == it.go(4)
    it.go(56)
    assert [zh_command(0xA7, 1)] == it.go(10)
    assert [zh_command(0xA7, 0)] == it.go(18)


def test_a_winsen_that_is_asked_answers_in_its_own_order() -> None:
    it = talk("zh03b", from_table(ZH_DONE), asked=True)

    assert [zh_command(0xA7, 0), zh_command(0x78, 0x41), zh_command(0x86)] == it.go(1)
    assert [(0x65, 0x85, 0x96)] == [(d["pm1"], d["pm25"], d["pm10"]) for d in it.counted]


def test_a_pm2008_is_opened_read_every_second_and_closed() -> None:
    opened, closed = cubic_command(0x0C, b"\x02\x1e"), cubic_command(0x0C, b"\x01\x1e")
    frame = b"\x16\x35\x0b" + bytes.fromhex("000000010000000200000003") + bytes(40)
    frame += bytes((-sum(frame) & 0xFF,))
    answers = {
        opened: "16020C02DA",
        closed: "16020C01DB",
        cubic_command(0x0B, b"\x07"): frame.hex(),
    }
    it = talk("pm2008", from_table(answers), sampling_interval_s=60, read_s=5)

    assert [opened] + [cubic_command(0x0B, b"\x07")] * 5 == it.go(5)
    it.go(55)
    assert [closed] == it.go(10)
    assert 2 == it.counted[0]["pm25_grimm"]


# --- Tera -----------------------------------------------------------------------------------------
class NextPm:
    """Toggles, unless it is broken."""

    def __init__(self, *, is_asleep: bool, is_broken: bool = False) -> None:
        self.is_asleep = is_asleep
        self._is_broken = is_broken

    def __call__(self, said: bytes) -> bytes:
        if said == POWER and not self._is_broken:
            self.is_asleep = not self.is_asleep
        return MEANS if said == READ and not self.is_asleep else (RUNNING, SLEEPING)[self.is_asleep]


def test_a_nextpm_that_runs_is_not_toggled() -> None:
    it = talk("nextpm", NextPm(is_asleep=False))

    assert [STATE, READ, READ, READ] == it.go(25)
    assert 3 == len(it.counted)


def test_a_nextpm_that_sleeps_is_toggled_once_and_looked_at_again() -> None:
    it = talk("nextpm", NextPm(is_asleep=True))

    assert [STATE, POWER, STATE, READ] == it.go(5)
    assert "ok" == it.state


def test_a_nextpm_that_will_not_wake_is_refused_and_not_toggled_for_ever() -> None:
    it = talk("nextpm", NextPm(is_asleep=True, is_broken=True))

    it.go(15)
    states = set()
    for _ in range(300):
        it.go(1)
        states.add(it.state)

    assert {"refused"} == states
    assert len(it.times_of(POWER)) <= 30
    assert [] == it.counted


def test_a_nextpm_naps_by_its_toggle_and_only_where_it_runs() -> None:
    sensor = NextPm(is_asleep=False)
    it = talk("nextpm", sensor, sampling_interval_s=60, read_s=12)

    it.go(60)
    assert [STATE, POWER, STATE] == it.go(5)
    assert sensor.is_asleep
    assert [STATE, POWER, STATE, READ] == it.go(30)[:4]
    assert not sensor.is_asleep


def test_a_nextpm_without_any_answer_is_never_toggled() -> None:
    it = talk("nextpm", lambda _: b"")

    it.go(300)

    assert [] == it.times_of(POWER)
    assert "unanswered" == it.state


# --- Modbus ---------------------------------------------------------------------------------------
SPEED = {"unit": 2, "count": 1, "registers": [{"field": "wind_mps", "index": 0, "step": 0.1}]}
REQUEST = "0203000000018439"


@pytest.mark.parametrize(
    ("answer", "state", "speeds"),
    [
        ("020302" + "00253D9F", "ok", [3.7] * 5),
        ("028302" + "30F1", "ok", []),
        ("", "unanswered", []),
    ],
)
def test_a_modbus_unit_is_asked_every_second(answer: str, state: str, speeds: list[float]) -> None:
    it = talk("modbus-rtu", lambda _: bytes.fromhex(answer), modbus=SPEED)

    assert {bytes.fromhex(REQUEST)} == set(it.go(5))
    assert state == it.state
    assert speeds == [decoded["wind_mps"] for decoded in it.counted]


def test_an_echo_of_the_request_on_a_two_wire_line_does_not_hide_the_answer() -> None:
    it = talk("modbus-rtu", lambda said: said + bytes.fromhex("02030200253D9F"), modbus=SPEED)

    it.go(5)

    assert 5 == len(it.counted)

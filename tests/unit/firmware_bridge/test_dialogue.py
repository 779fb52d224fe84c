"""The lives of sensors that are listened to, woken, asked and sent to sleep."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from fixtures.dialogue import Talk

from firmware_bridge.sensors import sensor_models
from firmware_bridge.sensors.plantower import MODE, READ, SLEEP, pms_command
from sim.frames import pms5003_frame

WAKE, NAP = pms_command(SLEEP, 1), pms_command(SLEEP, 0)
ACTIVE, PASSIVE = pms_command(MODE, 1), pms_command(MODE, 0)
ASK = pms_command(READ, 0)
FRAME = pms5003_frame(1, 2, 3)
LISTENED_TO = sorted(
    set(sensor_models()) - {"sps30", "pm2008", "nextpm", "bam1020", "davis-vantage", "modbus-rtu"}
)


def acknowledgement(said: bytes) -> bytes:
    """What a Plantower sensor answers to a mode or a sleep; waking it does not acknowledge."""
    if said in (WAKE, ASK):
        return b""
    body = b"\x42\x4d\x00\x04" + bytes((said[2], said[4]))
    return body + sum(body).to_bytes(2)


def napping(**options: float) -> Talk:
    """Awake in the last 40 s of each two minutes, 30 s of them to warm up."""
    talk = Talk("pms5003", **({"sampling_interval_s": 120, "read_s": 10} | options)).open()
    talk.reply = acknowledgement
    return talk


@pytest.mark.parametrize("model", LISTENED_TO)
def test_nothing_is_ever_said_to_a_sensor_that_is_listened_to(model: str) -> None:
    talk = Talk(model).open(powered_up=True)

    assert [] == talk.go(600)
    assert math.inf == talk.dialogue.due_s(talk.now_s)
    assert b"" == talk.dialogue.say(talk.now_s, 1)
    assert "ok" == talk.state


def test_frames_count_at_once_when_the_bridge_starts_beside_a_running_sensor() -> None:
    talk = Talk("pms5003").open()

    assert [True] == talk.hear(FRAME)
    assert 0 == talk.dialogue.counts.warming_frames


def test_frames_of_a_sensor_that_just_got_power_do_not_count_until_it_is_warm() -> None:
    talk = Talk("pms5003").open(powered_up=True)
    talk.unasked = FRAME

    talk.go(29.9)
    assert "warming" == talk.state
    assert (30, 0) == (talk.dialogue.counts.warming_frames, len(talk.counted))
    talk.go(1)
    assert "ok" == talk.state
    assert 1 == len(talk.counted)


def test_a_warm_up_can_be_configured() -> None:
    talk = Talk("pms5003", warm_up_s=5).open(powered_up=True)
    talk.unasked = FRAME

    talk.go(10)

    assert (5, 5) == (talk.dialogue.counts.warming_frames, len(talk.counted))


def test_an_acknowledgement_counts_neither_as_data_nor_as_warming() -> None:
    talk = Talk("pms5003").open(powered_up=True)

    assert [False] == talk.hear(acknowledgement(ACTIVE))
    assert 0 == talk.dialogue.counts.warming_frames


def test_a_dialogue_that_was_not_opened_says_nothing() -> None:
    talk = Talk("pms5003", asked=True)

    assert [] == talk.go(60)
    assert b"" == talk.dialogue.say(0, 10)


# --- Duty cycle -----------------------------------------------------------------------------------
def test_the_first_interval_is_awake_as_a_whole_and_ends_with_the_sleep_command() -> None:
    talk = napping()
    talk.unasked = FRAME

    assert [WAKE, ACTIVE] == talk.go(119)
    assert "ok" == talk.state
    assert 89 == len(talk.counted)
    assert [NAP] == talk.go(5)
    assert "asleep" == talk.state


def test_a_sleeping_sensor_is_woken_in_time_and_its_warm_up_does_not_count() -> None:
    talk = napping()
    talk.unasked = FRAME
    talk.go(120)
    talk.unasked = b""
    talk.go(80)
    talk.counted.clear()
    talk.dialogue.counts.warming_frames = 0
    talk.unasked = FRAME

    assert [WAKE, ACTIVE] == talk.go(1)
    assert "warming" == talk.state
    talk.go(29)
    assert 30 == talk.dialogue.counts.warming_frames
    talk.go(10)
    assert 10 == len(talk.counted)
    talk.unasked = b""
    assert [NAP] == talk.go(1)
    assert [0, 200] == talk.times_of(WAKE)
    assert [120, 240] == talk.times_of(NAP)


def test_a_line_that_is_opened_at_the_end_of_an_interval_yields_nothing_of_it() -> None:
    talk = napping()
    talk.go(110)
    talk.open(powered_up=True)
    talk.unasked = FRAME

    talk.go(11)

    assert [] == talk.counted[-10:-9]
    assert "asleep" == talk.state


def test_a_sleep_command_that_nobody_acknowledges_is_said_three_times() -> None:
    talk = napping()
    talk.go(120)
    talk.reply = lambda _: b""

    assert [NAP] * 3 == talk.go(60)
    assert "asleep" == talk.state


def test_a_sensor_that_sends_while_it_should_sleep_is_told_again_less_and_less_often() -> None:
    talk = napping(sampling_interval_s=600)
    talk.go(600)
    talk.counted.clear()
    talk.unasked = FRAME

    talk.go(300)

    told_s = talk.times_of(NAP)
    assert 5 <= told_s[1] - told_s[0] <= 7
    assert 6 <= len(told_s) <= 10
    assert 60 <= told_s[-1] - told_s[-2] <= 62
    assert [] == talk.counted


def test_frames_that_were_under_way_when_it_fell_asleep_are_no_contradiction() -> None:
    talk = napping()
    talk.go(120)
    talk.unasked = FRAME
    talk.go(4)
    talk.unasked = b""

    talk.go(60)

    assert [120] == talk.times_of(NAP)


def test_a_sensor_that_is_silent_while_it_should_be_awake_is_woken_again() -> None:
    talk = napping(sampling_interval_s=600)
    talk.reply = lambda _: b""

    talk.go(300)

    woken_s = talk.times_of(WAKE)
    assert 5 <= woken_s[2] - woken_s[0] <= 7
    assert all(later - earlier >= 1 for earlier, later in pairwise(woken_s))
    assert len(woken_s) <= 20
    assert 55 <= woken_s[-2] - woken_s[-4] <= 65
    talk.unasked = FRAME
    talk.go(1)
    assert "warming" == talk.state


def test_an_acknowledgement_of_sleep_without_silence_is_not_believed() -> None:
    talk = napping(sampling_interval_s=600)
    talk.unasked = FRAME

    talk.go(640)

    assert 2 < len(talk.times_of(NAP))


def test_a_returned_port_begins_everything_anew() -> None:
    talk = napping()
    talk.go(130)
    assert "asleep" == talk.state
    talk.open(powered_up=True)

    assert [WAKE, WAKE, ACTIVE] == talk.go(4)
    assert "warming" == talk.state
    talk.unasked = FRAME
    talk.go(27)
    assert "ok" == talk.state
    assert 1 == len(talk.counted)


def test_a_clock_that_is_set_back_sends_the_sensor_to_sleep_and_not_astray() -> None:
    talk = napping()
    dialogue = talk.dialogue
    dialogue.say(0, 20)

    assert b"" == dialogue.say(0.5, 19.5)
    dialogue.say(3, 119)
    assert "asleep" == dialogue.state(3)
    dialogue.say(4, 40)
    assert "warming" == dialogue.state(4)


# --- Questions ------------------------------------------------------------------------------------
def asked(**options: float) -> Talk:
    talk = Talk("pms5003", asked=True, **options).open()
    talk.reply = lambda said: FRAME if said == ASK else acknowledgement(said)
    return talk


def test_a_sensor_is_silenced_and_then_asked_at_its_turns() -> None:
    talk = asked()

    assert [WAKE, WAKE, PASSIVE, ASK] == talk.go(3)
    talk.go(20)
    assert {2.0} == {round(later - earlier, 1) for earlier, later in pairwise(talk.times_of(ASK))}
    counts = talk.dialogue.counts
    assert counts.asked == counts.answered == len(talk.counted) == len(talk.times_of(ASK))


def test_how_often_is_asked_can_be_configured() -> None:
    talk = asked(poll_s=10)

    talk.go(62)

    assert 6 == talk.dialogue.counts.asked


def test_only_one_answer_counts_for_each_question() -> None:
    talk = asked()
    talk.reply = lambda said: FRAME + FRAME if said == ASK else acknowledgement(said)

    talk.go(30)

    assert talk.dialogue.counts.asked == len(talk.counted)


def test_an_answer_that_comes_too_late_does_not_count() -> None:
    talk = asked()
    talk.go(10)
    talk.reply = lambda _: b""
    talk.go(2)
    answered = talk.dialogue.counts.answered
    while talk.now_s - talk.times_of(ASK)[-1] <= 1:
        talk.go(0.1)

    assert [False] == talk.hear(FRAME)
    assert answered == talk.dialogue.counts.answered


def test_a_sensor_that_does_not_answer_three_times_is_unanswered_until_it_does() -> None:
    talk = asked()
    talk.go(10)
    talk.reply = lambda _: b""

    talk.go(5)
    assert "ok" == talk.state
    talk.go(3)
    assert "unanswered" == talk.state
    talk.reply = lambda said: FRAME if said == ASK else acknowledgement(said)
    talk.go(10)
    assert "unanswered" != talk.state


def test_a_sensor_that_forgot_that_it_is_asked_is_told_again() -> None:
    talk = asked()
    talk.go(10)
    said = len(talk.times_of(PASSIVE))
    talk.unasked = FRAME

    talk.go(8)

    assert len(talk.times_of(PASSIVE)) > said
    assert talk.dialogue.counts.answered >= len(talk.counted)


def test_answers_in_a_warm_up_are_answers_and_no_data() -> None:
    talk = asked(sampling_interval_s=120, read_s=10)

    talk.go(30)

    assert [] == talk.counted
    counts = talk.dialogue.counts
    assert counts.answered == counts.warming_frames == counts.asked > 10


def test_a_sleeping_sensor_is_not_asked_and_its_unproved_sleep_is_said_again() -> None:
    talk = asked(sampling_interval_s=600, read_s=10)
    talk.go(600)
    counted = talk.dialogue.counts.asked
    talk.reply = lambda _: b""

    talk.go(300)

    assert counted == talk.dialogue.counts.asked
    assert 6 <= len(talk.times_of(NAP)) <= 30


def test_say_wants_to_be_called_at_least_once_a_second_and_never_in_a_rush() -> None:
    talk = asked(sampling_interval_s=120, read_s=10)
    for _ in range(3000):
        talk.go(0.1)
        wait_s = talk.dialogue.due_s(talk.now_s) - talk.now_s
        assert wait_s <= 1
    now_s = talk.now_s
    talk.dialogue.say(now_s, 50)
    assert talk.dialogue.due_s(now_s) > now_s

"""The lives of instruments with a way of their own: the BAM-1020 and the Davis console."""

from __future__ import annotations

from binascii import crc_hqx
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from fixtures.dialogue import Talk, settings_of

from dust.errors import BadInput
from firmware_bridge.decode import decode_frame
from firmware_bridge.errors import FrameError
from firmware_bridge.sensors import configured_model, sensor_model
from firmware_bridge.sensors.davis import WAKE, loop_command
from firmware_bridge.sensors.metone import HEADER, RECORD

BANGKOK = ZoneInfo("Asia/Bangkok")
COLUMNS = b"Time,Conc(mg/m3),Qtot(m3),RH(%),E,U,L\r\n"
LOOP = loop_command(20)
HOUR_S = 3600


class Bam:
    """Gives its header, and the record that `hour` is the end of."""

    def __init__(self, hour: int = 3) -> None:
        self.hour, self.alarm = hour, 0

    def __call__(self, said: bytes) -> bytes:
        if said == HEADER:
            return COLUMNS
        return b"03/28/07 %02d:00, 0.027, 0.834,45,0,0,%d,\r\n" % (self.hour, self.alarm)


def bam(**options: object) -> tuple[Talk, Bam]:
    talk = Talk("bam1020", sampling_interval_s=HOUR_S, inlet="pm10", **options)
    talk.reply = instrument = Bam()
    return talk.open(), instrument


def hours(talk: Talk) -> list[str]:
    return [decoded["hour_ending"][-5:] for decoded in talk.counted]


# --- BAM-1020 -------------------------------------------------------------------------------------
def test_header_and_record_are_asked_for_seven_minutes_past_the_hour() -> None:
    talk, _ = bam()

    assert [] == talk.go(419)
    assert [HEADER, RECORD] == talk.go(10)
    assert [420] == talk.times_of(HEADER)
    assert [422] == talk.times_of(RECORD)
    assert [27.0] == [decoded["conc_ugm3"] for decoded in talk.counted]


def test_when_it_is_asked_can_be_configured() -> None:
    talk, _ = bam(ask_after_s=600)

    talk.go(HOUR_S)

    assert [600] == talk.times_of(HEADER)


def test_it_is_asked_every_minute_until_the_record_of_the_new_hour_comes() -> None:
    talk, instrument = bam()
    talk.go(HOUR_S)

    talk.go(700)
    assert 5 == len(talk.times_of(HEADER)[1:])
    assert ["03:00"] == hours(talk)
    instrument.hour = 4
    talk.go(2000)

    assert ["03:00", "04:00"] == hours(talk)
    assert 6 == len(talk.times_of(HEADER)[1:])
    assert 60 == talk.times_of(HEADER)[2] - talk.times_of(HEADER)[1]


def test_each_hour_s_record_counts_once() -> None:
    talk, instrument = bam()

    for hour in range(3, 9):
        instrument.hour = hour
        talk.go(HOUR_S)

    assert [f"{hour:02}:00" for hour in range(3, 9)] == hours(talk)
    assert (6, 6) == (talk.dialogue.counts.asked, talk.dialogue.counts.answered)


def test_a_line_that_is_opened_within_the_hour_is_asked_at_once_and_nothing_counts_twice() -> None:
    talk, _ = bam()
    talk.go(1800)
    talk.open(powered_up=True)

    talk.go(30)

    assert 1 == len(talk.times_of(HEADER))
    assert ["03:00"] == hours(talk)


def test_an_hour_with_an_alarm_is_told_and_has_no_value() -> None:
    talk, instrument = bam()
    instrument.alarm = 1

    talk.go(HOUR_S)

    assert [] == talk.counted
    assert "ok" == talk.state
    assert (1, 1) == (talk.dialogue.counts.asked, talk.dialogue.counts.answered)


def test_an_instrument_that_does_not_answer_is_unanswered_and_asked_on() -> None:
    talk, instrument = bam()
    talk.reply = lambda _: b""

    talk.go(HOUR_S)
    assert "unanswered" == talk.state
    talk.reply = instrument
    talk.go(500)
    assert "ok" == talk.state
    assert ["03:00"] == hours(talk)


def test_a_header_without_its_record_does_not_hide_the_next_one() -> None:
    talk, instrument = bam()
    talk.reply = lambda said: COLUMNS if said == HEADER else b""
    talk.go(470)
    talk.reply = instrument

    talk.go(60)

    assert ["03:00"] == hours(talk)


def test_a_header_and_a_record_may_have_a_blank_line_between_them() -> None:
    record = b"\r\n03/28/07 03:00:00, +00.027,+0.834,45,0,0,0\r\n"

    assert 27 == decode_frame(sensor_model("bam1020"), COLUMNS + record)["conc_ugm3"]


def test_the_manual_s_record_is_understood_with_its_alarms() -> None:
    """Facts of the manual, Rev W, page 86: 21 columns, a trailing comma, alarms E and T."""
    text = (
        b"Time,Conc(mg/m3),Qtot(m3),WS(MPS),WD(DEG),BP(mm),RH(%),Delta(C),AT(C)"
        b",E,U,M,I,L,R,N,F,P,D,C,T\r\n"
        b"01/30/08 16:00, 0.084, 0.834, 0.0,0,0,30,57.0,27.1,1,0,0,0,0,0,0,0,0,0,0,1,\r\n"
    )
    gateway = configured_model(settings_of("bam1020", sampling_interval_s=HOUR_S, inlet="pm25"))

    with pytest.raises(FrameError, match="alarms ET"):
        decode_frame(sensor_model("bam1020"), text)
    decoded = decode_frame(gateway, text)
    assert ("01/30/08 16:00", "ET", 27.1) == tuple(
        decoded[name] for name in ("hour_ending", "alarms", "AT(C)")
    )
    assert not gateway.is_data(decoded)


def test_the_timed_text_without_header_and_alarms_is_not_believed() -> None:
    talk, _ = bam()

    assert [] == talk.hear(b"\r\n03/28/07 03:00:00, +00.027,+0.834\r\n")


@pytest.mark.parametrize(
    ("stamp", "end"),
    [
        ("03/28/07 03:00", datetime(2007, 3, 27, 20, tzinfo=UTC)),
        ("03/28/07 03:00:00", datetime(2007, 3, 27, 20, tzinfo=UTC)),
        ("12/31/07 24:00", datetime(2007, 12, 31, 17, tzinfo=UTC)),
        ("01/01/08 00:00", datetime(2007, 12, 31, 17, tzinfo=UTC)),
    ],
)
def test_a_record_knows_the_end_of_its_hour(stamp: str, end: datetime) -> None:
    own_time = sensor_model("bam1020").own_time
    assert own_time is not None

    assert round(end.timestamp() * 1000) == own_time({"hour_ending": stamp}, BANGKOK)


@pytest.mark.parametrize("stamp", ["", "28/03/07 03:00", "2007-03-28 03:00", "03/28/07 24:01", "x"])
def test_a_stamp_that_is_no_time_is_refused(stamp: str) -> None:
    frame = COLUMNS + f"{stamp},0.027,0.834,45,0,0,0\r\n".encode()

    with pytest.raises(FrameError) as caught:
        decode_frame(sensor_model("bam1020"), frame)

    assert "header" == caught.value.reason


def test_a_bam_needs_to_know_its_inlet_and_that_its_records_are_hours() -> None:
    model = configured_model(settings_of("bam1020", sampling_interval_s=HOUR_S, inlet="pm25"))
    assert {"pm25": "conc_ugm3"} == model.values

    with pytest.raises(BadInput, match=r"^sensors\.s-1\.inlet = None: allowed is pm25, pm10 or"):
        configured_model(settings_of("bam1020", sampling_interval_s=HOUR_S))
    with pytest.raises(BadInput, match=r"^sensors\.s-1\.sampling_interval_s = 60.*: allowed is 36"):
        configured_model(settings_of("bam1020", inlet="pm25"))


# --- Davis Vantage --------------------------------------------------------------------------------
def packet(mph: int = 10) -> bytes:
    content = bytearray(b"LOO" + bytes(94))
    content[12:14], content[14], content[33] = (32_767).to_bytes(2, "little"), mph, 255
    return bytes(content) + crc_hqx(content, 0).to_bytes(2)


class Console:
    """Sleeps until a line feed, acknowledges LOOP and then sends a packet each second."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._left = 0
        self.is_awake = False

    def __call__(self, said: bytes) -> bytes:
        self._left = 0
        if said == WAKE:
            self.is_awake = True
            return b"\n\r"
        if not self.is_awake:
            return b""
        self._left = 20
        return b"\x06"

    def run(self, seconds: int, content: bytes) -> None:
        for _ in range(seconds):
            self._talk.unasked = content if self._left > 0 else b""
            self._left -= 1
            self._talk.go(1)


def console() -> tuple[Talk, Console]:
    talk = Talk("davis-vantage").open()
    it = Console(talk)
    talk.reply = it
    return talk, it


def test_a_console_is_woken_by_line_feeds_and_asked_for_twenty_packets() -> None:
    talk, _ = console()

    assert [WAKE, WAKE, LOOP] == talk.go(3)
    assert [0, 1.2] == talk.times_of(WAKE)


def test_a_console_is_asked_again_when_its_packets_are_used_up() -> None:
    talk, it = console()

    it.run(120, packet())

    counts = talk.dialogue.counts
    assert 5 <= counts.asked <= 6
    assert counts.asked == counts.answered
    assert 100 <= len(talk.counted)
    assert "ok" == talk.state


def test_nothing_is_said_while_packets_come() -> None:
    talk, it = console()
    it.run(4, packet())
    said = len(talk.said)

    it.run(18, packet())

    assert said == len(talk.said)


def test_a_console_that_falls_silent_is_woken_after_five_seconds_and_then_less_often() -> None:
    talk, it = console()
    it.run(10, packet())
    talk.reply = lambda _: b""
    talk.unasked = b""
    since_s = talk.now_s

    talk.go(300)

    again_s = [at_s for at_s in talk.times_of(LOOP) if at_s > since_s]
    assert 5 <= again_s[0] - since_s <= 8
    assert len(again_s) <= 9
    assert "unanswered" == talk.state


def test_a_console_without_wind_is_there_and_has_no_data() -> None:
    talk, it = console()

    it.run(60, packet(mph=255))

    assert [] == talk.counted
    assert "ok" == talk.state
    assert talk.dialogue.counts.asked == talk.dialogue.counts.answered > 1


def test_a_console_that_just_got_power_may_be_given_a_warm_up() -> None:
    talk = Talk("davis-vantage", warm_up_s=10).open(powered_up=True)
    talk.go(5)

    assert "warming" == talk.state
    assert [False] == talk.hear(packet())
    assert 1 == talk.dialogue.counts.warming_frames

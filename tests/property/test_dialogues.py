"""Whatever a sensor answers, whenever: no dialogue breaks, rushes or wears a flash memory out."""

from __future__ import annotations

from typing import Any

from fixtures.dialogue import settings_of
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.dialogue import Dialogue, dialogue_for
from firmware_bridge.sensors import configured_model, sensor_models

WIND = [{"field": "wind_mps", "index": 0}]
NEEDED: dict[str, dict[str, Any]] = {
    "bam1020": {"inlet": "pm10", "sampling_interval_s": 3600},
    "modbus-rtu": {"modbus": {"registers": WIND}},
    "sps30": {"fan_clean_s": 86_400},
    "hpma115s0": {"coefficient": 80},
}
STATES = {"ok", "warming", "asleep", "unanswered", "refused"}
NUMBERS = st.integers(0, 255)
FRAMES = st.one_of(
    st.fixed_dictionaries({"ack_cmd": st.sampled_from(["E1", "E4", "A7"]), "ack_data": NUMBERS}),
    st.fixed_dictionaries(
        {
            "reply": st.sampled_from(["mode", "work", "period"]),
            "is_set": st.booleans(),
            "value": st.integers(0, 2),
        }
    ),
    st.fixed_dictionaries(
        {
            "command": st.sampled_from([0, 1, 3, 0x10, 0x11, 0x80]),
            "state": st.sampled_from([0, 0x43]),
            "data": st.sampled_from(["", "00015180", "00093A80"]),
        }
    ),
    st.fixed_dictionaries({"state": NUMBERS}),
    st.fixed_dictionaries({"coefficient": st.sampled_from([80, 100])}),
    st.fixed_dictionaries({"acknowledged": st.booleans()}),
    st.fixed_dictionaries({"hour_ending": st.sampled_from(["1", "2"]), "conc_ugm3": st.just(5.0)}),
    st.fixed_dictionaries({"unit": st.just(1), "function": st.just(3), "exception": st.just(2)}),
    st.just("data"),
)
STEPS = st.lists(
    st.tuples(
        st.floats(0.02, 40),
        st.none() | FRAMES,
        st.sampled_from(["", "", "", "", "opened", "powered up"]),
    ),
    max_size=80,
)


def options(model: str, wish: str) -> dict[str, Any]:
    """The settings that a model needs, and what is wished where it has that option."""
    wishes: dict[str, dict[str, Any]] = {
        "asked": {"asked": True},
        "read_s": {"read_s": 5, "sampling_interval_s": 120},
    }
    allowed = wish in sensor_models()[model].options
    return NEEDED.get(model, {}) | (wishes.get(wish, {}) if allowed else {})


@given(
    model=st.sampled_from(sorted(sensor_models())),
    wish=st.sampled_from(["", "asked", "read_s"]),
    steps=STEPS,
)
def test_any_life_of_any_sensor_keeps_to_the_rules(
    model: str, wish: str, steps: list[tuple[float, dict[str, Any] | str | None, str]]
) -> None:
    settings = settings_of(model, **options(model, wish))
    configured = configured_model(settings)
    dialogue = dialogue_for(configured, settings)
    data = dict.fromkeys([*configured.values.values(), *configured.weather.values()], 1.0)
    now_s = 0.0
    dialogue.opened(now_s, powered_up=False)

    for wait_s, frame, event in steps:
        now_s += wait_s
        if event:
            dialogue.opened(now_s, powered_up=event == "powered up")
        if frame is not None:
            decoded = dict(data) if isinstance(frame, str) else frame
            counted = dialogue.hear(decoded, now_s)
            assert not counted or configured.is_data(decoded)
        speak(dialogue, now_s, settings.sampling_interval_s)

    assert dialogue.counts.answered <= dialogue.counts.asked
    assert dialogue.counts.settings_written <= 2 * 3 * (now_s // 3600 + 1)


def speak(dialogue: Dialogue, now_s: float, interval_s: float) -> None:
    if now_s >= dialogue.due_s(now_s):
        dialogue.say(now_s, interval_s - now_s % interval_s)
    assert dialogue.state(now_s) in STATES
    for _ in range(50):  # what is due at once is said at once, and then there is peace
        if now_s < dialogue.due_s(now_s):
            return
        dialogue.say(now_s, interval_s - now_s % interval_s)
    raise AssertionError("a dialogue that is always due")

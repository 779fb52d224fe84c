"""The table of what models can tell, held against the encoders of their frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import frames
from sim.air import Air
from sim.resolution import teller_of


@st.composite
def airs(draw: st.DrawFn) -> Air:
    highest = draw(st.sampled_from([1.0, 50.0, 1500.0, 70_000.0]))
    sizes = sorted(draw(st.lists(st.floats(0, highest), min_size=5, max_size=5)))
    wind_mps = draw(st.just(0.0) | st.floats(0.0, 120.0))
    wind_deg = None if wind_mps == 0 else draw(st.floats(0, 360, exclude_max=True))
    return Air(*sizes, draw(st.floats(-30, 60)), draw(st.floats(0, 100)), wind_mps, wind_deg)


@pytest.mark.parametrize("model", frames.models())
@given(air=airs())
def test_levels_without_bytes_are_those_of_the_frame(model: str, air: Air) -> None:
    encoded = frames.encoder_of(model)(air)

    assert {name: float(level) for name, level in encoded.levels.items()} == pytest.approx(
        teller_of(model)(air), abs=1e-9
    )


def test_a_model_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="model = 'pms9000': allowed is one of pms3003, "):
        teller_of("pms9000")

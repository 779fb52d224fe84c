"""The page in a real browser at phone size, in both languages, on the running chain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest
from fixtures.ports import wait_until
from fixtures.running_demo import RunningDemo, running_demo
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

PHONE_WIDTH, PHONE_HEIGHT = PHONE = (390, 844)
WORST = "npl-f1"


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """A demo whose last 24 hours are replayed, so that every station has an index."""
    with running_demo("--history-hours", "50") as running:
        api = running.state["api"]

        def has_indices() -> bool:
            stations = httpx.get(f"{api}/api/v1/stations", timeout=10).json()["stations"]
            return all(s["aqi"] and s["now"]["pm25"]["is_fresh"] for s in stations)

        wait_until(has_indices, "an index for every station", timeout_s=60)
        yield running


@pytest.fixture
def open_page(
    demo: RunningDemo, browser_page: Callable[..., Page]
) -> Iterator[Callable[[str], Page]]:
    """Opens a path of the page; nothing may be said on the browser's console."""
    said: list[str] = []

    def open_path(path: str) -> Page:
        page = browser_page(viewport=PHONE)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(demo.state["api"] + path)
        page.wait_for_selector("#connection[data-state=live]")
        page.wait_for_selector("#chart canvas")
        return page

    yield open_path

    assert [] == said


@pytest.mark.parametrize(
    ("path", "lang", "unit"), [("/", "th", "มคก./ลบ.ม."), ("/en", "en", "µg/m³")]
)
def test_the_first_screen_tells_the_worst_station_in_number_word_and_unit(
    demo: RunningDemo, open_page: Callable[[str], Page], path: str, lang: str, unit: str
) -> None:
    page = open_page(path)
    stations = httpx.get(f"{demo.state['api']}/api/v1/stations", timeout=10).json()["stations"]
    worst = max((station["aqi"] for station in stations), key=lambda index: index["aqi"])
    shown = page.locator("[data-slot=word]").first.inner_text()

    assert lang == page.locator("html").get_attribute("lang")
    assert worst["name"][lang] == shown.replace("\u200b", "").replace("\n", "")
    box = page.locator("[data-slot=claim]").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE_HEIGHT
    assert unit in page.locator("main").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE_WIDTH


def test_every_station_has_a_card_and_a_tap_chooses_it(open_page: Callable[[str], Page]) -> None:
    page = open_page("/")
    cards = page.locator(".station-card")

    assert 6 == cards.count()

    page.locator(".station-card", has_text="บ้านตัวอย่างหนึ่ง").click()
    expect(page).to_have_url(re.compile("npl-v1$"))

    assert 1 == page.locator(".station-card[aria-current=true]").count()


def test_the_map_has_a_marker_for_each_station(open_page: Callable[[str], Page]) -> None:
    page = open_page("/en")
    page.wait_for_selector(".marker")

    assert 6 == page.locator(".marker").count()


def test_the_language_switch_keeps_the_chosen_station(open_page: Callable[[str], Page]) -> None:
    page = open_page("/#station=npl-v2")
    page.get_by_role("link", name="EN").click()
    page.wait_for_selector("#connection[data-state=live]")

    assert "Example School" in page.locator("h2, h1").first.inner_text() + page.inner_text("main")
    assert page.url.endswith("/en#station=npl-v2")


def test_a_change_in_the_database_reaches_the_open_page_by_itself(
    demo: RunningDemo, open_page: Callable[[str], Page]
) -> None:
    page = open_page(f"/en#station={WORST}")

    with psycopg.connect(demo.database, autocommit=True) as connection:
        connection.execute(
            "UPDATE latest_readings SET pm25 = 987.5 FROM sensors"
            " WHERE sensors.sensor_id = latest_readings.sensor_id AND sensors.code = 'sds-f1'"
        )
        connection.execute(
            "SELECT pg_notify('dust_changes', station_id::text) FROM stations WHERE code = %s",
            (WORST,),
        )

    expect(page.locator("[data-slot=now]").first).to_contain_text(re.compile("98[78]"))


def test_the_chart_can_be_read_as_a_table_of_48_hours(
    open_page: Callable[[str], Page],
) -> None:
    page = open_page("/en")
    page.get_by_text("Show this chart as a table").click()

    expect(page.locator("#chart-rows tr")).to_have_count(48)

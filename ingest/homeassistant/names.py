"""The names that people read in Home Assistant, in Thai and in English."""

from __future__ import annotations

from typing import Final

from dust.claims import Judgement
from dust.languages import TwoLanguages
from dust.pollutants import Pollutant

POLLUTANTS: Final = {
    Pollutant.PM1: "PM1",
    Pollutant.PM25: "PM2.5",
    Pollutant.PM10: "PM10",
    Pollutant.TSP: "TSP",
}
NEWEST: Final = TwoLanguages(th="ค่าล่าสุด", en="newest reading")
HOUR: Final = TwoLanguages(th="เฉลี่ย 1 ชั่วโมง", en="hourly mean")
OVER: Final = {
    Judgement.EXCEEDANCE: TwoLanguages(
        th="เกินค่ามาตรฐานรายวันแน่นอนแล้ว", en="daily limit exceeded for certain"
    ),
    Judgement.SIGNAL: TwoLanguages(
        th="สัญญาณว่าเกินค่ามาตรฐานรายวัน", en="signal: above the daily limit for certain"
    ),
    Judgement.NOT_JUDGED: TwoLanguages(
        th="ไม่เทียบกับค่ามาตรฐานรายวัน", en="not compared with the daily limit"
    ),
}
TEMPERATURE: Final = TwoLanguages(th="อุณหภูมิที่เซ็นเซอร์", en="Temperature at the sensor")
HUMIDITY: Final = TwoLanguages(th="ความชื้นสัมพัทธ์ที่เซ็นเซอร์", en="Humidity at the sensor")


def word(words: TwoLanguages, language: str) -> str:
    return words.th if language == "th" else words.en

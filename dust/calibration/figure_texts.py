"""The words on the figure, in English and in Thai."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from dust.languages import TwoLanguages

if TYPE_CHECKING:
    from datetime import date, datetime


class Language(StrEnum):
    """Of the words on the figure."""

    EN = "en"
    TH = "th"


def _both(en: str, th: str) -> TwoLanguages:
    return TwoLanguages(en=en, th=th)


TITLE: Final = _both(
    "{sensor} ({model}) beside {reference}: {pollutant}",
    "เทียบ {sensor} ({model}) กับ {reference}: {pollutant}",
)
SPAN: Final = _both(
    "{first} to {last}, {hours} hours, {days} valid days",
    "{first} ถึง {last} รวม {hours} ชั่วโมง {days} วันที่สมบูรณ์",
)
UNIT: Final = _both("µg/m³", "มคก./ลบ.ม.")
REFERENCE_AXIS: Final = _both(
    "{reference}, hourly mean ({unit})", "{reference} ค่าเฉลี่ยรายชั่วโมง ({unit})"
)
SENSOR_AXIS: Final = _both(
    "{sensor}, uncorrected hourly mean ({unit})",
    "{sensor} ค่าเฉลี่ยรายชั่วโมงก่อนปรับแก้ ({unit})",
)
SERIES_AXIS: Final = _both("hourly mean ({unit})", "ค่าเฉลี่ยรายชั่วโมง ({unit})")
TIME_AXIS: Final = _both("local time ({zone})", "เวลาท้องถิ่น ({zone})")
ONE_TO_ONE: Final = _both("1:1", "1:1")
OLS: Final = _both("OLS: {line}", "OLS: {line}")
DEMING: Final = _both("Deming: {line}", "Deming: {line}")
BAND: Final = _both("US EPA: slope and intercept allowed", "ช่วงความชันและจุดตัดที่ US EPA ยอมรับ")
HOUR: Final = _both("one hour", "หนึ่งชั่วโมง")
SENSOR: Final = _both("{sensor}, raw", "{sensor} ก่อนปรับแก้")
CORRECTED: Final = _both("{sensor}, corrected (held out)", "{sensor} หลังปรับแก้ (ทดสอบข้ามช่วง)")
AGAINST_TARGETS: Final = _both("Against the US EPA targets", "เทียบเกณฑ์ US EPA")
ALLOWED: Final = _both("allowed", "เกณฑ์")
RAW: Final = _both("raw", "ก่อนปรับแก้")
HELD_OUT: Final = _both("held out", "ทดสอบข้ามช่วง")
OR: Final = _both("or", "หรือ")
HOURS: Final = _both("hours", "รายชั่วโมง")
DAYS: Final = _both("days", "รายวัน")
METRICS: Final = {
    "slope": _both("slope", "ความชัน"),
    "intercept": _both("intercept", "จุดตัด"),
    "r2": _both("R²", "R²"),
    "rmse": _both("RMSE", "RMSE"),
    "nrmse": _both("NRMSE, %", "NRMSE, %"),
}
EARNED: Final = _both("Earned: {claim}", "ระดับที่ได้: {claim}")
INDICATIVE: Final = _both("indicative", "ใช้บ่งชี้ได้ (indicative)")
NOTHING: Final = _both("no better claim class", "ยังไม่ได้ระดับที่สูงขึ้น")
PROPOSED: Final = _both(
    "Proposed: corrected = {slope} · sensor {intercept}",
    "สูตรที่เสนอ: ค่าปรับแก้ = {slope} · ค่าเซ็นเซอร์ {intercept}",
)
NOT_LEGAL: Final = _both(
    "Low-cost sensor: for surveillance, not a legal method of measurement.",
    "ข้อมูลจากเซ็นเซอร์ราคาประหยัด ใช้เพื่อการเฝ้าระวัง ไม่ใช่วิธีตรวจวัดตามกฎหมาย",
)

_THAI_MONTHS: Final = [
    "ม.ค.",
    "ก.พ.",
    "มี.ค.",
    "เม.ย.",
    "พ.ค.",
    "มิ.ย.",
    "ก.ค.",
    "ส.ค.",
    "ก.ย.",
    "ต.ค.",
    "พ.ย.",
    "ธ.ค.",
]
_BUDDHIST_ERA: Final = 543


def day_told(day: date, language: Language) -> str:
    """A day as people read it: ISO in English; day, month and Buddhist year in Thai."""
    if language is Language.EN:
        return day.isoformat()
    return f"{day.day} {_THAI_MONTHS[day.month - 1]} {day.year + _BUDDHIST_ERA}"


def tick_told(local: datetime) -> str:
    """An instant on a Thai axis: an hour, or at midnight the day; the year where one begins."""
    if (local.hour, local.minute) != (0, 0):
        return f"{local:%H:%M}"
    whole = day_told(local.date(), Language.TH)
    return whole if (local.month, local.day) == (1, 1) else whole.rpartition(" ")[0]


def told(words: TwoLanguages, language: Language, **values: object) -> str:
    """The words in one language, with their values."""
    return (words.th if language is Language.TH else words.en).format(**values)

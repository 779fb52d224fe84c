"""Hours that a page does not have, but would have been taken for had its format been mistaken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.air4thai.page_format import HOUR_MS, PageFormat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.air4thai.page import Hour

    Doubtful = Mapping[int, Mapping[str, float | None] | None]


def doubtful_hours(hours: Sequence[Hour], page_format: PageFormat) -> Doubtful:
    """The hours to withdraw where they are stored from the other format, by start (epoch ms).

    Those between the page's hours are withdrawn whatever they say (None). Read in the other format
    the page reaches one hour beyond its end: that hour may rightly be from another page, so it
    is withdrawn only if it says what the page's outermost row says.
    """
    if not hours:
        return {}
    told, first_ms, last_ms = (
        {hour.start_ms for hour in hours},
        hours[0].start_ms,
        hours[-1].start_ms,
    )
    between = (at_ms for at_ms in range(first_ms, last_ms, HOUR_MS) if at_ms not in told)
    doubtful: dict[int, Mapping[str, float | None] | None] = dict.fromkeys(between)
    if page_format is PageFormat.LEGACY:
        doubtful[first_ms - HOUR_MS] = hours[0].values
    else:
        doubtful[last_ms + HOUR_MS] = hours[-1].values
    return doubtful

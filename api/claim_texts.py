"""What a claim class says to people in both languages: the very words of the page (pages/texts)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dust.claims import ClaimClass

if TYPE_CHECKING:
    from api.answers import Answer

Texts = Mapping[str, Mapping[str, Any]]
"""The page's texts by language."""


def claim_words(texts: Texts, claim: ClaimClass) -> Answer:
    """Its name, and what its numbers may be used for."""
    scripts = {lang: said["script"] for lang, said in texts.items()}
    return {
        "name": {lang: script["claim"][claim] for lang, script in scripts.items()},
        "use": {lang: script["claim_more"][claim] for lang, script in scripts.items()},
    }


def carries_notice(claim: ClaimClass) -> bool:
    """Whether its numbers go nowhere without the notice (docs/domain-rules.md, section 6)."""
    return claim is not ClaimClass.REFERENCE


def low_cost_notice(texts: Texts) -> Answer:
    """That numbers of low-cost sensors are for watching and no legal method."""
    return {lang: said["page"]["low_cost"] for lang, said in texts.items()}

"""MQTT topic filters (MQTT 5, section 4.7): which are good, match, or overlap."""

from __future__ import annotations

from typing import Final

from dust.errors import BadInput

_LONGEST: Final = 1000
_OWN: Final = (("dust", "v1", "#"), ("dust", "push", "#"))
_ALLOWED: Final = "an MQTT filter such as tele/+/SENSOR: + or # only as a whole level, # only last"

Levels = tuple[str, ...]


def levels_of(field: str, text: str) -> Levels:
    """The filter's levels; raises `BadInput` for what is no filter or takes in our own topics."""
    levels = tuple(text.split("/"))
    if not text or len(text) > _LONGEST or text.startswith("$") or not all(map(_is_good, text)):
        raise BadInput(field, text, _ALLOWED)
    for place, level in enumerate(levels, 1):
        whole = level in {"+", "#"} or not set(level) & {"+", "#"}
        if not whole or not level or (level == "#" and place < len(levels)):
            raise BadInput(field, text, _ALLOWED)
    return levels


def takes_in_own(levels: Levels) -> bool:
    """Whether a topic of this system may match."""
    return any(overlap(levels, own) for own in _OWN)


def overlap(one: Levels, other: Levels) -> bool:
    """Whether some topic matches both."""
    if one[:1] == ("#",) or other[:1] == ("#",):
        return True
    if not one or not other:
        # "a/#" matches "a" as well.
        return one == other
    if one[0] != other[0] and "+" not in {one[0], other[0]}:
        return False
    return overlap(one[1:], other[1:])


def match(levels: Levels, topic: str) -> list[str] | None:
    """What stands in place of each wildcard, in order; None where the topic does not match."""
    parts, found = topic.split("/"), list[str]()
    for place, level in enumerate(levels):
        if level == "#":
            return [*found, "/".join(parts[place:])]
        if place >= len(parts) or level not in {"+", parts[place]}:
            return None
        if level == "+":
            found.append(parts[place])
    return found if len(parts) == len(levels) else None


def _is_good(letter: str) -> bool:
    return letter.isprintable() and not "\ud800" <= letter <= "\udfff"

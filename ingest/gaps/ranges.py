"""Sets of whole numbers as closed ranges: sorted, disjoint, never touching."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Range = tuple[int, int]
"""First and last, both included."""
Ranges = tuple[Range, ...]


def ranges(parts: Iterable[Range]) -> Ranges:
    """The set that holds exactly the numbers of `parts`, which may be empty, overlap or touch."""
    made: list[Range] = []
    for first, last in sorted(part for part in parts if part[0] <= part[1]):
        if made and first <= made[-1][1] + 1:
            made[-1] = (made[-1][0], max(made[-1][1], last))
        else:
            made.append((first, last))
    return tuple(made)


def union(one: Ranges, other: Ranges) -> Ranges:
    return ranges((*one, *other))


def intersection(one: Ranges, other: Ranges) -> Ranges:
    made: list[Range] = []
    index = 0
    for first, last in one:
        while index < len(other) and other[index][1] < first:
            index += 1
        at = index
        while at < len(other) and other[at][0] <= last:
            made.append((max(first, other[at][0]), min(last, other[at][1])))
            at += 1
    return tuple(made)


def without(one: Ranges, other: Ranges) -> Ranges:
    """The numbers of `one` that are not in `other`."""
    made: list[Range] = []
    index = 0
    for first, last in one:
        start = first
        while index < len(other) and other[index][1] < start:
            index += 1
        at = index
        while at < len(other) and other[at][0] <= last:
            made.append((start, other[at][0] - 1))
            start = other[at][1] + 1
            at += 1
        made.append((start, last))
    return tuple(part for part in made if part[0] <= part[1])


def size(numbers: Ranges) -> int:
    """How many numbers there are."""
    return sum(last - first + 1 for first, last in numbers)


def highest(numbers: Ranges) -> int:
    """The highest number, 0 where there is none."""
    return numbers[-1][1] if numbers else 0


def newest(numbers: Ranges, count: int) -> Ranges:
    """The `count` highest of the numbers, or all of them."""
    made: list[Range] = []
    left = count
    for first, last in reversed(numbers):
        if left <= 0:
            break
        start = max(first, last - left + 1)
        made.append((start, last))
        left -= last - start + 1
    return tuple(reversed(made))

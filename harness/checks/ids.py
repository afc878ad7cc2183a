"""Stable names: ids of findings and references into evidence files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_RANGES = 20


def finding_id(*parts: object) -> str:
    """Return twelve hexadecimal digits that are the same for the same parts in any run."""
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def references(lines: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """Return ``file:first-last`` for lines given as file stem and sequence number.

    At most twenty ranges of each file are kept; the last of them then ends in ``…``.
    """
    by_stem: dict[str, set[int]] = {}
    for stem, seq in lines:
        by_stem.setdefault(stem, set()).add(seq)
    return tuple(text for stem in sorted(by_stem) for text in _ranges(stem, sorted(by_stem[stem])))


def _ranges(stem: str, numbers: list[int]) -> list[str]:
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    texts = [f"{stem}:{first}-{last}" for first, last in ranges[:_RANGES]]
    if len(ranges) > _RANGES:
        texts[-1] += "…"
    return texts

"""Verdicts and their order: the worst wins, and no evidence is never a pass."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What a check or a question came to.

    ``not_tested`` and ``not_applicable`` stand outside the order: they are shown and
    counted, but never change a total.
    """

    PASS = "pass"
    UNKNOWN = "unknown"
    FAIL = "fail"
    NOT_TESTED = "not_tested"
    NOT_APPLICABLE = "not_applicable"


_ORDER = {Verdict.PASS: 0, Verdict.UNKNOWN: 1, Verdict.FAIL: 2}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of the ordered verdicts; ``unknown`` where there is none."""
    ordered = [verdict for verdict in verdicts if verdict in _ORDER]
    return max(ordered, key=_ORDER.__getitem__, default=Verdict.UNKNOWN)

"""Figures with their spread, and ratios of what was measured in turns."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence

from harness.model.base import Record

_RESAMPLES = 2000


class Figure(Record):
    """One measured quantity over all rounds.

    Args:
        unit: such as ``s``, ``ratio`` or ``MiB``.
        values: one a round, in order.
        aim: what the project aims at; ``None`` where there is no aim.
        at_most: whether the aim is an upper bound.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    median: float
    low: float
    high: float
    aim: float | None = None
    at_most: bool = True

    @property
    def met(self) -> bool | None:
        """Say whether the median meets the aim; ``None`` where there is none."""
        if self.aim is None:
            return None
        return self.median <= self.aim if self.at_most else self.median >= self.aim


def figure(
    name: str, unit: str, values: Sequence[float], *, aim: float | None = None, at_most: bool = True
) -> Figure:
    """Return the figure of ``values``: median, lowest and highest.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError(f"nothing was measured for {name!r}")
    rounded = tuple(round(value, 4) for value in values)
    return Figure(
        name=name,
        unit=unit,
        values=rounded,
        median=round(statistics.median(values), 4),
        low=min(rounded),
        high=max(rounded),
        aim=aim,
        at_most=at_most,
    )


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return round by round what ``above`` was in units of ``below``.

    Raises:
        ValueError: the rounds are not as many.
    """
    return [one / other for one, other in zip(above, below, strict=True)]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` (0 to 1) of the values do not exceed: nearest rank."""
    ordered = sorted(values)
    # 0.07 * 100 is a little more than 7 in binary, and must not be the eighth.
    rank = math.ceil(round(share * len(ordered), 9))
    return ordered[max(1, rank) - 1]


def upper_bound(values: Sequence[float], confidence: float = 0.95) -> float:
    """Return the upper confidence bound of the mean, by the percentile bootstrap.

    The bound is one-sided (Efron and Tibshirani, "An Introduction to the Bootstrap",
    chapter 13). The resampling has a fixed seed: the same values give the same bound.
    """
    # Reproducible, not secret.
    chance = random.Random(1)
    means = [statistics.fmean(chance.choices(values, k=len(values))) for _ in range(_RESAMPLES)]
    return percentile(means, confidence)


def slope(places: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return cost per unit and fixed cost of the least-squares line through the points."""
    line = statistics.linear_regression(places, values)
    return line.slope, line.intercept

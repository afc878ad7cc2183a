"""Figures, ratios and bounds: pure arithmetic."""

from __future__ import annotations

import pytest

from bench.figures import figure, percentile, ratios, slope, upper_bound


def test_a_figure_has_its_spread() -> None:
    found = figure("ready", "s", [3.0, 1.0, 2.0], aim=2.0)
    assert (found.median, found.low, found.high, found.met) == (2.0, 1.0, 3.0, True)
    assert found.values == (3.0, 1.0, 2.0)


@pytest.mark.parametrize(
    ("aim", "at_most", "met"), [(1.9, True, False), (1.9, False, True), (2.1, False, False)]
)
def test_an_aim_can_be_missed(aim: float, at_most: bool, met: bool) -> None:
    assert figure("rate", "1/s", [2.0], aim=aim, at_most=at_most).met is met


def test_without_an_aim_nothing_is_met_or_missed() -> None:
    assert figure("rate", "1/s", [2.0]).met is None


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        figure("rate", "1/s", [])


def test_ratios_are_formed_within_a_round() -> None:
    assert ratios([2.0, 6.0], [1.0, 3.0]) == [2.0, 2.0]
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0], [1.0, 2.0])


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.07, 7), (0.5, 50), (0.95, 95), (1.0, 100)])
def test_percentiles_are_values_that_were_measured(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], share) == value


def test_the_upper_bound_lies_above_the_mean_and_within_the_values() -> None:
    values = [0.01, 0.02, 0.03, 0.04, 0.05]
    bound = upper_bound(values)
    assert 0.03 < bound < 0.05
    assert bound == upper_bound(values)
    assert upper_bound([0.02] * 5) == pytest.approx(0.02)


def test_a_line_gives_cost_per_unit_and_fixed_cost() -> None:
    assert slope([1, 10, 25, 50], [5.0, 23.0, 53.0, 103.0]) == pytest.approx((2.0, 3.0))

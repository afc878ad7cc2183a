"""The cost of a border is taken pair by pair."""

from __future__ import annotations

import pytest

from bench.border import load_figures, rate_figures

GIGABIT = 125e6


def test_the_cost_is_what_does_not_arrive() -> None:
    bound, cost, through, past = load_figures("fixed", [[0.9 * GIGABIT, GIGABIT], [GIGABIT, GIGABIT]])
    assert cost.values == pytest.approx((0.1, 0.0))
    assert (through.median, past.median) == pytest.approx((950.0, 1000.0))
    assert bound.met is False
    assert cost.median < bound.median <= 0.1


def test_only_the_fixed_load_has_an_aim() -> None:
    assert all(each.aim is None for each in load_figures("wire", [[GIGABIT, GIGABIT]]))


def test_a_frame_lost_in_silence_misses_the_aim() -> None:
    counts = {"rate": 1000.0, "listed": 9, "declared": 0, "without_detail": 0}
    counts |= {"undeclared": 1, "passed_difference": 0, "far_difference": 0, "far_bytes_difference": 0}
    figures = {each.name: each for each in rate_figures("within", [{"within": counts}])}
    assert figures["within: frames lost in silence"].met is False
    assert figures["within: connections passed: listed against arrived, difference"].met is True

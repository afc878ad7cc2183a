"""The worst verdict wins, and no evidence is never a pass."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.verdict import Verdict, worst

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL
OUTSIDE = (Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE)
verdicts = st.lists(st.sampled_from(Verdict))


@pytest.mark.parametrize(
    ("given_verdicts", "expected"),
    [
        ([], UNKNOWN),
        ([PASS], PASS),
        ([PASS, UNKNOWN], UNKNOWN),
        ([PASS, FAIL], FAIL),
        ([UNKNOWN, FAIL], FAIL),
        ([PASS, UNKNOWN, FAIL], FAIL),
        ([*OUTSIDE], UNKNOWN),
        ([PASS, *OUTSIDE], PASS),
    ],
)
def test_the_worst_verdict_in_any_order(given_verdicts: list[Verdict], expected: Verdict) -> None:
    assert {worst(order) for order in permutations(given_verdicts)} == {expected}


@given(verdicts, verdicts)
def test_one_more_verdict_never_makes_it_better(some: list[Verdict], more: list[Verdict]) -> None:
    order = [PASS, UNKNOWN, FAIL]
    if any(verdict in order for verdict in some):
        assert order.index(worst(some + more)) >= order.index(worst(some))


@given(verdicts)
def test_what_stands_outside_the_order_never_changes_a_total(some: list[Verdict]) -> None:
    assert worst(some) == worst([verdict for verdict in some if verdict not in OUTSIDE])
    assert worst(some) not in OUTSIDE


@given(verdicts, verdicts)
def test_totals_of_totals_are_the_total(one: list[Verdict], other: list[Verdict]) -> None:
    if any(v not in OUTSIDE for v in one) and any(v not in OUTSIDE for v in other):
        assert worst([worst(one), worst(other)]) == worst(one + other)


def test_verdicts_are_the_words_of_run_json() -> None:
    assert [str(verdict) for verdict in Verdict] == [
        "pass",
        "unknown",
        "fail",
        "not_tested",
        "not_applicable",
    ]

"""Whose fault it was: the product's, the scenario's own, or nobody's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness.errors import NotTested, ProductError
from harness.federation.question import question
from harness.plugin.outcomes import Outcome, outcome_of
from harness.protocols import ActionRefused

HERE = Path(__file__)


def outcome(error: BaseException, when: str = "call") -> Outcome:
    """Return the outcome of an exception that was raised in this file."""
    try:
        raise error
    except BaseException as raised:
        return outcome_of(when, raised, HERE)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AssertionError("assert 1 == 2"), "assertion"),
        (pytest.fail.Exception("it is not there"), "assertion"),
        (ActionRefused(403, "M_FORBIDDEN", "no"), "assertion"),
        (TimeoutError("no invitation came"), "deadline"),
        (ExceptionGroup("two", [AssertionError("one"), AssertionError("other")]), "assertion"),
    ],
)
def test_what_a_product_did_not_do_is_a_failure(error: BaseException, code: str) -> None:
    assert (outcome(error).outcome, outcome(error).code) == ("failed", code)


@pytest.mark.parametrize("error", [TypeError("no context manager"), KeyError("a"), OSError("lost")])
def test_a_mistake_of_the_author_is_no_failure_of_a_product(error: Exception) -> None:
    found = outcome(error)
    assert (found.outcome, found.code) == ("error", "scenario_error")
    assert found.text.startswith("test_outcomes.py:")
    assert type(error).__name__ in found.text


def test_an_error_of_the_harness_or_of_a_fixture_is_no_failure_of_a_product() -> None:
    assert outcome(ProductError("it died", where="alfa")).outcome == "error"
    assert outcome(AssertionError("not there"), when="setup").outcome == "error"
    assert outcome(TimeoutError(), when="teardown").outcome == "error"


def test_what_cannot_be_asked_is_not_tested() -> None:
    assert outcome(NotTested("capability", capability="video")) == Outcome(
        "not_tested", "capability", {"capability": "video"}
    )
    assert outcome(NotTested("product", product="x"), when="setup").outcome == "not_tested"
    assert outcome(pytest.skip.Exception("not today")).params == {"text": "not today"}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), asyncio.CancelledError()])
def test_what_somebody_ended_is_interrupted(error: BaseException) -> None:
    assert outcome(error).outcome == "interrupted"


def test_nothing_raised_is_passed() -> None:
    assert outcome_of("call", None, HERE) == Outcome("passed")


async def test_a_missed_deadline_names_the_line_that_waited() -> None:
    async def waits(federation: object) -> None:
        await asyncio.Event().wait()  # this line

    waiting = next(n for n, line in enumerate(HERE.read_text().splitlines(), 1) if "# this line" in line)
    with pytest.raises(TimeoutError) as caught:
        await question("own.q", seconds=0.01)(waits)(None)
    # The frames of this test itself are of this file too, but do not belong to the scenario.
    error = caught.value.with_traceback(None)
    assert outcome_of("call", error, HERE).text == f"test_outcomes.py:{waiting}: deadline of 0.01 s missed"


def test_a_deadline_without_words_gets_some() -> None:
    assert outcome(TimeoutError()).text.endswith(": a deadline was missed")

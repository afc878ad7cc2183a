"""Questions that the catalogue does not have."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness import data
from harness.errors import UsageError
from harness.plugin.own_questions import FIRST_NUMBER, slips, with_own_questions

CATALOGUE = data.questions()


def item(name: str, function: object = None, **marked: Any) -> pytest.Item:
    """Return what pytest collects of a scenario, as far as it is looked at."""
    mark = pytest.mark.question(name, **marked).mark
    made = SimpleNamespace(
        get_closest_marker=lambda wanted: mark,
        function=function if function is not None else lambda: None,
        module=SimpleNamespace(__doc__="Does it hold?\n\nAt length."),
        name="test_it",
        path=Path("test_own.py"),
        reportinfo=lambda: (Path("test_own.py"), 6, "test_it"),
    )
    return cast(pytest.Item, made)


def test_an_own_question_joins_the_catalogue_with_its_title() -> None:
    joined = with_own_questions(CATALOGUE, [item("own.q", needs=("chat",), agencies=2)])
    question = joined.get("own.q")
    assert question is not None
    assert question.title == {"en": "Does it hold?", "sv": "Does it hold?"}
    assert (question.number, question.agencies) == (FIRST_NUMBER, 2)
    assert (question.function, question.result) == ("chat", "works")


@pytest.mark.parametrize("result", ["works", "stays", "survives"])
def test_it_counts_towards_the_result_that_it_names(result: str) -> None:
    question = with_own_questions(CATALOGUE, [item("own.q", result=result)]).get("own.q")
    assert question is not None
    assert question.result == result


@pytest.mark.parametrize(
    ("needs", "function"),
    [(("video", "chat"), "video"), (("notes",), "general"), ((), "general")],
)
def test_its_function_is_the_first_that_it_needs(needs: tuple[str, ...], function: str) -> None:
    question = with_own_questions(CATALOGUE, [item("own.q", needs=needs)]).get("own.q")
    assert question is not None
    assert question.function == function


def test_a_question_of_the_catalogue_stays_what_it_is() -> None:
    assert with_own_questions(CATALOGUE, [item("chat.delivery", result="works")]) == CATALOGUE
    with pytest.raises(UsageError, match="counts towards works, not survives"):
        with_own_questions(CATALOGUE, [item("chat.delivery", result="survives")])


def test_two_functions_with_one_id_are_refused() -> None:
    with pytest.raises(UsageError, match="the id of two scenarios"):
        with_own_questions(CATALOGUE, [item("own.q"), item("own.q")])


def test_one_function_with_several_parameters_is_one_question() -> None:
    def scenario() -> None: ...

    joined = with_own_questions(CATALOGUE, [item("own.q", scenario), item("own.q", scenario)])
    assert len(joined.questions) == len(CATALOGUE.questions) + 1


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("chat.delivry", ["chat.delivery"]),
        ("chat.delivery", []),
        ("chat.something_else", []),
        ("own.delivery", []),
    ],
)
def test_an_id_that_is_nearly_one_of_the_catalogue_is_noticed(name: str, near: list[str]) -> None:
    assert [found for _, found in slips(CATALOGUE, [item(name)])] == near

"""The decorator of scenarios: what it refuses, and how a missed deadline is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from harness.errors import UsageError
from harness.federation.question import DeadlineMissed, is_scenario, question


async def a_scenario(federation: object) -> None: ...


def a_plain_function(federation: object) -> None: ...


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"question_id": "greeting"}, "`greeting` is no id of a question"),
        ({"question_id": "Own.Greeting"}, "`Own.Greeting` is no id"),
        ({"needs": "chat"}, "`needs` is 'chat'"),
        ({"agencies": 0}, "`agencies` is 0"),
        ({"seconds": -1}, "`seconds` is -1"),
        ({"result": "pass"}, "`result` is 'pass'"),
    ],
)
def test_a_wrong_argument_is_refused_with_its_place(arguments: dict[str, Any], said: str) -> None:
    given = {"question_id": "own.greeting", **arguments}
    with pytest.raises(UsageError, match=said) as caught:
        question(given.pop("question_id"), **given)(a_scenario)
    assert caught.value.where.startswith(f"{__file__}:")
    assert caught.value.cure


def test_a_function_that_is_not_async_is_refused() -> None:
    with pytest.raises(UsageError, match="@question of a_plain_function: the function is not async"):
        question("own.greeting")(a_plain_function)  # type: ignore[arg-type]


def test_a_scenario_carries_what_the_run_has_to_know() -> None:
    marked = question("own.greeting", needs=("notes",), agencies=3, result="survives")(a_scenario)
    (mark,) = [mark for mark in marked.pytestmark if mark.name == "question"]
    assert mark.args == ("own.greeting",)
    assert mark.kwargs == {"needs": ("notes",), "agencies": 3, "result": "survives"}
    assert is_scenario(marked)
    assert not is_scenario(a_scenario)


async def test_a_missed_deadline_says_which() -> None:
    async def waits(federation: object) -> None:
        await asyncio.Event().wait()

    with pytest.raises(DeadlineMissed, match=r"^deadline of 0\.01 s missed$"):
        await question("own.greeting", seconds=0.01)(waits)(None)


async def test_a_client_s_own_deadline_keeps_its_words() -> None:
    async def gives_up(federation: object) -> None:
        raise TimeoutError("no invitation came")

    with pytest.raises(TimeoutError, match="no invitation came") as caught:
        await question("own.greeting")(gives_up)(None)
    assert not isinstance(caught.value, DeadlineMissed)

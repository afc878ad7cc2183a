"""The decorator that ties a scenario to a question of the catalogue."""

from __future__ import annotations

import asyncio
import functools
import inspect
import re
from collections.abc import Awaitable, Callable
from typing import Any, get_args

import pytest

from harness.errors import UsageError
from harness.model.question import Result

Scenario = Callable[..., Awaitable[None]]
ID = re.compile(r"[a-z]+(\.[a-z0-9_]+)+")
_MARK = "fedharness_scenario"


class DeadlineMissed(TimeoutError):
    """A scenario's own deadline passed: the product was not done in time."""


def question(
    question_id: str,
    *,
    needs: tuple[str, ...] = ("chat",),
    agencies: int = 1,
    seconds: float = 120.0,
    result: Result | None = None,
) -> Callable[[Scenario], Any]:
    """Mark an async test as the scenario that answers a question.

    Args:
        question_id: the question's slug in the catalogue, such as ``chat.delivery``, or an
            id of your own of the form ``word.word``.
        needs: the client capabilities that it uses; not tested where one is missing.
        agencies: how many agencies that all list one another it needs.
        seconds: the scenario's deadline; a product that misses it has failed.
        result: which of the three results a question of your own counts towards:
            ``works`` (the default), ``stays`` or ``survives``.

    Raises:
        UsageError: the function is not async, or an argument is wrong.
    """

    def mark(scenario: Scenario) -> Any:
        _refuse_mistakes(scenario, question_id, needs, agencies, seconds, result)

        @functools.wraps(scenario)
        async def with_deadline(*args: Any, **kwargs: Any) -> None:
            try:
                async with asyncio.timeout(seconds) as limit:
                    await scenario(*args, **kwargs)
            except TimeoutError as error:
                if limit.expired():
                    raise DeadlineMissed(f"deadline of {seconds:g} s missed") from error
                raise

        setattr(with_deadline, _MARK, True)
        marked = pytest.mark.question(question_id, needs=needs, agencies=agencies, result=result)(
            with_deadline
        )
        return pytest.mark.asyncio(loop_scope="session")(marked)

    return mark


def is_scenario(function: object) -> bool:
    """Say whether a function was marked by `question`, and not by a mark of the same name."""
    return getattr(function, _MARK, False) is True


def _refuse_mistakes(
    scenario: Scenario, question_id: object, needs: object, agencies: object, seconds: object, result: object
) -> None:
    """Say at once, with file and line, what would otherwise show up as a product's failure."""
    if not inspect.iscoroutinefunction(scenario):
        raise _mistake(scenario, "the function is not async", "write `async def`")
    if not isinstance(question_id, str) or not ID.fullmatch(question_id):
        cure = "lower-case words with a dot between them, such as `own.greeting`"
        raise _mistake(scenario, f"`{question_id}` is no id of a question", cure)
    if not isinstance(needs, tuple | list) or not all(isinstance(need, str) for need in needs):
        raise _mistake(scenario, f"`needs` is {needs!r}", 'give a tuple of names, such as `needs=("chat",)`')
    if not isinstance(agencies, int) or agencies < 1:
        raise _mistake(scenario, f"`agencies` is {agencies!r}", "give a whole number, 1 or more")
    if not isinstance(seconds, int | float) or seconds <= 0:
        raise _mistake(scenario, f"`seconds` is {seconds!r}", "give a number above 0")
    if result is not None and result not in get_args(Result):
        raise _mistake(scenario, f"`result` is {result!r}", f"choose one of: {', '.join(get_args(Result))}")


def _mistake(scenario: Scenario, what: str, cure: str) -> UsageError:
    name, code = getattr(scenario, "__name__", "?"), getattr(inspect.unwrap(scenario), "__code__", None)
    where = f"{code.co_filename}:{code.co_firstlineno}" if code else ""
    return UsageError(f"@question of {name}: {what}", where=where, cure=cure)

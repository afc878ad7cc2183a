"""The decorator that ties a scenario to a question of the catalogue."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Scenario = Callable[..., Awaitable[None]]


def question(
    question_id: str, *, needs: tuple[str, ...] = ("chat",), agencies: int = 1, seconds: float = 120.0
) -> Callable[[Scenario], Any]:
    """Mark an async test as the scenario that answers a question.

    Args:
        question_id: the question's slug in the catalogue, such as ``chat.delivery``.
        needs: the client capabilities that it uses; not tested where one is missing.
        agencies: how many agencies that all list one another it needs.
        seconds: the scenario's deadline; a product that misses it has failed.
    """

    def mark(scenario: Scenario) -> Any:
        @functools.wraps(scenario)
        async def with_deadline(*args: Any, **kwargs: Any) -> None:
            async with asyncio.timeout(seconds):
                await scenario(*args, **kwargs)

        marked = pytest.mark.question(question_id, needs=needs, agencies=agencies)(with_deadline)
        return pytest.mark.asyncio(loop_scope="session")(marked)

    return mark

"""What a scenario came to: a product's failure, the scenario's own mistake, or neither."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.errors import NotTested
from harness.federation.opening import first_cause
from harness.protocols import ActionRefused

_LONGEST_TEXT = 4000
_PRODUCT_FAILED = (AssertionError, pytest.fail.Exception, TimeoutError, ActionRefused)
"""What a scenario raises where a product did not do what was asked of it. Every other
exception is a mistake of the scenario or of the harness, and says nothing of a product."""


@dataclass(frozen=True)
class Outcome:
    """What a scenario came to, as `harness.model.evidence.StepRecord` has it.

    Args:
        outcome: ``passed``, ``failed``, ``error``, ``not_tested`` or ``interrupted``.
        code: the reason's code.
        params: of the reason's text.
        text: what was raised, with file and line of the scenario.
    """

    outcome: str
    code: str = ""
    params: dict[str, str] = field(default_factory=dict)
    text: str = ""


def outcome_of(when: str, error: BaseException | None, path: Path) -> Outcome:
    """Return what a phase of a scenario came to.

    Args:
        when: ``setup``, ``call`` or ``teardown``, as pytest has it.
        error: what was raised, if anything.
        path: the scenario's file.
    """
    if error is None:
        return Outcome("passed")
    cause = first_cause(error)
    if isinstance(cause, NotTested):
        return Outcome("not_tested", cause.code, cause.params)
    if isinstance(cause, pytest.skip.Exception):
        return Outcome("not_tested", "skipped", {"text": str(cause)})
    text = f"{_place(path, cause, error)}{_said(cause)}"[:_LONGEST_TEXT]
    if isinstance(cause, KeyboardInterrupt | asyncio.CancelledError):
        return Outcome("interrupted", "interrupted", text=text)
    if when == "call" and isinstance(cause, _PRODUCT_FAILED):
        code = "deadline" if isinstance(cause, TimeoutError) else "assertion"
        return Outcome("failed", code, text=text)
    return Outcome("error", "scenario_error", text=text)


def _said(error: BaseException) -> str:
    """Return what an exception says; its type too, but for those whose text is a sentence."""
    if isinstance(error, TimeoutError):
        return str(error) or "a deadline was missed"
    if isinstance(error, pytest.FixtureLookupError):
        return f"there is no fixture `{error.argname}`"
    return f"{type(error).__name__}: {error}"


def _place(path: Path, *errors: BaseException) -> str:
    """Return the line of the scenario's file that was last reached, as ``file:line: ``."""
    for error in errors:
        for link in _chain(error):
            frames = traceback.extract_tb(link.__traceback__)
            lines = [frame.lineno for frame in frames if Path(frame.filename) == path]
            if lines:
                return f"{path.name}:{lines[-1]}: "
    return f"{path.name}: "


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those it came from; a missed deadline ends where it waited."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__

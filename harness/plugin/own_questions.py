"""Questions of a user's own: what a scenario asks that the catalogue does not."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast, get_args

import pytest

from harness.errors import UsageError
from harness.model.question import Function, Question, QuestionCatalogue

FIRST_NUMBER = 1000
"""Own questions are numbered from here, so that none takes a published number."""
_NEAR = 0.85
"""How alike an id has to be to one of the catalogue (difflib) to be taken for a slip."""


def with_own_questions(catalogue: QuestionCatalogue, items: Sequence[pytest.Item]) -> QuestionCatalogue:
    """Return the catalogue with a question for each scenario whose id it does not have.

    The title is the first line of the scenario's docstring, or of its module's.

    Raises:
        UsageError: two functions have the same id, or one gives a question of the
            catalogue another result.
    """
    own = tuple(_own(catalogue, items))
    return catalogue.model_copy(update={"questions": (*catalogue.questions, *own)})


def slips(catalogue: QuestionCatalogue, items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, str]]:
    """Yield each scenario whose own id is very near to one of the catalogue, with that one.

    Only within a part that the catalogue has: an id that begins with ``own.`` is meant so.
    """
    known = [question.id for question in catalogue.questions]
    parts = {name.split(".")[0] for name in known}
    for item in items:
        name = id_of(item)
        if catalogue.get(name) is None and name.split(".")[0] in parts:
            near = difflib.get_close_matches(name, known, 1, _NEAR)
            if near:
                yield item, near[0]


def id_of(item: pytest.Item) -> str:
    """Return the id of the question that a scenario answers."""
    marker = item.get_closest_marker("question")
    assert marker is not None
    return str(marker.args[0])


def place_of(item: pytest.Item) -> str:
    """Return a scenario's file and line, as the reader of a terminal needs it."""
    path, line, _ = item.reportinfo()
    shown = relative(Path(path))
    return f"{shown}:{line + 1}" if line is not None else shown


def relative(path: Path) -> str:
    """Return a path as somebody in the working folder would name it."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _own(catalogue: QuestionCatalogue, items: Sequence[pytest.Item]) -> Iterator[Question]:
    seen: dict[str, pytest.Item] = {}
    for item in items:
        name = id_of(item)
        known = catalogue.get(name)
        if known is not None:
            _refuse_other_result(item, known)
            continue
        if name in seen:
            _refuse_same_id(name, seen[name], item)
            continue
        seen[name] = item
        yield _question(item, name, FIRST_NUMBER + len(seen) - 1)


def _question(item: pytest.Item, name: str, number: int) -> Question:
    marker = item.get_closest_marker("question")
    assert marker is not None
    return Question(
        id=name,
        number=number,
        title={"en": _title(item), "sv": _title(item)},
        function=_function(marker.kwargs.get("needs", ())),
        result=marker.kwargs.get("result") or "works",
        agencies=marker.kwargs.get("agencies", 1),
    )


def _function(needs: Sequence[str]) -> Function:
    """Return the function of a platform that a question is about: the first that it needs."""
    first = needs[0] if needs else ""
    return cast(Function, first) if first in get_args(Function) else "general"


def _refuse_other_result(item: pytest.Item, known: Question) -> None:
    marker = item.get_closest_marker("question")
    asked = marker.kwargs.get("result") if marker else None
    if asked not in (None, known.result):
        raise UsageError(
            f"`{known.id}` of the catalogue counts towards {known.result}, not {asked}",
            where=place_of(item),
            cure="leave out `result`, or give the question an id of your own",
        )


def _refuse_same_id(name: str, first: pytest.Item, second: pytest.Item) -> None:
    """Two functions are two questions; one function with several parameters is one."""
    if getattr(first, "function", first) is getattr(second, "function", second):
        return
    raise UsageError(
        f"`{name}` is the id of two scenarios; the other one is {place_of(first)}",
        where=place_of(second),
        cure="give each its own id",
    )


def _title(item: pytest.Item) -> str:
    documented = (getattr(item, "function", None), getattr(item, "module", None))
    texts = (inspect.getdoc(each) for each in documented)
    return next((text.splitlines()[0] for text in texts if text), item.name)

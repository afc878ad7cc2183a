"""Questions of a user's own: what a scenario asks that the catalogue does not."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence

import pytest
from pydantic import ValidationError

from harness.model.question import Question, QuestionCatalogue

FIRST_NUMBER = 1000
"""Own questions are numbered from here, so that none takes a published number."""


def with_own_questions(catalogue: QuestionCatalogue, items: Sequence[pytest.Item]) -> QuestionCatalogue:
    """Return the catalogue with a question for each scenario whose id it does not have.

    The title is the first line of the scenario's docstring, or of its module's.

    Raises:
        pytest.UsageError: an id is not of the form ``word.word``.
    """
    own = tuple(_own(catalogue, items))
    return catalogue.model_copy(update={"questions": (*catalogue.questions, *own)})


def _own(catalogue: QuestionCatalogue, items: Sequence[pytest.Item]) -> Iterator[Question]:
    seen: set[str] = set()
    for item in items:
        marker = item.get_closest_marker("question")
        assert marker is not None
        name = marker.args[0]
        if name in seen or catalogue.get(name) is not None:
            continue
        seen.add(name)
        agencies = marker.kwargs.get("agencies", 1)
        try:
            yield Question(
                id=name,
                number=FIRST_NUMBER + len(seen) - 1,
                title={"en": _title(item), "sv": _title(item)},
                function="general",
                agencies=agencies,
            )
        except ValidationError as error:
            raise pytest.UsageError(f"{item.nodeid}: `{name}`: {error.errors()[0]['msg']}") from None


def _title(item: pytest.Item) -> str:
    documented = (getattr(item, "function", None), getattr(item, "module", None))
    texts = (inspect.getdoc(each) for each in documented)
    return next((text.splitlines()[0] for text in texts if text), item.name)

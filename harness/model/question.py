"""The question catalogue: what agencies ask in a POC, as data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.model.base import Record

Function = Literal["chat", "video", "documents", "kanban", "whiteboard", "identity", "general"]
Result = Literal["works", "stays", "survives"]


class Question(Record):
    """One question of the catalogue.

    Args:
        id: a slug such as ``chat.delivery``; never reused for another question.
        number: the number in the published list of questions.
        title: the question in each report language, keyed ``en`` and ``sv``.
        function: which function of a collaboration platform it is about.
        result: which of the three results its verdict counts towards.
        agencies: how many agencies it needs.
        requirements: reference ids of the requirements that it touches.
    """

    id: str = Field(pattern=r"^[a-z]+(\.[a-z0-9_]+)+$")
    number: int = Field(ge=1)
    part: str = Field(default="", description="which part, where one number holds several questions")
    title: dict[Literal["en", "sv"], str]
    function: Function
    result: Result = "works"
    agencies: int = Field(default=1, ge=1)
    requirements: tuple[str, ...] = ()


class QuestionCatalogue(Record):
    """All questions, with the version of the list."""

    version: str
    questions: tuple[Question, ...]

    def get(self, question_id: str) -> Question | None:
        """Return the question with that id, or ``None``."""
        return next((q for q in self.questions if q.id == question_id), None)

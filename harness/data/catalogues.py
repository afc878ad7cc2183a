"""The catalogues that ship with the harness, read from the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TypeVar

from harness.model.base import Record
from harness.model.inputs import DestinationCatalogue
from harness.model.question import QuestionCatalogue
from harness.model.yaml_text import parse_yaml

R = TypeVar("R", bound=Record)


@cache
def questions() -> QuestionCatalogue:
    """Return the question catalogue."""
    return _load("questions.yaml", QuestionCatalogue)


@cache
def destinations() -> DestinationCatalogue:
    """Return the catalogue of known destinations of products."""
    return _load("destinations.yaml", DestinationCatalogue)


def _load(name: str, kind: type[R]) -> R:
    return kind.model_validate(parse_yaml((files("harness.data") / name).read_text("utf-8")))

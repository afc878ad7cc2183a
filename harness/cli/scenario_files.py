"""Which questions a folder's scenarios answer, read without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario and its question.

    Args:
        question: the question's slug.
        place: file and function, as pytest takes them.
    """

    question: str
    place: str


def read_scenarios(folder: Path) -> list[ScenarioFile]:
    """Return all scenarios below a folder, by file name.

    Raises:
        UsageError: there is no such folder, or a file in it is no Python.
    """
    if not folder.is_dir():
        raise UsageError("there is no such folder", where=str(folder), cure="name a folder of scenarios")
    return [found for path in sorted(folder.rglob("test_*.py")) for found in _in_file(path, folder)]


def _in_file(path: Path, folder: Path) -> Iterator[ScenarioFile]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"this is no Python file: {error}", where=str(path)) from error
    for node in tree.body:
        if isinstance(node, ast.AsyncFunctionDef):
            for question in _questions(node):
                yield ScenarioFile(question, f"{path.relative_to(folder)}::{node.name}")


def _questions(function: ast.AsyncFunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call) or not decorator.args:
            continue
        name, first = decorator.func, decorator.args[0]
        if isinstance(name, ast.Name) and name.id == "question" and isinstance(first, ast.Constant):
            yield str(first.value)

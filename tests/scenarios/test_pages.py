"""Every scenario is one question in a page."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from harness.paths import scenarios_folder

PAGES = sorted(scenarios_folder().glob("*/test_*.py"))
CATALOGUE = Path(__file__).parents[2] / "harness" / "data" / "questions.yaml"
CHAT = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 38, 39, 50}


def asked(page: Path) -> list[str]:
    """Return the ids of the questions that a page's functions are marked with."""
    calls = [node for node in ast.walk(ast.parse(page.read_text())) if isinstance(node, ast.Call)]
    marks = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "question"]
    return [str(ast.literal_eval(call.args[0])) for call in marks]


@pytest.fixture(scope="module")
def numbers() -> dict[str, int]:
    catalogue = yaml.safe_load(CATALOGUE.read_text())
    return {entry["id"]: entry["number"] for entry in catalogue["questions"]}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_asks_one_question_of_the_catalogue(page: Path, numbers: dict[str, int]) -> None:
    (question,) = asked(page)
    assert question in numbers
    docstring = ast.get_docstring(ast.parse(page.read_text())) or ""
    assert docstring.splitlines()[0].endswith("?")
    assert len(page.read_text().splitlines()) <= 70


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_page_sleeps(page: Path) -> None:
    called = {node.attr for node in ast.walk(ast.parse(page.read_text())) if isinstance(node, ast.Attribute)}
    assert "sleep" not in called


def test_the_chat_questions_are_all_there(numbers: dict[str, int]) -> None:
    assert {numbers[question] for page in PAGES for question in asked(page)} >= CHAT

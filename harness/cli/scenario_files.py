"""Which questions a folder's scenarios answer, read without running them."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UsageError

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario and its question.

    Args:
        question: the question's slug; empty where the function asks none and is left out.
        place: file and function, as pytest takes them.
        title: first line of the function's docstring, or of the file's.
    """

    question: str
    place: str
    title: str = ""


@dataclass
class Found:
    """What a folder holds.

    Args:
        scenarios: by file name, in each file's order.
        problems: files and functions that no run could take.
    """

    scenarios: list[ScenarioFile] = field(default_factory=list)
    problems: list[UsageError] = field(default_factory=list)


def read_scenarios(folder: Path) -> Found:
    """Return all that a folder, or one file, holds.

    Raises:
        UsageError: there is no such folder, or no scenario in it.
    """
    if not folder.exists():
        raise UsageError("there is no such folder", where=str(folder), cure="name a folder of scenarios")
    found = Found()
    for path in [folder] if folder.is_file() else sorted(folder.rglob("test_*.py")):
        _read(path, path.name if folder.is_file() else str(path.relative_to(folder)), found)
    if not found.scenarios and not found.problems:
        cure = "a scenario is an async function `test_…` with @question in a file `test_….py`"
        raise UsageError("there is no scenario here", where=str(folder), cure=cure)
    return found


def _read(path: Path, name: str, found: Found) -> None:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        what = f"this is no Python file: {getattr(error, 'msg', error)}"
        found.problems.append(_problem(path, line, what, "mend the file"))
        return
    for line, package in _not_there(tree):
        what = f"the file cannot be imported: there is no module `{package}`"
        found.problems.append(_problem(path, line, what, "install it, or mend the file"))
    for prefix, function in _tests(tree.body, ""):
        question = _question(function)
        title = _first_line(function) or _first_line(tree) or function.name
        found.scenarios.append(ScenarioFile(question, f"{name}::{prefix}{function.name}", title))
        if question and not isinstance(function, ast.AsyncFunctionDef):
            what = f"@question of {function.name}: the function is not async"
            found.problems.append(_problem(path, function.lineno, what, "write `async def`"))


def _problem(path: Path, line: int | None, what: str, cure: str) -> UsageError:
    return UsageError(what, where=f"{path}:{line}" if line else str(path), cure=cure)


def _not_there(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and name of each package that a file imports and that is not installed."""
    for node in tree.body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for package in {name.split(".")[0] for name in names}:
            if importlib.util.find_spec(package) is None:
                yield node.lineno, package


def _tests(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, _Function]]:
    """Yield the functions that pytest collects by their names, those of classes too."""
    for node in body:
        if isinstance(node, _Function) and node.name.startswith("test"):
            yield prefix, node
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _tests(node.body, f"{prefix}{node.name}::")


def _question(function: _Function) -> str:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and decorator.args and _name(decorator.func) == "question":
            first = decorator.args[0]
            return str(first.value) if isinstance(first, ast.Constant) else ast.unparse(first)
    return ""


def _name(node: ast.expr) -> str:
    """Return the last part of a name, so that ``harness.question`` counts as well."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _first_line(node: ast.Module | _Function) -> str:
    return (ast.get_docstring(node) or "").partition("\n")[0]

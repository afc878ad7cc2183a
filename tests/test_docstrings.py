"""Public functions say what they take and what they raise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HARNESS = Path(__file__).parent.parent / "harness"
MANY_ARGUMENTS = 4
"""From so many on, a sentence does not tell one from another."""

EXPLAINED = ("doctor", "drivers", "model", "protocols", "runtimes", "store", "topology")
"""Parts that keep the rule; to be made longer, never shorter."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(body: list[ast.stmt]) -> Iterator[Function]:
    """Yield the public functions of a module and of its public classes; none within a function."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from functions(node.body)
        elif isinstance(node, Function) and not node.name.startswith("_"):
            yield node


def faults(function: Function) -> list[str]:
    """Return what the docstring of a function leaves out."""
    said = ast.get_docstring(function) or ""
    found = []
    names = [each.arg for each in (*function.args.args, *function.args.kwonlyargs)]
    if len({*names} - {"self", "cls"}) >= MANY_ARGUMENTS and "Args:" not in said:
        found.append("says nothing of its arguments")
    raises = any(isinstance(node, ast.Raise) and node.exc for node in ast.walk(function))
    if raises and "raise" not in said.lower():
        found.append("says nothing of what it raises")
    return found


@pytest.mark.parametrize("part", EXPLAINED)
def test_public_functions_are_explained(part: str) -> None:
    wrong = [
        f"{path.relative_to(HARNESS.parent)}:{function.lineno} {function.name} {fault}"
        for path in sorted((HARNESS / part).rglob("*.py"))
        for function in functions(ast.parse(path.read_text()).body)
        for fault in faults(function)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_rule_itself() -> None:
    (bare, whole) = functions(
        ast.parse(
            "def bare(a, b, *, c, d):\n"
            "    '''Do it.'''\n"
            "    raise ValueError(a)\n"
            "def whole(a):\n"
            "    '''Do it.\n\n    Raises:\n        ValueError: always.\n    '''\n"
            "    raise ValueError(a)\n"
            "def _own(a, b, c, d):\n"
            "    raise ValueError(a)\n"
        ).body
    )
    assert len(faults(bare)) == 2
    assert faults(whole) == []

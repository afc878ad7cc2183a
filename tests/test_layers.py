"""Imports point down only: every module of the harness is read, none is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HARNESS = ROOT / "harness"

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"model", "errors", "paths"}),
    frozenset({"protocols"}),
    frozenset({"topology", "store", "data", "products"}),
    frozenset({"runtimes", "drivers", "border", "sweep"}),
    frozenset({"federation"}),
    frozenset({"reports", "checks"}),
    frozenset({"cli", "plugin", "doctor", "__main__"}),
)
"""From the bottom up. Parts of one layer do not import each other."""

ALLOWED_SIBLINGS = {("__main__", "cli"), ("cli", "doctor"), ("cli", "plugin")}
ONLY: dict[str, frozenset[str]] = {
    "checks": frozenset({"model", "errors", "checks"}),
    "reports": frozenset({"model", "errors", "reports"}),
}
"""Parts that see less than their layer would let them."""

IMPURE = frozenset({"os", "io", "pathlib", "socket", "subprocess", "locale", "time", "random", "asyncio"})
"""What a check may not import: no I/O, no clock, no locale."""


def modules(folder: Path) -> dict[str, Path]:
    """Return each module's dotted name and file."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules(HARNESS)


def imported(tree: ast.AST, known: dict[str, Path]) -> Iterator[tuple[str, int]]:
    """Yield every imported module or name that is a module, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield (full if full in known else node.module), node.lineno


def loaded(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that run at import: no function bodies, no type-checking blocks."""
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        statement = pending.pop()
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            pending.extend(statement.orelse)
            continue
        yield statement
        for field in ("body", "orelse", "finalbody"):
            pending.extend(child for child in getattr(statement, field, []) if isinstance(child, ast.stmt))


def part(module: str) -> str:
    """Return the part of the harness that a module belongs to: ``harness.border.x`` is ``border``."""
    return module.split(".")[1] if "." in module else ""


def layer(name: str) -> int:
    return next(level for level, parts in enumerate(LAYERS) if name in parts)


def may_import(importer: str, target: str) -> bool:
    if importer == target:
        return True
    if importer in ONLY:
        return target in ONLY[importer]
    if (importer, target) in ALLOWED_SIBLINGS:
        return True
    return layer(target) < layer(importer)


def test_every_part_has_a_layer() -> None:
    parts = {part(module) for module in MODULES} - {""}
    unplaced = parts - frozenset().union(*LAYERS)
    assert not unplaced, f"no layer is given for: {sorted(unplaced)}"


@pytest.mark.parametrize("module", sorted(module for module in MODULES if part(module)))
def test_imports_point_down(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text())
    wrong = [
        f"{MODULES[module].relative_to(ROOT)}:{line} imports {name}"
        for name, line in imported(tree, MODULES)
        if name.startswith("harness.") and not may_import(part(module), part(name))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_exception_is_wider_than_the_code() -> None:
    used = {
        (part(module), part(name))
        for module in MODULES
        for name, _ in imported(ast.parse(MODULES[module].read_text()), MODULES)
        if name.startswith("harness.")
    }
    assert used >= ALLOWED_SIBLINGS
    assert {target for importer, target in used if importer in ONLY} >= frozenset().union(*ONLY.values())
    assert {name for names in LAYERS for name in names} == {part(module) for module in MODULES} - {""}


@pytest.mark.parametrize("module", sorted(module for module in MODULES if part(module) == "checks"))
def test_checks_are_pure(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text())
    impure = [name for name, _ in imported(tree, MODULES) if name.split(".")[0] in IMPURE]
    calls = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "open"]
    assert not impure + calls


def test_no_import_cycle() -> None:
    graph = {module: sorted(targets_at_import(module)) for module in MODULES}
    cycle = find_cycle(graph)
    assert not cycle, " -> ".join(cycle)


def targets_at_import(module: str) -> set[str]:
    statements = loaded(ast.parse(MODULES[module].read_text()))
    names = {
        name
        for statement in statements
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for name, _ in imported(statement, MODULES)
    }
    return (names & MODULES.keys()) - {module}


def find_cycle(graph: dict[str, list[str]]) -> list[str]:
    """Return the modules of one cycle, the first one repeated at the end; empty where there is none."""
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for target in graph[module]:
            if found := walk(target, [*path, module]):
                return found
        done.add(module)
        return []

    return next((found for module in graph if (found := walk(module, []))), [])


def test_a_cycle_is_found() -> None:
    assert find_cycle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]
    assert find_cycle({"a": ["b", "c"], "b": ["c"], "c": []}) == []


@pytest.mark.parametrize(
    ("importer", "target", "allowed"),
    [
        ("checks", "store", False),
        ("checks", "model", True),
        ("drivers", "runtimes", False),
        ("runtimes", "federation", False),
        ("federation", "runtimes", True),
        ("model", "protocols", False),
        ("cli", "reports", True),
        ("reports", "federation", False),
        ("reports", "checks", False),
        ("reports", "store", False),
        ("plugin", "cli", False),
    ],
)
def test_the_rule_itself(importer: str, target: str, allowed: bool) -> None:
    assert may_import(importer, target) is allowed


def scenario_files() -> list[Path]:
    return sorted((ROOT / "scenarios").rglob("*.py"))


@pytest.mark.parametrize("path", scenario_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_scenarios_use_public_names_only(path: Path) -> None:
    tree = ast.parse(path.read_text())
    names = [name for name, _ in imported(tree, MODULES)]
    inner = [name for name in names if name.startswith("harness.")]
    assert not inner, f"{path.relative_to(ROOT)} imports {inner}; take the name from `harness`"

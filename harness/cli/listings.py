"""``fedharness stacks`` and ``fedharness scenarios``: what there is to run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from harness.cli.console import Lang, complain, write
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.drivers.registry import DriverRegistry

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Drivers = Annotated[list[Path] | None, typer.Option("--drivers", help="A folder with further drivers.")]


def stacks(as_json: AsJson = False, drivers: Drivers = None) -> None:
    """List the products that can be deployed, with versions and functions."""
    from harness.drivers.registry import DriverRegistry

    registry = DriverRegistry()
    for folder in drivers or ():
        registry.add_folder(folder)
    rows = [describe(registry, name) for name in sorted(registry.products())]
    if as_json:
        write(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        write(line(row))


class Stack(TypedDict):
    """What is known of a product."""

    product: str
    title: str
    licence: str
    functions: list[str]
    versions: list[str]
    test_double: bool


def describe(registry: DriverRegistry, product: str) -> Stack:
    """Return what is known of a product."""
    from harness.products import load_product
    from harness.protocols import Double

    driver, known = registry.get(product), load_product(product)
    return Stack(
        product=product,
        title=known.title,
        licence=known.licence,
        functions=sorted(driver.functions),
        versions=[each.version for each in known.versions],
        test_double=isinstance(driver, Double) and driver.test_double,
    )


def line(stack: Stack) -> str:
    """Return a product as one line."""
    parts = [stack["title"], ", ".join(stack["functions"]) or "no function", ", ".join(stack["versions"])]
    parts += ["test double"] if stack["test_double"] else []
    return f"{stack['product']:12} {' · '.join(parts)}"


def scenarios(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of scenarios; default: those that come with fedharness.")
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> int:
    """List the questions that scenarios answer."""
    from harness import data
    from harness.cli.scenario_files import read_scenarios
    from harness.paths import scenarios_folder

    catalogue, found = data.questions(), read_scenarios(folder or scenarios_folder())
    rows = []
    for scenario in found.scenarios:
        known = catalogue.get(scenario.question)
        title = known.title[lang] if known else scenario.title
        rows.append({"question": scenario.question, "title": title, "scenario": scenario.place})
    if as_json:
        write(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        write_rows(rows)
    for problem in found.problems:
        complain(str(problem))
    return UsageError.exit_status if found.problems else 0


def write_rows(rows: Sequence[Mapping[str, str]]) -> None:
    """Write scenarios in two lines each; what asks no question is left out of a run."""
    for row in rows:
        title = row["title"] if row["question"] else "left out of a run: it has no @question"
        write(f"{row['question'] or '-':28} {title}".rstrip())
        write(f"{'':28} {row['scenario']}")

"""What the documents say is so: links, commands, names, and examples that run."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.federation.live import LiveFederation
from harness.protocols import Chat, Driver, Host, ServicePlan, ServiceSpec

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
DRIVER = ROOT / "docs" / "writing-a-driver.md"
SCENARIO = ROOT / "docs" / "writing-a-scenario.md"
NAMED_BLOCK = re.compile(r"^`(?P<name>[\w./-]+)`[^\n]*\n\n```\w+\n(?P<text>.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)(?:#([\w.-]+))?\)")


def every_document() -> str:
    return "\n".join(path.read_text() for path in DOCUMENTS)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target, anchor in LINK.findall(path.read_text()):
        assert (path.parent / target).exists(), f"{path.name}: {target}"
        if anchor:
            assert anchor in anchors(path.parent / target), f"{path.name}: {target}#{anchor}"


def test_links_within_a_document_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for anchor in re.findall(r"\]\(#([\w.-]+)\)", path.read_text()):
            assert anchor in anchors(path), f"{path.name}: #{anchor}"


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_command_is_in_the_readme() -> None:
    source = (ROOT / "harness" / "cli" / "main.py").read_text()
    readme = (ROOT / "README.md").read_text()
    for command in re.findall(r'app\.command\("(\w+)"', source):
        assert f"fedharness {command}" in readme


def test_every_make_target_in_the_documents_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    assert {"poc", "test", "test-all", "help"} <= targets
    for target in re.findall(r"`make ([a-z-]+)", every_document()):
        assert target in targets


def test_every_dependency_has_its_decision() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [*project["project"]["dependencies"], *project["dependency-groups"]["build"]]
    groups += [each for each in project["dependency-groups"]["dev"] if isinstance(each, str)]
    groups += itertools.chain(*project["project"]["optional-dependencies"].values())
    decisions = (ROOT / "docs" / "decisions.md").read_text()
    for text in groups:
        name = re.split(r"[\[<>=]", text)[0]
        assert f"**{name}**" in decisions, f"docs/decisions.md says nothing of {name}"


def test_exit_statuses_agree() -> None:
    kinds: list[type[HarnessError]] = [HarnessError, *HarnessError.__subclasses__()]
    statuses = {0, *(kind.exit_status for kind in kinds)}
    for document in ("README.md", "docs/nightly-ci.md"):
        listed = {int(number) for number in re.findall(r"^\| (\d) \|", (ROOT / document).read_text(), re.M)}
        assert listed == {0, 1, 2, 3, 4} >= statuses


def test_the_driver_page_has_the_whole_contract() -> None:
    text = DRIVER.read_text()
    for kind in (ServicePlan, ServiceSpec):
        for field in inspect.signature(kind).parameters:
            assert f"`{field}" in text, f"{kind.__name__}.{field}"
    for protocol in (Driver, Chat, Host):
        for method in (name for name in vars(protocol) if not name.startswith("_")):
            assert f"{method}" in text, f"{protocol.__name__}.{method}"


def test_the_scenario_page_has_every_method() -> None:
    text = SCENARIO.read_text()
    internal = {"send_home", "function", "agencies", "require"}
    for name in vars(LiveFederation):
        if not name.startswith("_") and name not in internal:
            assert f"{name}(" in text, name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_python_in_the_documents_parses(path: Path) -> None:
    for block in re.findall(r"^```python\n(.*?)^```$", path.read_text(), re.M | re.S):
        ast.parse(block)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example of the driver page, as a reader would copy it."""
    blocks = [(match["name"], match["text"]) for match in NAMED_BLOCK.finditer(DRIVER.read_text())]
    assert [name for name, _ in blocks] == [
        "drivers/notes/product.yaml",
        "drivers/notes/server.py",
        "drivers/notes.py",
        "federation.yaml",
        "scenarios/test_notes.py",
    ]
    for name, text in blocks:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def fedharness(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_driver_example_runs(example: Path) -> None:
    assert "notes" in fedharness(example, "stacks", "--drivers", "drivers").stdout
    options = ("--federation", "federation.yaml", "--drivers", "drivers", "--scenarios", "scenarios")
    done = fedharness(example, "run", *options)
    assert done.returncode == 3, done.stdout + done.stderr
    (run,) = (example / "results" / "runs").iterdir()
    result = json.loads((run / "run.json").read_text())
    assert (result["verdicts"]["works"], result["verdicts"]["stays"]) == ("pass", "pass")
    asked = {question["id"]: question["verdict"] for question in result["questions"]}
    assert asked["own.notes"] == "pass"


def test_the_driver_example_can_fail(example: Path) -> None:
    server = example / "drivers" / "notes" / "server.py"
    server.write_text(server.read_text().replace("note.read_bytes()", "note.read_bytes()[::-1]"))
    options = ("--federation", "federation.yaml", "--drivers", "drivers", "--scenarios", "scenarios")
    assert fedharness(example, "run", *options).returncode == 1


def test_the_scenario_example_runs(tmp_path: Path) -> None:
    block = re.search(r"^```python\n(.*?)^```$", SCENARIO.read_text(), re.M | re.S)
    assert block
    (tmp_path / "test_greeting.py").write_text(block[1])
    done = fedharness(tmp_path, "run", "--suite", "smoke", "--scenarios", "test_greeting.py")
    assert "own.greeting: passed" in done.stdout, done.stdout + done.stderr

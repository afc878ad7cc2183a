"""A driver of a user's own, scenario folders, and the commands that meet them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.paths import deploy_folder

Command = Callable[..., subprocess.CompletedProcess[str]]
HARDENED = deploy_folder() / "federations" / "hardened.yaml"

_DRIVER = """
from pathlib import Path

from harness.errors import UsageError
from harness.protocols import ServiceSpec


class NotesDriver:
    product = "notes"
    functions = frozenset({"notes"})
    deploy = Path(__file__).parent / "notes"

    def services(self, plan):
        for option in plan.service.options:
            if option != "motd":
                raise UsageError(f"notes has no option `{option}`", cure="choose from: motd")
        program = {"/config/app.py": (self.deploy / "app.py").read_text()}
        argv = ("{python}", "-I", "/config/app.py")
        return [ServiceSpec(role="app", product="notes", version="1.0", argv=argv, files=program)]

    async def ready(self, service): ...

    async def account(self, service, name): ...

    async def client(self, service, account, host): ...
"""
_PRODUCT = """
product: notes
title: An example
versions:
  - version: "1.0"
    install: {kind: system}
calls_home:
  - id: notes-updates
    hosts: [updates.notes.example]
    feature: update check
    default: "on"
    trigger: at start, then daily
    data: version, server name
    switch_off: "updates: false"
    operator: Notes Foundation
    country: SE
    source: docs/updates.md
"""


def write_driver(folder: Path, program: str = "") -> Path:
    """Write a driver with its product's data into a folder, and return that.

    Args:
        folder: where the driver goes.
        program: the product itself, in Python.
    """
    (folder / "notes").mkdir(parents=True)
    (folder / "notes" / "app.py").write_text(program)
    (folder / "notes.py").write_text(_DRIVER)
    (folder / "notes" / "product.yaml").write_text(_PRODUCT)
    return folder


@pytest.fixture
def in_folder(tmp_path: Path) -> Command:
    """Run a module of Python in a folder of its own and return what came of it."""

    def run(module: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run

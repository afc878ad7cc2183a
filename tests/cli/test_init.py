"""``fedharness init``."""

from __future__ import annotations

import json
from pathlib import Path

from harness.topology import load
from tests.cli.conftest import Command


def test_what_it_writes_is_a_federation_file(fedharness: Command, tmp_path: Path) -> None:
    done = fedharness("init")
    assert done.returncode == 0
    assert "federation.yaml" in done.stdout
    assert len(load(tmp_path / "federation.yaml").agencies) >= 2


def test_a_file_is_never_overwritten(fedharness: Command, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("mine\n")
    done = fedharness("init", mine)
    assert done.returncode == 2
    assert "there already" in done.stderr
    assert mine.read_text() == "mine\n"


def test_a_folder_that_is_not_there(fedharness: Command) -> None:
    done = fedharness("init", "nowhere/federation.yaml")
    assert done.returncode == 4
    assert "No such file or directory" in done.stderr


def test_the_schema_for_editors(fedharness: Command, tmp_path: Path) -> None:
    assert fedharness("init", "--schema", "schema.json").returncode == 0
    schema = json.loads((tmp_path / "schema.json").read_text())
    assert "agencies" in schema["properties"]

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


def test_editors_find_the_schema_from_the_file(fedharness: Command, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    for schema, written in (("here/a.json", "./a.json"), ("there/b.json", "../there/b.json")):
        path = tmp_path / "here" / f"{Path(schema).stem}.yaml"
        assert fedharness("init", path, "--schema", schema).returncode == 0
        assert path.read_text().splitlines()[0] == f"# yaml-language-server: $schema={written}"
        assert (path.parent / written).is_file()
        assert load(path).agencies


def test_nothing_leads_editors_to_a_schema_that_is_not_there(fedharness: Command, tmp_path: Path) -> None:
    assert fedharness("init").returncode == 0
    text = (tmp_path / "federation.yaml").read_text()
    assert "yaml-language-server" not in text
    assert "fedharness init --schema" in text

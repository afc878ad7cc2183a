"""Writes the published JSON Schemas: ``python -m harness.store.schemas [FOLDER]``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.model.schema import evidence_schema, federation_schema, run_schema

PUBLISHED = Path(__file__).parent.parent / "data" / "schemas"


def schemas() -> Mapping[str, dict[str, Any]]:
    """Return every published schema by its file name."""
    return {
        "federation.schema.json": federation_schema(),
        "run.schema.json": run_schema(),
        "evidence.schema.json": evidence_schema(),
    }


def text(schema: Mapping[str, Any]) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path = PUBLISHED) -> None:
    """Write every schema into ``folder``, made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        (folder / name).write_text(text(schema), encoding="utf-8")


if __name__ == "__main__":
    write(*(Path(argument) for argument in sys.argv[1:2]))

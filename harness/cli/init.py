"""``fedharness init``: a federation file to begin with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.console import write
from harness.errors import CannotRun, UsageError


def init(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("federation.yaml"),
    schema: Annotated[
        Path | None,
        typer.Option(help="Also write the JSON Schema to this file, and let editors find it from the other."),
    ] = None,
) -> None:
    """Write a commented federation file; a file that is there is left alone."""
    from harness.topology import json_schema, template

    head = ""
    if schema is not None:
        write_new(schema, json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
        head = f"# yaml-language-server: $schema={beside(schema, path)}\n"
    write_new(path, head + template())
    write(f"{path} is written; read its comments, then: fedharness run --federation {path}")


def beside(schema: Path, path: Path) -> str:
    """Return where the schema is, seen from the federation file's folder, as editors read it."""
    relative = os.path.relpath(schema.absolute(), path.absolute().parent)
    return relative if relative.startswith("..") else f"./{relative}"


def write_new(path: Path, text: str) -> None:
    """Write a file that must not exist yet.

    Raises:
        UsageError: it exists.
        CannotRun: its folder cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            "the file is there already", where=str(path), cure="name another file, or move this one away"
        ) from None
    except OSError as error:
        raise CannotRun(
            f"the file cannot be written: {error.strerror}",
            where=str(path),
            cure="name a file in a folder that you may write",
        ) from error

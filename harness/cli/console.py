"""Where words go: plain lines that stay whole, colour only on a terminal and without NO_COLOR."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console

Language = Literal["en", "sv"]
Lang = Annotated[
    Language, typer.Option("--lang", envvar="FEDHARNESS_LANG", help="Language of results: en or sv.")
]
Plain = Annotated[bool, typer.Option("--plain", help="Plain lines, on a terminal too.")]


def console() -> Console:
    """Return a console for results."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def write(line: str = "") -> None:
    """Write one line as it is: no markup, no wrapping."""
    typer.echo(line)


def complain(text: str) -> None:
    """Tell on standard error why a command did not do what it was asked."""
    sys.stderr.write(f"fedharness: {text}\n")

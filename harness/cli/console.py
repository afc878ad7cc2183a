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
    """Write a line, or several, as they are: no markup, no wrapping, nothing that a terminal obeys."""
    typer.echo(shown(line))


def complain(text: str) -> None:
    """Tell on standard error why a command did not do what it was asked."""
    sys.stderr.write(f"fedharness: {shown(text)}\n")


def shown(text: str) -> str:
    """Return text with what a terminal would obey spelt out; it may quote a product or a file's name."""
    from harness.reports.escape import visible

    return "\n".join(visible(line) for line in text.split("\n"))

"""``fedharness compare``: what differs between two runs' results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.again import read_result
from harness.cli.console import Lang, write


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A run folder or its run.json: before.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="A run folder or its run.json: after.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    lang: Lang = "en",
) -> int:
    """Show verdicts and findings that differ; the status is 0 where none does, else 1."""
    from harness.reports.compare import compare as compare_results
    from harness.reports.compare_text import compare_lines, compare_markdown

    found = compare_results(read_result(a), read_result(b))
    if markdown:
        write(compare_markdown(found, lang).rstrip("\n"))
    else:
        for line in compare_lines(found, lang):
            write(line)
    return 0 if found.same else 1

"""``fedharness clean``: takes away installed products that are out of use; never a run folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.console import write


def clean(
    everything: Annotated[
        bool, typer.Option("--all", help="Every installed product, not only those out of use.")
    ] = False,
) -> None:
    """Remove installed products that no lock file names any more. Run folders stay."""
    from harness.runtimes.packages import cache_folder

    folder = cache_folder()
    kept = set() if everything else in_use()
    environments = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    removed = [path for path in sorted(environments) if path not in kept]
    for path in removed:
        write(f"removing {path}")
        shutil.rmtree(path)
        path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    write(f"{len(removed)} removed, {len(environments) - len(removed)} kept below {folder}")


def in_use() -> set[Path]:
    """Return the complete environments that the shipped lock files name."""
    from harness.products import known_products, load_product
    from harness.runtimes.packages import installed

    products = [load_product(name) for name in known_products()]
    folders = [installed(each.product, known.version) for each in products for known in each.versions]
    return {folder for folder in folders if folder is not None}

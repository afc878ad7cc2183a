"""Where the files that come with the harness lie: in a checkout, or in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_HARNESS = Path(__file__).resolve().parent


def deploy_folder() -> Path:
    """Return the folder that holds one folder of data for each product."""
    return _shipped("deploy")


def scenarios_folder() -> Path:
    """Return the folder of the scenarios that come with the harness."""
    return _shipped("scenarios")


def _shipped(name: str) -> Path:
    bundled = _HARNESS / "_bundled" / name
    return bundled if bundled.is_dir() else _HARNESS.parent / name

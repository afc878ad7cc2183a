"""The programs of the system that the embedded runtime starts, and their packages."""

from __future__ import annotations

from harness.errors import CannotRun

PACKAGES = {"ip": "iproute2", "bwrap": "bubblewrap", "nsenter": "util-linux", "prlimit": "util-linux"}
"""Debian's package of each program."""

NOT_FOUND = 127
"""Status of ``nsenter`` and ``prlimit`` where the program that they were to start is not installed."""


def not_installed(program: str) -> CannotRun:
    """Return the error that says so, with the cure."""
    return CannotRun(
        f"the program `{program}` is not installed",
        where="this machine",
        cure=f"sudo apt-get install -y {PACKAGES[program]}; `fedharness doctor` tries every need",
    )

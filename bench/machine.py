"""What a result depends on beside the code: machine, load and versions."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from bench.federations import newest_synapse
from harness.model.base import Record

_PACKAGES = ("fedharness", "aiohttp", "matrix-nio", "pydantic", "pytest", "pytest-asyncio")


class Machine(Record):
    """Facts that stand in every result.

    Args:
        load: one-minute load average when the run began: what else the machine did.
        memory: in MiB.
        versions: of the packages that take part.
        commit: of the code, with ``+`` where files differ from it; empty outside a checkout.
    """

    processors: int
    model: str
    memory: int
    kernel: str
    system: str
    python: str
    load: float
    versions: dict[str, str]
    commit: str


def machine() -> Machine:
    """Return what this machine is, and how busy it is now."""
    return Machine(
        processors=len(os.sched_getaffinity(0)),
        model=_field("/proc/cpuinfo", "model name"),
        memory=int(_field("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        kernel=platform.release(),
        system=platform.freedesktop_os_release().get("PRETTY_NAME", ""),
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 2),
        versions={
            **{name: version(name) for name in _PACKAGES},
            "synapse": newest_synapse(),
        },
        commit=_commit(),
    )


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "0"


def _commit() -> str:
    root = Path(__file__).parent.parent
    command = ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""

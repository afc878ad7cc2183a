"""Memory as it is shared out: what the processes of a world hold, its files, and the kernel.

A process's share is PSS (proc_pid_smaps_rollup(5), ``Pss``): a page that several processes
share counts in parts, so that the sum over all processes is what they really take. Within
a world ``/proc`` shows that world's processes and no others. What the kernel holds for
namespaces, links and rules is nobody's page: it is the growth of the whole machine's kernel
memory, and so has the noise of whatever else the machine does. Most of it are the tables of the
ledgers, which the kernel makes as large as the most rows that they may hold.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
_KIB = 1 << 10
_KERNEL = ("Slab", "PageTables", "SecPageTables", "Percpu", "VmallocUsed")
"""Stacks of kernel threads lie in vmalloc memory, so they are not counted again."""
_MEMINFO = Path("/proc/meminfo")
_SETTLED_BYTES = 2 * MIB
_SETTLED_READINGS = 5
_SETTLE_READINGS_AT_MOST = 50
_SETTLE_SECONDS = 0.1


@dataclass(frozen=True)
class Memory:
    """Bytes at one moment.

    Args:
        processes: PSS of all processes of the world, the measuring one among them.
        files: what lies in the world's private folder, which is in memory.
        kernel: of the whole machine.
    """

    processes: int
    files: int
    kernel: int

    def since(self, before: Memory) -> int:
        """Return the bytes that a world takes, when ``before`` was before it was built."""
        return self.processes + self.files + self.kernel - before.kernel


def now(files: Path) -> Memory:
    """Return what is taken now; ``files`` is the folder in memory."""
    return Memory(
        processes=sum(proportional_shares(Path("/proc"))),
        files=sum(_size(Path(folder, name)) for folder, _, names in os.walk(files) for name in names),
        kernel=kernel_bytes(_MEMINFO.read_text()),
    )


def until_settled() -> None:
    """Wait until the kernel has taken down what ended before; give up after some seconds.

    It takes namespaces down in the background, and tells nobody when it is done.
    """
    readings: list[int] = []
    for _ in range(_SETTLE_READINGS_AT_MOST):
        readings = [*readings, kernel_bytes(_MEMINFO.read_text())][-_SETTLED_READINGS:]
        if len(readings) == _SETTLED_READINGS and max(readings) - min(readings) < _SETTLED_BYTES:
            return
        time.sleep(_SETTLE_SECONDS)


def proportional_shares(proc: Path) -> Iterator[int]:
    """Yield the PSS, in bytes, of each process that ``proc`` shows.

    Raises:
        PermissionError: one cannot be read; a sum without it would be too low.
    """
    for folder in proc.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            text = (folder / "smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # It has ended, or is a thread of the kernel's.
        yield _fields(text).get("Pss", 0)


def kernel_bytes(meminfo: str) -> int:
    """Return the kernel's own memory, from the text of ``/proc/meminfo``."""
    fields = _fields(meminfo)
    return sum(fields.get(name, 0) for name in _KERNEL)


def _fields(text: str) -> Mapping[str, int]:
    """Return the lines that give a size in kB, as bytes by name."""
    lines = (line.split() for line in text.splitlines() if line.endswith(" kB"))
    return {words[0].rstrip(":"): int(words[1]) * _KIB for words in lines if len(words) == 3}


def _size(path: Path) -> int:
    try:
        return path.lstat().st_blocks * 512
    except FileNotFoundError:
        return 0

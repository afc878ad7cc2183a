"""The machine itself: interpreter, programs, memory, disk, clock, and what would leak."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import resource
import shutil
import signal
import site
import sys
import time
from pathlib import Path

from harness.doctor.probe import Question, Trouble, find_program, kernel_setting, trying
from harness.runtimes.embedded.forkserver import NO_CORE
from harness.runtimes.embedded.programs import PACKAGES

MIB = 1024 * 1024
_CACHE_MIB = 1024
_RESULTS_MIB = 512
_MEMORY_MIB = 512
_AGENCY_MIB = 256
"""A homeserver, its border's share and its persons; measured with room to spare."""

_CLOCK_ERROR = 5
"""adjtimex(2): TIME_ERROR, the clock is not synchronised."""

_OLDEST_TIME = 1_767_225_600
"""2026-01-01: a clock before this was never set."""


def python(question: Question) -> str:
    """Have a Python that fedharness is tested on.

    Raises:
        Trouble: it is another one.
    """
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        raise Trouble(
            "find Python 3.11, 3.12 or 3.13", platform.python_version(), "run make with another one"
        )
    return f"{platform.python_version()} in {sys.base_prefix}"


def programs(question: Question) -> str:
    """Find the programs that the embedded runtime starts.

    Raises:
        Trouble: one is not installed; names the packages.
    """
    missing = {name: package for name, package in PACKAGES.items() if not find_program(name)}
    if missing:
        packages = " ".join(sorted(set(missing.values())))
        raise Trouble(
            f"find the programs {', '.join(PACKAGES)}",
            f"not installed: {', '.join(sorted(missing))}",
            f"sudo apt-get install -y {packages}",
        )
    return ", ".join(PACKAGES)


def bytecode(question: Question) -> str:
    """Have compiled modules in every environment that a run starts programs from.

    Raises:
        Trouble: some are missing, or must not be written.
    """
    own = [Path(folder) for folder in site.getsitepackages() if Path(folder).is_dir()]
    folders = [*own, *_product_folders(Path(question.cache))]
    bare = [str(folder) for folder in folders if _first_uncompiled(folder)]
    if bare:
        cure = f"{sys.executable} -m compileall -q {' '.join(bare)}"
        raise Trouble("find compiled modules (.pyc)", f"missing in {', '.join(bare)}", cure)
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        raise Trouble(
            "write compiled modules (.pyc)",
            "PYTHONDONTWRITEBYTECODE is set",
            "unset PYTHONDONTWRITEBYTECODE",
        )
    return f"{len(folders)} environments"


def _product_folders(cache: Path) -> list[Path]:
    return sorted(cache.glob("packages/*/lib/python3*/site-packages"))


def _first_uncompiled(folder: Path) -> Path | None:
    """Return a package whose ``__init__`` has no compiled form beside it."""
    sources = (path for path in sorted(folder.glob("*/__init__.py")) if path.stat().st_size)
    return next(
        (path for path in sources if not Path(importlib.util.cache_from_source(str(path))).exists()), None
    )


def core_dumps(question: Question) -> str:
    """Crash a process that has a jail's limit, and see that its memory goes nowhere.

    Raises:
        Trouble: its memory was kept.
    """
    pid = os.fork()
    if pid == 0:
        _crash()
    status = os.waitpid(pid, 0)[1]
    pattern = kernel_setting("kernel.core_pattern").split(" ")[0]
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGABRT:
        raise Trouble("crash a process", f"it ended with {os.waitstatus_to_exitcode(status)}")
    if os.WCOREDUMP(status):
        raise Trouble(
            f"crash a process whose core limit is {NO_CORE}",
            f"its memory went to `{pattern}` (kernel.core_pattern)",
            "sudo sysctl -w kernel.core_pattern=core",
        )
    return f"kernel.core_pattern is `{pattern}`, not used for a jail"


def _crash() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (NO_CORE, NO_CORE))
        signal.signal(signal.SIGABRT, signal.SIG_DFL)
        os.abort()
    finally:
        os._exit(1)


def swap(question: Question) -> str:
    """Have no swap space that memory could be written to.

    Raises:
        Trouble: some is in use.
    """
    with trying("read /proc/swaps"):
        lines = Path("/proc/swaps").read_text().splitlines()[1:]
    if lines:
        names = ", ".join(line.split()[0] for line in lines)
        raise Trouble("have no swap space", f"in use: {names}", "sudo swapoff -a, or encrypt it")
    return ""


def disk(question: Question) -> str:
    """Have room for products and for run folders.

    Raises:
        Trouble: there is too little, or no permission to write.
    """
    cache, results = _existing(Path(question.cache)), _existing(Path(question.results))
    room = {cache: _CACHE_MIB, results: _RESULTS_MIB}
    if cache.stat().st_dev == results.stat().st_dev:
        room = dict.fromkeys((cache, results), _CACHE_MIB + _RESULTS_MIB)
    for folder, wanted in room.items():
        with trying(f"measure the free space of {folder}"):
            free = shutil.disk_usage(folder).free // MIB
        if free < wanted:
            cure = "free space, or choose other folders with FEDHARNESS_CACHE and --out"
            raise Trouble(f"find {wanted} MiB at {folder}", f"{free} MiB are free", cure)
        if not os.access(folder, os.W_OK):
            raise Trouble(f"write to {folder}", "no permission", "choose other folders, or mend the owner")
    return ", ".join(str(folder) for folder in room)


def _existing(folder: Path) -> Path:
    """Return the folder, or the first one above it that is there."""
    folder = folder.absolute()
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def memory(question: Question) -> str:
    """Have enough free memory for the agencies asked for.

    Raises:
        Trouble: there is too little.
    """
    need = _MEMORY_MIB + _AGENCY_MIB * question.agencies
    with trying("read /proc/meminfo"):
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(lines["MemAvailable"].split()[0]) // 1024
    if free < need:
        raise Trouble(
            f"find {need} MiB for {question.agencies} agencies",
            f"{free} MiB are available",
            "end other programs, or run fewer agencies",
        )
    return f"{free} MiB"


def clock(question: Question) -> str:
    """Have a clock that was set, and that something keeps right.

    Raises:
        Trouble: it was never set, or nothing keeps it right.
    """
    if time.time() < _OLDEST_TIME:
        raise Trouble("read the clock", time.strftime("%Y-%m-%d"), "set the clock")
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    if state == _CLOCK_ERROR:
        raise Trouble(
            "ask the kernel whether its clock is synchronised",
            "it is not",
            "sudo timedatectl set-ntp true (in a virtual machine the host may keep it right unseen)",
        )
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

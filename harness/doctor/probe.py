"""A probe tries one need; what comes of it says the step that failed, the loss and the cure."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.model.base import Record

SYSTEM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")
"""Where ``ip`` and ``tc`` may lie; an ordinary user's PATH may leave them out."""


class Question(Record):
    """What a run would need of the machine.

    Args:
        agencies: how many simulated agencies.
        cache: the folder that products are installed in.
        results: the folder that run folders are written to.
    """

    agencies: int = 3
    cache: str = "."
    results: str = "."


class Outcome(Record):
    """What came of one probe."""

    name: str
    needed: bool
    there: bool
    detail: str = ""
    step: str = ""
    lost: str = ""
    cure: str = ""


@dataclass(frozen=True)
class Probe:
    """One need.

    Args:
        name: shown to the user.
        needed: without it the embedded runtime cannot run.
        lost: what is lost without it, as a clause.
        attempt: tries it in a process of its own; returns a detail worth showing and
            raises ``Trouble`` where the need is not met.
    """

    name: str
    needed: bool
    lost: str
    attempt: Callable[[Question], str]


class Trouble(Exception):
    """A need is not met.

    Args:
        step: what was tried, as an infinitive.
        detail: what came instead.
        cure: what the user can do.
    """

    def __init__(self, step: str, detail: str, cure: str = "") -> None:
        super().__init__(f"{step}: {detail}")
        self.step = step
        self.detail = detail
        self.cure = cure


@contextmanager
def trying(step: str, cures: Mapping[int, str] | Callable[[int], str] | None = None) -> Iterator[None]:
    """Turn an ``OSError`` of the body into ``Trouble`` with the cure for its number.

    Args:
        step: what is tried, as an infinitive.
        cures: what the user can do, by the number of the error.

    Raises:
        Trouble: the body raised an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        cure = cures(number) if callable(cures) else (cures or {}).get(number, "")
        name = errno.errorcode.get(number, "OSError")
        raise Trouble(step, f"{name}: {error.strerror or error}", cure) from error


def find_program(name: str) -> str:
    """Return the path of a program, or "" where it is not installed."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS))
    return shutil.which(name, path=path) or ""


def command(step: str, argv: Sequence[str], *, text: str = "", cure: str = "") -> str:
    """Run a program to its end and return its output.

    Args:
        step: what is tried, as an infinitive.
        argv: the program and its arguments.
        text: what it reads from its standard input.
        cure: what the user can do where it fails.

    Raises:
        Trouble: it is not installed, failed, or took longer than 10 seconds.
    """
    program = find_program(argv[0])
    if not program:
        raise Trouble(step, f"`{argv[0]}` is not installed", cure or f"install the program `{argv[0]}`")
    try:
        done = subprocess.run(
            [program, *argv[1:]], input=text, capture_output=True, text=True, timeout=10, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Trouble(step, "no answer within 10 s", cure) from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Trouble(step, said[0] if said else f"exit status {done.returncode}", cure)
    return done.stdout


def kernel_setting(name: str) -> str:
    """Return a sysctl's value by its dotted name, or "" where the kernel has none."""
    try:
        return Path("/proc/sys", *name.split(".")).read_text().strip()
    except OSError:
        return ""

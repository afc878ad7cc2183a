"""What pytest says of a wrong call, as an error of the harness's own."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TextIO

from harness.errors import UsageError

_PARALLEL = re.compile(r"-n(\d+|auto|logical)?|--numprocesses(=.*)?")
_ARGUMENT = re.compile(r"^\S.*: error: (.*)$", re.M)


class HeldBack(io.TextIOBase):
    """A standard error that keeps what is written to it until it is let through.

    pytest prints what is wrong with its arguments, in its own form, before there is a
    session that could be asked for it.

    Args:
        behind: where it goes once it is let through.
    """

    def __init__(self, behind: TextIO) -> None:
        self._behind = behind
        self._kept: list[str] | None = []

    def write(self, text: str) -> int:
        """Keep a text, or pass it on."""
        if self._kept is None:
            return self._behind.write(text)
        self._kept.append(text)
        return len(text)

    def flush(self) -> None:
        """Flush what lies behind."""
        self._behind.flush()

    def isatty(self) -> bool:
        """Say whether what lies behind is a terminal."""
        return self._behind.isatty()

    def take(self) -> str:
        """Return what was kept, and keep it no longer."""
        kept, self._kept = self._kept or [], []
        return "".join(kept)

    def let_through(self) -> None:
        """Pass on what was kept, and everything from now on."""
        kept, self._kept = self._kept or [], None
        self._behind.write("".join(kept))


def refuse_parallel(arguments: Sequence[str]) -> None:
    """Refuse pytest-xdist: a packet could not be attributed if two scenarios ran at once.

    Raises:
        UsageError: the arguments ask for it.
    """
    for argument in arguments:
        if _PARALLEL.fullmatch(argument):
            raise UsageError(
                "scenarios of one federation run one after another",
                where=argument,
                cure="leave it out (pytest-xdist); parallel runs are parallel federations",
            )


def refuse_unknown(arguments: Sequence[str]) -> None:
    """Refuse options that pytest does not know.

    Raises:
        UsageError: there are some.
    """
    if arguments:
        raise UsageError(
            f"unknown options: {' '.join(arguments)}",
            where="arguments for pytest",
            cure="see `pytest --help` for those that there are",
        )


def usage_error(text: str) -> UsageError:
    """Return what pytest wrote of a wrong call as an error with its place and cure."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).strip().removeprefix("ERROR: ")
    if "\n  cure: " in text:
        return UsageError(text)
    argument = _ARGUMENT.search(text)
    if argument is not None:
        return UsageError(argument[1], where="arguments for pytest", cure="see `pytest --help`")
    if "'-k'" in text:
        cure = "words joined by `and`, `or` and `not`; see `fedharness scenarios` for names"
        return UsageError(text, where="-k", cure=cure)
    cure = "see `fedharness scenarios` for files and functions, and `fedharness run --help`"
    return UsageError(text or "pytest did not accept its arguments", cure=cure)

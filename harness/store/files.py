"""Reading files of a run folder that somebody else may have made."""

from __future__ import annotations

import fcntl
import stat
from io import BufferedReader
from pathlib import Path

from harness.errors import EvidenceError


def is_regular(path: Path) -> bool:
    """Say whether ``path`` is a regular file itself, rather than a link, pipe or device."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading.

    Raises:
        EvidenceError: it is missing, of another kind, or cannot be read.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            cure = "copy the run folder again, with files instead of links"
            raise EvidenceError("this is not a regular file", where=str(path), cure=cure)
        return path.open("rb")
    except OSError as error:
        what = f"the file cannot be read: {error.strerror}"
        raise EvidenceError(what, where=str(path), cure="copy the whole run folder again") from error


def is_locked(path: Path) -> bool:
    """Say whether another process holds a lock on a regular file; one that cannot be read has none."""
    try:
        with open_regular(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (EvidenceError, OSError):
        return False
    return False

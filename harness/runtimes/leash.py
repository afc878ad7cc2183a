"""Runs a command that ends with its parent, children and all: ``python leash.py PARENT COMMAND…``.

The kernel tells this process when ``PARENT`` has ended, however it ended (prctl(2),
PR_SET_PDEATHSIG); what the command starts in its turn would never learn of it. Has to be
started in a session of its own. Standard library alone, and run as a file: nothing of the
harness is imported.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from types import FrameType

_PR_SET_PDEATHSIG = 1
_PARENT_IS_GONE = 1


def main() -> int:
    """Run the command and return its exit status; on SIGTERM end it, its children and this process."""
    parent, *command = sys.argv[1:]
    signal.signal(signal.SIGTERM, _end_all)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(parent):
        return _PARENT_IS_GONE
    return subprocess.call(command)


def _end_all(number: int, frame: FrameType | None) -> None:
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())

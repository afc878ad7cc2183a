"""``python -m bench``: every program in turn, each in a process of its own.

``--quick`` has one round each, to see that all of them work; ``--out`` is the folder of the
results, ``bench/results`` by default. Ends with 1 where a program did not work, whatever it measured.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from bench.result import RESULTS

PROGRAMS = {
    "start": ("--plain",),
    "border": (),
    "chat": (),
    "latency": (),
    "scale": ("--plain",),
    "sweep": (),
}
"""Each with its options."""


def main() -> int:
    """Run the programs and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="run every benchmark in turn")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"of: {', '.join(PROGRAMS)}")
    parser.add_argument("--quick", action="store_true", help="one round each")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    arguments = parser.parse_args()
    unknown = set(arguments.programs) - set(PROGRAMS)
    if unknown:
        parser.error(f"no such program: {', '.join(sorted(unknown))}")
    began = time.monotonic()
    failed = [
        name for name in arguments.programs or PROGRAMS if not _works(name, arguments.out, arguments.quick)
    ]
    print(f"{time.monotonic() - began:.0f} s; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def _works(name: str, out: Path, quick: bool) -> bool:
    print(f"\n{name}", flush=True)
    rounds = ["--repeat", "1"] if quick else []
    options = ["--out", str(out / f"{name}.json"), *PROGRAMS[name], *rounds]
    command = [sys.executable, "-m", f"bench.{name}", *options]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())

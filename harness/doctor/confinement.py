"""The jail that services run in: bubblewrap and the system call filter.

The runtime's own jail is imported late: it loads libseccomp, which may be what is missing.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from harness.doctor.namespaces import apparmor_cure, enter_namespace, enter_network
from harness.doctor.probe import Question, Trouble, command, find_program

_FIRST_VERSION = (0, 8)
"""bubblewrap 0.8.0 brought --disable-userns."""


def bubblewrap(question: Question) -> str:
    """Find a bubblewrap that can lock its own user namespace.

    Raises:
        Trouble: it is missing, or older than 0.8.0.
    """
    cure = "sudo apt-get install -y bubblewrap"
    said = command("ask bwrap for its version", ["bwrap", "--version"], cure=cure).strip()
    numbers = tuple(int(part) for part in said.split()[-1].split(".")[:2])
    if numbers < _FIRST_VERSION:
        raise Trouble("find bubblewrap 0.8.0 or newer", said, "use Debian 12, Ubuntu 24.04 or newer")
    return said


def system_call_filter(question: Question) -> str:
    """Compile the filter that every service runs under.

    Raises:
        Trouble: libseccomp cannot be loaded.
    """
    program = _filter()
    try:
        return f"{os.fstat(program).st_size} bytes"
    finally:
        os.close(program)


def jail(question: Question) -> str:
    """Run a program in the jail of a service: other user, no capabilities, system calls filtered.

    Raises:
        Trouble: bubblewrap is missing, or the program did not run.
    """
    if not find_program("bwrap"):
        raise Trouble("run a program in a jail", "`bwrap` is not installed", "install the package bubblewrap")
    program = _filter()
    with tempfile.TemporaryDirectory(prefix="fedharness-doctor-") as root:
        enter_network()
        enter_namespace("mount")
        done = _run_jailed(Path(root), program)
    if done.returncode:
        said = (done.stderr or done.stdout).strip() or f"exit status {done.returncode}"
        raise Trouble("run a program in a jail", said, apparmor_cure())
    return done.stdout.strip()


def _filter() -> int:
    try:
        from harness.runtimes.embedded import seccomp
    except (ImportError, OSError, RuntimeError) as error:
        raise Trouble("load libseccomp", str(error), "sudo apt-get install -y libseccomp2") from error
    return seccomp.program()


def _run_jailed(root: Path, program: int) -> subprocess.CompletedProcess[str]:
    from harness.runtimes.embedded.jail import Jail

    jail = Jail(root=root, hostname="probe")
    jail.prepare()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    argv = jail.command(["/usr/bin/id", "-u"], {}, seccomp_fd=program, info_fd=nowhere)
    argv[0] = find_program("bwrap")
    try:
        return subprocess.run(
            argv, pass_fds=(program, nowhere), capture_output=True, text=True, timeout=10, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Trouble("run a program in a jail", "no answer within 10 s") from error
    finally:
        os.close(nowhere)
        os.close(program)

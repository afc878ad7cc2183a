"""Entering the world: a rootless user namespace in which the harness may make networks.

Three processes stand around the one that works: the *outer* one stays on the host and
waits, the *middle* one makes the namespaces, and *init* is process 1 within them. When
any of them ends, the kernel ends all below it, and with process 1 go every service,
network namespace and firewall rule: nothing can be left behind.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from harness.errors import CannotRun
from harness.runtimes.embedded import syscalls
from harness.runtimes.embedded.forkserver import NO_CORE

RUN = Path("/run")
NAMESPACES = RUN / "netns"
STATE = RUN / "fedharness"
"""A private tmpfs: the services' folders, gone with the namespace."""
TEMPORARY = STATE / "tmp"
"""Where temporary files lie within: keys of persons' clients, copies of stores."""

_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
_SETUP_FAILED = 120
_entered = False


def entered() -> bool:
    """Say whether this process is within the namespaces that `enter` made."""
    return _entered


def enter(work: Callable[[], int], *, beside: Callable[[], None] | None = None) -> int:
    """Run ``work`` within fresh namespaces and return its exit status.

    Args:
        work: what to do within; its process has no other thread.
        beside: runs on the host meanwhile, in a thread that ends with this process.

    Raises:
        CannotRun: this machine does not let an ordinary user make namespaces.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    outer = os.getpid()
    middle = os.fork()
    if middle == 0:
        os.close(reading)
        _leave_with(lambda: _middle(outer, writing, work))
    os.close(writing)
    if beside is not None:
        threading.Thread(target=beside, name="beside", daemon=True).start()
    status = _wait_and_forward(middle)
    with os.fdopen(reading) as pipe:
        trouble = pipe.read()
    if trouble:
        raise _cannot_enter(trouble)
    return status


def _leave_with(body: Callable[[], int]) -> None:
    status = _SETUP_FAILED
    try:
        status = body()
    except SystemExit as request:
        status = request.code if isinstance(request.code, int) else 1
    except KeyboardInterrupt:
        status = 130
    except BaseException:
        traceback.print_exc()
        status = 70
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _middle(outer: int, writing: int, work: Callable[[], int]) -> int:
    uid, gid = os.getuid(), os.getgid()
    step = "make a user namespace"
    try:
        syscalls.unshare(syscalls.CLONE_NEWUSER)
        step = "map the user id"
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
        step = "make mount, network and process namespaces"
        syscalls.unshare(
            syscalls.CLONE_NEWNS
            | syscalls.CLONE_NEWNET
            | syscalls.CLONE_NEWPID
            | syscalls.CLONE_NEWIPC
            | syscalls.CLONE_NEWUTS
        )
    except OSError as error:
        os.write(writing, f"{step}\n{error.errno}\n{error.strerror}".encode())
        return _SETUP_FAILED
    # Secrets of the run are in this memory; a crash hands it to nobody on the host.
    resource.setrlimit(resource.RLIMIT_CORE, (NO_CORE, NO_CORE))
    syscalls.die_with_parent(outer)
    init = os.fork()
    if init == 0:
        _leave_with(lambda: _init(writing, work))
    os.close(writing)
    return _wait_and_forward(init)


def _init(writing: int, work: Callable[[], int]) -> int:
    global _entered
    # From in here the parent's process id reads 0: it lives in the namespace above.
    syscalls.die_with_parent(0)
    try:
        _mount_private_places()
    except OSError as error:
        os.write(writing, f"mount private places\n{error.errno}\n{error.strerror}".encode())
        return _SETUP_FAILED
    os.close(writing)
    _find_system_programs()
    _keep_temporary_files_within()
    _entered = True
    # Process 1 would lose what comes before it has handlers (pid_namespaces(7)): it waits until then.
    signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED)
    worker = os.fork()
    if worker == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)
        _hear_interrupts()
        _leave_with(work)
    return _reap_until(worker)


def _mount_private_places() -> None:
    syscalls.mount("none", "/", "none", syscalls.MS_REC | syscalls.MS_PRIVATE)
    nothing_special = syscalls.MS_NOSUID | syscalls.MS_NODEV
    syscalls.mount("proc", "/proc", "proc", nothing_special | syscalls.MS_NOEXEC)
    syscalls.mount("tmpfs", str(RUN), "tmpfs", nothing_special, "mode=0755")
    NAMESPACES.mkdir()
    STATE.mkdir()


def _keep_temporary_files_within() -> None:
    """Let temporary files go with the namespace: whoever is killed cannot clean up."""
    TEMPORARY.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(TEMPORARY)


def _hear_interrupts() -> None:
    """Undo what a shell does to a background job: an end in good order comes as an interrupt."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _find_system_programs() -> None:
    """Let `ip` and `nft` be found: an ordinary user's PATH may leave out where they lie."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    missing = [folder for folder in ("/usr/sbin", "/sbin") if folder not in path]
    os.environ["PATH"] = os.pathsep.join([*path, *missing])


def _reap_until(worker: int) -> int:
    _forward_signals(worker)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return 1
        if pid == worker:
            return _exit_status(status)


def _wait_and_forward(child: int) -> int:
    previous = _forward_signals(child)
    try:
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return _exit_status(status)


def _forward_signals(child: int) -> dict[signal.Signals, signal._HANDLER]:
    """Hand signals on; the terminal's own interrupt reaches the worker without help.

    What this process was started to ignore, as nohup(1) does, it goes on to ignore.
    """

    def hand_on(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    heard = [number for number in _FORWARDED if signal.getsignal(number) != signal.SIG_IGN]
    previous = {number: signal.signal(number, hand_on) for number in heard}
    for number in (signal.SIGINT, signal.SIGQUIT):
        previous[number] = signal.signal(number, signal.SIG_IGN)
    return previous


def _exit_status(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _cannot_enter(trouble: str) -> CannotRun:
    step, _, reason = trouble.partition("\n")
    reason = reason.partition("\n")[2]
    return CannotRun(
        f"could not {step}: {reason}",
        where="embedded runtime",
        cure="run `fedharness doctor`; it names the setting that forbids it",
    )

"""The fork server: imports a product once, and forks each of its services from there.

``python forkserver.py DESCRIPTOR``, run by the product's own interpreter. The descriptor is
a socket to the harness (`forking.ForkServer`). The first message is a `Setup`; the answer
says that the product is imported. Each further message, with its descriptors, starts one
service in a jail of its own. Standard library alone.

While the product is imported nothing of the run is to be seen from here: the root holds
programs only, there is no network, and no other process. What a service needs comes with
its message, after the import, and the server itself never looks at it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[3]))

from harness.runtimes.embedded import cell, syscalls

if TYPE_CHECKING:
    from collections.abc import Sequence

MESSAGE_LIMIT = 1 << 18
"""Longest message either way, in bytes."""
NO_CORE = 1
"""The limit on core dumps, in bytes. By 1, and not by 0, the kernel also hands no memory of a
crashed process to a program of the host (core(5), fs/coredump.c)."""
DESCRIPTORS = 6
"""How many descriptors come with a service: network namespace, its folder's mounts, system
call filter, standard output, standard error, and where its life is reported."""

_SEPARATE = syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS
_FAILED = 70


class Setup(TypedDict):
    """What the server is told first.

    ``plan``: its own root, as rows of bubblewrap's options. ``staging``: an empty folder, in
    its own root too. ``program``: Python text that imports the product and defines
    ``run(arguments)``.
    """

    plan: list[list[str]]
    staging: str
    program: str


class Service(TypedDict):
    """One service to start; ``folder`` is where its folder's mounts are attached, for its plan."""

    plan: list[list[str]]
    staging: str
    folder: str
    hostname: str
    user: int
    working_folder: str
    environment: dict[str, str]
    argv: list[str]


Run = Callable[[list[str]], Any]


def main() -> int:
    """Serve until the harness closes its end; return the exit status."""
    syscalls.die_with_parent(os.getppid())
    resource.setrlimit(resource.RLIMIT_CORE, (NO_CORE, NO_CORE))
    with socket.socket(fileno=int(sys.argv[1])) as control:
        setup: Setup = json.loads(control.recv(MESSAGE_LIMIT))
        syscalls.unshare(_SEPARATE)
        server = os.fork()
        if server == 0:
            leave_with(lambda: _serve(control, setup))
    return os.waitstatus_to_exitcode(os.waitpid(server, 0)[1])


def leave_with(body: Callable[[], int]) -> None:
    """Run ``body`` and end this process with what it returns; never returns itself."""
    status = _FAILED
    try:
        status = body()
    except SystemExit as request:
        status = request.code if isinstance(request.code, int) else int(request.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status & 0xFF)


def _serve(control: socket.socket, setup: Setup) -> int:
    syscalls.die_with_parent(0)
    cell.enter_root(setup["plan"], setup["staging"])
    run = _import_product(setup["program"])
    if threading.active_count() > 1 or len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError("the product starts threads while it is imported, so it cannot be forked")
    gc.freeze()
    control.send(b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while _fork_next(control, run):
        pass
    return 0


def _fork_next(control: socket.socket, run: Run) -> bool:
    """Fork the next service that is asked for; say whether there was one."""
    message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_LIMIT, DESCRIPTORS)
    if message and os.fork() == 0:
        control.close()
        leave_with(lambda: _supervise(json.loads(message), descriptors, run))
    for descriptor in descriptors:
        os.close(descriptor)
    return bool(message)


def _import_product(program: str) -> Run:
    names: dict[str, Any] = {"__name__": "fedharness_forked"}
    # A collection in the middle of an import finds nothing to free.
    gc.disable()
    exec(compile(program, "<forked product>", "exec"), names)
    gc.enable()
    run: Run = names["run"]
    return run


def _supervise(service: Service, descriptors: Sequence[int], run: Run) -> int:
    """Enter the service's network and make its jail's namespaces; wait for its first process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    network, mounts, filter_, output, errors, life = descriptors
    os.dup2(output, 1)
    os.dup2(errors, 2)
    syscalls.setns(network, syscalls.CLONE_NEWNET)
    syscalls.unshare(syscalls.CLONE_NEWNS)
    Path(service["folder"]).mkdir(parents=True, exist_ok=True)
    syscalls.move_mount(mounts, service["folder"])
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    cell.map_user(0)
    cell.forbid_user_namespaces()
    syscalls.unshare(_SEPARATE)
    # The change of credentials would take this setting back (prctl(2)): so it comes last.
    syscalls.die_with_parent(1)
    first = os.fork()
    if first == 0:
        leave_with(lambda: _first_process(service, filter_, life, run))
    status = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
    with socket.socket(fileno=life) as report:
        report.send(f"{status}".encode())
    return 0


def _first_process(service: Service, filter_: int, life: int, run: Run) -> int:
    """Be process 1 of the jail: build the root, lose every right, then start the product."""
    syscalls.die_with_parent(0)
    os.setsid()
    with os.fdopen(filter_, "rb") as file:
        program = file.read()
    with socket.socket(fileno=os.dup(life)) as report:
        # The kernel adds the sender's process id, as the receiver sees it.
        report.send(b"begun")
    socket.sethostname(service["hostname"])
    cell.enter_root(service["plan"], service["staging"])
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    cell.map_user(service["user"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(service["working_folder"])
    os.environ.clear()
    os.environ.update(service["environment"])
    tempfile.tempdir = None
    syscalls.lose_privileges()
    syscalls.filter_system_calls(program)
    syscalls.die_with_parent(0)
    product = os.fork()
    if product == 0:
        leave_with(lambda: _status(run(service["argv"])))
    return _reap_until(product)


def _status(returned: Any) -> int:
    return returned if isinstance(returned, int) else 0


def _reap_until(product: int) -> int:
    while True:
        pid, status = os.wait()
        if pid == product:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())

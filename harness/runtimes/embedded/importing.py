"""Beginning to import a product, before there is an event loop: it is the longest part of a start.

Few imports of its own, so that a run can begin with this and load the rest meanwhile.
"""

from __future__ import annotations

import json
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE

from harness.errors import ProductError
from harness.runtimes.embedded import forkserver, jail
from harness.runtimes.embedded.enter import STATE

STAGING = STATE / "staging"
REPAIR = "`python -m harness.runtimes.packages` repairs an installation"
_early: dict[tuple[Path, str], Import] = {}


@dataclass(frozen=True)
class Import:
    """A product that is being imported by a fork server.

    Args:
        server: the server's process; its standard error can be read.
        control: this end of the socket to it.
        what: product and version, for messages.
    """

    server: subprocess.Popen[bytes]
    control: socket.socket
    what: str


def begin(package: Path, program: str, what: str) -> Import:
    """Start to import a product, or take over what `begin_early` has started.

    Args:
        package: the product's environment, whose interpreter is used.
        program: Python text that imports the product and defines ``run(arguments)``.
        what: product and version, for messages.

    Raises:
        ProductError: the environment has no interpreter.
    """
    early = _early.pop((package, program), None)
    if early is not None:
        return early
    STAGING.mkdir(exist_ok=True)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        try:
            server = _start(package / "bin" / "python", theirs.fileno())
        except OSError as error:
            ours.close()
            failed = f"the product's interpreter cannot be started: {error.strerror}"
            raise ProductError(failed, where=f"{what}: {package}", cure=REPAIR) from error
    ours.send(_setup(package, program))
    ours.setblocking(False)
    return Import(server, ours, what)


def begin_early(package: Path, program: str, what: str) -> None:
    """Start to import a product that `begin` will be asked for; the arguments are the same.

    Raises:
        ProductError: the environment has no interpreter.
    """
    _early[package, program] = begin(package, program, what)


def _start(interpreter: Path, control: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(interpreter), "-I", "-u", forkserver.__file__, str(control)],
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        pass_fds=(control,),
        # A signal to the terminal's group is the harness's to handle: evidence comes first.
        start_new_session=True,
        env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )


def _setup(package: Path, program: str) -> bytes:
    plan = [
        *jail.base_mounts(),
        *(["--ro-bind", str(path), str(path)] for path in {package, *jail.interpreter_package()}),
        ["--dir", str(STAGING)],
    ]
    message: forkserver.Setup = {"plan": plan, "staging": str(STAGING), "program": program}
    return json.dumps(message).encode()

"""Services that are forked from one process which has imported their product already.

Importing is most of what some products' start costs; several services of one version then
pay it once. Each gets the same jail as from bubblewrap, built by the fork server.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from harness.errors import ProductError
from harness.runtimes.embedded import forkserver, jail, process, seccomp, syscalls
from harness.runtimes.embedded.importing import REPAIR, STAGING, Import, begin

log = structlog.get_logger(__name__)

_READY_SECONDS = 60.0
_BEGUN_SECONDS = 20.0
_KILLED = -9
_CREDENTIALS = struct.Struct("=3i")
_SHORT = 64


class ForkServer:
    """One product's fork server, and the way to have a service forked.

    Args:
        begun: the product, being imported.
    """

    def __init__(self, begun: Import) -> None:
        self._server, self._control, self._what = begun.server, begun.control, begun.what
        # One message at a time: a loop keeps one writer for each socket.
        self._sending = asyncio.Lock()
        self._last_words: asyncio.Task[str] | None = None
        self._imported = asyncio.get_running_loop().create_task(self._wait_imported())

    @classmethod
    async def start(cls, package: Path, program: str, what: str) -> ForkServer:
        """Start to import a product, as `importing.begin`; does not wait until that is done.

        Raises:
            ProductError: the environment has no interpreter.
        """
        return cls(begin(package, program, what))

    async def imported(self) -> bool:
        """Wait until the product is imported; say whether it could be."""
        try:
            await asyncio.shield(self._imported)
        except ProductError as error:
            log.warning("services are started one by one", reason=error.what, detail=error.detail)
            return False
        return True

    async def fork(
        self,
        cage: jail.Jail,
        namespace: Path,
        argv: Sequence[str],
        environment: Mapping[str, str],
        *,
        on_line: process.OnLine,
        stop_signal: str = "TERM",
    ) -> process.JailedProcess:
        """Start a service in ``cage`` within the network namespace; the product must be imported.

        Args:
            cage: what the service sees of the machine; it has to be prepared.
            namespace: the named network namespace that its sockets live in.
            argv: what the program's ``run`` is given.
            environment: variables beside the jail's own; nothing is inherited.
            on_line: receives its output.
            stop_signal: name of the signal that asks it to stop, such as ``TERM``.

        Raises:
            ProductError: the server has ended, or the jail could not be made.
        """
        descriptors, ours = _descriptors(cage.root, namespace)
        try:
            async with self._sending:
                await _send(self._control, _service(cage, argv, environment), descriptors)
        except OSError as error:
            ours.close()
            raise await self._failed(f"the fork server does not answer: {error.strerror}") from error
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        program = await ForkedProgram.open(ours)
        init = await program.begun()
        if init is None:
            said = await program.last_words()
            raise ProductError(
                "the jail of a forked process could not be made",
                where=self._what,
                cure="run `fedharness doctor`, or start plain processes with --no-fork",
                detail=said,
            )
        jailed = process.JailedProcess(program, init, process.descriptor_of(init), stop_signal)
        jailed.follow(on_line)
        return jailed

    async def end(self) -> None:
        """End the server, and with it every process that it has forked."""
        self._imported.cancel()
        self._control.close()
        with contextlib.suppress(ProcessLookupError):
            self._server.kill()
        await asyncio.gather(self._imported, return_exceptions=True)
        await self._said()

    async def _wait_imported(self) -> None:
        try:
            async with asyncio.timeout(_READY_SECONDS):
                answer = await asyncio.get_running_loop().sock_recv(self._control, _SHORT)
        except TimeoutError:
            raise await self._failed(f"the product was not imported after {_READY_SECONDS:.0f} s") from None
        if not answer:
            raise await self._failed("the product could not be imported")

    async def _failed(self, what: str) -> ProductError:
        with contextlib.suppress(ProcessLookupError):
            self._server.kill()
        said = await self._said()
        return ProductError(
            what,
            where=self._what,
            cure=f"{REPAIR}; --no-fork does without",
            detail="\n".join(said.splitlines()[-20:]),
        )

    async def _said(self) -> str:
        """Wait until the server has ended and return what it wrote; its output is read once only."""
        if self._last_words is None:
            self._last_words = asyncio.create_task(asyncio.to_thread(self._read_to_end))
        return await asyncio.shield(self._last_words)

    def _read_to_end(self) -> str:
        _, said = self._server.communicate()
        return said.decode("utf-8", "replace")


class ForkedProgram:
    """Implements `process.Program` for a process that is no child of the harness."""

    def __init__(
        self, life: socket.socket, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader
    ) -> None:
        self._life = life
        self.stdout: asyncio.StreamReader | None = stdout
        self.stderr: asyncio.StreamReader | None = stderr
        self.returncode: int | None = None
        self._ended: asyncio.Task[int] | None = None

    @classmethod
    async def open(cls, ends: _Ends) -> ForkedProgram:
        """Take over this side's ends of what a service reports by."""
        return cls(ends.life, await _reader(ends.output), await _reader(ends.errors))

    async def begun(self) -> int | None:
        """Wait for the jail's process 1 and return its id; ``None`` where it never came to be."""
        try:
            async with asyncio.timeout(_BEGUN_SECONDS):
                _, pid = await _receive(self._life)
        except (TimeoutError, ConnectionError):
            pid = 0
        if not pid:
            self._life.close()
            return None
        self._ended = asyncio.get_running_loop().create_task(self._wait_ended())
        return pid

    async def wait(self) -> int:
        """Wait until it has ended and return its exit status."""
        assert self._ended is not None, "nothing has begun"
        return await asyncio.shield(self._ended)

    async def last_words(self) -> str:
        """Return all that it wrote to its standard error."""
        assert self.stderr is not None
        return (await self.stderr.read()).decode("utf-8", "replace").strip()

    async def _wait_ended(self) -> int:
        try:
            message, _ = await _receive(self._life)
        except ConnectionError:
            message = b""
        self._life.close()
        status = int(message) if message else _KILLED
        # Process 1 hands a signal on as 128 + n, as a shell does.
        self.returncode = 128 - status if status > 128 else status
        return self.returncode


class _Ends:
    """This side's ends of a service's output and of the socket that tells of its life."""

    def __init__(self, output: int, errors: int, life: socket.socket) -> None:
        self.output = output
        self.errors = errors
        self.life = life

    def close(self) -> None:
        os.close(self.output)
        os.close(self.errors)
        self.life.close()


def _service(cage: jail.Jail, argv: Sequence[str], environment: Mapping[str, str]) -> bytes:
    message: forkserver.Service = {
        "plan": cage.mounts(),
        "staging": str(STAGING),
        "folder": str(cage.root),
        "hostname": cage.hostname,
        "user": jail.UID,
        "working_folder": jail.WORKING_FOLDER,
        "environment": cage.environment(environment),
        "argv": list(argv),
    }
    return json.dumps(message).encode()


def _descriptors(folder: Path, namespace: Path) -> tuple[list[int], _Ends]:
    """Return what a service is handed, in the server's order, and this side's ends."""
    output, output_theirs = os.pipe()
    errors, errors_theirs = os.pipe()
    life, life_theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    life.setblocking(False)
    life.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    handed = [
        os.open(namespace, os.O_RDONLY | os.O_CLOEXEC),
        syscalls.open_tree(str(folder)),
        seccomp.program(),
        output_theirs,
        errors_theirs,
        life_theirs.detach(),
    ]
    return handed, _Ends(output, errors, life)


async def _reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=process.LONGEST_LINE)
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


async def _send(channel: socket.socket, message: bytes, descriptors: Sequence[int]) -> None:
    if len(message) > forkserver.MESSAGE_LIMIT:
        raise OSError(0, "the message is too long")
    await _until(channel, writable=True)
    socket.send_fds(channel, [message], descriptors)


async def _receive(channel: socket.socket) -> tuple[bytes, int]:
    """Return the next message and its sender's process id; nothing and 0 at the end."""
    await _until(channel, writable=False)
    message, ancillary, _, _ = channel.recvmsg(_SHORT, socket.CMSG_SPACE(_CREDENTIALS.size))
    for level, kind, data in ancillary:
        if message and level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return message, int(_CREDENTIALS.unpack(data)[0])
    return message, 0


async def _until(channel: socket.socket, *, writable: bool) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    add, remove = (loop.add_writer, loop.remove_writer) if writable else (loop.add_reader, loop.remove_reader)
    add(channel, ready.set)
    try:
        await ready.wait()
    finally:
        remove(channel)

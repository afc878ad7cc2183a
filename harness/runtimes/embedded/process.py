"""A jailed process: started with three descriptors, ended with its whole process namespace."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from harness.errors import ProductError
from harness.runtimes.embedded import programs, seccomp
from harness.runtimes.embedded.forkserver import NO_CORE
from harness.runtimes.embedded.jail import Jail

OnLine = Callable[[str, str], None]
"""Called with the stream's name and a line of output."""

_NO_CORE = ("prlimit", f"--core={NO_CORE}:{NO_CORE}", "--")
_KEPT_LINES = 200
_SHOWN = 64
LONGEST_LINE = 65536
"""Bytes of a line of output; a longer one is taken in pieces."""


class Program(Protocol):
    """What runs in a jail, whether bubblewrap started it or a fork server did."""

    @property
    def returncode(self) -> int | None:
        """Exit status, negative for a signal; ``None`` while it runs."""

    async def wait(self) -> int:
        """Wait until it has ended and return its exit status."""

    @property
    def stdout(self) -> asyncio.StreamReader | None:
        """What it writes to its standard output."""

    @property
    def stderr(self) -> asyncio.StreamReader | None:
        """What it writes to its standard error."""


class JailedProcess:
    """Implements `harness.protocols.Process`.

    Args:
        process: the program.
        init: process id of the jail's process 1, as the harness sees it.
        pidfd: a descriptor of that process, as `descriptor_of` returns it; closed when that
            has ended.
        stop: name of the signal that asks the program to stop, such as ``TERM``.
    """

    def __init__(self, process: Program, init: int, pidfd: int | None, stop: str) -> None:
        self._process = process
        self._init = init
        self._pidfd = pidfd
        self._stop_signal = signal.Signals[f"SIG{stop}"]
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._readers: list[asyncio.Task[None]] = []
        self._gone = asyncio.get_running_loop().create_task(self._wait_until_gone())

    @property
    def returncode(self) -> int | None:
        """Exit status of the program, negative for a signal; ``None`` while it runs."""
        return self._process.returncode

    @property
    def init(self) -> int:
        """Process id of the jail's process 1, as the harness sees it."""
        return self._init

    async def wait(self) -> int:
        """Wait until the program and all its children have ended."""
        await asyncio.shield(self._gone)
        return await self._process.wait()

    async def stop(self, *, grace: float = 10.0) -> None:
        """Ask the program to stop; end its whole process namespace after ``grace`` seconds."""
        for pid in self._children(self._init) if self._pidfd is not None else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self._stop_signal)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        """End every process of the jail; return when none is left."""
        if self._pidfd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        await asyncio.shield(self._gone)
        await self._process.wait()

    def tail(self, lines: int = 20) -> str:
        """Return the last lines that it wrote."""
        return "\n".join(list(self._lines)[-lines:])

    def follow(self, on_line: OnLine) -> None:
        """Hand every line of its output to ``on_line`` from now on."""
        for name, stream in (("stdout", self._process.stdout), ("stderr", self._process.stderr)):
            if stream is not None:
                self._readers.append(asyncio.create_task(self._read(name, stream, on_line)))

    async def _read(self, name: str, stream: asyncio.StreamReader, on_line: OnLine) -> None:
        held = b""
        while chunk := await stream.read(LONGEST_LINE):
            *whole, held = (held + chunk).split(b"\n")
            if len(held) > LONGEST_LINE:
                piece, held = cut(held)
                whole.append(piece)
            for raw in whole:
                self._take(name, raw, on_line)
        if held:
            self._take(name, held, on_line)

    def _take(self, name: str, raw: bytes, on_line: OnLine) -> None:
        line = raw.decode("utf-8", "replace")
        self._lines.append(line)
        on_line(name, line)

    def _children(self, pid: int) -> list[int]:
        try:
            text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except OSError:
            return []
        return [int(word) for word in text.split()]

    async def _wait_until_gone(self) -> None:
        """A process namespace is empty when its process 1 has ended (pid_namespaces(7))."""
        if self._pidfd is not None:
            await self._first_process_ended(self._pidfd)
        await asyncio.gather(*self._readers)

    async def _first_process_ended(self, pidfd: int) -> None:
        loop = asyncio.get_running_loop()
        gone = asyncio.Event()
        loop.add_reader(pidfd, gone.set)
        try:
            await gone.wait()
        finally:
            loop.remove_reader(pidfd)
            self._pidfd = None
            os.close(pidfd)


def cut(line: bytes) -> tuple[bytes, bytes]:
    """Cut a line that is too long, at a blank so that no secret is parted; return piece and rest.

    A word that is as long as that is left out, all but its beginning.
    """
    place = line.rfind(b" ", 0, LONGEST_LINE)
    if place > 0:
        return line[:place], line[place + 1 :]
    return line[:_SHOWN] + b"[a word of more than 65536 bytes is left out]", b""


async def start(
    jail: Jail,
    namespace: Path,
    argv: Sequence[str],
    environment: Mapping[str, str],
    *,
    on_line: OnLine,
    stop_signal: str = "TERM",
) -> JailedProcess:
    """Start ``argv`` in ``jail`` within the network namespace.

    Args:
        jail: what the program sees of the machine; it has to be prepared.
        namespace: the named network namespace that its sockets live in.
        argv: the program and its arguments, as the jail sees them.
        environment: variables beside the jail's own; nothing is inherited.
        on_line: receives its output.
        stop_signal: name of the signal that asks it to stop, such as ``TERM``.

    Raises:
        ProductError: the jail could not be made.
        CannotRun: a program of the system that makes the jail is not installed.
    """
    filter_fd = seccomp.program()
    info, info_write = os.pipe()
    command = jail.command(argv, environment, seccomp_fd=filter_fd, info_fd=info_write)
    try:
        process = await asyncio.create_subprocess_exec(
            *("nsenter", f"--net={namespace}", "--", *_NO_CORE, *command),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            pass_fds=(filter_fd, info_write),
            limit=LONGEST_LINE,
            # A signal to the terminal's group is the harness's to handle: evidence comes first.
            start_new_session=True,
            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
        )
    except FileNotFoundError:
        os.close(info)
        raise programs.not_installed("nsenter") from None
    finally:
        os.close(filter_fd)
        os.close(info_write)
    init = await _first_process(info, process, argv)
    jailed = JailedProcess(process, init, descriptor_of(init), stop_signal)
    jailed.follow(on_line)
    return jailed


def descriptor_of(init: int) -> int | None:
    """Return a descriptor of a jail's process 1; ``None`` where that has ended already.

    A product that cannot start may be gone before the harness looks. What it wrote and its
    status are still to be had.
    """
    try:
        return os.pidfd_open(init)
    except ProcessLookupError:
        return None


async def _first_process(info: int, process: asyncio.subprocess.Process, argv: Sequence[str]) -> int:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    with os.fdopen(info) as pipe:
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        raw = await reader.read()
        transport.close()
    try:
        return int(json.loads(raw)["child-pid"])
    except (ValueError, KeyError):
        _, stderr = await process.communicate()
        if process.returncode == programs.NOT_FOUND:
            raise programs.not_installed("bwrap" if b"bwrap" in stderr else "prlimit") from None
        raise ProductError(
            "the jail could not be made",
            where=argv[0],
            cure="run `fedharness doctor`",
            detail=stderr.decode("utf-8", "replace").strip(),
        ) from None

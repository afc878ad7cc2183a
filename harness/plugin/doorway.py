"""The way in from the host's own browser: accepted connections are handed into the world.

The outer process listens on 127.0.0.1 in the host's network namespace and hands each
accepted socket through; within, it is joined to a connection that a *visitor's host*
makes, so that what visitors do crosses a border and is recorded like everything else.

Each socket has one owner. A transport that has taken one over is closed as a transport, and
awaited: a descriptor that is closed beneath it may be another socket's by the time it notices.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import selectors
import socket
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.drivers.http import tls_context
from harness.protocols import Host

_CHUNK = 65536
_FIRST_PORT = 8101
_LAST_PORT = 8999
_LONGEST_NAME = 64
_CLOSING_SECONDS = 5.0

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Target:
    """What visitors at one door reach: a TLS server on a service's host.

    Args:
        address: the service's IPv4 address.
        port: the TCP port that persons use.
        server_name: the name that its certificate has to bear.
        visitor: the host that the connection is made from.
        ca: PEM text of the authority to trust.
    """

    address: str
    port: int
    server_name: str
    visitor: Host
    ca: str


class Doorway:
    """Listening sockets on the host, and the pipe that hands accepted ones in.

    Args:
        names: one door for each.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._doors = {name: _listen() for name in names}
        self._outer, self._inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    @property
    def ports(self) -> dict[str, int]:
        """The port on 127.0.0.1 by door."""
        return {name: door.getsockname()[1] for name, door in self._doors.items()}

    def attend(self) -> None:
        """Accept visitors and hand them in, for as long as the process lives; on the host."""
        self._inner.close()
        with selectors.DefaultSelector() as selector:
            for name, door in self._doors.items():
                selector.register(door, selectors.EVENT_READ, name)
            while True:
                for key, _ in selector.select():
                    self._hand_in(key.data)

    def _hand_in(self, name: str) -> None:
        # A visitor that cannot be handed in, since nobody serves any more, is let go.
        with contextlib.suppress(OSError):
            visitor, _ = self._doors[name].accept()
            with visitor:
                socket.send_fds(self._outer, [name.encode()], [visitor.fileno()])

    async def serve(self, targets: Mapping[str, Target]) -> None:
        """Join every visitor that is handed in to its target, until cancelled; within.

        Visitors at a door without a target are let go.
        """
        for own in (self._outer, *self._doors.values()):
            own.close()
        self._inner.setblocking(False)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await _until_readable(self._inner)
                    for name, visitor in self._arrived():
                        joined = group.create_task(_join(visitor, targets.get(name)))
                        # A task that is cancelled before its first step hands the socket to nobody.
                        joined.add_done_callback(partial(_let_go, visitor))
        finally:
            self._close()

    def _arrived(self) -> Iterator[tuple[str, socket.socket]]:
        """Yield the visitors that wait in the pipe; stop where there is none, or none will come."""
        with contextlib.suppress(BlockingIOError):
            while True:
                name, fds, _, _ = socket.recv_fds(self._inner, _LONGEST_NAME, 1)
                if not name:
                    return
                for fd in fds:
                    os.set_inheritable(fd, False)
                    yield name.decode(), socket.socket(fileno=fd)

    def _close(self) -> None:
        """Let go of the visitors that still wait, and of all that are accepted from now on."""
        self._inner.shutdown(socket.SHUT_RDWR)
        for _, visitor in self._arrived():
            visitor.close()
        self._inner.close()


def _let_go(visitor: socket.socket, _: asyncio.Task[None]) -> None:
    visitor.close()


def _listen() -> socket.socket:
    for port in range(_FIRST_PORT, _LAST_PORT):
        with contextlib.suppress(OSError):
            return socket.create_server(("127.0.0.1", port))
    return socket.create_server(("127.0.0.1", 0))


async def _until_readable(channel: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(channel, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(channel)


async def _join(visitor: socket.socket, target: Target | None) -> None:
    """Carry bytes between a visitor and its target until either side has ended."""
    if target is None:
        visitor.close()
        return
    # Whoever goes away, or refuses, ends this visit alone; what came before that is still delivered.
    with contextlib.suppress(OSError):
        async with _stream(visitor) as outside:
            with contextlib.suppress(OSError):
                async with _secured(await _connect(target), target) as inside:
                    await _carry(outside, inside)


async def _connect(target: Target) -> socket.socket:
    made = target.visitor.open_socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        await asyncio.get_running_loop().sock_connect(made, (target.address, target.port))
    except BaseException:
        made.close()
        raise
    return made


def _secured(connected: socket.socket, target: Target) -> AbstractAsyncContextManager[Stream]:
    return _stream(
        connected,
        ssl=tls_context(target.ca),
        server_hostname=target.server_name,
        ssl_shutdown_timeout=_CLOSING_SECONDS,
    )


@asynccontextmanager
async def _stream(connected: socket.socket, **options: Any) -> AsyncIterator[Stream]:
    """Hand a socket over to a transport, and close it through that: what was written is sent first.

    From the first line on the socket is the transport's, which also closes it where the
    handshake fails.

    Raises:
        OSError: the connection ended, or the other side is not who it should be.
    """
    reader, writer = await asyncio.open_connection(sock=connected, **options)
    try:
        yield reader, writer
        writer.close()
        await writer.wait_closed()
    except BaseException:
        # A TLS transport that has lost its connection has nothing to abort; Python 3.11 then trips over it.
        with contextlib.suppress(AttributeError):
            writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        raise


async def _carry(one: Stream, other: Stream) -> None:
    ways = [asyncio.create_task(_copy(one[0], other[1])), asyncio.create_task(_copy(other[0], one[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(_CHUNK):
        sink.write(chunk)
        await sink.drain()

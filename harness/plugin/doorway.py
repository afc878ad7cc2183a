"""The way in from the host's own browser: accepted connections are handed into the world.

The outer process listens on 127.0.0.1 in the host's network namespace and hands each
accepted socket through; within, it is joined to a connection that a *visitor's host*
makes, so that what visitors do crosses a border and is recorded like everything else.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from harness.protocols import Host

_CHUNK = 65536
_FIRST_PORT = 8101
_LAST_PORT = 8999


@dataclass(frozen=True)
class Target:
    """What visitors at one door reach: a TLS server on a service's host."""

    address: str
    port: int
    server_name: str
    visitor: Host
    ca: str


class Doorway:
    """Listening sockets on the host, one for each agency, and the pipe that hands them in."""

    def __init__(self, agencies: list[str]) -> None:
        self.doors = {agency: _listen() for agency in agencies}
        self._outer, self._inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    @property
    def ports(self) -> dict[str, int]:
        """The port on 127.0.0.1 by agency."""
        return {agency: door.getsockname()[1] for agency, door in self.doors.items()}

    def attend(self) -> None:
        """Accept visitors and hand them in, for as long as the process lives; on the host."""
        selector = selectors.DefaultSelector()
        for agency, door in self.doors.items():
            selector.register(door, selectors.EVENT_READ, agency)
        while True:
            for key, _ in selector.select():
                door = self.doors[key.data]
                with contextlib.suppress(OSError):
                    visitor, _ = door.accept()
                    with visitor:
                        socket.send_fds(self._outer, [key.data.encode()], [visitor.fileno()])

    async def serve(self, targets: Mapping[str, Target]) -> None:
        """Join every visitor that is handed in to its target, until cancelled; within."""
        for door in self.doors.values():
            door.close()
        self._inner.setblocking(False)
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()
        loop.add_reader(self._inner, arrived.set)
        try:
            async with asyncio.TaskGroup() as group:
                while await arrived.wait():
                    arrived.clear()
                    for agency, visitor in self._waiting():
                        group.create_task(_join(visitor, targets[agency]))
        finally:
            loop.remove_reader(self._inner)

    def _waiting(self) -> list[tuple[str, socket.socket]]:
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                name, fds, _, _ = socket.recv_fds(self._inner, 64, 1)
                found += [(name.decode(), socket.socket(fileno=fd)) for fd in fds]
        return found


def _listen() -> socket.socket:
    for port in range(_FIRST_PORT, _LAST_PORT):
        with contextlib.suppress(OSError):
            return socket.create_server(("127.0.0.1", port))
    return socket.create_server(("127.0.0.1", 0))


async def _join(visitor: socket.socket, target: Target) -> None:
    visitor.setblocking(False)
    context = ssl.create_default_context(cadata=target.ca)
    outside = await asyncio.open_connection(sock=visitor)
    inside = target.visitor.open_socket(socket.AF_INET, socket.SOCK_STREAM)
    with contextlib.suppress(OSError, ssl.SSLError):
        await asyncio.get_running_loop().sock_connect(inside, (target.address, target.port))
        within = await asyncio.open_connection(sock=inside, ssl=context, server_hostname=target.server_name)
        async with asyncio.TaskGroup() as group:
            group.create_task(_copy(outside[0], within[1]))
            group.create_task(_copy(within[0], outside[1]))
    inside.close()
    outside[1].close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
    with contextlib.suppress(OSError, ssl.SSLError):
        sink.close()

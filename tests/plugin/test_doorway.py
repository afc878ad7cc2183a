"""The way in from the host: bytes go both ways, and no socket is left or closed beneath another."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from harness.plugin.doorway import Doorway, Target
from tests.drivers.conftest import LoopbackHost

CA = trustme.CA()
BIG = bytes(range(256)) * 8192


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def doorway() -> Iterator[Doorway]:
    """Doors that a process of its own attends, as the outer one does for a run."""
    made = Doorway(["alfa/chat", "beta/chat", "shut"])
    outer = os.fork()
    if outer == 0:
        with contextlib.suppress(BaseException):
            made.attend()
        os._exit(1)
    yield made
    os.kill(outer, signal.SIGKILL)
    os.waitpid(outer, 0)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Give back what comes; `end` ends the connection."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
            if chunk.endswith(b"end"):
                break
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    """A TLS server that echoes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert("alfa.example").configure_cert(context)
    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=context)
    visitor = LoopbackHost("visitor", "alfa", ("127.0.0.1",), {}, Path())
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield Target("127.0.0.1", port, "alfa.example", visitor, CA.cert_pem.bytes().decode())


class Served:
    """Doors that are served, and visits through them."""

    def __init__(self, doorway: Doorway, targets: dict[str, Target]) -> None:
        self.ports = doorway.ports
        self.task = asyncio.create_task(doorway.serve(targets))

    async def visit(self, door: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.ports[door])

    async def says(self, door: str, text: bytes) -> bytes:
        """Visit, say something, and return all that is said until the visit is over."""
        async with asyncio.timeout(10):
            reader, writer = await self.visit(door)
            writer.write(text)
            answer = bytearray()
            with contextlib.suppress(ConnectionError):
                while chunk := await reader.read(65536):
                    answer += chunk
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return bytes(answer)

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_bytes_go_both_ways_until_the_service_ends_the_visit(doorway: Doorway, target: Target) -> None:
    served = Served(doorway, {"alfa/chat": target})
    assert await served.says("alfa/chat", b"hello, end") == b"hello, end"
    assert await served.says("alfa/chat", BIG + b"end") == BIG + b"end"
    await served.end()


async def test_a_visitor_who_leaves_ends_the_visit(doorway: Doorway, target: Target) -> None:
    left = asyncio.Event()

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read()
        left.set()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert("alfa.example").configure_cert(context)
    async with await asyncio.start_server(count, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        served = Served(doorway, {"alfa/chat": replace(target, port=port)})
        _, writer = await served.visit("alfa/chat")
        writer.write(b"good day")
        await writer.drain()
        writer.close()
        async with asyncio.timeout(10):
            await left.wait()
        await served.end()


@pytest.mark.parametrize("wrong", ["refuses", "is another", "is nobody"])
async def test_a_target_that_cannot_be_reached_ends_that_visit_alone(
    doorway: Doorway, target: Target, wrong: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        unused = taken.getsockname()[1]
    bad = {
        "refuses": {"beta/chat": replace(target, port=unused)},
        "is another": {"beta/chat": replace(target, server_name="beta.example")},
        "is nobody": {},
    }[wrong]
    served = Served(doorway, {"alfa/chat": target, **bad})
    reader, writer = await served.visit("alfa/chat")
    assert await served.says("beta/chat", b"hello") == b""
    writer.write(b"end")
    assert await reader.read() == b"end"
    writer.close()
    await writer.wait_closed()
    await served.end()


async def test_visits_leave_no_socket_open(doorway: Doorway, target: Target) -> None:
    served = Served(
        doorway, {"alfa/chat": target, "beta/chat": replace(target, server_name="another.example")}
    )
    await served.says("alfa/chat", b"end")
    before = descriptors()
    for _ in range(20):
        await asyncio.gather(*(served.says(door, b"end") for door in ("alfa/chat", "beta/chat", "shut")))
    async with asyncio.timeout(5):
        while descriptors() > before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await served.end()


async def test_the_end_lets_go_of_every_visitor(doorway: Doorway, target: Target) -> None:
    before = descriptors()
    served = Served(doorway, {"alfa/chat": target})
    talking, talks = await served.visit("alfa/chat")
    talks.write(b"hello")
    assert await talking.readexactly(5) == b"hello"
    # These have come in while nothing runs but this test: handed in, and joined to nothing yet.
    waiting = [socket.create_connection(("127.0.0.1", served.ports["alfa/chat"])) for _ in range(5)]
    await served.end()
    late = socket.create_connection(("127.0.0.1", served.ports["alfa/chat"]))
    for each in (*waiting, late):
        each.settimeout(5)
        with each, contextlib.suppress(ConnectionResetError):
            assert each.recv(1) == b""
    with contextlib.suppress(ConnectionError):
        assert await talking.read() == b""
    talks.close()
    with contextlib.suppress(OSError):
        await talks.wait_closed()
    async with asyncio.timeout(5):
        while descriptors() > before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

"""One conversation with the sinkhole: read with bounds, answered harmlessly, described."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from harness.border import names, requests
from harness.border.certificates import CertificateMaker
from harness.border.channel import Channel, TlsChannel
from harness.model.canary import LENGTH, find_canaries

_IDLE_SECONDS = 10.0
_RAW_SECONDS = 2.0
_RAW_LIMIT = 1 << 20
_REQUESTS = 200
_CHUNK_END = re.compile(rb"(?:^|\r\n)0+(?:;[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*\r\n$")
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Service = Literal["tls", "http", "raw", "stun", "none"]


class CanaryFinder:
    """Finds canaries in a stream of bytes, those that lie across two pieces too."""

    def __init__(self) -> None:
        self._tail = ""
        self._found: dict[str, None] = {}

    def feed(self, data: bytes) -> None:
        """Look through the next piece."""
        text = self._tail + data.decode("latin-1")
        self._found.update(dict.fromkeys(find_canaries(text)))
        self._tail = text[-(LENGTH - 1) :]

    @property
    def found(self) -> tuple[str, ...]:
        """What was found, in the order of its first place."""
        return tuple(self._found)


@dataclass
class Sent:
    """What a product would have sent: a request, or all of a conversation that is none."""

    service: Service = "none"
    server_name: str = ""
    established: bool = False
    method: str = ""
    uri: str = ""
    host: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    request_bytes: int = 0
    canaries: tuple[str, ...] = ()


@dataclass
class Conversation:
    """Listens to one connection to its end.

    Args:
        channel: the connection.
        address: the address that the product meant to reach.
        note: is told of each request, or of the whole where there is none.
    """

    channel: Channel
    maker: CertificateMaker
    address: str
    note: Callable[[Sent], None]
    _common: Sent = field(default_factory=Sent)
    _noted: bool = False
    _buffer: bytes = b""

    async def listen(self) -> None:
        """Listen until the other side ends, is silent too long, or has sent too much."""
        try:
            await self._listen()
        except (OSError, TimeoutError):
            pass
        finally:
            if not self._noted:
                self.note(self._common)

    async def _listen(self) -> None:
        first = await self._read(_IDLE_SECONDS)
        if not first:
            return
        self._common.request_bytes = len(first)
        self._buffer = first
        if first[0] == 0x16:
            await self._start_tls()
        else:
            self._common.service = "http"
        for _ in range(_REQUESTS):
            if not await self._request():
                return

    async def _start_tls(self) -> None:
        self._common.service = "tls"
        raw = _Replay(self.channel, self._buffer)
        tls = TlsChannel(raw, self.maker, self.address)
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                await tls.handshake()
        finally:
            self._common.server_name = names.tls_server_name(raw.first)
        self._common.established = True
        self._common.request_bytes = 0
        self.channel = tls
        self._buffer = b""

    async def _request(self) -> bool:
        head = await self._head()
        if head is None:
            return False
        request = requests.parse_head(head)
        if request is None:
            await self._raw(head)
            return False
        finder = CanaryFinder()
        finder.feed(head)
        size = len(head) + 4
        try:
            if request.expects_continue:
                await self.channel.write(_CONTINUE)
            size += await self._body(request.length, finder)
        finally:
            self._note_request(request, size, finder)
        await self.channel.write(_NOT_FOUND)
        return True

    async def _head(self) -> bytes | None:
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > requests.HEAD_LIMIT or not _may_be_http(self._buffer):
                break
            data = await self._read(_IDLE_SECONDS)
            if not data:
                break
            self._buffer += data
        if not self._buffer:
            return None
        head, found, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if not found:
            self._buffer = b""
        return head

    async def _body(self, length: int | None, finder: CanaryFinder) -> int:
        size = 0
        tail = b""
        while size < requests.BODY_LIMIT and (length is None or size < length):
            piece = self._buffer or await self._read(_IDLE_SECONDS)
            if not piece:
                break
            here = piece if length is None else piece[: length - size]
            self._buffer = piece[len(here) :]
            finder.feed(here)
            size += len(here)
            tail = (tail + here)[-1024:]
            if length is None and _CHUNK_END.search(tail):
                break
        return size

    async def _raw(self, first: bytes) -> None:
        finder = CanaryFinder()
        finder.feed(first)
        size = len(first)
        with contextlib.suppress(TimeoutError):
            while size < _RAW_LIMIT and (data := await self._read(_RAW_SECONDS)):
                finder.feed(data)
                size += len(data)
        service: Service = "tls" if self._common.service == "tls" else "raw"
        self._note(
            Sent(
                service=service,
                server_name=self._common.server_name,
                established=self._common.established,
                request_bytes=size,
                canaries=finder.found,
            )
        )

    def _note_request(self, request: requests.Request, size: int, finder: CanaryFinder) -> None:
        self._note(
            Sent(
                service=self._common.service,
                server_name=self._common.server_name or request.host,
                established=self._common.established,
                method=request.method,
                uri=request.uri,
                host=request.host,
                headers=request.headers,
                request_bytes=size,
                canaries=finder.found,
            )
        )

    def _note(self, sent: Sent) -> None:
        self._noted = True
        self.note(sent)

    async def _read(self, seconds: float) -> bytes:
        async with asyncio.timeout(seconds):
            return await self.channel.read()


class _Replay:
    """A channel that gives the first bytes again, and keeps what came during a handshake."""

    def __init__(self, channel: Channel, first: bytes) -> None:
        self._channel = channel
        self._again = first
        self.first = first

    async def read(self) -> bytes:
        if self._again:
            again, self._again = self._again, b""
            return again
        data = await self._channel.read()
        if len(self.first) < _RAW_LIMIT // 16:
            self.first += data
        return data

    async def write(self, data: bytes) -> None:
        await self._channel.write(data)


def _may_be_http(start: bytes) -> bool:
    return re.match(rb"[A-Za-z]{0,20}( |$)", start) is not None

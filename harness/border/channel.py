"""A sinkhole's side of a conversation: plain, or TLS with a certificate made on the spot."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Protocol

from harness.border.certificates import CertificateMaker

_PIECE = 65536


class Channel(Protocol):
    """Bytes both ways."""

    async def read(self) -> bytes:
        """Return the next bytes, none at the end."""

    async def write(self, data: bytes) -> None:
        """Send all of ``data``."""


class PlainChannel:
    """A connection as it is; ``first`` was read from it already."""

    def __init__(self, connection: socket.socket, first: bytes) -> None:
        self._connection = connection
        self._first = first

    async def read(self) -> bytes:
        """Return the next bytes, none at the end."""
        if self._first:
            first, self._first = self._first, b""
            return first
        return await asyncio.get_running_loop().sock_recv(self._connection, _PIECE)

    async def write(self, data: bytes) -> None:
        """Send all of ``data``."""
        await asyncio.get_running_loop().sock_sendall(self._connection, data)


class TlsChannel:
    """The server's side of TLS, for whatever name the client wants.

    Args:
        raw: the connection, from the ClientHello on.
        maker: makes the certificates.
        address: what the client connected to; its certificate where no name is asked for.
    """

    def __init__(self, raw: Channel, maker: CertificateMaker, address: str) -> None:
        self._raw = raw
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        context = maker.context(address)
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def handshake(self) -> None:
        """Shake hands; ``ssl.SSLError`` when the client does not accept the certificate."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._exchange()
            except ssl.SSLError:
                await self._flush()
                raise
            else:
                return await self._flush()

    async def read(self) -> bytes:
        """Return the next bytes, none at the end."""
        while True:
            try:
                return self._tls.read(_PIECE)
            except ssl.SSLWantReadError:
                await self._exchange()
            except ssl.SSLEOFError:
                return b""

    async def write(self, data: bytes) -> None:
        """Send all of ``data``."""
        self._tls.write(data)
        await self._flush()

    async def _exchange(self) -> None:
        await self._flush()
        data = await self._raw.read()
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            await self._raw.write(data)

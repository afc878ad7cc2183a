"""The resolver of one border: UDP and TCP, port 53, on the border's own addresses."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from harness.border.answers import Answer, Proto, answer
from harness.border.journal import Journal
from harness.border.netns import Namespace
from harness.border.pool import Pool
from harness.border.zone import Zone
from harness.model.evidence import DnsRecord

_PORT = 53
_LISTENING_BUFFER = 1 << 20
_CONNECTIONS = 64
_IDLE_SECONDS = 10.0
_BURST = 64
PROBE_WINDOW = "probe"
# linux/in.h and linux/in6.h: bind to an address before its link has it.
_IP_FREEBIND = 15
_IPV6_FREEBIND = 78


@dataclass
class World:
    """What all resolvers share; the zone is replaced while they run."""

    zone: Zone
    pool: Pool


@dataclass
class Resolver:
    """Answers one agency's hosts.

    Args:
        border: the agency's id.
        addresses: where it listens.
        hosts: host names by address.

    Attributes:
        probed: types of look-ups by name, of what was asked while the probe was sent.
    """

    border: str
    addresses: tuple[str, ...]
    namespace: Namespace
    world: World
    journal: Journal
    hosts: dict[str, str]
    probed: dict[str, set[str]] = field(default_factory=dict)
    _channels: list[socket.socket] = field(default_factory=list)
    _servers: list[asyncio.Server] = field(default_factory=list)
    _connections: int = 0

    async def start(self) -> None:
        """Listen; raises ``OSError`` when an address cannot be had."""
        loop = asyncio.get_running_loop()
        for address in self.addresses:
            channel = self._bind(address, socket.SOCK_DGRAM)
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LISTENING_BUFFER)
            self._channels.append(channel)
            loop.add_reader(channel, self._read, channel)
            listener = self._bind(address, socket.SOCK_STREAM)
            self._servers.append(await asyncio.start_server(self._serve, sock=listener, backlog=64))

    def close(self) -> None:
        """Stop listening."""
        loop = asyncio.get_running_loop()
        for channel in self._channels:
            loop.remove_reader(channel)
            channel.close()
        for server in self._servers:
            server.close()

    def _bind(self, address: str, kind: int) -> socket.socket:
        v4 = ip_address(address).version == 4
        made = self.namespace.open_socket(socket.AF_INET if v4 else socket.AF_INET6, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if v4:
            made.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
        else:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        made.bind((address, _PORT))
        return made

    def _read(self, channel: socket.socket) -> None:
        for _ in range(_BURST):
            try:
                wire, peer = channel.recvfrom(65535)
            except (BlockingIOError, ConnectionError):
                return
            reply = self._answer(wire, peer, "udp")
            if reply:
                with contextlib.suppress(OSError):
                    channel.sendto(reply, peer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        self._connections += 1
        try:
            if self._connections <= _CONNECTIONS:
                await self._converse(reader, writer, peer)
            else:
                self.journal.lost(self.border, "lookups", 1, listed=True, asker=str(peer[0]))
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            self._connections -= 1
            writer.close()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: tuple[Any, ...]
    ) -> None:
        while True:
            async with asyncio.timeout(_IDLE_SECONDS):
                size = int.from_bytes(await reader.readexactly(2), "big")
                wire = await reader.readexactly(size)
                reply = self._answer(wire, peer, "tcp")
                if not reply:
                    return
                writer.write(len(reply).to_bytes(2, "big") + reply)
                await writer.drain()

    def _answer(self, wire: bytes, peer: tuple[Any, ...], proto: Proto) -> bytes:
        address = str(ip_address(peer[0]))
        host = self.hosts.get(address, "")
        found = answer(wire, asker=host or address, proto=proto, zone=self.world.zone, pool=self.world.pool)
        self._record(found, address, int(peer[1]), host, proto, len(wire))
        return found.wire

    def _record(self, found: Answer, address: str, port: int, host: str, proto: Proto, size: int) -> None:
        fields = {
            "ts": self.journal.now(),
            "id.orig_h": address,
            "id.orig_p": port,
            "proto": proto,
            "query": found.query,
            "qtype_name": found.qtype,
            "rcode_name": found.rcode,
            "answers": found.answers,
            "border": self.border,
            "host": host,
            "outcome": found.outcome,
            "request_bytes": size,
            "window": self.journal.window,
        }
        self.journal.write("dns", DnsRecord.model_validate(fields))
        if self.journal.window == PROBE_WINDOW:
            self.probed.setdefault(found.query.lower().rstrip("."), set()).add(found.qtype)

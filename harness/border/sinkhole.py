"""The simulated internet: every address and port answers, and records what it was sent."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import Counter, OrderedDict
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address
from typing import Any

from harness.border import conntrack, netlink, stun
from harness.border.certificates import CertificateMaker
from harness.border.channel import PlainChannel
from harness.border.conntrack import Tuple
from harness.border.conversation import CanaryFinder, Conversation, Sent
from harness.border.journal import Journal
from harness.border.names import is_stun
from harness.border.netns import Namespace
from harness.model.evidence import SinkholeRecord

TCP_PORT = 65010
UDP_PORT = 65011
NAME = "internet"
_CONVERSATIONS = 512
_FROM_ONE_HOST = 128
_FIRST_SECONDS = 10.0
_PIECE = 65536
_FLOWS = 4096
_PER_FLOW = 3
_BURST = 64
_IPV6_RECVPKTINFO = 49
_IP_PKTINFO = 8
_IPV6_PKTINFO = 50


@dataclass
class Sinkhole:
    """Listens in the simulated internet's namespace, where rules redirect everything to it.

    Args:
        namespace: the simulated internet.
        maker: makes certificates of the sinkhole's own CA.
    """

    namespace: Namespace
    maker: CertificateMaker
    journal: Journal
    _sockets: list[socket.socket] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _seen: OrderedDict[Tuple, int] = field(default_factory=OrderedDict)
    _talking: Counter[str] = field(default_factory=Counter)

    def start(self) -> None:
        """Listen; raises ``OSError`` when a port cannot be had."""
        loop = asyncio.get_running_loop()
        self._lookup = netlink.open_netlink(self.namespace)
        self._lookup.settimeout(1.0)
        self._room = asyncio.Semaphore(_CONVERSATIONS)
        for family in (socket.AF_INET, socket.AF_INET6):
            listener = self._bind(family, socket.SOCK_STREAM, TCP_PORT)
            listener.listen(1024)
            self._keep(loop.create_task(self._accept(listener)))
            channel = self._bind(family, socket.SOCK_DGRAM, UDP_PORT)
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            loop.add_reader(channel, self._receive, channel)

    async def close(self) -> None:
        """Stop listening; conversations that still run are recorded as far as they went."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for made in self._sockets:
            asyncio.get_running_loop().remove_reader(made)
            made.close()
        self._lookup.close()

    def _bind(self, family: int, kind: int, port: int) -> socket.socket:
        made = self.namespace.open_socket(family, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_DGRAM and family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVPKTINFO, 1)
        elif kind == socket.SOCK_DGRAM:
            made.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        made.bind(("", port))
        self._sockets.append(made)
        return made

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.journal.lost(NAME, "sinkhole", 1, listed=True, error=type(error).__name__)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._room.acquire()
            try:
                connection, peer = await loop.sock_accept(listener)
            except OSError:
                self._room.release()
                continue
            self._keep(loop.create_task(self._converse(connection, peer)))

    async def _converse(self, connection: socket.socket, peer: tuple[Any, ...]) -> None:
        host = str(peer[0])
        self._talking[host] += 1
        try:
            with connection:
                local = connection.getsockname()
                meant = self._meant_for("tcp", local, peer)
                if self._talking[host] <= _FROM_ONE_HOST:
                    await self._listen(connection, meant)
                else:
                    # One host that holds many connections must leave room for the others.
                    self._record(meant, Sent())
        except OSError:
            pass
        finally:
            self._talking[host] -= 1
            self._room.release()

    async def _listen(self, connection: socket.socket, meant: Tuple) -> None:
        conversation = Conversation(
            channel=PlainChannel(connection, b""),
            maker=self.maker,
            address=meant.dst,
            note=lambda sent: self._record(meant, sent),
        )
        await conversation.listen()

    def _receive(self, channel: socket.socket) -> None:
        for _ in range(_BURST):
            try:
                data, ancillary, _, peer = channel.recvmsg(_PIECE, 256)
            except OSError:
                return
            local = _local_address(ancillary)
            if local:
                self._datagram(channel, data, local, peer)

    def _datagram(self, channel: socket.socket, data: bytes, local: str, peer: tuple[Any, ...]) -> None:
        meant = self._meant_for("udp", (local, UDP_PORT), peer)
        finder = CanaryFinder()
        finder.feed(data)
        if self._count(meant) <= _PER_FLOW or finder.found:
            sent = Sent(
                service="stun" if is_stun(data) else "raw", request_bytes=len(data), canaries=finder.found
            )
            self._record(meant, sent)
        reply = stun.binding_success(data, meant.src, meant.src_port)
        if reply is not None:
            with contextlib.suppress(OSError):
                channel.sendmsg([reply], [_from_address(local)], 0, peer)

    def _count(self, flow: Tuple) -> int:
        seen = self._seen[flow] = self._seen.pop(flow, 0) + 1
        if len(self._seen) > _FLOWS:
            self._seen.popitem(last=False)
        return seen

    def _meant_for(self, proto: str, local: tuple[Any, ...], peer: tuple[Any, ...]) -> Tuple:
        here, there = (str(local[0]), int(local[1])), (str(peer[0]), int(peer[1]))
        found = conntrack.meant_for(self._lookup, proto, here, there)
        return found or Tuple(there[0], there[1], here[0], here[1], proto)

    def _record(self, meant: Tuple, sent: Sent) -> None:
        fields = {
            "ts": self.journal.now(),
            "id.orig_h": meant.src,
            "id.orig_p": meant.src_port,
            "id.resp_h": meant.dst,
            "id.resp_p": meant.dst_port,
            "proto": meant.proto,
            "window": self.journal.window,
            **asdict(sent),
        }
        self.journal.write("sinkhole", SinkholeRecord.model_validate(fields))


def _local_address(ancillary: list[tuple[int, int, bytes]]) -> str:
    for level, kind, data in ancillary:
        if level == socket.IPPROTO_IP and kind == _IP_PKTINFO:
            return str(ip_address(data[8:12]))
        if level == socket.IPPROTO_IPV6 and kind == _IPV6_PKTINFO:
            return str(ip_address(data[:16]))
    return ""


def _from_address(address: str) -> tuple[int, int, bytes]:
    packed = ip_address(address).packed
    if len(packed) == 4:
        return socket.IPPROTO_IP, _IP_PKTINFO, struct.pack("=I4s4s", 0, packed, bytes(4))
    return socket.IPPROTO_IPV6, _IPV6_PKTINFO, packed + struct.pack("=I", 0)

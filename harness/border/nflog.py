"""First packets from the kernel's log (NFLOG), with the gaps that it tells of."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.border import netlink
from harness.border.netns import Namespace

_SUBSYSTEM = 4 << 8
_CONFIG = _SUBSYSTEM | 1
_PACKET = _SUBSYSTEM | 0
_BIND = 1
_COPY_PACKET = 2
_SEQUENCE = 0x1
_BUFFER = 8 << 20
_KERNEL_BUFFER = 128 << 10
_TIMEOUT_HUNDREDTHS = 10
_READ = 1 << 18
_BURST = 32


@dataclass(frozen=True)
class LoggedPacket:
    """One packet of the log.

    Args:
        link: index of the interface that it came by.
        payload: from its IP header on, cut off at the snapshot's length.
        ts: when it was seen, in seconds since the epoch; ``None`` where the kernel does not say.
    """

    link: int
    payload: bytes
    ts: float | None = None


class PacketLog:
    """Reads one log group of a namespace.

    Args:
        group: the group's number.
        snapshot: how many bytes of a packet are kept.
        packet: is told of each packet.
        lost: is told how many packets are missing.
    """

    def __init__(
        self,
        namespace: Namespace,
        group: int,
        snapshot: int,
        packet: Callable[[LoggedPacket], None],
        lost: Callable[[int], None],
    ) -> None:
        self._packet = packet
        self._lost = lost
        self._next: int | None = None
        self.channel = netlink.open_netlink(namespace, buffer=_BUFFER)
        self.channel.settimeout(1.0)
        for option in _options(snapshot):
            message = netlink.request(_CONFIG, netlink.NLM_F_ACK, 0, option, resource=group)
            netlink.ask(self.channel, message)
        self.channel.setblocking(False)

    def read(self) -> None:
        """Read what is there; to be called when the socket is readable."""
        for _ in range(_BURST):
            try:
                data = self.channel.recv(_READ)
            except BlockingIOError:
                return
            except OSError as error:
                if not netlink.lost_some(error):
                    raise
                # The next packet's number says how many are missing.
                continue
            self._take(data)

    def _take(self, data: bytes) -> None:
        for message in netlink.messages(data):
            if message.kind == _PACKET:
                values = dict(netlink.attributes(message.body[4:]))
                self._check_number(values.get(12))
                self._packet(_logged(values))

    def _check_number(self, data: memoryview | None) -> None:
        if data is None:
            return
        number = int.from_bytes(data, "big")
        if self._next is not None and number != self._next:
            self._lost((number - self._next) & 0xFFFFFFFF)
        self._next = (number + 1) & 0xFFFFFFFF


def _logged(values: dict[int, memoryview]) -> LoggedPacket:
    link = int.from_bytes(values.get(4, b""), "big")
    when = None
    if 3 in values:
        seconds, micro = struct.unpack("!QQ", values[3])
        when = seconds + micro / 1e6
    return LoggedPacket(link, bytes(values.get(9, b"")), when)


def _options(snapshot: int) -> Iterator[bytes]:
    yield netlink.attribute(1, bytes((_BIND,)))
    yield netlink.attribute(2, struct.pack("!IBB", snapshot, _COPY_PACKET, 0))
    yield netlink.attribute(4, struct.pack("!I", _TIMEOUT_HUNDREDTHS))
    yield netlink.attribute(3, struct.pack("!I", _KERNEL_BUFFER))
    yield netlink.attribute(6, struct.pack("!H", _SEQUENCE))

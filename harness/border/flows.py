"""Single connections: their first packet, the name in it, and their end."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from harness.border import names
from harness.border.conntrack import Connection, Tuple
from harness.border.journal import Journal
from harness.border.nflog import LoggedPacket
from harness.border.packets import Packet, parse_packet
from harness.model.evidence import FlowRecord

NAME_SECONDS = 0.5
"""How long a connection's record waits for a server's name."""
_KEPT = 65536
_SAME_SECONDS = 30.0
"""A SYN within this time repeats an earlier one: TCP's own repeats (RFC 6298) come sooner."""
_NAME_BYTES = 4096
_MOST_PACKETS = 6


@dataclass
class Pending:
    """A connection whose first record is not written yet."""

    ts: float
    uid: str
    flow: Tuple
    host: str
    window: str
    payload: bytes = b""
    packets: int = 0

    @property
    def told(self) -> bool:
        """Say whether more packets would tell nothing more."""
        if self.flow.proto not in ("tcp", "udp") or self.packets >= _MOST_PACKETS:
            return True
        if self.flow.proto == "udp":
            return bool(self.payload)
        name = names.server_name(self.payload)
        kind = names.service(self.payload, "tcp", self.flow.dst_port)
        return bool(name) or (bool(self.payload) and kind not in ("tls", "http"))


class Flows:
    """Writes the connections that one border's hosts open.

    Args:
        border: the agency's id.
        host: a host's name by its port's interface index; empty where unknown.
        host_of: a host's name by its address; empty where it is none of this border's.
        own: the border's own addresses; questions to its resolver are recorded as such.
    """

    def __init__(
        self,
        border: str,
        journal: Journal,
        host: Callable[[int], str],
        host_of: Callable[[str], str],
        own: Iterable[str] = (),
    ) -> None:
        self._border = border
        self._journal = journal
        self._host = host
        self._host_of = host_of
        self._own = frozenset(str(ip_address(address)) for address in own)
        self._numbers = itertools.count(1)
        self._pending: dict[Tuple, Pending] = {}
        self._known: OrderedDict[Tuple, Pending] = OrderedDict()

    def logged(self, logged: LoggedPacket) -> None:
        """Take one of a connection's first packets."""
        packet = parse_packet(logged.payload)
        if packet is None:
            return
        pending = self._pending.get(packet.direction)
        if pending is None:
            if not self._is_new(packet):
                return
            pending = self._begin(packet.direction, logged)
        self._extend(pending, packet)

    def ended(self, connection: Connection) -> None:
        """Take conntrack's word that a connection has ended."""
        flow = connection.original
        known = self._known.pop(flow, None)
        # A person's host may have gone before its connections are forgotten.
        host = known.host if known is not None else self._host_of(flow.src)
        if not host or flow.dst in self._own:
            return
        if flow in self._pending:
            self._write_first(flow)
        uid = known.uid if known is not None else self._uid()
        self._write_end(connection, uid, host)

    def flush(self, before: float) -> None:
        """Write every connection that began before a time and has waited for its name."""
        for flow in [flow for flow, pending in self._pending.items() if pending.ts <= before]:
            self._write_first(flow)

    def _is_new(self, packet: Packet) -> bool:
        known = self._known.get(packet.direction)
        if known is None:
            return True
        # The end of the connection that had these ports before may have been missed.
        return packet.opening and self._journal.now() - known.ts > _SAME_SECONDS

    def _begin(self, flow: Tuple, logged: LoggedPacket) -> Pending:
        ts = logged.ts or self._journal.now()
        window = self._journal.window_at(ts)
        pending = Pending(ts, self._uid(), flow, self._host(logged.link), window)
        self._pending[flow] = pending
        self._known[flow] = pending
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return pending

    def _extend(self, pending: Pending, packet: Packet) -> None:
        pending.packets += 1
        pending.payload = (pending.payload + packet.payload)[:_NAME_BYTES]
        if pending.told:
            self._write_first(pending.flow)

    def _uid(self) -> str:
        return f"C{self._border}{next(self._numbers):x}"

    def _write_first(self, flow: Tuple) -> None:
        pending = self._pending.pop(flow)
        payload, pending.payload = pending.payload, b""
        fields = {
            **_ends(flow),
            "ts": pending.ts,
            "uid": pending.uid,
            "service": names.service(payload, flow.proto, flow.dst_port),
            "event": "first",
            "border": self._border,
            "host": pending.host,
            "server_name": names.server_name(payload),
            "window": pending.window,
        }
        self._journal.write("flows", FlowRecord.model_validate(fields))

    def _write_end(self, connection: Connection, uid: str, host: str) -> None:
        now = self._journal.now()
        stop = connection.stop or now
        fields = {
            **_ends(connection.original),
            "ts": now,
            "uid": uid,
            "duration": max(0.0, stop - connection.start) if connection.start else None,
            "event": "end",
            "border": self._border,
            "host": host,
            "window": self._journal.window,
        }
        if connection.original_count is not None:
            fields["orig_pkts"], fields["orig_bytes"] = connection.original_count
        if connection.reply_count is not None:
            fields["resp_pkts"], fields["resp_bytes"] = connection.reply_count
        self._journal.write("flows", FlowRecord.model_validate(fields))


def _ends(flow: Tuple) -> dict[str, str | int | float | None]:
    return {
        "id.orig_h": flow.src,
        "id.orig_p": flow.src_port,
        "id.resp_h": flow.dst,
        "id.resp_p": flow.dst_port,
        "proto": flow.proto,
    }

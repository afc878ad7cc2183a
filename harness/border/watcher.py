"""The sockets behind one border's connection records: first packets, and ends."""

from __future__ import annotations

import asyncio
import socket

from harness.border import conntrack, netlink, rules
from harness.border.flows import NAME_SECONDS, Flows
from harness.border.journal import Journal
from harness.border.netns import Namespace
from harness.border.nflog import PacketLog

_EVENT_BUFFER = 4 << 20
_READ = 1 << 18
_BURST = 32


class Watcher:
    """Reads first packets and ends of connections, and counts what it missed.

    Args:
        border: the agency's id.
        flows: writes the records.
    """

    def __init__(self, border: str, namespace: Namespace, flows: Flows, journal: Journal) -> None:
        self._border = border
        self._flows = flows
        self._journal = journal
        self._namespace = namespace
        self._log = PacketLog(namespace, rules.LOG_GROUP, rules.SNAPSHOT, flows.logged, self._lost_packets)
        self._ends = netlink.open_netlink(namespace, groups=(conntrack.DESTROY_GROUP,), buffer=_EVENT_BUFFER)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._log.channel, self._log.read)
        loop.add_reader(self._ends, self._read_ends)

    def flush(self, *, all: bool = False) -> None:
        """Write the connections that need not wait for a name any longer, or all of them."""
        self._log.read()
        self._flows.flush(self._journal.now() - (0.0 if all else NAME_SECONDS))

    def finish(self) -> None:
        """Write what is still there: connections that have begun, and those that go on."""
        self.flush(all=True)
        self._read_ends()
        with self._open_lookup() as lookup:
            for connection in conntrack.all_connections(lookup):
                self._flows.ended(connection)

    def close(self) -> None:
        """Stop reading."""
        for channel in (self._log.channel, self._ends):
            asyncio.get_running_loop().remove_reader(channel)
            channel.close()

    def _open_lookup(self) -> socket.socket:
        lookup = netlink.open_netlink(self._namespace, buffer=1 << 20)
        lookup.settimeout(5.0)
        return lookup

    def _read_ends(self) -> None:
        for _ in range(_BURST):
            try:
                data = self._ends.recv(_READ)
            except BlockingIOError:
                return
            except OSError as error:
                if not netlink.lost_some(error):
                    raise
                # The kernel says that events are missing, never how many.
                self._journal.lost(self._border, "connection_ends", 1, listed=True)
                continue
            for message in netlink.messages(data):
                connection = conntrack.parse(message.body[4:]) if message.kind == conntrack.DELETE else None
                if connection is not None:
                    self._flows.ended(connection)

    def _lost_packets(self, count: int) -> None:
        self._journal.lost(self._border, "first_packets", count, listed=True)

"""A host of the embedded runtime: a network namespace, its addresses, and a jail."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import dns.exception
import dns.message
import dns.rdatatype

from harness.runtimes.embedded import process
from harness.runtimes.embedded.forking import ForkServer
from harness.runtimes.embedded.jail import Jail
from harness.runtimes.embedded.links import HostLink
from harness.runtimes.embedded.netns import Namespace

Start = Callable[..., Awaitable[process.JailedProcess]]
"""`process.start`, or a fork server's `fork`."""

_DNS_SECONDS = 3.0
_TYPES = {socket.AF_INET: dns.rdatatype.A, socket.AF_INET6: dns.rdatatype.AAAA}


@dataclass(eq=False)
class EmbeddedHost:
    """Implements `harness.protocols.Host`.

    Args:
        name: unique in the run; also what evidence calls the border's port.
        agency: the agency's id.
        addresses: IPv4, then IPv6.
        namespace: where its sockets live.
        link: its link to the border.
        jail: what its programs see of the machine.
        on_line: receives the output of its programs: host, agency, stream, line.
    """

    name: str
    agency: str
    addresses: tuple[str, ...]
    namespace: Namespace
    link: HostLink
    jail: Jail
    on_line: Callable[[str, str, str, str], None]
    processes: list[process.JailedProcess] = field(default_factory=list)

    def open_socket(self, family: int, type: int, proto: int = 0) -> socket.socket:
        """Return a new non-blocking socket that lives on this host."""
        return self.namespace.open_socket(family, type, proto)

    async def resolve(self, name: str, family: int = socket.AF_UNSPEC) -> list[str]:
        """Ask the agency's resolver for the addresses of ``name``, IPv4 first.

        Raises:
            socket.gaierror: the name does not exist, has no address, or nobody answered.
        """
        families = [socket.AF_INET, socket.AF_INET6] if family == socket.AF_UNSPEC else [family]
        found = [address for kind in families for address in await self._look_up(name, kind)]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, f"no address for {name}")
        return found

    async def _look_up(self, name: str, family: int) -> list[str]:
        wanted = _TYPES[socket.AddressFamily(family)]
        question = dns.message.make_query(name, wanted)
        loop = asyncio.get_running_loop()
        with self.open_socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            await loop.sock_connect(channel, (self.link.gateways[0], 53))
            try:
                async with asyncio.timeout(_DNS_SECONDS):
                    await loop.sock_sendall(channel, question.to_wire())
                    answer = dns.message.from_wire(await loop.sock_recv(channel, 4096))
            except (TimeoutError, OSError, dns.exception.DNSException) as error:
                raise socket.gaierror(socket.EAI_AGAIN, f"no answer for {name}: {error}") from error
        records = [record for rrset in answer.answer if rrset.rdtype == wanted for record in rrset]
        return [str(record.to_text()) for record in records]

    async def spawn(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        stop_signal: str = "TERM",
    ) -> process.JailedProcess:
        """Start a program on this host, jailed.

        Raises:
            ProductError: the jail could not be made.
        """
        return await self._start(process.start, argv, environment or {}, stop_signal)

    async def fork(
        self, server: ForkServer, argv: Sequence[str], environment: Mapping[str, str], stop_signal: str
    ) -> process.JailedProcess:
        """Start what a fork server has imported, jailed just so.

        Args:
            server: the fork server of the product.
            argv: what the program's ``run`` is given.
            environment: variables beside the jail's own.
            stop_signal: name of the signal that asks it to stop, such as ``TERM``.

        Raises:
            ProductError: the jail could not be made.
        """
        return await self._start(server.fork, argv, environment, stop_signal)

    async def _start(
        self, start: Start, argv: Sequence[str], environment: Mapping[str, str], stop_signal: str
    ) -> process.JailedProcess:
        self.jail.prepare()
        started = await start(
            self.jail,
            self.namespace.path,
            argv,
            environment,
            on_line=lambda stream, line: self.on_line(self.name, self.agency, stream, line),
            stop_signal=stop_signal,
        )
        self.processes.append(started)
        return started

    async def end(self) -> None:
        """End every process of this host; return when none is left."""
        async with asyncio.TaskGroup() as group:
            for running in self.processes:
                group.create_task(running.kill())
        self.processes.clear()

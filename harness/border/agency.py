"""One agency's border, live: its rules, recorder and resolver."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from harness.border import rules
from harness.border.counters import TableReader
from harness.border.flows import Flows
from harness.border.journal import Journal
from harness.border.netns import Namespace
from harness.border.nftables import load_rules
from harness.border.probing import probe_records, refuse_unlisted
from harness.border.recorder import Recorder
from harness.border.resolver import Resolver, World
from harness.border.watcher import Watcher
from harness.errors import BorderError
from harness.model.border import AddPort, BorderPlan, Probe

SETTINGS = {
    "ipv4/conf/all/rp_filter": "1",
    "ipv4/conf/default/rp_filter": "1",
    "ipv4/conf/all/send_redirects": "0",
    "ipv4/conf/default/send_redirects": "0",
    "ipv4/conf/all/accept_redirects": "0",
    "ipv6/conf/all/accept_redirects": "0",
    "netfilter/nf_conntrack_acct": "1",
    "netfilter/nf_conntrack_timestamp": "1",
    "netfilter/nf_conntrack_events": "1",
    # A connection whose start no border saw is not taken up in its middle.
    "netfilter/nf_conntrack_tcp_loose": "0",
    "netfilter/nf_conntrack_tcp_timeout_time_wait": "30",
}
FORWARDING = {"ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1"}


class AgencyBorder:
    """A border of the running world.

    Args:
        plan: the border.
        rows: the bound on each set of a port's ledger.
        far: reads the tables at the uplink's far end.
        world: what all resolvers share.
    """

    def __init__(self, plan: BorderPlan, rows: int, far: TableReader, world: World, journal: Journal) -> None:
        self.plan = plan
        self._rows = rows
        self._far = far
        self._journal = journal
        self.namespace = Namespace(plan.namespace)
        self._hosts: dict[str, str] = {}
        self._resolver = Resolver(plan.agency, plan.addresses, self.namespace, world, journal, self._hosts)
        self._recorder: Recorder | None = None
        self._watcher: Watcher | None = None

    def secure(self) -> None:
        """Load the rules that drop what they cannot list, and begin to record."""
        # One host that fills its own ledger must leave room in the one that all share.
        load_rules(self.namespace, rules.border_rules(self.plan.addresses, self._rows * 2))
        self.namespace.set(SETTINGS)
        self._recorder = Recorder(self.plan, self.namespace, self._far, self._journal)
        self._recorder.begin()
        flows = Flows(
            self.plan.agency,
            self._journal,
            host=self._recorder.host,
            host_of=lambda address: self._hosts.get(address, ""),
            own=self.plan.addresses,
        )
        self._watcher = Watcher(self.plan.agency, self.namespace, flows, self._journal)

    async def open(self) -> None:
        """Start the resolver, then let packets through."""
        try:
            await self._resolver.start()
        except OSError as error:
            raise BorderError(
                f"the resolver cannot listen: {error.strerror}",
                where=self.plan.agency,
                cure="give the border its addresses, and leave port 53 there to it",
            ) from error
        self.namespace.set(FORWARDING)

    def add_port(self, port: AddPort) -> None:
        """Load the ledger of a host's port that is still down."""
        if port.port in self.recorder.ports:
            raise BorderError("the port has a ledger already", where=port.port, cure="remove it first")
        try:
            index = self.namespace.index(rules.checked_port(port.port))
        except OSError as error:
            raise BorderError(
                "there is no such port", where=f"{self.plan.agency} {port.port}", cure="make the link first"
            ) from error
        load_rules(self.namespace, rules.port_rules(port, index, self._rows))
        self.recorder.add(port, index)
        self._hosts.update({str(ip_address(address)): port.host for address in port.addresses})

    def remove_port(self, name: str) -> None:
        """Write a port's last rows; whatever it still sends is dropped and counted."""
        port = self.recorder.ports.get(name)
        if port is None:
            raise self._no_port(name)
        load_rules(self.namespace, rules.stop_port(name, port.index))
        self.recorder.retire(name)
        for address in port.plan.addresses:
            self._hosts.pop(str(ip_address(address)), None)
        load_rules(self.namespace, rules.drop_port_rows(name))

    def fault(self, kind: str, networks: Iterable[str]) -> None:
        """Cut the internet or the whole uplink, or heal both."""
        load_rules(self.namespace, rules.fault_rules(kind, networks))

    def probe(self, sent: Probe) -> None:
        """Record whether everything that a probe sent was listed.

        Raises:
            BorderError: something was not.
        """
        port = self.recorder.ports.get(sent.port)
        if port is None:
            raise self._no_port(sent.port)
        self.recorder.dump()
        rows = port.ledger.rows()
        asked = frozenset(self._resolver.probed.get(sent.name.lower(), ()))
        records = probe_records(sent, rows, asked, self._journal.now())
        for record in records:
            self._journal.write("coverage", record)
        refuse_unlisted(records)

    @property
    def recorder(self) -> Recorder:
        """The border's recorder.

        Raises:
            BorderError: the border has no rules yet.
        """
        if self._recorder is None:
            raise BorderError("the border is not secured", where=self.plan.agency, cure="secure it first")
        return self._recorder

    def dump(self) -> int:
        """Write what grew since the last dump; return how many ledger rows did."""
        if self._watcher is not None:
            self._watcher.flush()
        return self.recorder.dump()

    def mark(self) -> None:
        """Write all that belongs to the window that ends."""
        if self._watcher is not None:
            self._watcher.flush()
        self.recorder.count()

    def end(self) -> None:
        """Write the last of everything."""
        if self._watcher is not None:
            self._watcher.finish()
        self.recorder.end()

    def _no_port(self, name: str) -> BorderError:
        return BorderError("there is no such port", where=f"{self.plan.agency} {name}", cure="add it first")

    def close(self) -> None:
        """Stop answering and let go of the namespace."""
        self._resolver.close()
        if self._watcher is not None:
            self._watcher.close()
        if self._recorder is not None:
            self._recorder.close()
        self.namespace.close()

"""What a runtime and the border program say to each other.

The border program (``python -m harness.border``) reads one JSON object a line on its
standard input and answers one JSON object a line on its standard output. The first line
is a ``WorldPlan``; every further line is a ``Command``, answered by a ``Reply`` with the
same ``id``. End of input means: stop recording, dump, end.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.model.base import Record

UPLINK = "up0"
"""The name of every border's interface towards the backbone."""


class BorderPlan(Record):
    """One border's place: a network namespace whose links are still down.

    Args:
        agency: the agency's id.
        namespace: path of the network namespace, such as ``/run/netns/alfa``.
        addresses: the border's own IPv4 and IPv6 address towards its hosts; its resolver
            listens there, on port 53.
        networks: the agency's IPv4 and IPv6 network, in CIDR form.
        far_namespace: path of the namespace at the uplink's far end.
        far_port: the interface there, where the independent count is taken.
    """

    agency: str
    namespace: str
    addresses: tuple[str, str]
    networks: tuple[str, str]
    far_namespace: str
    far_port: str


class ZoneRecord(Record):
    """One name that the resolvers answer for."""

    name: str
    addresses: tuple[str, ...] = ()
    srv_port: int | None = Field(default=None, description="SRV: port; then ``target`` is set too")
    target: str = ""


class WorldPlan(Record):
    """All borders that one border program serves, and the simulated internet.

    Args:
        evidence: the run folder's ``evidence/`` folder.
        internet: path of the sinkhole's network namespace.
        domains: the domains that the zone is the authority for.
        pools: IPv4 and IPv6 networks from which unknown names get an address each.
        port_rows: how many rows a host's ledger of tries may hold, per kind of row.
        sinkhole_ca: folder with the sinkhole's own CA, apart from the agencies'
            (``ca.pem`` and ``ca.key``, both PEM).
    """

    evidence: str
    borders: tuple[BorderPlan, ...]
    internet: str
    domains: tuple[str, ...]
    pools: tuple[str, str] = ("198.18.0.0/15", "fd99::/64")
    port_rows: int = 8192
    sinkhole_ca: str


class Secure(Record):
    """Load drop policies and ledgers, before any link is up."""

    do: Literal["secure"] = "secure"


class Open(Record):
    """Links and addresses are there: start resolvers and sinkhole, then forward."""

    do: Literal["open"] = "open"


class AddPort(Record):
    """A host's link exists, still down: load its ledger and pin its addresses."""

    do: Literal["add_port"] = "add_port"
    agency: str
    port: str = Field(
        description="interface in the border's namespace where this host's frames arrive, and no other's"
    )
    host: str = Field(description="the host's name in evidence")
    mac: str = Field(description="the host side's MAC address")
    addresses: tuple[str, ...]


class RemovePort(Record):
    """The host's processes have ended: dump its rows, then take its ledger down."""

    do: Literal["remove_port"] = "remove_port"
    agency: str
    port: str


class SetZone(Record):
    """Replace the resolvers' zone."""

    do: Literal["set_zone"] = "set_zone"
    records: tuple[ZoneRecord, ...]


class Mark(Record):
    """Dump every ledger now, then name the window that begins."""

    do: Literal["mark"] = "mark"
    window: str


class Fault(Record):
    """Cut the simulated internet off, cut the whole uplink, or heal both."""

    do: Literal["fault"] = "fault"
    agency: str
    kind: Literal["cut", "partition", "heal"]


class Probe(Record):
    """Before the first product: say whether everything that a probe sent was listed.

    The border looks into its ledger of tries for one TCP opening, one UDP packet and one
    ICMP packet by each family from ``port``, and into its resolver's record for a look-up
    of ``name`` by each family; it writes a coverage record for each and refuses where one
    is missing.
    """

    do: Literal["probe"] = "probe"
    agency: str
    port: str
    addresses: tuple[str, str] = Field(description="the IPv4 and IPv6 address that were sent to")
    name: str


class Finish(Record):
    """Every host has ended: dump until two dumps agree, record the end."""

    do: Literal["finish"] = "finish"


AnyCommand = Annotated[
    Secure | Open | AddPort | RemovePort | SetZone | Mark | Fault | Probe | Finish,
    Field(discriminator="do"),
]


class Command(Record):
    """One command with its number."""

    id: int
    command: AnyCommand


class Reply(Record):
    """The answer to a command: done, or what went wrong, where, and the cure."""

    id: int
    ok: bool
    what: str = ""
    where: str = ""
    cure: str = ""

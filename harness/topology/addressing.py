"""Who has which address: a pure function of an agency's place in the file and a count.

=====================  =======================  ==========================
what                   IPv4                     IPv6
=====================  =======================  ==========================
agency ``k``'s LAN     ``10.(k+1).0.0/16``      ``fd00:(k+1)::/64``
its border             ``.0.1``                 ``::1``
its operator host      ``.0.2``                 ``::2``
its services           ``.1.1`` to ``.15.254``  the same sixteen bits
its persons            ``.16.1`` and up         the same sixteen bits
uplink of agency k     ``100.64.0.0/16``, /30   ``fd64::/64``, /126
simulated internet     the first /30 of these   the first /126 of these
=====================  =======================  ==========================

The ranges are private (RFC 1918), shared (RFC 6598) and unique local (RFC 4193), so an
address here is nobody's outside, and none of them is in the sinkhole's pools.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import NamedTuple

from harness.errors import CannotRun

MAX_AGENCIES = 200
_PER_ROW = 254
_FIRST_SERVICE_ROW = 1
_FIRST_PERSON_ROW = 16
_ROWS = 256
_UPLINKS4 = IPv4Address("100.64.0.0")
_UPLINKS6 = IPv6Address("fd64::")

MAX_SERVICES = (_FIRST_PERSON_ROW - _FIRST_SERVICE_ROW) * _PER_ROW
"""How many service hosts an agency can have."""
MAX_PERSONS = (_ROWS - _FIRST_PERSON_ROW) * _PER_ROW
"""How many persons' hosts an agency can have in one run; none is used twice."""


class Pair(NamedTuple):
    """An IPv4 and an IPv6 address, or network in CIDR form."""

    ipv4: str
    ipv6: str


@dataclass(frozen=True)
class Link:
    """A point-to-point link with the backbone at its near end.

    Args:
        networks: the link's IPv4 /30 and IPv6 /126.
        backbone: the backbone's addresses on it.
        far: the addresses of the other end: a border, or the simulated internet.
    """

    networks: Pair
    backbone: Pair
    far: Pair


@dataclass(frozen=True)
class AgencyAddresses:
    """The addresses of one agency.

    Args:
        agency: the agency's id, for messages.
        index: the agency's place in the federation file, from 0.
    """

    agency: str
    index: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < MAX_AGENCIES:
            raise CannotRun(
                f"there are addresses for {MAX_AGENCIES} agencies only",
                where=self.agency,
                cure="split the federation file into several runs",
            )

    @property
    def networks(self) -> Pair:
        """The LAN's networks."""
        return Pair(str(self._network4), str(self._network6))

    @property
    def border(self) -> Pair:
        """The border's addresses towards its hosts; the resolver listens there."""
        return self._host(1)

    @property
    def operator(self) -> Pair:
        """The harness's own host."""
        return self._host(2)

    def service(self, ordinal: int) -> Pair:
        """Return the addresses of the service host number ``ordinal``, from 0.

        Raises:
            CannotRun: the agency has more services than addresses for them.
        """
        self._refuse_beyond(ordinal, MAX_SERVICES, "service")
        return self._host(_number(_FIRST_SERVICE_ROW, ordinal))

    def person(self, ordinal: int) -> Pair:
        """Return the addresses of the person's host number ``ordinal``, from 0.

        Raises:
            CannotRun: the run has made more persons than there are addresses.
        """
        self._refuse_beyond(ordinal, MAX_PERSONS, "person")
        return self._host(_number(_FIRST_PERSON_ROW, ordinal))

    @property
    def _network4(self) -> IPv4Network:
        return IPv4Network(f"10.{self.index + 1}.0.0/16")

    @property
    def _network6(self) -> IPv6Network:
        return IPv6Network(f"fd00:{self.index + 1:x}::/64")

    def _host(self, number: int) -> Pair:
        return Pair(str(self._network4[number]), str(self._network6[number]))

    def _refuse_beyond(self, ordinal: int, limit: int, kind: str) -> None:
        if not 0 <= ordinal < limit:
            raise CannotRun(
                f"the agency has addresses for {limit} {kind} hosts in a run, and all are used",
                where=self.agency,
                cure="run fewer scenarios at a time, for example with --repeat in several runs",
            )


@dataclass(frozen=True)
class AddressPlan:
    """The addresses of a whole federation.

    Args:
        agencies: the agencies' ids, in the file's order.
    """

    agencies: tuple[str, ...]

    @classmethod
    def of(cls, agencies: Sequence[str]) -> AddressPlan:
        """Return the plan for the agencies of a federation, in the file's order."""
        return cls(tuple(agencies))

    def agency(self, agency: str) -> AgencyAddresses:
        """Return one agency's addresses."""
        return AgencyAddresses(agency, self.agencies.index(agency))

    def uplink(self, agency: str) -> Link:
        """Return the link between an agency's border and the backbone."""
        return _link(self.agency(agency).index + 1)

    @property
    def internet(self) -> Link:
        """The link between the simulated internet and the backbone."""
        return _link(0)


class HostAllocator:
    """Hands out an agency's host addresses in order, each at most once in a run."""

    def __init__(self, addresses: AgencyAddresses) -> None:
        self._addresses = addresses
        self._services = 0
        self._persons = 0

    def service(self) -> Pair:
        """Return the next service host's addresses.

        Raises:
            CannotRun: none is left.
        """
        pair = self._addresses.service(self._services)
        self._services += 1
        return pair

    def person(self) -> Pair:
        """Return the next person's addresses.

        Raises:
            CannotRun: none is left.
        """
        pair = self._addresses.person(self._persons)
        self._persons += 1
        return pair


def _number(first_row: int, ordinal: int) -> int:
    row, column = divmod(ordinal, _PER_ROW)
    return (first_row + row) * _ROWS + 1 + column


def _link(block: int) -> Link:
    base4, base6 = _UPLINKS4 + 4 * block, _UPLINKS6 + 4 * block
    return Link(
        networks=Pair(f"{base4}/30", f"{base6}/126"),
        backbone=Pair(str(base4 + 1), str(base6 + 1)),
        far=Pair(str(base4 + 2), str(base6 + 2)),
    )

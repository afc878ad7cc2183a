"""What the resolvers are the authority for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_address, ip_network

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from harness.errors import BorderError
from harness.model.border import ZoneRecord

_SRV_PRIORITY = 10
_SRV_WEIGHT = 5
_LOCALHOST = ("127.0.0.1", "::1")

Answers = dict[dns.rdatatype.RdataType, list[dns.rdata.Rdata]]


class Zone:
    """Names and their records; names that lie between others exist too (RFC 4592 §2.2.2).

    Args:
        domains: every name at or below one of these is answered from here only.
        records: the names.
        networks: the agencies' networks: nobody outside is asked about their addresses.

    Raises:
        BorderError: a record is not a legal name, address or port.
    """

    def __init__(
        self, domains: Sequence[str], records: Iterable[ZoneRecord] = (), networks: Iterable[str] = ()
    ) -> None:
        self._names: dict[dns.name.Name, Answers] = {}
        self._domains = [_name(domain) for domain in domains]
        localhost = _name("localhost")
        self._domains.append(localhost)
        self._domains += [reverse for network in networks for reverse in _reverse(network)]
        self._add(ZoneRecord(name="localhost", addresses=_LOCALHOST))
        for record in records:
            self._add(record)

    def owns(self, name: dns.name.Name) -> bool:
        """Say whether the zone is the authority for ``name``."""
        return any(name.is_subdomain(domain) for domain in self._domains)

    def find(self, name: dns.name.Name) -> Answers | None:
        """Return a name's records by type; ``None`` when there is no such name."""
        return self._names.get(name)

    def _add(self, record: ZoneRecord) -> None:
        name = _name(record.name)
        answers = self._names.setdefault(name, {})
        try:
            for rdata in _rdatas(record):
                answers.setdefault(rdata.rdtype, []).append(rdata)
        except (ValueError, dns.exception.DNSException) as error:
            raise _wrong(record.name, error) from error
        while len(name) > 2:
            name = name.parent()
            if not self.owns(name):
                return
            self._names.setdefault(name, {})


def _rdatas(record: ZoneRecord) -> list[dns.rdata.Rdata]:
    found = [
        dns.rdata.from_text(dns.rdataclass.IN, "A" if address.version == 4 else "AAAA", str(address))
        for address in map(ip_address, record.addresses)
    ]
    if record.srv_port is not None:
        data = f"{_SRV_PRIORITY} {_SRV_WEIGHT} {record.srv_port} {_name(record.target)}"
        found.append(dns.rdata.from_text(dns.rdataclass.IN, "SRV", data))
    return found


def _reverse(network: str) -> list[dns.name.Name]:
    address, _, width = str(ip_network(network)).partition("/")
    step = 8 if ip_network(network).version == 4 else 4
    labels = ip_address(address).reverse_pointer.split(".")
    total = (32 if step == 8 else 128) // step
    return [_name(".".join(labels[total - int(width) // step :]))]


def _name(text: str) -> dns.name.Name:
    try:
        return dns.name.from_text(text)
    except dns.exception.DNSException as error:
        raise _wrong(text, error) from error


def _wrong(name: str, error: Exception) -> BorderError:
    return BorderError(
        f"a name of the zone is not legal: {error}",
        where=name,
        cure="correct the service's names and addresses",
    )

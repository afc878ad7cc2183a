"""The DNS records that a service's specification asks for. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.model.border import ZoneRecord
from harness.protocols import ServiceSpec


def zone_records(
    domain: str, specs: Sequence[ServiceSpec], addresses: Mapping[str, tuple[str, ...]]
) -> list[ZoneRecord]:
    """Return address and SRV records (RFC 2782) for the hosts of one service.

    Args:
        domain: the agency's domain.
        specs: the service's processes.
        addresses: IPv4 and IPv6 address by role.
    """
    records: list[ZoneRecord] = []
    for spec in specs:
        canonical = host_name(domain, spec)
        names = dict.fromkeys([canonical, *(_qualify(domain, name) for name in spec.names)])
        records += [ZoneRecord(name=name, addresses=addresses[spec.role]) for name in names]
        ports = {port.name: port.port for port in spec.ports}
        records += [
            ZoneRecord(name=_qualify(domain, service), srv_port=ports[port], target=canonical)
            for service, port in spec.srv.items()
        ]
    return records


def host_name(domain: str, spec: ServiceSpec) -> str:
    """Return the name that a service's host is known by."""
    return f"{spec.role}.{domain}"


def _qualify(domain: str, name: str) -> str:
    return f"{name}.{domain}" if name else domain

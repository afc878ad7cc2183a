"""What the dated catalogue and the policy know of a destination."""

from __future__ import annotations

from collections.abc import Iterable

from harness.checks.classify import networks
from harness.checks.registry import parse_address
from harness.model.inputs import DestinationCatalogue, DestinationEntry
from harness.model.policy import AcceptedDestination


def matches(pattern: str, name: str) -> bool:
    """Say whether a host pattern covers a name; ``*.example.org`` covers all names below.

    >>> matches("*.example.org", "a.b.example.org"), matches("*.example.org", "example.org")
    (True, False)
    """
    pattern, name = pattern.rstrip(".").lower(), name.rstrip(".").lower()
    if pattern.startswith("*."):
        return name.endswith(pattern[1:]) and len(name) > len(pattern) - 1
    return bool(name) and pattern == name


def entry_for(catalogue: DestinationCatalogue, name: str, product: str) -> DestinationEntry | None:
    """Return what the catalogue holds on a name, the product's own entry before any other."""
    found = [e for e in catalogue.entries if any(matches(host, name) for host in e.hosts)]
    return next((e for e in found if is_of(e, product)), found[0] if found else None)


def is_of(entry: DestinationEntry, product: str) -> bool:
    """Say whether a catalogue entry is about that product."""
    return bool(product) and product.lower() in entry.product.lower()


def accepted(
    rules: Iterable[AcceptedDestination],
    name: str,
    address: str,
    port: int | None,
    *,
    any_port: bool = False,
) -> AcceptedDestination | None:
    """Return the exception of the policy that covers a destination, if any.

    Args:
        name: a name that a resolver handed out or was asked for; never one that only the
            sender claimed.
        port: a rule with a port covers that port only.
        any_port: the port plays no part, as for the look-up before a connection.
    """
    covering = (rule for rule in rules if any_port or rule.port in (None, port))
    return next((rule for rule in covering if _covers(rule, name, address)), None)


def _covers(rule: AcceptedDestination, name: str, address: str) -> bool:
    network = networks(rule.destination)
    if network is None:
        return matches(rule.destination, name)
    parsed = parse_address(address)
    return parsed is not None and parsed.version == network.version and parsed in network

"""What ``fedharness up`` tells: where each service is reached, by whom, and which links break.

Everything stands in lines of its own, never in a table: an address or a password that was
cut off at the edge of a terminal is of no use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.protocols import Account
from harness.reports.texts import Texts

_BY_CLIENTS = {"Matrix": ("discovery", "browser_pages", "matrix_to", "media")}
"""What else is to be known, by the kind of clients that a product has."""


@dataclass(frozen=True)
class Visited:
    """A service that persons can use from the host.

    Args:
        agency: the agency's name, as a person reads it.
        name: the service, as ``agency/key``.
        domain: the agency's domain.
        clients: whose clients the product takes, such as ``Matrix``; empty where it is not said.
        url: where it is on the host; empty where it has no port for persons.
        accounts: who may log in.
    """

    agency: str
    name: str
    domain: str
    clients: str
    url: str
    accounts: Sequence[Account]


def welcome(visited: Sequence[Visited], texts: Texts) -> Iterator[str]:
    """Yield the lines, to be printed as they are."""
    for service in visited:
        yield from _service(service, texts)
    if visited:
        yield texts.text("up.links", domain=visited[0].domain)
        yield from (f"  {texts.text(f'up.{note}', domain=visited[0].domain)}" for note in _notes(visited))
    yield texts.text("up.end")


def _service(service: Visited, texts: Texts) -> Iterator[str]:
    place = {"agency": service.agency, "service": service.name}
    if not service.url:
        yield texts.text("up.closed", **place)
        return
    yield texts.text("up.address", address=service.url, **place)
    if service.clients:
        yield f"  {texts.text('up.clients', clients=service.clients, address=service.url)}"
    for account in service.accounts:
        yield f"  {texts.text('up.account', user=account.user_id, password=account.password)}"


def _notes(visited: Sequence[Visited]) -> list[str]:
    kinds = dict.fromkeys(service.clients for service in visited)
    return [*(note for kind in kinds for note in _BY_CLIENTS.get(kind, ())), "outside"]

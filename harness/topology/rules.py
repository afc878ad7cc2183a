"""What has to hold between the parts of a federation file; pure, and tolerant of wrong types.

The rules look at the plain values, so that they report together with every wrong type.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from ipaddress import ip_network
from itertools import chain, islice
from typing import Any

from harness.topology.explain import suggestion
from harness.topology.located import MAX_PROBLEMS, KeyPath, Located, Problem

Products = Mapping[str, Collection[str]]
"""Known products, and of each the versions that can be run."""

OWN_QUESTIONS = "own."
"""Ids that begin so are for scenarios of a user's own, which are found later."""

_HOST = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_NAME = 253
_ADDRESS_LIKE = re.compile(r"[0-9./]*|.*:.*")


def broken_rules(
    located: Located, products: Products | None, questions: Collection[str] | None = None
) -> list[Problem]:
    """Return the rules that the file breaks, at most ``MAX_PROBLEMS`` of them.

    Args:
        located: the file's values.
        products: known products and versions; ``None`` leaves products unchecked.
        questions: ids of the question catalogue; ``None`` leaves questions unchecked.
    """
    agencies = _mapping(_mapping(located.value).get("agencies"))
    policy = _mapping(_mapping(located.value).get("policy"))
    found = chain(
        _version_of_format(located),
        _domains(located, agencies),
        _partners(located, agencies),
        _users(located, agencies),
        _accepted(located, policy),
        _must(located, policy, questions),
        _products(located, agencies, products),
    )
    return list(islice(found, MAX_PROBLEMS))


def _version_of_format(located: Located) -> Iterator[Problem]:
    if isinstance(_mapping(located.value).get("fedharness"), bool):
        yield _problem(located, ("fedharness",), "the version of the file format is a number", "write `1`")


def _domains(located: Located, agencies: Mapping[str, Any]) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for name, agency in agencies.items():
        domain = _mapping(agency).get("domain")
        if not isinstance(domain, str) or not domain:
            continue
        if domain in owners:
            what = f"`{domain[:60]}` is already the domain of agency `{owners[domain]}`"
            yield _problem(
                located, ("agencies", name, "domain"), what, "give each agency a domain of its own"
            )
        owners.setdefault(domain, name)
    for domain, name in owners.items():
        outer = next((parent for parent in _parents(domain) if parent in owners), None)
        if outer is not None:
            what = f"`{domain[:60]}` lies inside `{outer}`, the domain of agency `{owners[outer]}`"
            cure = "give the agencies domains beside each other"
            yield _problem(located, ("agencies", name, "domain"), what, cure)


def _parents(domain: str) -> Iterator[str]:
    labels = domain[:_LONGEST_NAME].split(".")
    return (".".join(labels[place:]) for place in range(1, len(labels)))


def _partners(located: Located, agencies: Mapping[str, Any]) -> Iterator[Problem]:
    for name, agency in agencies.items():
        listed = _mapping(agency).get("federates_with")
        seen: set[str] = set()
        for place, partner in enumerate(listed if isinstance(listed, list) else []):
            path: KeyPath = ("agencies", name, "federates_with", place)
            if not isinstance(partner, str):
                continue
            if partner == name:
                yield _problem(located, path, "an agency cannot federate with itself", "take it away")
            elif partner not in agencies:
                what = f"`{partner[:60]}` is no agency of this file"
                yield _problem(located, path, what, suggestion(partner, [a for a in agencies if a != name]))
            elif partner in seen:
                yield _problem(located, path, f"`{partner}` stands twice", "keep one of the two")
            seen.add(partner)


def _users(located: Located, agencies: Mapping[str, Any]) -> Iterator[Problem]:
    for name, agency in agencies.items():
        users = _mapping(agency).get("users")
        seen: set[str] = set()
        for place, user in enumerate(users if isinstance(users, list) else []):
            if isinstance(user, str) and user in seen:
                path: KeyPath = ("agencies", name, "users", place)
                yield _problem(located, path, f"`{user[:60]}` stands twice", "keep one of the two")
            if isinstance(user, str):
                seen.add(user)


def _accepted(located: Located, policy: Mapping[str, Any]) -> Iterator[Problem]:
    accepted = policy.get("accepted")
    for place, entry in enumerate(accepted if isinstance(accepted, list) else []):
        destination = _mapping(entry).get("destination")
        if isinstance(destination, str) and not _is_destination(destination):
            yield _problem(
                located,
                ("policy", "accepted", place, "destination"),
                f"`{destination[:60]}` is no host name, address or network",
                "write it like push.example.org, *.example.org, 192.0.2.1 or 192.0.2.0/24",
            )


def _is_destination(text: str) -> bool:
    if len(text) > _LONGEST_NAME:
        return False
    if not _ADDRESS_LIKE.fullmatch(text):
        return _HOST.fullmatch(text) is not None
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _must(
    located: Located, policy: Mapping[str, Any], questions: Collection[str] | None
) -> Iterator[Problem]:
    """A question that nobody knows is never asked, so that asking for it would buy a pass."""
    if questions is None:
        return
    must = policy.get("must")
    for place, question in enumerate(must if isinstance(must, list) else []):
        if not isinstance(question, str) or question in questions or question.startswith(OWN_QUESTIONS):
            continue
        what = f"`{question[:60]}` is no question of the catalogue, nor of your own (`{OWN_QUESTIONS}…`)"
        yield _problem(located, ("policy", "must", place), what, suggestion(question, questions))


def _products(located: Located, agencies: Mapping[str, Any], products: Products | None) -> Iterator[Problem]:
    if products is None:
        return
    for name, agency in agencies.items():
        for key, service in _mapping(_mapping(agency).get("services")).items():
            product = _mapping(service).get("product")
            version = _mapping(service).get("version")
            path: KeyPath = ("agencies", name, "services", key)
            if not isinstance(product, str):
                continue
            if product not in products:
                what = f"`{product[:60]}` is no product that can be run here"
                yield _problem(located, (*path, "product"), what, suggestion(product, sorted(products)))
            elif isinstance(version, str) and version and version not in products[product]:
                what = f"`{product}` has no version `{version[:60]}` here"
                known = sorted(products[product], key=version_order, reverse=True)
                yield _problem(located, (*path, "version"), what, suggestion(version, known))


def version_order(version: str) -> tuple[tuple[int, ...], bool, str]:
    """Return a sorting key: numbers by value, and a final version after its candidates."""
    numbers = re.match(r"v?([0-9]+(?:\.[0-9]+)*)", version)
    if numbers is None:
        return (), False, version
    rest = version[numbers.end() :]
    return tuple(int(part) for part in numbers[1].split(".")), not rest, rest


def _problem(located: Located, path: KeyPath, what: str, cure: str) -> Problem:
    return Problem(located.line(path), path, what, cure)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

"""Crowds: so many destinations of one kind that they are one finding rather than thousands.

A scan, a flood or a tunnel in look-ups makes a destination of every packet. Where a service
has more than a hundred names below one domain, ports at one place, or bare addresses, they
become one finding about the domain, the place or the whole address space. All evidence
lines stay with it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from harness.checks.codes import Kind
from harness.checks.registry import parse_address
from harness.checks.sighting import Sighting

LIMIT = 100
"""How many destinations stand for themselves."""


def gathered(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Return the sightings, those of a crowd marked as such."""
    found = list(sightings)
    ports = _crowded((_place(s), s.port) for s in found)
    found = [replace(s, any_port=True) if _place(s) in ports else s for s in found]
    names = _crowded((_domain(s), s.name) for s in found if _is_named(s))
    bare = _crowded((_space(s), s.address) for s in found if not s.name)
    return [_marked(s, names, bare) for s in found]


def _crowded(members: Iterable[tuple[Hashable, Hashable]]) -> set[Hashable]:
    crowds: dict[Hashable, set[Hashable]] = {}
    for crowd, member in members:
        crowds.setdefault(crowd, set()).add(member)
    return {crowd for crowd, within in crowds.items() if len(within) > LIMIT}


def _marked(sighting: Sighting, names: set[Hashable], bare: set[Hashable]) -> Sighting:
    if _is_named(sighting) and _domain(sighting) in names:
        return replace(sighting, crowd=f"*.{_parent(sighting.name)}".rstrip("."))
    if not sighting.name and _space(sighting) in bare:
        return replace(sighting, crowd=_whole_space(sighting.address))
    return sighting


def _is_named(sighting: Sighting) -> bool:
    """Say whether a sighting is about a name outside; between agencies, names are those of hosts."""
    return bool(sighting.name) and sighting.kind in (Kind.OUTSIDE, Kind.LOOKUP)


def _source(sighting: Sighting) -> Sequence[str]:
    return sighting.agency, sighting.source.label if sighting.source is not None else ""


def _place(sighting: Sighting) -> Hashable:
    return *_source(sighting), sighting.kind, sighting.name or sighting.address, sighting.proto


def _domain(sighting: Sighting) -> Hashable:
    return *_source(sighting), _parent(sighting.name)


def _space(sighting: Sighting) -> Hashable:
    whole = _whole_space(sighting.address)
    return *_source(sighting), sighting.kind, whole, sighting.key[4], sighting.proto


def _parent(name: str) -> str:
    return name.partition(".")[2]


def _whole_space(address: str) -> str:
    parsed = parse_address(address)
    if parsed is None:
        return "*"
    return "0.0.0.0/0" if parsed.version == 4 else "::/0"

"""Every place that a service can write, as targets of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from harness.protocols import SweepTarget
from harness.runtimes.embedded.service import EmbeddedService


def targets(service: EmbeddedService) -> list[SweepTarget]:
    """Return the stores that the product names, and all else that it can write."""
    writable = service.host.jail.writable()
    named = [(store, _outside(store.path, writable)) for store in service.spec.stores]
    known = [(store, path) for store, path in named if path is not None]
    found = [_target(service, store.name, path, holds=store.holds) for store, path in known]
    taken = [path for _, path in known]
    for inside, outside in writable.items():
        if outside not in taken:
            inner = tuple(path for path in taken if path.is_relative_to(outside))
            found.append(_target(service, inside, outside, exclude=inner))
    return found


def _target(
    service: EmbeddedService,
    store: str,
    path: Path,
    *,
    exclude: tuple[Path, ...] = (),
    holds: tuple[str, ...] = (),
) -> SweepTarget:
    return SweepTarget(
        agency=service.agency, service=service.key, store=store, path=path, exclude=exclude, holds=holds
    )


def _outside(inside: str, writable: Mapping[str, Path]) -> Path | None:
    wanted = PurePosixPath(inside)
    for place, outside in writable.items():
        if wanted.is_relative_to(place):
            return outside / wanted.relative_to(place)
    return None

"""Federations of any size, made on the spot."""

from __future__ import annotations

from harness.model.federation import Agency, Federation, Operator, Service
from harness.products import load_product


def newest_synapse() -> str:
    """Return the version that every benchmark runs."""
    return load_product("synapse").versions[0].version


def federation(agencies: int, *, homeservers: int | None = None, name: str = "bench") -> Federation:
    """Return a federation of hardened agencies.

    Args:
        agencies: how many.
        homeservers: how many of them, from the first, run Synapse; ``None``: all.
        name: short name, a part of the run folder's name.
    """
    real = agencies if homeservers is None else homeservers
    version = newest_synapse()
    own = Operator(kind="own", name="Agency", country="SE")
    chat = {"chat": Service(product="synapse", version=version, operated_by=own)}
    return Federation(
        fedharness=1,
        name=name,
        agencies={
            f"a{number:02}": Agency(
                domain=f"a{number:02}.example", users=("alva",), services=chat if number <= real else {}
            )
            for number in range(1, agencies + 1)
        },
    )

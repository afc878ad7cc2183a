"""Fills a federation's defaults in, so that nothing in a run depends on what was left out."""

from __future__ import annotations

from harness.model.federation import Agency, Federation, Service
from harness.model.policy import Policy
from harness.topology.rules import Products, version_order


def resolve(federation: Federation, products: Products | None = None) -> Federation:
    """Return the federation with every default explicit.

    Args:
        federation: a federation as it was written.
        products: known products and their versions; an empty version becomes the newest
            of them. Without it, empty versions stay.
    """
    agencies = {
        name: agency.model_copy(
            update={
                "name": agency.name or name,
                "federates_with": federation.partners(name),
                "services": _services(agency, products or {}),
            }
        )
        for name, agency in federation.agencies.items()
    }
    policy = federation.policy.model_copy(update={"rests": {**Policy().rests, **federation.policy.rests}})
    return federation.model_copy(update={"agencies": agencies, "policy": policy})


def _services(agency: Agency, products: Products) -> dict[str, Service]:
    return {
        key: service.model_copy(update={"version": service.version or _newest(service.product, products)})
        for key, service in agency.services.items()
    }


def _newest(product: str, products: Products) -> str:
    return max(products.get(product, ()), key=version_order, default="")

"""Where planted words came to rest, against what the policy lets rest where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harness.checks.codes import Kind
from harness.checks.registry import HostLife, Registry
from harness.checks.sighting import Sighting
from harness.checks.stores import Hit, Stores
from harness.model.evidence import CanaryRecord
from harness.model.federation import Federation
from harness.model.result import DestinationClass, Residency
from harness.model.verdict import Verdict


def may_rest(canary: CanaryRecord, agency: str, federation: Federation) -> bool:
    """Say whether the policy lets a planted word rest at an agency.

    A data class that the policy is silent about may rest at its owner's only.
    """
    places = {str(name): place for name, place in federation.policy.rests.items()}
    place = places.get(canary.data_class, "owner")
    if place == "nowhere":
        return False
    if agency == canary.owner:
        return True
    if place == "participants":
        return agency in canary.participants
    return place == "partners" and agency in federation.partners(canary.owner)


def residency(
    stores: Stores, canaries: Mapping[str, CanaryRecord], federation: Federation
) -> list[Residency]:
    """Return one row for each word, store, form and place, of the last sweep that found it.

    A store that cannot be judged has one row without a word, and the verdict ``unknown``.
    """
    rows: dict[tuple[str, ...], Residency] = {}
    for _, hit in stores.hits:
        canary = canaries.get(hit.canary)
        if canary is not None:
            key = (hit.agency, hit.service, hit.store, hit.canary, hit.form, hit.place)
            allowed = may_rest(canary, hit.agency, federation)
            rows[key] = _row(
                canary, (hit.agency, hit.service, hit.store), hit.form, hit.place, hit.sweep, allowed
            )
    return [rows[key] for key in sorted(rows)] + list(_opaque(stores))


def _row(
    canary: CanaryRecord, store: tuple[str, str, str], form: str, place: str, sweep: str, allowed: bool
) -> Residency:
    agency, service, name = store
    fields = {
        "canary": canary.canary,
        "class": canary.data_class,
        "owner": canary.owner,
        "agency": agency,
        "service": service,
        "store": name,
        "form": form,
        "place": place,
        "sweep": sweep,
        "verdict": Verdict.PASS if allowed else Verdict.FAIL,
        "scenario": canary.scenario,
    }
    return Residency.model_validate(fields)


def _opaque(stores: Stores) -> Iterator[Residency]:
    for store in sorted(stores.coverage):
        if stores.obstacle(store) is None:
            continue
        agency, service, name = store
        sweep = stores.coverage[store][-1][1].sweep
        fields = {"canary": "", "class": "", "owner": agency, "agency": agency, "service": service}
        fields |= {"store": name, "form": "", "sweep": sweep, "verdict": Verdict.UNKNOWN}
        yield Residency.model_validate(fields)


def residency_sightings(
    hits: Iterable[Hit],
    canaries: Mapping[str, CanaryRecord],
    federation: Federation,
    registry: Registry,
) -> Iterator[Sighting]:
    """Yield a sighting for each hit where its word may not rest.

    The finding's destination is the store, its port stays empty and its protocol is the
    word's data class.
    """
    for line, hit in hits:
        canary = canaries.get(hit.canary)
        if canary is None or may_rest(canary, hit.agency, federation):
            continue
        yield Sighting(
            kind=Kind.RESIDENCY,
            agency=hit.agency,
            source=_service(registry, hit.agency, hit.service),
            destination_class=_class(canary.owner, hit.agency, federation),
            address="",
            port=None,
            proto=canary.data_class,
            line=line,
            since=hit.ts,
            ts=hit.ts,
            window=canary.scenario,
            name=hit.store,
        )


def _service(registry: Registry, agency: str, service: str) -> HostLife | None:
    found = (v for v in registry.lives if v.role == "service" and (v.agency, v.service) == (agency, service))
    return next(found, None)


def _class(owner: str, agency: str, federation: Federation) -> DestinationClass:
    if agency == owner:
        return "own"
    listed = owner in federation.agencies and agency in federation.partners(owner)
    return "partner" if listed else "unlisted-partner"

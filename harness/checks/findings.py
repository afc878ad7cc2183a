"""Sightings into findings: one for each kind, agency, service and destination."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.checks.catalogue import accepted, entry_for, is_of
from harness.checks.codes import Kind
from harness.checks.detail import Detail, Details
from harness.checks.ids import finding_id, references
from harness.checks.sighting import Sighting
from harness.model.inputs import Inputs
from harness.model.policy import AcceptedDestination
from harness.model.result import Attribution, Destination, Finding
from harness.model.verdict import Verdict

DESTINATIONS = "egress.destinations"
LOOKUPS = "egress.lookups"
_BETWEEN_AGENCIES = ("own", "partner", "unlisted-partner", "own-by-supplier")


@dataclass(frozen=True)
class Group:
    """The sightings of one finding, in the order of their time, with the look-ups before them."""

    key: tuple[str, ...]
    sightings: tuple[Sighting, ...]
    lookups: tuple[Sighting, ...]
    detail: Detail

    @property
    def first(self) -> Sighting:
        """The earliest one."""
        return self.sightings[0]

    @property
    def counted(self) -> list[Sighting]:
        """Those whose packets and bytes add up: tries, and only without any what passed."""
        tried = [s for s in self.sightings if s.ledger != "passed"]
        return tried or list(self.sightings)


def groups(sightings: Iterable[Sighting], details: Details) -> list[Group]:
    """Group sightings; a look-up joins the same service's traffic to that name, if any."""
    found: dict[tuple[str, ...], list[Sighting]] = {}
    for sighting in sightings:
        found.setdefault(sighting.key, []).append(sighting)
    lookups = {_place(ss[0]): ss for ss in found.values() if ss[0].kind == Kind.LOOKUP}
    traffic = {key: ss for key, ss in found.items() if ss[0].kind != Kind.LOOKUP}
    joined = {_place(ss[0]) for ss in traffic.values()}
    alone = {
        key: ss for key, ss in found.items() if ss[0].kind == Kind.LOOKUP and _place(ss[0]) not in joined
    }
    return [
        _group(key, ss, lookups.get(_place(ss[0]), ()) if key in traffic else (), details)
        for key, ss in sorted({**traffic, **alone}.items())
    ]


def _place(sighting: Sighting) -> tuple[str, ...]:
    return (sighting.agency, sighting.key[2], sighting.destination)


def _group(
    key: tuple[str, ...], sightings: Iterable[Sighting], lookups: Iterable[Sighting], details: Details
) -> Group:
    ordered = tuple(sorted(sightings, key=lambda s: (s.since, s.ts, s.line)))
    detail = details.of((s.src, s.address, s.proto, s.port) for s in ordered if s.ledger)
    return Group(key, ordered, tuple(lookups), detail)


def finding(group: Group, inputs: Inputs, scenarios: Mapping[str, str]) -> Finding:
    """Return the finding of one group.

    Args:
        group: what belongs together.
        inputs: catalogue, policy and question list.
        scenarios: scenario of each planted word.
    """
    first = group.first
    rule = _rule(group, inputs.federation.policy.accepted)
    attribution = _attribution(group, scenarios)
    questions = _questions(group, attribution)
    times = group.detail.times + [s.ts for s in group.lookups]
    return Finding(
        id=finding_id(*group.key),
        kind=str(first.kind),
        verdict=Verdict.FAIL if rule is None else Verdict.PASS,
        agency=first.agency,
        service=first.source.label if first.source else "",
        user=_only(s.source.user for s in group.sightings if s.source is not None),
        product=first.source.product if first.source else "",
        destination=_destination(group, inputs),
        packets=sum(s.packets for s in group.counted),
        bytes=sum(s.bytes for s in group.counted),
        first_seen=min(times, default=first.since),
        last_seen=max([s.ts for s in group.sightings] + times),
        count=_count(group),
        passed=any(s.left for s in group.sightings),
        questions=questions,
        attribution=attribution,
        trigger=first.window,
        accepted=rule.accepted_by if rule else "",
        reference_verdict=_reference(first),
        detail="lost" if _detail_lost(group) else "",
        would_have_sent=group.detail.would_have_sent(),
        requirements=_requirements(questions, inputs),
        evidence=references(_lines(group)),
    )


def _rule(group: Group, rules: Iterable[AcceptedDestination]) -> AcceptedDestination | None:
    first = group.first
    if first.kind not in (Kind.OUTSIDE, Kind.LOOKUP) or first.destination_class != "outside":
        return None
    found = [accepted(rules, s.name, s.address, s.port) for s in group.sightings]
    asked = [accepted(rules, s.name, s.address, s.port, any_port=True) for s in group.lookups]
    return found[0] if all(found) and all(asked) else None


def _reference(sighting: Sighting) -> Verdict:
    inside = sighting.destination_class in _BETWEEN_AGENCIES
    return Verdict.PASS if inside else Verdict.FAIL


def _attribution(group: Group, scenarios: Mapping[str, str]) -> Attribution:
    carried = sorted({scenarios[word] for word in group.detail.canaries if word in scenarios})
    sources = [s.source for s in group.sightings if s.source is not None]
    host = _only(source.name for source in sources)
    if carried:
        return Attribution(how="canary", host=host, scenarios=tuple(carried))
    if not sources:
        return Attribution(how="none")
    persons = [source for source in sources if source.role == "person"]
    if persons:
        own = sorted({source.scenario for source in persons if source.scenario})
        return Attribution(how="host", host=host, scenarios=tuple(own))
    windows = sorted({s.window for s in group.sightings + group.lookups if "." in s.window})
    return Attribution(how="window", host=host, scenarios=tuple(windows))


def _questions(group: Group, attribution: Attribution) -> tuple[str, ...]:
    asked = {LOOKUPS} if group.first.kind == Kind.LOOKUP or group.lookups else set()
    if group.first.kind not in (Kind.LOOKUP, Kind.RESIDENCY):
        asked.add(DESTINATIONS)
    if attribution.how in ("host", "canary"):
        asked.update(attribution.scenarios)
    return tuple(sorted(asked))


def _destination(group: Group, inputs: Inputs) -> Destination:
    first = group.first
    if first.crowd and not first.name:
        return _crowd(first)
    name, source = (first.name, "dns") if first.name else group.detail.claimed_name()
    if first.destination_class in _BETWEEN_AGENCIES and first.kind != Kind.LOOKUP:
        source = ""
    place = Destination(
        name=first.crowd or name,
        name_source=source,
        address=first.address,
        port=None if first.any_port else first.port,
        proto=first.proto,
        destination_class=first.destination_class,
    )
    product = first.source.product if first.source else ""
    entry = (
        entry_for(inputs.destinations, first.name or first.address, product)
        if place.destination_class == "outside"
        else None
    )
    if entry is None:
        return place
    known = {"operator": entry.operator, "country": entry.country, "catalogue_id": entry.id}
    if is_of(entry, product):
        known |= {"feature": entry.feature, "switch_off": entry.switch_off}
    return place.model_copy(update=known)


def _crowd(sighting: Sighting) -> Destination:
    return Destination(
        address=sighting.crowd,
        port=None if sighting.any_port else sighting.port,
        proto=sighting.proto,
        destination_class=sighting.destination_class,
    )


def _count(group: Group) -> int:
    if group.first.ledger and group.first.proto not in ("tcp", "udp"):
        return sum(s.packets for s in group.counted)
    connections = sum(1 for _, flow in group.detail.flows if flow.event == "first")
    return max(connections, len(group.detail.caught)) or len(group.counted)


def _detail_lost(group: Group) -> bool:
    if group.first.proto not in ("tcp", "udp") or group.first.ledger in ("", "own"):
        return False
    return any(s.left for s in group.sightings) and not group.detail.flows


def _requirements(questions: Iterable[str], inputs: Inputs) -> tuple[str, ...]:
    found = (inputs.questions.get(question) for question in questions)
    return tuple(sorted({reference for q in found if q is not None for reference in q.requirements}))


def _lines(group: Group) -> list[tuple[str, int]]:
    return [s.line for s in group.sightings + group.lookups] + group.detail.lines


def _only(values: Iterable[str]) -> str:
    different = set(values)
    return different.pop() if len(different) == 1 else ""

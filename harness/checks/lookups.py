"""Questions to the resolvers into sightings: a look-up alone can carry data outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.checks.classify import Classifier
from harness.checks.codes import Kind
from harness.checks.registry import HostLife, Registry
from harness.checks.sighting import Sighting
from harness.checks.traffic import is_probe
from harness.model.evidence import DnsRecord
from harness.model.result import DestinationClass

_COUNTED = ("sinkhole", "refused", "malformed")


def asker(question: DnsRecord, registry: Registry) -> HostLife | None:
    """Return the host that asked, by the record's own word or by its address."""
    named = registry.by_name(question.host, question.ts) if question.host else None
    return named or registry.by_address(question.id_orig_h, question.ts)


def lookup_sightings(
    questions: Iterable[tuple[int, DnsRecord]], registry: Registry, classifier: Classifier
) -> Iterator[Sighting]:
    """Yield a sighting for each question about a name outside or of an agency not listed."""
    for seq, question in questions:
        source = asker(question, registry)
        if source is not None and is_probe(source, question.window):
            continue
        agency = source.agency if source is not None and source.agency else question.border
        found = _class(question, agency, classifier)
        if found is not None:
            yield _sighting(seq, question, agency, source, found)


def _class(question: DnsRecord, agency: str, classifier: Classifier) -> DestinationClass | None:
    owner = classifier.agency_of_name(question.query)
    if owner and not classifier.lists(agency, owner):
        return "unlisted-partner"
    if question.outcome not in _COUNTED:
        return None
    if owner and question.outcome == "refused":
        return None
    return "outside"


def _sighting(
    seq: int,
    question: DnsRecord,
    agency: str,
    source: HostLife | None,
    destination_class: DestinationClass,
) -> Sighting:
    return Sighting(
        kind=Kind.LOOKUP,
        agency=agency,
        source=source,
        destination_class=destination_class,
        address="",
        port=None,
        proto="dns",
        line=("dns", seq),
        since=question.ts,
        ts=question.ts,
        window=question.window,
        name=_name(question),
        src=question.id_orig_h,
        packets=1,
        bytes=question.request_bytes,
    )


def _name(question: DnsRecord) -> str:
    """Return the name asked for; of a service record (RFC 2782) the host's part of it."""
    labels = question.query.rstrip(".").lower().split(".")
    if question.qtype_name == "SRV" and len(labels) > 2 and all(label[:1] == "_" for label in labels[:2]):
        labels = labels[2:]
    return ".".join(labels)

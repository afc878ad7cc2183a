"""Which agency made contact with which other one, or with a domain outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.checks.classify import Classifier, ends_with, labels_of
from harness.checks.detail import Details
from harness.checks.lookups import asker
from harness.checks.registry import Registry
from harness.checks.traffic import Judged
from harness.model.evidence import DnsRecord


@dataclass(frozen=True)
class Contacts:
    """Traffic and look-ups, to be asked whether one party sent another one anything."""

    judged: Sequence[Judged]
    questions: Sequence[tuple[int, DnsRecord]]
    registry: Registry
    classifier: Classifier
    details: Details

    def between(self, source: str, target: str, since: float) -> list[tuple[str, int]]:
        """Return the evidence lines of contact that ``source`` made, answers left out.

        Args:
            source: an agency.
            target: an agency, or a domain that is nobody's.
            since: only what was seen after this time, in seconds since the epoch.
        """
        rows = [
            ("ledger", entry.seq)
            for entry in self.judged
            if entry.source.agency == source
            and entry.row.ts > since
            and self._goes_to(entry, target)
            and not self.classifier.is_reply(entry.row)
        ]
        asked = [
            ("dns", seq)
            for seq, question in self.questions
            if question.ts > since and self._asks(question, source, target)
        ]
        return rows + asked

    def _goes_to(self, entry: Judged, target: str) -> bool:
        host = entry.judgement.target
        if host is not None and host.agency:
            return host.agency == target
        return _below(self.details.name_of(entry.row.src, entry.row.dst), target)

    def _asks(self, question: DnsRecord, source: str, target: str) -> bool:
        host = asker(question, self.registry)
        agency = host.agency if host is not None else question.border
        if agency != source:
            return False
        owner = self.classifier.agency_of_name(question.query)
        return owner == target or _below(question.query, target)


def _below(name: str, domain: str) -> bool:
    return ends_with(labels_of(name), labels_of(domain))

"""What the finer files add to a ledger row: names, first times, and what would have been sent.

None of it softens a class: a name is a claim of the sender, or what a resolver handed out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from harness.checks.registry import canonical, parse_address
from harness.model.evidence import DnsRecord, FlowRecord, SinkholeRecord
from harness.model.inputs import Evidence

_SENT = 10
T = TypeVar("T")
Key = tuple[str, str, str, int | None]
"""Source, destination, protocol and destination port."""


@dataclass
class Detail:
    """The finer records of one group of ledger rows, each with its sequence number."""

    flows: list[tuple[int, FlowRecord]] = field(default_factory=list)
    caught: list[tuple[int, SinkholeRecord]] = field(default_factory=list)

    @property
    def times(self) -> list[float]:
        """When something of it was first seen, as far as is known."""
        return [f.ts for _, f in self.flows if f.event == "first"] + [r.ts for _, r in self.caught]

    @property
    def lines(self) -> list[tuple[str, int]]:
        """Where it stands in evidence."""
        return [("flows", seq) for seq, _ in self.flows] + [("sinkhole", seq) for seq, _ in self.caught]

    @property
    def canaries(self) -> list[str]:
        """Planted words that it carried, each once."""
        return list(dict.fromkeys(word for _, record in self.caught for word in record.canaries))

    def claimed_name(self) -> tuple[str, str]:
        """Return the name that the sender claimed and how: ``sni`` or ``host``."""
        claims = [(record.server_name, "sni") for _, record in self.caught]
        claims += [(record.host, "host") for _, record in self.caught]
        claims += [(f.server_name, "host" if f.service == "http" else "sni") for _, f in self.flows]
        return next(((name, how) for name, how in claims if _is_name(name)), ("", ""))

    def would_have_sent(self) -> tuple[str, ...]:
        """Return what the simulated internet was told, at most ten different ones."""
        texts = (text for _, record in self.caught if (text := _sent(record)))
        return tuple(list(dict.fromkeys(texts))[:_SENT])


class Details:
    """Finer records by source, destination, protocol and port; and names by address."""

    def __init__(self, evidence: Evidence) -> None:
        self._flows: dict[Key, list[tuple[int, FlowRecord]]] = {}
        self._caught: dict[Key, list[tuple[int, SinkholeRecord]]] = {}
        self._names: dict[str, str] = {}
        self._asked: dict[tuple[str, str], str] = {}
        for seq, flow in evidence.of("flows", FlowRecord):
            key = _key(flow.id_orig_h, flow.id_resp_h, flow.proto, flow.id_resp_p)
            self._flows.setdefault(key, []).append((seq, flow))
        for seq, caught in evidence.of("sinkhole", SinkholeRecord):
            key = _key(caught.id_orig_h, caught.id_resp_h, caught.proto, caught.id_resp_p)
            self._caught.setdefault(key, []).append((seq, caught))
        for _, question in evidence.of("dns", DnsRecord):
            self._learn(question)

    def _learn(self, question: DnsRecord) -> None:
        if question.outcome != "sinkhole":
            return
        name = question.query.rstrip(".").lower()
        for answer in question.answers:
            if parse_address(answer) is not None:
                self._names.setdefault(canonical(answer), name)
                self._asked.setdefault((canonical(question.id_orig_h), canonical(answer)), name)

    def name_of(self, asker: str, address: str) -> str:
        """Return the name that an address was handed out for, to this asker if possible."""
        address = canonical(address)
        return self._asked.get((canonical(asker), address)) or self._names.get(address, "")

    def of(self, keys: Iterable[Key]) -> Detail:
        """Return all finer records of some ledger rows, in file order."""
        wanted = sorted({_key(*key) for key in keys}, key=str)
        return Detail(_in_order(self._flows, wanted), _in_order(self._caught, wanted))


def _key(src: str, dst: str, proto: str, port: int | None) -> Key:
    return canonical(src), canonical(dst), proto, port if proto in ("tcp", "udp") else None


def _in_order(index: dict[Key, list[tuple[int, T]]], keys: list[Key]) -> list[tuple[int, T]]:
    found = [numbered for key in keys for numbered in index.get(key, ())]
    return sorted(found, key=lambda numbered: numbered[0])


def _is_name(claim: str) -> bool:
    """Say whether a claimed name is one: a Host header can hold an address, with or without port."""
    host = claim.rpartition(":")[0] if claim.count(":") == 1 else claim
    return bool(claim) and parse_address(host.strip("[]")) is None and not claim.startswith("[")


def _sent(record: SinkholeRecord) -> str:
    if record.method:
        scheme = "https" if record.service == "tls" else "http"
        host = record.host or record.server_name or record.id_resp_h
        return f"{record.method} {scheme}://{host}{record.uri}"
    if record.server_name:
        return f"TLS {record.server_name}"
    if record.request_bytes:
        return f"{record.service} {record.proto}/{record.id_resp_p}"
    return ""

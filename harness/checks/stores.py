"""What sweeps read: hits, and whether a store can be read at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.checks.codes import Code, reason
from harness.checks.registry import Registry
from harness.model.evidence import StorageRecord
from harness.model.result import Reason

Store = tuple[str, str, str]
"""Agency, service and store."""
Numbered = tuple[int, StorageRecord]
Hit = tuple[tuple[str, int], StorageRecord]
"""Where it stands in evidence, as file stem and sequence number, and what was found."""


@dataclass
class Stores:
    """The sweeps of a run, by store."""

    hits: list[Hit] = field(default_factory=list)
    coverage: dict[Store, list[Numbered]] = field(default_factory=dict)
    controls: dict[Store, list[Numbered]] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    readable: set[Store] = field(default_factory=set)

    @classmethod
    def of(cls, records: Iterable[Numbered], logged: Iterable[Hit] = ()) -> Stores:
        """Sort the lines of ``storage.jsonl``, and what was found in services' logs beside them."""
        stores = cls(hits=list(logged))
        for seq, record in records:
            if record.sweep not in stores.labels:
                stores.labels.append(record.sweep)
            store = (record.agency, record.service, record.store)
            if record.kind == "hit" or record.readable:
                stores.readable.add(store)
            if record.kind == "hit":
                stores.hits.append((("storage", seq), record))
            elif record.kind == "coverage":
                stores.coverage.setdefault(store, []).append((seq, record))
            else:
                stores.controls.setdefault(store, []).append((seq, record))
        return stores

    def at(self, agency: str, sweeps: Sequence[str] = ()) -> list[Store]:
        """Return an agency's stores that were swept (in these sweeps), in order."""
        swept = {s for s, rs in self.coverage.items() if any(_within(r, sweeps) for _, r in rs)}
        return sorted(store for store in swept if store[0] == agency)

    def lines(self, agency: str, sweeps: Sequence[str] = ()) -> list[int]:
        """Return the sequence numbers that say what was read of an agency's stores."""
        mine = [records for store, records in self.coverage.items() if store[0] == agency]
        return sorted(seq for records in mine for seq, record in records if _within(record, sweeps))

    def obstacle(self, store: Store, sweeps: Sequence[str] = ()) -> Reason | None:
        """Return why a clean store could still hold something, or ``None``.

        A store is readable when a word that the product gives back was found in it, by the
        control or by any hit; one that holds no bytes needs no control.
        """
        agency, service, name = store
        controls = [r.readable for _, r in self.controls.get(store, ()) if _within(r, sweeps)]
        if any(readable is False for readable in controls):
            return reason(Code.STORE_OPAQUE, agency=agency, service=service, store=name)
        read = [record for _, record in self.coverage.get(store, ()) if _within(record, sweeps)]
        unreadable = sum(len(record.unreadable) for record in read)
        if unreadable:
            return reason(Code.STORE_UNREADABLE, agency=agency, service=service, store=name, count=unreadable)
        empty = all(record.bytes_read == 0 for record in read)
        if empty or self.was_hit(store):
            return None
        return reason(Code.STORE_NO_CONTROL, agency=agency, service=service, store=name)

    def was_hit(self, store: Store) -> bool:
        """Say whether any planted word was ever found in a store, by a sweep or its control."""
        return store in self.readable


def _within(record: StorageRecord, sweeps: Sequence[str]) -> bool:
    return not sweeps or record.sweep in sweeps


def not_swept(stores: Stores, registry: Registry) -> list[Reason]:
    """Return the services that ran and of which no sweep read anything."""
    ran = {(life.agency, life.service) for life in registry.lives if life.role == "service"}
    swept = {(agency, service) for agency, service, _ in stores.coverage}
    return [
        reason(Code.STORE_NOT_SWEPT, agency=agency, service=service)
        for agency, service in sorted(ran - swept)
    ]

"""A sweep: every store read for every planted word, and a record of what was read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from harness.model.evidence import StorageRecord
from harness.protocols import SweepTarget
from harness.sweep.store import Findings, read_store, shortened

Store = tuple[str, str, str]
"""Agency, service and store."""


async def sweep(
    targets: Sequence[SweepTarget],
    canaries: Collection[str],
    label: str,
    record: Callable[[StorageRecord], None],
    controls: Mapping[Store, Collection[str]] | None = None,
) -> None:
    """Search every store once and record hits, what was read, and the positive controls.

    The reading is done in a thread; ``record`` is called in the caller's event loop.

    Args:
        targets: the stores, as paths that the harness can read.
        canaries: the planted words; nothing else is searched for.
        label: the sweep's name, unique within the run.
        record: takes each record, one store after another.
        controls: per store, words that the product is known to give back: a store that
            holds one of them in no form cannot be judged.
    """
    known = frozenset(canaries)
    expected = controls or {}
    for target in targets:
        findings = await asyncio.to_thread(read_store, target, known)
        wanted = expected.get((target.agency, target.service, target.store))
        for entry in _records(target, label, findings, wanted):
            record(entry)


def _records(
    target: SweepTarget, label: str, findings: Findings, wanted: Collection[str] | None
) -> Iterator[StorageRecord]:
    common = {
        "ts": time.time(),
        "sweep": label,
        "agency": target.agency,
        "service": target.service,
        "store": target.store,
    }
    for (word, form, place), count in sorted(findings.counts.items()):
        path = findings.first[word, form, place]
        hit = {"kind": "hit", "canary": word, "form": form, "place": place, "path": path, "count": count}
        yield StorageRecord.model_validate(common | hit)
    read = {
        "kind": "coverage",
        "files_read": findings.files_read,
        "bytes_read": findings.bytes_read,
        "skipped": tuple(shortened(findings.skipped)),
        "unreadable": tuple(shortened(findings.unreadable)),
    }
    yield StorageRecord.model_validate(common | read)
    if wanted:
        missing = sorted(set(wanted) - findings.words)
        control = {"kind": "control", "canary": (missing or sorted(wanted))[0], "readable": not missing}
        yield StorageRecord.model_validate(common | control)

"""Planted words in what services write to their output: a log is a place of rest like any other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from harness.checks.registry import Registry
from harness.checks.stores import Hit
from harness.model.canary import find_canaries
from harness.model.evidence import LogRecord, StorageRecord

STORE = "output"
"""What a report calls the log that a service writes to standard output and error."""
SWEEP = "logs"


def logged_hits(
    lines: Iterable[tuple[int, LogRecord]], registry: Registry, known: Collection[str]
) -> Iterator[Hit]:
    """Yield a hit for each planted word in each service's log, at its first line."""
    services = {life.service for life in registry.lives if life.role == "service"}
    seen: set[tuple[str, str, str]] = set()
    for seq, line in lines:
        service = line.service.partition("/")[0]
        if service not in services:
            continue
        for word in find_canaries(line.text):
            key = (line.agency, service, word)
            if word in known and key not in seen:
                seen.add(key)
                yield ("logs", seq), _hit(line, service, word)


def _hit(line: LogRecord, service: str, word: str) -> StorageRecord:
    return StorageRecord(
        ts=line.ts,
        sweep=SWEEP,
        kind="hit",
        agency=line.agency,
        service=service,
        store=STORE,
        canary=word,
        form="plain",
        place="log",
        count=1,
    )

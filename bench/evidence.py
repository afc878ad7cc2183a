"""Reading what a run wrote down: benchmarks measure by the evidence wherever it has the times."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from harness.model.base import Record
from harness.store.chain import read_chain

R = TypeVar("R", bound=Record)


def records(evidence: Path, stem: str, kind: type[R]) -> list[R]:
    """Return every record of ``<stem>.jsonl``; none where the file was never begun."""
    path = evidence / f"{stem}.jsonl"
    if not path.exists():
        return []
    return [kind.model_validate(line.fields) for line in read_chain(path).lines]

"""A recorder that tells at once what must not wait for the end of a run."""

from __future__ import annotations

from collections.abc import Callable

from harness.model.base import Record
from harness.model.evidence import StepRecord
from harness.protocols import Recorder


class Watching:
    """Implements `harness.protocols.Recorder`, and looks at what it passes on.

    Args:
        behind: where records go.
        service_ended: called with the step that says that a service ended by itself.
    """

    def __init__(self, behind: Recorder, service_ended: Callable[[StepRecord], None]) -> None:
        self._behind = behind
        self._service_ended = service_ended

    def append(self, stem: str, record: Record) -> None:
        """Write one record, then tell where it is about a service that ended."""
        self._behind.append(stem, record)
        if isinstance(record, StepRecord) and (record.kind, record.name) == ("trouble", "service_ended"):
            self._service_ended(record)

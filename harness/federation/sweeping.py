"""Sweeps of a live federation: which words, in which stores, with which controls."""

from __future__ import annotations

from harness.federation.steps import StepLog
from harness.protocols import Recorder, Runtime
from harness.sweep import sweep


class Sweeper:
    """Sweeps every place that a service could have written, and records what it found."""

    def __init__(self, runtime: Runtime, recorder: Recorder, log: StepLog) -> None:
        self._runtime = runtime
        self._recorder = recorder
        self._log = log

    async def sweep(self, label: str) -> None:
        """Search every store for every word that was planted so far; a recorded step."""
        targets = self._runtime.sweep_targets()
        controls = {
            (target.agency, target.service, target.store): words
            for target in targets
            if (words := self._log.controls(target.agency, target.holds))
        }
        with self._log.timed("sweep", label):
            await sweep(
                targets,
                self._log.planted(),
                label,
                lambda record: self._recorder.append("storage", record),
                controls,
            )

"""The record of what scenarios did and expected: ``steps.jsonl`` and ``canaries.jsonl``."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from harness.model.canary import new_canary
from harness.model.evidence import CanaryRecord, StepRecord
from harness.protocols import Recorder


class StepLog:
    """Writes steps, each with the scenario that runs and the window that it falls in."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.scenario = ""
        self.window = "start"
        self.participants: list[str] = []
        self.interrupted = False
        self._classes: dict[str, str] = {}
        self._given_back: dict[str, list[str]] = {}

    def write(self, kind: str, name: str, **fields: Any) -> None:
        """Append one step; ``fields`` are those of `StepRecord`."""
        record = StepRecord.model_validate(
            {
                "ts": time.time(),
                "kind": kind,
                "name": name,
                "scenario": self.scenario,
                "window": self.window,
                **fields,
            }
        )
        self._recorder.append("steps", record)

    @contextmanager
    def timed(self, kind: str, name: str, **fields: Any) -> Iterator[None]:
        """Append a step when the block ends, with its outcome and how long it took."""
        begin = time.monotonic()
        outcome = "failed"
        try:
            yield
            outcome = "passed"
        finally:
            seconds = round(time.monotonic() - begin, 3)
            self.write(kind, name, outcome=outcome, seconds=seconds, **fields)

    def take_part(self, agency: str) -> None:
        """Note that an agency takes part in the scenario that runs."""
        if agency not in self.participants:
            self.participants.append(agency)

    def plant(self, owner: str, data_class: str) -> str:
        """Make a canary and write down whose it is."""
        word = new_canary()
        self._classes[word] = data_class
        self._recorder.append(
            "canaries",
            CanaryRecord(
                ts=time.time(),
                canary=word,
                data_class=data_class,
                owner=owner,
                scenario=self.scenario,
                participants=tuple(self.participants),
            ),
        )
        return word

    def given_back(self, canary: str, agency: str) -> None:
        """Note that an agency's product gives a word back, so that its stores must hold it."""
        self._given_back.setdefault(agency, []).append(canary)

    def controls(self, agency: str, holds: Collection[str]) -> list[str]:
        """Return the words of these data classes that an agency's product gives back."""
        return [word for word in self._given_back.get(agency, ()) if self._classes.get(word) in holds]

    def planted(self) -> Sequence[str]:
        """Return every canary so far."""
        return list(self._classes)

"""One probe in its process: hanging, breaking, dying."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from harness.doctor.child import run
from harness.doctor.probe import Probe, Question, Trouble


def outcome_of(attempt: object, seconds: float = 10.0) -> tuple[bool, str]:
    assert callable(attempt)
    found = run(Probe("a need", True, "all", attempt), Question(), seconds)
    return found.there, found.detail


def test_it_is_there() -> None:
    assert outcome_of(lambda question: f"{question.agencies} agencies") == (True, "3 agencies")


def test_it_is_not_there() -> None:
    def attempt(question: Question) -> str:
        raise Trouble("open the door", "locked", "find the key")

    found = run(Probe("a door", False, "the view", attempt), Question())
    assert (found.there, found.needed) == (False, False)
    assert (found.step, found.detail, found.lost, found.cure) == (
        "open the door",
        "locked",
        "the view",
        "find the key",
    )


def test_it_hangs() -> None:
    begin = time.monotonic()
    assert outcome_of(lambda question: time.sleep(60), seconds=0.2) == (False, "no answer within 0.2 s")
    assert time.monotonic() - begin < 5


def test_it_breaks() -> None:
    there, detail = outcome_of(lambda question: 1 / 0)
    assert not there
    assert "ZeroDivisionError" in detail


def test_it_dies() -> None:
    there, detail = outcome_of(lambda question: os.kill(os.getpid(), signal.SIGTERM))
    assert not there
    assert detail == f"the probe ended with {-signal.SIGTERM}"


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_nothing_is_left_behind() -> None:
    before = descriptors()
    outcome_of(lambda question: "")
    assert descriptors() == before

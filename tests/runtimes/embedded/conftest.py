"""Running a piece of work within the world, from a test outside it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from harness.runtimes.embedded.enter import enter

Work = Callable[[], Awaitable[Any]]
InWorld = Callable[[Work], Any]


def run_in_world(work: Work) -> Any:
    """Enter fresh namespaces, await ``work()`` there, and return its JSON-able result."""
    reading, writing = os.pipe()

    def within() -> int:
        result = asyncio.run(_awaited(work))
        with os.fdopen(writing, "w") as pipe:
            json.dump(result, pipe)
        return 0

    sys.stdout.flush()
    status = enter(within)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    assert status == 0, f"the work within ended with status {status}"
    return json.loads(text)


async def _awaited(work: Work) -> Any:
    return await work()


@pytest.fixture(scope="session")
def in_world() -> InWorld:
    return run_in_world


@pytest.fixture
def late_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the harness look for a process when that has gone, as on a very busy machine."""

    def pidfd_open(pid: int) -> int:
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.01)
        raise ProcessLookupError(pid)

    monkeypatch.setattr(os, "pidfd_open", pidfd_open)

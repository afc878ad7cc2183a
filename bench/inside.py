"""Work within the embedded world: enter it, open a federation, hand a result out."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from harness.drivers.registry import DriverRegistry
from harness.federation.opening import Opened, open_federation
from harness.model.federation import Federation
from harness.plugin.runtimes import forked_products
from harness.plugin.setup import used_products
from harness.runtimes import packages
from harness.runtimes.embedded.enter import enter
from harness.runtimes.embedded.runtime import EmbeddedRuntime
from harness.runtimes.redact import Redactor
from harness.store.writer import EvidenceWriter

Answer = dict[str, Any]
Work = Callable[[Path], Awaitable[Answer]]


class InsideFailed(Exception):
    """The work within the world did not come to its end; it has said why on standard error."""


def inside(work: Work) -> Answer:
    """Run ``work`` in fresh namespaces and return what it answered.

    Args:
        work: gets the folder that evidence goes to; what it returns must be JSON.

    Returns:
        The answer, with ``entered`` added: seconds from the call to the first line within.

    Raises:
        InsideFailed: the work failed.
    """
    with tempfile.TemporaryDirectory(prefix="fedharness-bench-") as folder:
        evidence, out = Path(folder, "evidence"), Path(folder, "answer.json")
        evidence.mkdir()
        begin = time.monotonic()

        def worker() -> int:
            entered = time.monotonic() - begin
            answer = asyncio.run(_awaited(work, evidence))
            out.write_text(json.dumps({**answer, "entered": entered}))
            return 0

        status = enter(worker)
        if status:
            raise InsideFailed(f"the work within ended with status {status}")
        answer: Answer = json.loads(out.read_text())
        return answer


async def _awaited(work: Work, evidence: Path) -> Answer:
    return await work(evidence)


def install(federation: Federation) -> None:
    """Install the products of a federation, on the host, where they are missing."""
    for product, version in used_products(federation):
        asyncio.run(packages.ensure(product, version))


def runtime(
    federation: Federation, recorder: EvidenceWriter, evidence: Path, ca: str, *, fork: bool = True
) -> EmbeddedRuntime:
    """Return the runtime of a federation as a run has it, not yet entered.

    Args:
        fork: as the command's ``--fork`` and ``--no-fork``.
    """
    forked = forked_products(federation, DriverRegistry()) if fork else {}
    return EmbeddedRuntime(federation, recorder, evidence, ca, Redactor(), forked)


@asynccontextmanager
async def opened(federation: Federation, evidence: Path, *, fork: bool = True) -> AsyncIterator[Opened]:
    """Open a federation as a run does, with every service ready."""
    with EvidenceWriter(evidence) as recorder:
        async with open_federation(
            federation,
            lambda ca: runtime(federation, recorder, evidence, ca, fork=fork),
            DriverRegistry(),
            recorder,
            lambda service, state: None,
        ) as live:
            yield live

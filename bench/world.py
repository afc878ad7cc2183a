"""The world alone: borders with their resolvers and recorders, links, operator hosts; no product."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import memory
from bench.federations import federation
from bench.inside import Answer, inside, runtime
from harness.federation.authority import Authority
from harness.runtimes.embedded.enter import STATE
from harness.store.writer import EvidenceWriter


@dataclass(frozen=True)
class WorldCost:
    """What one world took.

    Args:
        entered: seconds until the namespaces around it stood.
        up: seconds from there until every border had listed its probe.
        down: seconds to take it down, last dump included.
        before, after: memory before it was built and when it stood.
    """

    entered: float
    up: float
    down: float
    before: memory.Memory
    after: memory.Memory


def world(agencies: int) -> WorldCost:
    """Build a world of so many agencies, take it down again, and return what it took.

    Raises:
        InsideFailed: it could not be built.
    """
    memory.until_settled()
    answer = inside(lambda evidence: _build(agencies, evidence))
    return WorldCost(
        entered=answer["entered"],
        up=answer["up"],
        down=answer["down"],
        before=memory.Memory(**answer["before"]),
        after=memory.Memory(**answer["after"]),
    )


async def _build(agencies: int, evidence: Path) -> Answer:
    plan, ca = federation(agencies, homeservers=0), Authority().pem
    before = memory.now(STATE)
    with EvidenceWriter(evidence) as recorder:
        begin = time.monotonic()
        async with runtime(plan, recorder, evidence, ca):
            up = time.monotonic()
            after = memory.now(STATE)
            ending = time.monotonic()
        down = time.monotonic()
    return {
        "up": up - begin,
        "down": down - ending,
        "before": asdict(before),
        "after": asdict(after),
    }

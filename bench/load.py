"""One TCP stream at a fixed load, through real borders with recorders, and past them.

The two ways are alike: host, router, backbone, router, host, by the same kind of links. On the
one, both routers are borders with their ledgers, first-packet log, connection tracking and the
program that reads them; on the other no rule is loaded at all. Both stand in one world at the
same time and are used in turns, so that a pair of values sees the same machine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from bench import lab
from bench.federations import federation
from bench.inside import Answer, inside, runtime
from harness.federation.authority import Authority
from harness.runtimes.embedded import links
from harness.runtimes.embedded.host import EmbeddedHost
from harness.store.writer import EvidenceWriter

GIGABIT = 1e9 / 8
"""The fixed load, in bytes a second."""
_SECONDS = 1.0
_WARM_SECONDS = 0.3

Stream = Callable[[float, float], Awaitable[float]]
"""Sends one stream: load in bytes a second, and seconds; returns what arrived, in bytes a second."""


def pairs(fixed: int, unlimited: int) -> Answer:
    """Return bytes a second of both ways, in pairs, for each kind of load.

    ``fixed`` is the fixed load, ``flat_out`` as fast as it goes, both in the large segments that
    virtual links hand on whole; ``wire`` is as fast as it goes in packets as a wire carries them.

    Args:
        fixed: number of pairs at the fixed load.
        unlimited: number of pairs of each of the other two.

    Raises:
        InsideFailed: it did not work.
    """

    async def measure(evidence: Path) -> Answer:
        with EvidenceWriter(evidence) as recorder:
            made = runtime(federation(2, homeservers=0), recorder, evidence, Authority().pem)
            async with made as live:
                people = [await live.add_person(agency, "alva") for agency in ("a01", "a02")]
                return await _all_pairs(people[0], people[1], fixed, unlimited)

    return inside(measure)


async def _all_pairs(sender: EmbeddedHost, receiver: EmbeddedHost, fixed: int, unlimited: int) -> Answer:
    plain = await lab.PlainPath.make()

    def watched(rate: float, seconds: float) -> Awaitable[float]:
        address = receiver.addresses[0]
        return lab.stream(sender.namespace, receiver.namespace, address, rate=rate, seconds=seconds)

    def unwatched(rate: float, seconds: float) -> Awaitable[float]:
        return lab.stream(plain.sender, plain.receiver, plain.address, rate=rate, seconds=seconds)

    async def turns(count: int, rate: float) -> list[list[float]]:
        return [await _pair(watched, unwatched, rate, turn) for turn in range(count)]

    for way in (watched, unwatched):
        await way(GIGABIT, _WARM_SECONDS)
    answer = {"fixed": await turns(fixed, GIGABIT), "flat_out": await turns(unlimited, 0.0)}
    for host in (sender.namespace, receiver.namespace, plain.sender, plain.receiver):
        await links.apply(host.path, [f"link set {links.HOST_END} gso_max_segs 1"])
    return {**answer, "wire": await turns(unlimited, 0.0)}


async def _pair(watched: Stream, unwatched: Stream, rate: float, turn: int) -> list[float]:
    """Use both ways once, every other time in the other order; watched first in the answer."""
    if turn % 2:
        past = await unwatched(rate, _SECONDS)
        return [await watched(rate, _SECONDS), past]
    through = await watched(rate, _SECONDS)
    return [through, await unwatched(rate, _SECONDS)]

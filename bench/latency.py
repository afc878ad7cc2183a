"""How long a message takes from one agency to the other, and what the way there can carry.

Real clients (matrix-nio) on hosts of their own, through both borders, between two hardened
Synapses. Latency is measured in a closed loop: one message at a time, the next one only when
the last was seen. Sending as soon as the own server has taken the last message would measure a
queue: a server takes the events of one room in one after the other. That is measured apart, as
saturation: 100 messages at once into one room, until all are taken by the own server, and
until all are seen at the other agency. Every round opens a federation of its own, after one
bare homeserver's start, by which the absolute aim is scaled.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bench.bare import bare_start, scaled
from bench.federations import federation
from bench.figures import Figure, figure, percentile
from bench.inside import Answer, inside, install, opened
from bench.result import Bench
from harness.federation.live import LiveFederation
from harness.federation.person import Person

_AIM_MS = 120.0
_WARM = 10
_MESSAGES = 100
_AT_ONCE = 100
_SATURATION_SECONDS = 120.0


async def messages(evidence: Path) -> Answer:
    """Return times in seconds: of each message's way and acknowledgement, and of many at once."""
    async with opened(federation(2), evidence) as live:
        await live.begin("bench.latency")
        alva, bo = await live.live.users("a", "b")
        seen, acked = await _one_at_a_time(live.live, alva, bo)
        all_acked, all_seen = await _at_once(live.live, alva, bo)
        await live.end()
    return {"seen": seen[_WARM:], "acked": acked[_WARM:], "all_acked": all_acked, "all_seen": all_seen}


async def _one_at_a_time(live: LiveFederation, alva: Person, bo: Person) -> tuple[list[float], list[float]]:
    room = await _room(live, alva, bo)
    seen, acked = [], []
    for number in range(1, _WARM + _MESSAGES + 1):
        word = live.canary(owner=alva)
        begin = time.monotonic()
        sent = await alva.chat.send(room, word)
        acked.append(time.monotonic() - begin)
        arrived = await bo.chat.received(room, number)
        seen.append(time.monotonic() - begin)
        if arrived[-1] != sent:
            raise RuntimeError(f"message {number} was not seen")
    return seen, acked


async def _at_once(live: LiveFederation, alva: Person, bo: Person) -> tuple[float, float]:
    room = await _room(live, alva, bo)
    words = live.canaries(_AT_ONCE, owner=alva)
    begin = time.monotonic()
    sent = await asyncio.gather(*(alva.chat.send(room, word) for word in words))
    acked = time.monotonic() - begin
    arrived = await bo.chat.received(room, len(words), timeout=_SATURATION_SECONDS)
    seen = time.monotonic() - begin
    if {message.event_id for message in arrived} != {message.event_id for message in sent}:
        raise RuntimeError(f"{len(arrived)} of {len(sent)} messages were seen")
    return acked, seen


async def _room(live: LiveFederation, owner: Person, guest: Person) -> str:
    room = await owner.chat.create_room(live.canary("title", owner=owner), invite=[guest.user_id])
    await guest.chat.join(room)
    await owner.chat.wait_membership(room, guest.user_id, "join")
    return room


def figures(rounds: list[Answer], bare: list[float]) -> list[Figure]:
    """Return the figures of all rounds; percentiles are those within a round."""

    def of(key: str, share: float) -> list[float]:
        return [percentile(each[key], share) * 1000 for each in rounds]

    return [
        figure("latency, median", "ms", of("seen", 0.5), aim=_AIM_MS),
        figure(
            "latency, median, scaled to a bare start of 1.6 s",
            "ms",
            scaled(of("seen", 0.5), bare),
            aim=_AIM_MS,
        ),
        figure("latency, 95 % are below", "ms", of("seen", 0.95)),
        figure("latency, longest", "ms", of("seen", 1.0)),
        figure("taken by the own server, median", "ms", of("acked", 0.5)),
        figure("taken by the own server, 95 % are below", "ms", of("acked", 0.95)),
        figure(f"{_AT_ONCE} at once: all taken", "s", [each["all_acked"] for each in rounds]),
        figure(f"{_AT_ONCE} at once: all seen", "s", [each["all_seen"] for each in rounds]),
        figure(f"{_AT_ONCE} at once: seen", "events/s", [_AT_ONCE / each["all_seen"] for each in rounds]),
        figure("bare start", "s", bare),
    ]


def main() -> None:
    """Measure and write ``latency.json``."""
    bench = Bench("latency", "a message's way between agencies, by real clients", repeat=5)
    install(federation(2))
    rounds, bare = [], []
    bare_start()  # What the machine has never read it reads only once.
    for number in range(bench.repeat):
        bare.append(bare_start())
        rounds.append(inside(messages))
        bench.say(f"round {number + 1}: median {percentile(rounds[-1]['seen'], 0.5) * 1000:.0f} ms")
    note = f"{_MESSAGES} messages a round, one at a time, after {_WARM} that are not counted."
    bench.end(figures(rounds, bare), [note])


if __name__ == "__main__":
    main()

"""What an agency costs when there are many: seconds and memory, from 1 to 50 of them.

Worlds of 1, 10, 25 and 50 agencies without products: each agency has its border with router,
recorder and resolver, and an operator host, whose probe the border has listed. Cost per agency is
the slope of the least-squares line through the four sizes, round by round; whether it is
constant is told by what one costs between 25 and 50, in units of what one costs between 1 and 10. Then a
federation of 50 agencies of which 10 run a real homeserver each, until all are ready and a
message has gone from the first to the tenth; with ``--plain`` also as plain processes. Memory is
described in `bench.memory`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from bench import memory
from bench.federations import federation
from bench.figures import Figure, figure, slope
from bench.inside import Answer, inside, install, opened
from bench.memory import MIB, Memory
from bench.result import Bench
from bench.world import WorldCost, world
from harness.runtimes.embedded.enter import STATE

SIZES = (1, 10, 25, 50)
MOST = SIZES[-1]
HOMESERVERS = 10
_FIRST, _LAST = "a", "abcdefghij"[HOMESERVERS - 1]
_NOTES = (
    "processes: PSS of all processes of the world, the measuring one among them. kernel: growth of the whole "
    "machine's kernel memory, so with the noise of whatever else it did. memory: these two and files.",
    "among many / among few: what an agency costs between 25 and 50, by what it costs between 1 and 10.",
    f"{MOST} with {HOMESERVERS} homeservers: files are the services' data, in memory; what each adds is that "
    "federation less a world of the same size in the same round, by their number.",
)

Worlds = dict[int, WorldCost]
_QUANTITIES: dict[str, tuple[str, Callable[[WorldCost], float]]] = {
    "up": ("s", lambda cost: cost.up),
    "down": ("s", lambda cost: cost.down),
    "memory": ("MiB", lambda cost: cost.after.since(cost.before) / MIB),
    "memory, processes": ("MiB", lambda cost: cost.after.processes / MIB),
    "memory, kernel": ("MiB", lambda cost: (cost.after.kernel - cost.before.kernel) / MIB),
}
_CONSTANT = ("up", "memory")


async def homeservers(evidence: Path, *, fork: bool = True) -> Answer:
    """Open the large federation and send a message through it; return seconds and memory."""
    before = memory.now(STATE)
    begin = time.monotonic()
    async with opened(federation(MOST, homeservers=HOMESERVERS), evidence, fork=fork) as live:
        ready = time.monotonic()
        after = memory.now(STATE)
        await live.begin("bench.scale")
        alva, bo = await live.live.users(_FIRST, _LAST)
        title = live.live.canary("title", owner=alva)
        room = await alva.chat.create_room(title, invite=[bo.user_id])
        await bo.chat.join(room)
        sent = await alva.chat.send(room, live.live.canary(owner=alva))
        if sent not in await bo.chat.received(room, 1):
            raise RuntimeError("the message was not seen")
        await live.end()
        ending = time.monotonic()
    down = time.monotonic() - ending
    return {"ready": ready - begin, "down": down, "before": asdict(before), "after": asdict(after)}


def world_figures(rounds: list[Worlds]) -> list[Figure]:
    """Return seconds and memory of the worlds, and what an agency costs."""
    result = []
    for name, (unit, value) in _QUANTITIES.items():
        columns = [[value(each[size]) for size in SIZES] for each in rounds]
        lines = [slope(SIZES, column) for column in columns]
        result.append(figure(f"{name}: each agency", f"{unit}/agency", [each for each, _ in lines]))
        result.append(figure(f"{name}: without any agency", unit, [fixed for _, fixed in lines]))
        if name in _CONSTANT:
            growths = [_growth(column) for column in columns]
            result.append(figure(f"{name}: an agency among many / among few", "ratio", growths))
        result += [
            figure(f"{name}: {size} {'agency' if size == 1 else 'agencies'}", unit, values)
            for size, values in zip(SIZES, zip(*columns, strict=True), strict=True)
        ]
    return result


def _growth(column: list[float]) -> float:
    """Return what an agency costs among many, in units of what it costs among few."""
    few = (column[1] - column[0]) / (SIZES[1] - SIZES[0])
    many = (column[3] - column[2]) / (SIZES[3] - SIZES[2])
    return many / few


def homeserver_figures(name: str, rounds: list[Answer], worlds: list[WorldCost]) -> list[Figure]:
    """Return the figures of the large federation; ``worlds`` are those of its size, by round."""
    pairs = [(Memory(**each["before"]), Memory(**each["after"])) for each in rounds]
    ready = [each["ready"] for each in rounds]
    taken = [after.since(before) / MIB for before, after in pairs]
    alone = [each.after.since(each.before) / MIB for each in worlds]
    seconds = [(all - empty.up) / HOMESERVERS for all, empty in zip(ready, worlds, strict=True)]
    mebibytes = [(all - empty) / HOMESERVERS for all, empty in zip(taken, alone, strict=True)]
    return [
        figure(f"{name}: ready", "s", ready),
        figure(f"{name}: down, sweeps included", "s", [each["down"] for each in rounds]),
        figure(f"{name}: memory", "MiB", taken),
        figure(f"{name}: memory, processes", "MiB", [after.processes / MIB for _, after in pairs]),
        figure(f"{name}: memory, files", "MiB", [after.files / MIB for _, after in pairs]),
        figure(f"{name}: memory, kernel", "MiB", [(new.kernel - old.kernel) / MIB for old, new in pairs]),
        figure(f"{name}: each adds", "s", seconds),
        figure(f"{name}: each adds", "MiB", mebibytes),
    ]


def main() -> None:
    """Measure and write ``scale.json``."""
    flags = {"plain": "also start every homeserver as a process of its own"}
    bench = Bench("scale", "what an agency costs when there are many", repeat=3, flags=flags)
    install(federation(1))
    worlds: list[Worlds] = []
    large: dict[bool, list[Answer]] = {True: [], False: []} if bench.flag("plain") else {True: []}
    for number in range(bench.repeat):
        sizes = SIZES if number % 2 == 0 else SIZES[::-1]
        worlds.append({size: world(size) for size in sizes})
        for fork, rounds in large.items():
            memory.until_settled()
            rounds.append(inside(partial(homeservers, fork=fork)))
        up, ready = worlds[-1][MOST].up, large[True][-1]["ready"]
        bench.say(f"round {number + 1}: {MOST} agencies {up:.1f} s, with homeservers {ready:.1f} s")
    figures = world_figures(worlds)
    for fork, rounds in large.items():
        name = f"{MOST} with {HOMESERVERS} homeservers{'' if fork else ', plain processes'}"
        figures += homeserver_figures(name, rounds, [each[MOST] for each in worlds])
    bench.end(figures, _NOTES)


if __name__ == "__main__":
    main()

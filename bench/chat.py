"""The chat suite as a user runs it, how much of that is not scenarios, and what one scenario adds.

The suite is ``fedharness run --suite chat`` in a process of its own, on the federation that it
is shipped with: four agencies, two versions. The life cycle is everything but the scenarios:
from the call to the first scenario, and from the last one's outcome to the end of the process,
reports included; the federation's own part of it, from the evidence, is shown apart. Absolute
aims hold where a bare start takes 1.6 s, so each round also starts one bare homeserver, and the
time is given as it is and scaled.

A scenario's overhead is what the harness does around it: between two scenarios of the suite
(its people sent home, ledgers dumped, windows closed and opened), and, on a warm federation
opened in this process, a scenario that does nothing but have two persons with real clients.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from pathlib import Path

from bench.bare import bare_start, scaled
from bench.command import Timed, run
from bench.federations import federation
from bench.figures import Figure, figure
from bench.inside import Answer, inside, install, opened
from bench.result import Bench

_SECONDS_AIM = 45.0
_SHARE_AIM = 0.2
_OVERHEAD_AIM = 1.0
_EMPTY_SCENARIOS = 10


def life_cycle(suite: Timed) -> tuple[float, float]:
    """Return the seconds outside all scenarios: of the whole call, and of the federation alone."""
    ends = [step.ts for step in suite.steps if step.kind == "scenario" and step.outcome != "started"]
    scenarios = max(ends) - suite.first("scenario", outcome="started").ts
    begun, over = suite.first("run", "start").ts, suite.first("run", "stop").ts
    return suite.seconds - scenarios, over - begun - scenarios


def gaps(suite: Timed) -> list[float]:
    """Return the seconds between each scenario's outcome and the beginning of the next."""
    steps = [step for step in suite.steps if step.kind == "scenario"]
    return [
        later.ts - earlier.ts
        for earlier, later in itertools.pairwise(steps)
        if earlier.outcome != "started" and later.outcome == "started"
    ]


async def empty_scenarios(evidence: Path) -> Answer:
    """Return the seconds of scenarios that do nothing, with nobody and with two persons."""
    alone, with_two = [], []
    async with opened(federation(2), evidence) as live:
        for number in range(_EMPTY_SCENARIOS):
            begin = time.monotonic()
            await live.begin(f"bench.nobody{number}")
            await live.end()
            between = time.monotonic()
            await live.begin(f"bench.two{number}")
            await live.live.users("a", "b")
            await live.end()
            alone.append(between - begin)
            with_two.append(time.monotonic() - between)
    return {"alone": alone, "with_two": with_two}


def figures(suites: Sequence[Timed], bare: Sequence[float], empty: Answer) -> list[Figure]:
    """Return the figures of all rounds."""
    seconds = [suite.seconds for suite in suites]
    outside = [life_cycle(suite) for suite in suites]
    between = [gap for suite in suites for gap in gaps(suite)]
    shares = [[part[place] / whole for part, whole in zip(outside, seconds, strict=True)] for place in (0, 1)]
    return [
        figure("suite", "s", seconds, aim=_SECONDS_AIM),
        figure("suite, scaled to a bare start of 1.6 s", "s", scaled(seconds, bare), aim=_SECONDS_AIM),
        figure("life cycle / suite", "ratio", shares[0], aim=_SHARE_AIM),
        figure("life cycle of the federation alone / suite", "ratio", shares[1], aim=_SHARE_AIM),
        figure("life cycle", "s", [whole for whole, _ in outside]),
        figure("life cycle of the federation alone", "s", [part for _, part in outside]),
        figure("between two scenarios of the suite", "s", between, aim=_OVERHEAD_AIM),
        figure("an empty scenario with two persons", "s", empty["with_two"], aim=_OVERHEAD_AIM),
        figure("an empty scenario with nobody", "s", empty["alone"]),
        figure("bare start", "s", bare),
    ]


def main() -> None:
    """Measure and write ``chat.json``."""
    bench = Bench("chat", "the chat suite as a user runs it", repeat=3)
    install(federation(1))
    suites, bare = [], []
    bare_start()  # What the machine has never read it reads only once.
    for number in range(bench.repeat):
        bare.append(bare_start())
        suites.append(run(["--suite", "chat"]))
        bench.say(f"round {number + 1}: {suites[-1].seconds:.1f} s")
    outcomes = [step.outcome for step in suites[-1].steps if step.kind == "scenario"]
    passed = f"the last round had {outcomes.count('started')} scenarios, {outcomes.count('passed')} passed."
    bench.end(figures(suites, bare, inside(empty_scenarios)), [passed])


if __name__ == "__main__":
    main()

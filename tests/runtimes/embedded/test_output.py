"""What a jailed program writes: every line is taken, however long, and a secret is never parted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from harness.errors import UsageError
from harness.runtimes.embedded import jail, netns, process
from harness.runtimes.embedded.enter import STATE
from harness.runtimes.embedded.jail import Jail
from harness.runtimes.embedded.process import LONGEST_LINE, cut

InWorld = Callable[[Callable[[], Awaitable[Any]]], Any]

WRITES = """
import sys
sys.stdout.write("first\\n" + "word " * 40000 + "\\n" + "x" * 200000 + " end\\n\\nlast without an end")
"""


def test_lines_of_any_length_are_taken(in_world: InWorld) -> None:
    async def work() -> dict[str, Any]:
        netns.remember_home()
        own = netns.create("own", netns.HOST_SYSCTLS)
        lines: list[str] = []
        cage = Jail(STATE / "writes", "writes", files=jail.accounts(), packages=jail.interpreter_package())
        cage.prepare()
        argv = [str(jail.interpreter()), "-c", WRITES]
        running = await process.start(cage, own.path, argv, {}, on_line=lambda _, line: lines.append(line))
        assert await running.wait() == 0
        return {
            "first": lines[0],
            "last": lines[-2:],
            "words": sum(line.count("word") for line in lines if "left out" not in line),
            "left out": any("left out" in line for line in lines),
            "longest": max(map(len, lines)),
        }

    seen = in_world(work)
    assert seen["longest"] <= 2 * LONGEST_LINE
    del seen["longest"]
    assert seen == {"first": "first", "last": ["", "last without an end"], "words": 40000, "left out": True}


def test_a_long_line_is_cut_between_words() -> None:
    secret = b"token=" + b"s" * 40
    line = b"x" * (LONGEST_LINE - 20) + b" " + secret + b" more"
    piece, rest = cut(line)
    assert piece == b"x" * (LONGEST_LINE - 20)
    assert rest == secret + b" more"


@pytest.mark.parametrize(
    "places", [{"files": {"/data/x.conf": ""}}, {"data": ("/data", "/data/inner")}, {"files": {"/tmp/x": ""}}]
)
def test_nothing_may_lie_where_the_service_could_put_a_link(
    places: dict[str, Any], in_world: InWorld
) -> None:
    async def work() -> str:
        with pytest.raises(UsageError) as refused:
            Jail(STATE / "nested", "nested", **({"data": ("/data",)} | places)).prepare()
        return refused.value.cure

    assert "beside each other" in in_world(work)

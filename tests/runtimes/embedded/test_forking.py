"""Forked services: what the server sees while it imports, how a service lives, ends and fails."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ProductError
from harness.runtimes.embedded import jail, netns
from harness.runtimes.embedded.enter import NAMESPACES, STATE
from harness.runtimes.embedded.forking import ForkServer
from harness.runtimes.embedded.jail import Jail

InWorld = Callable[[Callable[[], Awaitable[Any]]], Any]

LOOKS_ROUND = f"""
import json, os, socket
SEEN = {{
    "root": sorted(os.listdir("/")),
    "namespaces": os.path.exists({str(NAMESPACES)!r}),
    "state": sorted(os.listdir({str(STATE)!r})),
    "processes": sorted(name for name in os.listdir("/proc") if name.isdigit()),
    "interfaces": [name for _, name in socket.if_nameindex()],
}}
def run(arguments):
    print(json.dumps(SEEN), flush=True)
"""
OBEYS = """
import os, signal, sys, time
def run(arguments):
    if arguments[0] == "exit":
        sys.exit(int(arguments[1]))
    if arguments[0] == "signal":
        os.kill(os.getpid(), int(arguments[1]))
    if arguments[0] == "raise":
        raise RuntimeError("a fault of the product")
    print(os.getpid(), os.environ["ASKED"], open("/data/kept").read(), flush=True)
    if os.fork() == 0:
        time.sleep(61.5)
    signal.pause()
"""


class Forked:
    """A fork server with one host to fork services on."""

    def __init__(self, server: ForkServer, own: netns.Namespace) -> None:
        self.server, self.own = server, own
        self.lines: list[str] = []

    async def fork(self, *arguments: str, name: str = "forked") -> Any:
        cage = Jail(STATE / name, name, files=jail.accounts(), data=("/data",))
        cage.prepare()
        (STATE / name / "data" / "data" / "kept").write_text(name)
        return await self.server.fork(
            cage, self.own.path, arguments, {"ASKED": "yes"}, on_line=lambda _, line: self.lines.append(line)
        )


async def started(program: str) -> Forked:
    netns.remember_home()
    own = netns.create("own", netns.HOST_SYSCTLS)
    return Forked(await ForkServer.start(Path(sys.prefix), program, "a product 1"), own)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def test_nothing_of_the_run_is_in_sight_while_the_product_is_imported(in_world: InWorld) -> None:
    async def work() -> Any:
        (STATE / "another agency").mkdir()
        forked = await started(LOOKS_ROUND)
        assert await forked.server.imported()
        assert await (await forked.fork()).wait() == 0
        await forked.server.end()
        return json.loads(forked.lines[-1])

    seen = in_world(work)
    assert set(seen["root"]) <= {
        "bin",
        "dev",
        "etc",
        "lib",
        "lib64",
        "proc",
        "root",
        "run",
        "sbin",
        "usr",
        "work",
    } | {
        Path(sys.prefix).parts[1],
        Path(sys.base_prefix).parts[1],
    }
    assert not seen["namespaces"]
    assert seen["state"] == ["staging"]
    assert seen["processes"] == ["1"]
    assert seen["interfaces"] == ["lo"]


def test_two_services_have_data_of_their_own_and_end_with_all_their_children(in_world: InWorld) -> None:
    async def work() -> Any:
        forked = await started(OBEYS)
        assert await forked.server.imported()
        both = await asyncio.gather(forked.fork("stay", name="one"), forked.fork("stay", name="two"))
        await until(lambda: len(forked.lines) == 2)
        await both[0].stop(grace=5)
        await both[1].kill()
        left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"forkserver" in path.read_bytes()]
        await forked.server.end()
        return sorted(forked.lines), [one.returncode for one in both], len(left)

    lines, statuses, left = in_world(work)
    assert lines == ["2 yes one", "2 yes two"]
    assert statuses == [-15, -9]
    assert left == 2, "the server's two processes, and none of the services'"


@pytest.mark.parametrize(
    ("arguments", "status"), [(("exit", "0"), 0), (("exit", "7"), 7), (("signal", "9"), -9), (("raise",), 70)]
)
def test_the_status_is_the_product_s(in_world: InWorld, arguments: tuple[str, ...], status: int) -> None:
    async def work() -> Any:
        forked = await started(OBEYS)
        assert await forked.server.imported()
        running = await forked.fork(*arguments)
        assert await running.wait() == running.returncode
        await forked.server.end()
        return running.returncode, running.tail()

    ended, tail = in_world(work)
    assert ended == status
    assert ("a fault of the product" in tail) == (arguments == ("raise",))


@pytest.mark.usefixtures("late_look")
def test_a_product_that_has_ended_at_once_has_a_status_and_last_lines(in_world: InWorld) -> None:
    async def work() -> Any:
        forked = await started(OBEYS)
        assert await forked.server.imported()
        running = await forked.fork("raise")
        status = await running.wait()
        await forked.server.end()
        return status, running.tail()

    status, tail = in_world(work)
    assert status == 70
    assert "a fault of the product" in tail


@pytest.mark.parametrize(
    "program",
    [
        "raise ImportError('no such product')",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
    ],
)
def test_what_cannot_be_imported_once_is_said(in_world: InWorld, program: str) -> None:
    async def work() -> Any:
        forked = await started(program)
        imported = await forked.server.imported()
        await forked.server.end()
        return imported

    assert in_world(work) is False


def test_an_environment_without_an_interpreter_is_an_error_with_a_cure(
    in_world: InWorld, tmp_path: Path
) -> None:
    async def work() -> Any:
        with pytest.raises(ProductError) as refused:
            await ForkServer.start(tmp_path, OBEYS, "a product 1")
        return str(refused.value)

    said = in_world(work)
    assert f"a product 1: {tmp_path}" in said
    assert "cure: `python -m harness.runtimes.packages`" in said


def test_a_service_of_a_server_that_was_killed_is_an_error_with_a_cure(in_world: InWorld) -> None:
    async def work() -> Any:
        forked = await started(OBEYS)
        assert await forked.server.imported()
        running = await forked.fork("stay")
        await until(lambda: bool(forked.lines))
        forked.server._server.kill()
        assert await running.wait() == -9
        with pytest.raises(ProductError) as refused:
            await forked.fork("stay")
        await forked.server.end()
        return refused.value.cure

    assert "--no-fork" in in_world(work)

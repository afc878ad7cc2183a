"""Jailed processes: output, status, and an end that comes before the harness looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import CannotRun
from harness.runtimes.embedded import links, netns, process, syscalls
from harness.runtimes.embedded.enter import STATE
from harness.runtimes.embedded.jail import Jail, accounts
from harness.runtimes.embedded.programs import PACKAGES

InWorld = Callable[[Callable[[], Awaitable[Any]]], Any]


async def started(*argv: str) -> tuple[process.JailedProcess, list[tuple[str, str]]]:
    netns.remember_home()
    own = netns.create("own", netns.HOST_SYSCTLS)
    cage = Jail(STATE / "own", "own", files=accounts())
    cage.prepare()
    lines: list[tuple[str, str]] = []
    running = await process.start(cage, own.path, argv, {}, on_line=lambda *line: lines.append(line))
    return running, lines


def test_both_streams_and_the_status_are_kept(in_world: InWorld) -> None:
    async def work() -> Any:
        running, lines = await started("/bin/sh", "-c", "echo out; echo err >&2; exit 3")
        return await running.wait(), running.returncode, sorted(lines), sorted(running.tail().split("\n"))

    assert in_world(work) == [3, 3, [["stderr", "err"], ["stdout", "out"]], ["err", "out"]]


@pytest.mark.usefixtures("late_look")
def test_a_process_that_has_ended_at_once_has_a_status_and_last_lines(in_world: InWorld) -> None:
    async def work() -> Any:
        running, _ = await started("/bin/sh", "-c", "echo no configuration >&2; exit 7")
        await running.stop()
        await running.kill()
        return await running.wait(), running.tail()

    assert in_world(work) == [7, "no configuration"]


def test_a_program_that_is_not_there_is_named(in_world: InWorld) -> None:
    async def work() -> Any:
        running, _ = await started("/usr/bin/no-such-program")
        return await running.wait(), running.tail()

    status, said = in_world(work)
    assert status == 1
    assert "/usr/bin/no-such-program" in said


@pytest.mark.parametrize(
    ("program", "package"), [("nsenter", "util-linux"), ("prlimit", "util-linux"), ("bwrap", "bubblewrap")]
)
def test_a_program_of_the_system_that_is_missing_has_a_cure(
    in_world: InWorld, program: str, package: str
) -> None:
    async def work() -> Any:
        hide(program)
        with pytest.raises(CannotRun) as raised:
            await started("/bin/true")
        return str(raised.value)

    said = in_world(work)
    assert f"`{program}` is not installed" in said
    assert f"apt-get install -y {package};" in said


@pytest.mark.parametrize(("program", "package"), [("nsenter", "util-linux"), ("ip", "iproute2")])
def test_links_that_lack_a_program_name_its_package(in_world: InWorld, program: str, package: str) -> None:
    async def work() -> Any:
        own = netns.create("own", netns.HOST_SYSCTLS)
        hide(program)
        with pytest.raises(CannotRun) as raised:
            await links.apply(own.path, ["link set lo up"])
        return str(raised.value)

    assert f"apt-get install -y {package};" in in_world(work)


def hide(program: str) -> None:
    """Cover the system's programs, in this world alone, by links to all that are started but one."""
    kept = STATE / "programs"
    kept.mkdir()
    syscalls.mount("/usr/bin", str(kept), "none", syscalls.MS_BIND)
    for folder in ("/usr/bin", "/usr/sbin"):
        syscalls.mount("tmpfs", folder, "tmpfs", 0)
    for name in PACKAGES.keys() - {program}:
        Path("/usr/bin", name).symlink_to(kept / name)

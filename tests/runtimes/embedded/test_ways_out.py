"""Each known way out of a service's jail is closed, and each is open without the jail."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.runtimes.embedded import jail, links, netns, process
from harness.runtimes.embedded.enter import STATE
from harness.runtimes.embedded.forking import ForkServer
from harness.runtimes.embedded.jail import Jail

InWorld = Callable[[Callable[[], Awaitable[Any]]], Any]

ATTACKS = Path(__file__).with_name("attacks.py")
SHM_KEY = 0x66686172
QUEUE_KEY = 0x66686171
ADDRESSES, SIBLING = ("10.99.0.10", "fd00:9::10"), ("10.99.0.20", "fd00:9::20")
EVERY_WAY_OUT = [
    "abstract_socket",
    "core_dump",
    "enter_namespace",
    "enter_namespace_of_process",
    "forged_source",
    "free_bind",
    "free_bind_in_upper_half",
    "free_bind_ipv6",
    "free_bind_ipv6_by_ip",
    "inherited_descriptor",
    "io_ring",
    "kernel_switch",
    "message_queue",
    "netfilter",
    "new_user_namespace",
    "raw_frame",
    "read_memory",
    "second_address",
    "see_other_processes",
    "shared_memory_file",
    "shared_memory_segment",
    "signal_process",
    "trace_process",
    "transparent",
    "transparent_ipv6",
    "unix_socket",
    "unmount_cover",
    "vsock",
    "write_base",
    "write_evidence",
]
WITHOUT_CONTROL = {"kernel_switch", "write_base", "inherited_descriptor", "vsock"}
"""Whether these are open without a jail depends on the machine's user, mounts and kernel."""
CLOSED_BY_NAMESPACE = {"abstract_socket", "core_dump", "free_bind"}
"""The world around every jail, or the kernel's choice of a route, closes these already."""
FORKED = """
import runpy, sys
def run(arguments):
    sys.argv = arguments
    runpy.run_path(arguments[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def outcomes(in_world: InWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("host")
    evidence = folder / "evidence.jsonl"
    evidence.write_text("genuine\n")
    abstract = f"fedharness-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as nameless:
        listener.bind(str(folder / "socket"))
        nameless.bind(f"\0{abstract}")
        for each in (listener, nameless):
            each.listen()

        async def work() -> dict[str, Any]:
            netns.remember_home()
            border = netns.create("border", netns.ROUTER_SYSCTLS)
            own = netns.create("own", netns.HOST_SYSCTLS)
            await _connect(border, own)
            victim = subprocess.Popen(["sleep", "60"])
            shared = STATE / "sibling-shm"
            shared.write_text("secret")
            segment = ctypes.CDLL(None).shmget(SHM_KEY, 4096, 0o1600)
            queue = ctypes.CDLL(None).msgget(QUEUE_KEY, 0o1600)
            assert min(segment, queue) >= 0
            targets = json.dumps(
                {
                    "namespace": str(border.path),
                    "victim": victim.pid,
                    "unix": str(folder / "socket"),
                    "abstract": abstract,
                    "queue_key": QUEUE_KEY,
                    "sibling": SIBLING,
                    "shm": str(shared),
                    "shm_key": SHM_KEY,
                    "evidence": str(evidence),
                }
            )
            jailed = {"started": await _started(own, targets), "forked": await _forked(own, targets)}
            free = subprocess.run(
                ["nsenter", f"--net={own.path}", sys.executable, str(ATTACKS), targets],
                capture_output=True,
                text=True,
                check=True,
            )
            victim.kill()
            victim.wait()
            return {**jailed, "free": json.loads(free.stdout)}

        yield in_world(work)
    assert "genuine" in evidence.read_text()


async def _connect(border: netns.Namespace, own: netns.Namespace) -> None:
    """Give the host a link with a way out by its own address, so that a refusal is not for want of one."""
    mac, port_mac, gateways = "02:00:00:00:00:02", "02:00:00:00:00:01", ("10.99.0.1", "fd00:9::1")
    link = links.HostLink("own", "port", mac, port_mac, ADDRESSES, gateways)
    await links.apply(border.path, [*link.create(), *link.raise_border_end()])
    await links.apply(own.path, link.raise_host_end())
    await border.until_running("port")


async def _started(own: netns.Namespace, targets: str) -> dict[str, str]:
    lines: list[str] = []
    cage = _cage("started")
    argv = [str(jail.interpreter()), "/attacks.py", targets]
    running = await process.start(cage, own.path, argv, {}, on_line=lambda _, line: lines.append(line))
    return await _outcome(running, lines)


async def _forked(own: netns.Namespace, targets: str) -> dict[str, str]:
    lines: list[str] = []
    cage = _cage("forked")
    server = await ForkServer.start(Path(sys.prefix), FORKED, "attacks")
    assert await server.imported()
    argv = ["/attacks.py", targets]
    running = await server.fork(cage, own.path, argv, {}, on_line=lambda _, line: lines.append(line))
    outcome = await _outcome(running, lines)
    await server.end()
    return outcome


def _cage(name: str) -> Jail:
    files = {**jail.accounts(), "/attacks.py": ATTACKS.read_text()}
    cage = Jail(STATE / name, name, files=files, packages=jail.interpreter_package())
    cage.prepare()
    return cage


async def _outcome(running: process.JailedProcess, lines: list[str]) -> dict[str, str]:
    assert await running.wait() == 0, lines
    return dict(json.loads(lines[-1]))


@pytest.mark.parametrize("jailed", ["started", "forked"])
@pytest.mark.parametrize("way", EVERY_WAY_OUT)
def test_a_way_out_is_closed_within_the_jail(outcomes: dict[str, Any], way: str, jailed: str) -> None:
    assert outcomes[jailed][way].startswith("refused"), outcomes[jailed][way]


@pytest.mark.parametrize("way", sorted({*EVERY_WAY_OUT} - WITHOUT_CONTROL - CLOSED_BY_NAMESPACE))
def test_the_same_way_is_open_without_the_jail(outcomes: dict[str, Any], way: str) -> None:
    assert outcomes["free"][way] == "open", outcomes["free"][way]


def test_every_attack_is_named(outcomes: dict[str, Any]) -> None:
    assert sorted(outcomes["started"]) == sorted(outcomes["forked"]) == EVERY_WAY_OUT

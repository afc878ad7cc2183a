"""Hosts to send from and to, and a way between two of them that no border watches."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

from bench import traffic
from harness.runtimes.embedded import links, netns
from harness.runtimes.embedded.links import HostLink, RouterLink
from harness.topology.addressing import Pair

_PROGRAM = str(Path(traffic.__file__))
_NETWORKS = (Pair("172.16.1.0/24", "fd01::/64"), Pair("172.16.2.0/24", "fd02::/64"))
_HOSTS = (Pair("172.16.1.2", "fd01::2"), Pair("172.16.2.2", "fd02::2"))
_GATEWAYS = (Pair("172.16.1.1", "fd01::1"), Pair("172.16.2.1", "fd02::1"))
_NEAR = (("172.16.3.2/30", "fd03::2/126"), ("172.16.4.2/30", "fd04::2/126"))
_FAR = (("172.16.3.1/30", "fd03::1/126"), ("172.16.4.1/30", "fd04::1/126"))
_BACKBONE = "plain-backbone"


async def start(
    namespace: Path, *arguments: str, descriptors: Sequence[int] = ()
) -> asyncio.subprocess.Process:
    """Start a program of `bench.traffic` in a network namespace."""
    command = ("nsenter", f"--net={namespace}", "--", sys.executable, "-S", _PROGRAM, *arguments)
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, pass_fds=descriptors)


async def answer(program: asyncio.subprocess.Process) -> dict[str, float]:
    """Return what a program of `bench.traffic` counted.

    Raises:
        RuntimeError: it failed; it has said why on standard error.
    """
    output, _ = await program.communicate()
    if program.returncode:
        raise RuntimeError(f"a program that makes traffic ended with status {program.returncode}")
    counted: dict[str, float] = json.loads(output)
    return counted


async def stream(
    sender: netns.Namespace, receiver: netns.Namespace, address: str, *, rate: float, seconds: float
) -> float:
    """Send one TCP stream and return what arrived, in bytes a second.

    The time is that from the sender's first byte to the receiver's last.

    Args:
        address: the receiver's.
        rate: the load that is offered, in bytes a second; 0: as much as there can be.
    """
    with receiver.open_socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.bind((address, 0))
        listening.listen()
        port = str(listening.getsockname()[1])
        receiving = await start(
            receiver.path, "receive", str(listening.fileno()), descriptors=(listening.fileno(),)
        )
    sending = await start(sender.path, "send", address, port, str(rate), str(seconds))
    taken, sent = await asyncio.gather(answer(receiving), answer(sending))
    return taken["bytes"] / (taken["end"] - sent["begin"])


class PlainPath:
    """Host, router, backbone, router, host: as between two agencies, by the same links, with no rule.

    Args:
        sender, receiver: the namespaces of its two hosts.
        address: the receiver's.
    """

    def __init__(self, sender: netns.Namespace, receiver: netns.Namespace) -> None:
        self.sender = sender
        self.receiver = receiver
        self.address = _HOSTS[1].ipv4

    @classmethod
    async def make(cls) -> PlainPath:
        """Make it, in the calling process's namespaces."""
        netns.create(_BACKBONE, netns.BACKBONE_SYSCTLS)
        return cls(await _side(0), await _side(1))


async def _side(side: int) -> netns.Namespace:
    """Make a host and its router and join them to the backbone."""
    router = netns.create(f"plain-router-{side}", netns.BACKBONE_SYSCTLS)
    host = netns.create(f"plain-host-{side}", netns.HOST_SYSCTLS)
    uplink = RouterLink(
        near="up0",
        far=f"p{side}",
        far_namespace=_BACKBONE,
        near_addresses=_NEAR[side],
        far_addresses=_FAR[side],
        near_mac=links.mac(0x30, side),
        far_mac=links.mac(0x31, side),
    )
    link = HostLink(
        namespace=host.name,
        port="h1",
        mac=links.mac(0x32, side),
        port_mac=links.mac(0x33, side),
        addresses=_HOSTS[side],
        gateways=_GATEWAYS[side],
    )
    backbone = netns.Namespace(_BACKBONE)
    await links.apply(router.path, [*uplink.create(), *link.create()])
    await links.apply(
        backbone.path, ["link set lo up", *uplink.raise_far(), *uplink.far_routes(_NETWORKS[side])]
    )
    gateway = links.border_addresses(_GATEWAYS[side])
    await links.apply(
        router.path, [*gateway, *uplink.raise_near(), *uplink.near_default(), *link.raise_border_end()]
    )
    await links.apply(host.path, link.raise_host_end())
    await router.until_running("up0")
    await router.until_running("h1")
    await backbone.until_running(f"p{side}")
    await links.apply(router.path, link.route_to_host())
    return host

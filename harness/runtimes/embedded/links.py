"""The links of the world as ``ip -batch`` commands: pure text, so that a plan can be read.

Every host has a routed link of its own to its border (/32 and /128, no bridge), with
permanent neighbours: no ARP, no neighbour discovery, and the interface names the culprit.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_interface
from pathlib import Path

from harness.errors import BorderError
from harness.runtimes.embedded import programs

HOST_END = "eth0"


@dataclass(frozen=True)
class HostLink:
    """A host's link to its border.

    Args:
        namespace: name of the host's network namespace.
        port: the interface in the border's namespace.
        mac, port_mac: hardware addresses of the host's and the border's end.
        addresses: the host's own IPv4 and IPv6 address.
        gateways: the border's IPv4 and IPv6 address.
    """

    namespace: str
    port: str
    mac: str
    port_mac: str
    addresses: tuple[str, str]
    gateways: tuple[str, str]

    def create(self) -> list[str]:
        """Commands for the border's namespace: make both ends, still down."""
        return [
            f"link add name {self.port} address {self.port_mac} type veth"
            f" peer name {HOST_END} address {self.mac} netns {self.namespace}"
        ]

    def raise_host_end(self) -> list[str]:
        """Commands for the host's namespace."""
        ipv4, ipv6 = self.addresses
        commands = [
            "link set lo up",
            f"link set {HOST_END} up",
            f"addr add {ipv4}/32 dev {HOST_END}",
            f"addr add {ipv6}/128 dev {HOST_END} nodad",
        ]
        for gateway, width in zip(self.gateways, (32, 128), strict=True):
            commands += [
                f"neigh add {gateway} lladdr {self.port_mac} dev {HOST_END} nud permanent",
                f"route add {gateway}/{width} dev {HOST_END}",
                f"route add default via {gateway} dev {HOST_END}",
            ]
        return commands

    def raise_border_end(self) -> list[str]:
        """Commands for the border's namespace; before the host's end is raised."""
        return [f"link set {self.port} up"]

    def route_to_host(self) -> list[str]:
        """Commands for the border's namespace; after both ends run."""
        commands = []
        for address, width in zip(self.addresses, (32, 128), strict=True):
            commands += [
                f"neigh add {address} lladdr {self.mac} dev {self.port} nud permanent",
                f"route add {address}/{width} dev {self.port}",
            ]
        return commands


@dataclass(frozen=True)
class RouterLink:
    """A link between two routers.

    Args:
        near, far: interface names in the two namespaces.
        far_namespace: name of the namespace at the far end.
        near_addresses, far_addresses: IPv4 and IPv6 in CIDR form.
        near_mac, far_mac: hardware addresses.
    """

    near: str
    far: str
    far_namespace: str
    near_addresses: tuple[str, str]
    far_addresses: tuple[str, str]
    near_mac: str
    far_mac: str

    def create(self) -> list[str]:
        """Commands for the near namespace: make both ends, still down."""
        return [
            f"link add name {self.near} address {self.near_mac} type veth"
            f" peer name {self.far} address {self.far_mac} netns {self.far_namespace}"
        ]

    def raise_near(self) -> list[str]:
        """Commands for the near namespace."""
        return self._raise(self.near, self.near_addresses, self.far_addresses, self.far_mac)

    def raise_far(self) -> list[str]:
        """Commands for the far namespace."""
        return self._raise(self.far, self.far_addresses, self.near_addresses, self.near_mac)

    def near_default(self) -> list[str]:
        """Commands that send all else to the far end."""
        return [f"route add default via {ip_interface(a).ip} dev {self.near}" for a in self.far_addresses]

    def far_routes(self, networks: Sequence[str]) -> list[str]:
        """Commands that send ``networks`` (IPv4 and IPv6) to the near end."""
        return [
            f"route add {network} via {ip_interface(address).ip} dev {self.far}"
            for network, address in zip(networks, self.near_addresses, strict=True)
        ]

    @staticmethod
    def _raise(name: str, own: Sequence[str], other: Sequence[str], other_mac: str) -> list[str]:
        commands = [f"link set {name} up"]
        for mine, theirs in zip(own, other, strict=True):
            dad = " nodad" if ":" in mine else ""
            commands += [
                f"addr add {mine} dev {name}{dad}",
                f"neigh add {ip_interface(theirs).ip} lladdr {other_mac} dev {name} nud permanent",
            ]
        return commands


def border_addresses(addresses: Sequence[str]) -> list[str]:
    """Commands that give a border its own addresses, the same on all of its links."""
    ipv4, ipv6 = addresses
    return ["link set lo up", f"addr add {ipv4}/32 dev lo", f"addr add {ipv6}/128 dev lo nodad"]


def mac(kind: int, number: int) -> str:
    """Return a locally administered hardware address (IEEE 802: second bit of the first octet)."""
    return "02:fd:" + ":".join(f"{byte:02x}" for byte in (kind & 0xFF, *number.to_bytes(3, "big")))


async def apply(namespace: Path, commands: Sequence[str]) -> None:
    """Run ``ip -batch`` with ``commands`` in a namespace.

    Raises:
        BorderError: a command failed; says which.
        CannotRun: ``nsenter`` or ``ip`` is not installed.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *("nsenter", f"--net={namespace}", "--", "ip", "-batch", "-"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise programs.not_installed("nsenter") from None
    _, stderr = await process.communicate("\n".join(commands).encode() + b"\n")
    if process.returncode == programs.NOT_FOUND:
        raise programs.not_installed("ip")
    if process.returncode != 0:
        raise BorderError(
            "a link could not be set up",
            where=namespace.name,
            cure="run `fedharness doctor`",
            detail=stderr.decode("utf-8", "replace").strip(),
        )

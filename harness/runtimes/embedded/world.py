"""The world around the agencies: borders, backbone and simulated internet, as namespaces."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from pathlib import Path

from harness.model.border import UPLINK, BorderPlan, WorldPlan
from harness.runtimes.embedded import links, netns
from harness.runtimes.embedded.enter import NAMESPACES
from harness.runtimes.embedded.links import HostLink, RouterLink
from harness.topology.addressing import AddressPlan, Pair

BACKBONE = "backbone"
INTERNET = "inet"
_TO_INTERNET = "internet"


@dataclass
class World:
    """The namespaces and links that stand before any host is there.

    Args:
        domains: each agency's domain, by agency id, in the file's order.
    """

    domains: dict[str, str]
    plan: AddressPlan = field(init=False)
    _namespaces: dict[str, netns.Namespace] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.plan = AddressPlan.of(list(self.domains))

    def border_plan(self, evidence: Path, sinkhole_ca: Path) -> WorldPlan:
        """Return what the border program has to know."""
        return WorldPlan(
            evidence=str(evidence),
            borders=tuple(self._border(agency) for agency in self.domains),
            internet=str(NAMESPACES / INTERNET),
            domains=tuple(self.domains.values()),
            sinkhole_ca=str(sinkhole_ca),
        )

    async def build(self) -> None:
        """Make all namespaces and the links between them, still down."""
        netns.remember_home()
        names = [BACKBONE, INTERNET, *map(border_namespace, self.domains)]
        for name in names:
            sysctls = netns.BACKBONE_SYSCTLS if name == BACKBONE else netns.ROUTER_SYSCTLS
            self._namespaces[name] = netns.create(name, sysctls)
        uplinks = {border_namespace(agency): self._uplink(agency) for agency in self.domains}
        uplinks[INTERNET] = self._internet_link()
        await asyncio.gather(*(links.apply(NAMESPACES / n, link.create()) for n, link in uplinks.items()))

    async def raise_links(self) -> None:
        """Give every router its addresses and routes; borders do not forward yet."""
        # The far ends first: what a border's kernel sends at once must find them listening.
        ends = [self._internet_link().far, *(self._uplink(agency).far for agency in self.domains)]
        await links.apply(NAMESPACES / BACKBONE, [f"link set {end} up" for end in ends])
        async with asyncio.TaskGroup() as group:
            for agency in self.domains:
                link = self._uplink(agency)
                commands = links.border_addresses(self.plan.agency(agency).border)
                commands += [*link.raise_near(), *link.near_default()]
                group.create_task(links.apply(NAMESPACES / border_namespace(agency), commands))
            inet = self._internet_link()
            commands = ["link set lo up", *inet.raise_near(), *inet.near_default()]
            group.create_task(links.apply(NAMESPACES / INTERNET, commands))
            group.create_task(links.apply(NAMESPACES / BACKBONE, self._backbone_commands()))

        for link in (self._internet_link(), *map(self._uplink, self.domains)):
            await self.namespace(BACKBONE).until_running(link.far)
        for name in (INTERNET, *map(border_namespace, self.domains)):
            await self.namespace(name).until_running(UPLINK)

    def namespace(self, name: str) -> netns.Namespace:
        """Return a router's namespace."""
        return self._namespaces[name]

    def host_link(self, agency: str, namespace: str, addresses: Pair) -> HostLink:
        """Return a fresh link for a host of an agency."""
        number = next(self._numbers)
        return HostLink(
            namespace=namespace,
            port=f"h{number}",
            mac=links.mac(0x10, number),
            port_mac=links.mac(0x11, number),
            addresses=addresses,
            gateways=self.plan.agency(agency).border,
        )

    def close(self) -> None:
        """Take every namespace down."""
        for namespace in self._namespaces.values():
            namespace.close()
        self._namespaces.clear()

    def _backbone_commands(self) -> list[str]:
        commands = ["link set lo up"]
        for agency in self.domains:
            link = self._uplink(agency)
            commands += [*link.raise_far(), *link.far_routes(self.plan.agency(agency).networks)]
        inet = self._internet_link()
        return [*commands, *inet.raise_far(), *inet.far_routes(("default", "default"))]

    def _border(self, agency: str) -> BorderPlan:
        addresses = self.plan.agency(agency)
        return BorderPlan(
            agency=agency,
            namespace=str(NAMESPACES / border_namespace(agency)),
            addresses=addresses.border,
            networks=addresses.networks,
            far_namespace=str(NAMESPACES / BACKBONE),
            far_port=self._uplink(agency).far,
        )

    def _uplink(self, agency: str) -> RouterLink:
        index = list(self.domains).index(agency) + 1
        link = self.plan.uplink(agency)
        return _router_link(f"a{index}", index, link.far, link.backbone)

    def _internet_link(self) -> RouterLink:
        link = self.plan.internet
        return _router_link(_TO_INTERNET, 0, link.far, link.backbone)


def border_namespace(agency: str) -> str:
    """Return the name of an agency's border namespace."""
    return f"border-{agency}"


def _router_link(far: str, number: int, near: Pair, backbone: Pair) -> RouterLink:
    return RouterLink(
        near=UPLINK,
        far=far,
        far_namespace=BACKBONE,
        near_addresses=(f"{near.ipv4}/30", f"{near.ipv6}/126"),
        far_addresses=(f"{backbone.ipv4}/30", f"{backbone.ipv6}/126"),
        near_mac=links.mac(0x20, number),
        far_mac=links.mac(0x21, number),
    )

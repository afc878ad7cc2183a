"""Real products on loopback addresses: one resolver, one CA, no border and no recorder.

It proves drivers without any runtime. Ports 53 and 443 need a privileged user, so these
tests are skipped where they cannot be bound.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
import trustme

from harness.drivers.synapse import SynapseDriver
from harness.model.federation import Service
from harness.protocols import Certificate, Partner, ServicePlan, ServiceSpec
from harness.runtimes import packages

RESOLVER = "127.0.53.53"
PYTHON = str(Path(sys.executable).resolve())


class LoopbackResolver(asyncio.DatagramProtocol):
    """Answers from a zone of text records; NOERROR without data where only the type is missing."""

    def __init__(self, zone: dict[str, dict[str, str]]) -> None:
        self.zone = zone
        self.asked: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        asked = question.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append(name)
        if name not in self.zone:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif kind in self.zone[name]:
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, self.zone[name][kind]))
        self._transport.sendto(answer.to_wire(), addr)


@dataclass
class LoopbackProcess:
    """A process of this machine, in its own mounts."""

    process: asyncio.subprocess.Process
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=5000))

    def __post_init__(self) -> None:
        self.reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip())

    @property
    def returncode(self) -> int | None:
        return self.process.returncode

    async def wait(self) -> int:
        return await self.process.wait()

    async def stop(self, *, grace: float = 10.0) -> None:
        if self.process.returncode is None:
            self.process.terminate()
        try:
            async with asyncio.timeout(grace):
                await self.process.wait()
        except TimeoutError:
            await self.kill()
        await self.reader

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self.reader

    def tail(self, lines: int = 20) -> str:
        return "\n".join(list(self.lines)[-lines:])


@dataclass
class LoopbackHost:
    """Implements `harness.protocols.Host` by a loopback address."""

    name: str
    agency: str
    addresses: tuple[str, ...]
    zone: Mapping[str, Mapping[str, str]]
    folder: Path
    opened: list[int] = field(default_factory=list)
    binds: dict[str, Path] = field(default_factory=dict)

    def open_socket(self, family: int, type: int, proto: int = 0) -> socket.socket:
        made = socket.socket(family, type, proto)
        made.setblocking(False)
        made.bind((self.addresses[0], 0))
        self.opened.append(made.fileno())
        return made

    async def resolve(self, name: str, family: int = socket.AF_UNSPEC) -> list[str]:
        address = self.zone.get(name, {}).get("A")
        if address is None or family == socket.AF_INET6:
            raise socket.gaierror(socket.EAI_NONAME, f"no address for {name}")
        return [address]

    async def spawn(
        self, argv: Sequence[str], *, environment: Mapping[str, str] | None = None
    ) -> LoopbackProcess:
        process = await asyncio.create_subprocess_exec(
            *self._jail(environment or {}),
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        return LoopbackProcess(process)

    def _jail(self, environment: Mapping[str, str]) -> list[str]:
        resolv = self.folder / "resolv.conf"
        resolv.write_text(f"nameserver {RESOLVER}\n")
        nsswitch = self.folder / "nsswitch.conf"
        nsswitch.write_text("hosts: files dns\n")
        hosts = self.folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{self.addresses[0]} {socket.gethostname()}\n")
        shared = ["/usr", str(Path(sys.base_prefix).resolve()), str(packages.cache_folder())]
        command = ["bwrap", "--die-with-parent", "--clearenv", "--proc", "/proc", "--dev", "/dev"]
        for path in dict.fromkeys(shared):
            command += ["--ro-bind", path, path]
        for name in ("bin", "lib", "lib64"):
            command += ["--symlink", f"usr/{name}", f"/{name}"]
        for outside in (resolv, nsswitch, hosts):
            command += ["--ro-bind", str(outside), f"/etc/{outside.name}"]
        for inside, outside in self.binds.items():
            command += ["--bind", str(outside), inside]
        for name, value in {"PATH": "/usr/bin:/bin", "HOME": "/tmp", **environment}.items():
            command += ["--setenv", name, value]
        return [*command, "--tmpfs", "/tmp", "--"]


@dataclass
class LoopbackService:
    """Implements `harness.protocols.RunningService`."""

    plan: ServicePlan
    spec: ServiceSpec
    host: LoopbackHost
    operator: LoopbackHost
    process: LoopbackProcess

    @property
    def agency(self) -> str:
        return self.plan.agency

    @property
    def key(self) -> str:
        return self.plan.key

    @property
    def domain(self) -> str:
        return self.plan.domain


class LoopbackWorld:
    """Starts services on addresses of their own and makes persons' hosts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.zone: dict[str, dict[str, str]] = {}
        self.resolver = LoopbackResolver(self.zone)
        self.authority = trustme.CA()
        self.ca = self.authority.cert_pem.bytes().decode()
        self._made = 0

    def plan(self, agency: str, service: Service, partners: Sequence[str] = ()) -> ServicePlan:
        """Return a plan for an agency whose domain is ``<agency>.example``."""
        domain = f"{agency}.example"
        issued = self.authority.issue_cert(domain, f"homeserver.{domain}")
        key = issued.private_key_pem.bytes().decode()
        chain = "".join(blob.bytes().decode() for blob in issued.cert_chain_pems)
        return ServicePlan(
            agency=agency,
            domain=domain,
            key="chat",
            service=service,
            addresses={"homeserver": (self.address(agency, 1),), "leaker": (self.address(agency, 2),)},
            partners=tuple(Partner(name, f"{name}.example") for name in partners),
            certificates={"homeserver": Certificate(chain, key)},
            ca=self.ca,
            secret=secrets.token_hex(32),
        )

    async def start(self, plan: ServicePlan, spec: ServiceSpec) -> LoopbackService:
        """Write a service's files and start it."""
        host = self.host(plan.agency, spec.role, plan.addresses[spec.role])
        for inside in spec.data:
            host.binds[inside] = host.folder / "data" / inside.strip("/").replace("/", "-")
            host.binds[inside].mkdir(parents=True)
        for inside, text in spec.files.items():
            host.binds[inside] = host.folder / inside.strip("/").replace("/", "-")
            host.binds[inside].write_text(text)
        self._publish(plan, spec, host)
        process = await self._spawn(spec, host)
        return LoopbackService(plan, spec, host, self.person(plan.agency, "operator"), process)

    async def restart(self, service: LoopbackService) -> None:
        """Start a stopped service again with the same data."""
        service.process = await self._spawn(service.spec, service.host)

    def person(self, agency: str, name: str) -> LoopbackHost:
        """Return a fresh host with an address of its own."""
        self._made += 1
        return self.host(agency, name, (self.address(agency, 100 + self._made),))

    def host(self, agency: str, name: str, addresses: tuple[str, ...]) -> LoopbackHost:
        folder = self.folder / f"{agency}-{name}-{addresses[0]}"
        folder.mkdir()
        return LoopbackHost(f"{agency}-{name}", agency, addresses, self.zone, folder)

    def address(self, agency: str, number: int) -> str:
        return f"127.{ord(agency[0]) % 32 + 1}.0.{number}"

    async def _spawn(self, spec: ServiceSpec, host: LoopbackHost) -> LoopbackProcess:
        package = str(await packages.ensure(spec.product, spec.version))
        argv = [word.replace("{package}", package).replace("{python}", PYTHON) for word in spec.argv]
        return await host.spawn(argv, environment=spec.environment)

    def _publish(self, plan: ServicePlan, spec: ServiceSpec, host: LoopbackHost) -> None:
        ports = {port.name: port.port for port in spec.ports}
        canonical = f"{spec.role}.{plan.domain}"
        for name in (canonical, *(f"{label}.{plan.domain}".lstrip(".") for label in spec.names)):
            self.zone.setdefault(name, {})["A"] = host.addresses[0]
        for record, port in spec.srv.items():
            self.zone[f"{record}.{plan.domain}"] = {"SRV": f"10 5 {ports[port]} {canonical}."}


@pytest.fixture(scope="session")
async def loopback(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LoopbackWorld]:
    if os.getuid() != 0:
        pytest.skip("ports 53 and 443 of the machine itself need root")
    world = LoopbackWorld(tmp_path_factory.mktemp("loopback"))
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: world.resolver, local_addr=(RESOLVER, 53))
    yield world
    transport.close()


@pytest.fixture(scope="session")
async def homeservers(loopback: LoopbackWorld) -> AsyncIterator[dict[str, LoopbackService]]:
    """Three federating homeservers; beta runs the older version."""
    driver = SynapseDriver()
    versions = {"alfa": "1.163.2", "beta": "1.162.0", "gamma": "1.163.2"}
    options = {"ip_range_whitelist": ["127.0.0.0/8"]}
    services: dict[str, LoopbackService] = {}
    try:
        for name, version in versions.items():
            partners = [other for other in versions if other != name]
            plan = loopback.plan(name, Service(product="synapse", version=version, options=options), partners)
            services[name] = await loopback.start(plan, driver.services(plan)[0])
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for service in services.values():
                group.create_task(driver.ready(service))
        yield services
    finally:
        for service in services.values():
            await service.process.stop()

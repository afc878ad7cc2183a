"""The embedded runtime: every host a namespace, every product a jailed process, no root."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import trustme

from harness.errors import BorderError
from harness.model.border import (
    AddPort,
    AnyCommand,
    Fault,
    Finish,
    Mark,
    Open,
    Probe,
    RemovePort,
    Secure,
    SetZone,
    ZoneRecord,
)
from harness.model.canary import new_canary
from harness.model.evidence import HostRole
from harness.model.federation import Federation
from harness.protocols import Border, Host, Recorder, RunningService, ServicePlan, ServiceSpec, SweepTarget
from harness.runtimes import packages
from harness.runtimes.border_client import BorderProgram
from harness.runtimes.embedded import links, netns, probe, stores
from harness.runtimes.embedded.enter import NAMESPACES, STATE
from harness.runtimes.embedded.forking import ForkServer
from harness.runtimes.embedded.host import EmbeddedHost
from harness.runtimes.embedded.jail import Jail, interpreter_package
from harness.runtimes.embedded.records import Chronicle
from harness.runtimes.embedded.service import EmbeddedService, base_files, service_jail
from harness.runtimes.embedded.world import World, border_namespace
from harness.runtimes.redact import Redactor
from harness.topology.addressing import HostAllocator, Pair

_PROBE_DOMAIN = "probe.invalid"


class EmbeddedBorder:
    """Implements `harness.protocols.Border` for one agency."""

    def __init__(self, agency: str, program: BorderProgram) -> None:
        self._agency = agency
        self._program = program

    async def cut_internet(self) -> None:
        """Drop all that goes to or comes from the simulated internet, established too."""
        await self._program.ask(Fault(agency=self._agency, kind="cut"))

    async def partition(self) -> None:
        """Drop all that crosses the uplink, established connections included."""
        await self._program.ask(Fault(agency=self._agency, kind="partition"))

    async def heal(self) -> None:
        """Take every fault off."""
        await self._program.ask(Fault(agency=self._agency, kind="heal"))


class EmbeddedRuntime:
    """Implements `harness.protocols.Runtime` with namespaces and processes.

    Has to be used within `enter.enter`.

    Args:
        federation: the agencies and their services.
        recorder: where evidence goes.
        evidence: the run folder's ``evidence/`` folder, for the border program.
        ca: PEM text of the run's CA, which every host trusts.
        redactor: masks secrets in what products write.
        forked: by product and version, the file that a fork server imports the product by;
            other services are started as processes of their own.
    """

    name: ClassVar[str] = "embedded"

    def __init__(
        self,
        federation: Federation,
        recorder: Recorder,
        evidence: Path,
        ca: str,
        redactor: Redactor,
        forked: Mapping[tuple[str, str], Path] | None = None,
    ) -> None:
        self._federation = federation
        self._evidence = evidence
        self._ca = ca
        self._redactor = redactor
        self._chronicle = Chronicle(recorder, redactor)
        self._world = World({name: agency.domain for name, agency in federation.agencies.items()})
        self._allocators = {
            name: HostAllocator(self._world.plan.agency(name)) for name in federation.agencies
        }
        self._reserved: dict[tuple[str, str, str], Pair] = {}
        self._hosts: dict[str, EmbeddedHost] = {}
        self._operators: dict[str, EmbeddedHost] = {}
        self._services: list[EmbeddedService] = []
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._borders: dict[str, EmbeddedBorder] = {}
        self._zone: dict[str, tuple[ZoneRecord, ...]] = {}
        self._counts = itertools.count(1)
        self._program: BorderProgram | None = None
        self._forked = dict(forked or {})
        self._fork_servers: dict[tuple[str, str], ForkServer] = {}

    # --- life -------------------------------------------------------------------------

    async def __aenter__(self) -> EmbeddedRuntime:
        try:
            await self._build()
        except BaseException:
            await self._tear_down()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await asyncio.shield(self._tear_down())

    async def _build(self) -> None:
        await self._start_fork_servers()
        self._program = await BorderProgram.start()
        await self._world.build()
        sinkhole_ca = _write_sinkhole_ca(STATE / "sinkhole-ca")
        await self._program.introduce(self._world.border_plan(self._evidence, sinkhole_ca))
        await self._ask(Secure())
        for agency in self._federation.agencies:
            self._chronicle.border_up(agency, self._world.plan.agency(agency).border)
        await self._world.raise_links()
        await self._ask(Open())
        self._borders = {
            agency: EmbeddedBorder(agency, self._program) for agency in self._federation.agencies
        }
        await self.mark("probe")
        async with asyncio.TaskGroup() as group:
            for agency in self._federation.agencies:
                group.create_task(self._add_operator(agency))
        await self.mark("start")

    async def _tear_down(self) -> None:
        for watcher in self._watchers.values():
            watcher.cancel()
        await asyncio.gather(*(host.end() for host in self._hosts.values()), return_exceptions=True)
        for host in self._hosts.values():
            self._chronicle.host_down(host)
        await asyncio.gather(*(server.end() for server in self._fork_servers.values()))
        if self._program is not None:
            with contextlib.suppress(BorderError):
                await self._ask(Finish())
            await self._program.end()
            self._program = None
        for host in self._hosts.values():
            host.namespace.close()
        self._hosts.clear()
        self._world.close()

    async def _ask(self, command: AnyCommand) -> None:
        if self._program is None:
            raise BorderError("the border program does not run", where="border", cure="run again")
        await self._program.ask(command)

    # --- what scenarios and the federation use ------------------------------------------

    @property
    def borders(self) -> Mapping[str, Border]:
        """The borders, by agency id."""
        return self._borders

    @property
    def recording(self) -> bool:
        """Say whether the border program runs."""
        return self._program is not None and self._program.running

    def operator(self, agency: str) -> Host:
        """The harness's own host at an agency."""
        return self._operators[agency]

    def service_addresses(self, agency: str, key: str, role: str) -> tuple[str, ...]:
        """The addresses that a service's host has or will have."""
        wanted = (agency, key, role)
        if wanted not in self._reserved:
            self._reserved[wanted] = self._allocators[agency].service()
        return self._reserved[wanted]

    async def set_names(self, owner: str, records: Sequence[ZoneRecord]) -> None:
        """Publish DNS records, replacing those that ``owner`` published before."""
        self._zone[owner] = tuple(records)
        await self._ask(SetZone(records=tuple(r for rows in self._zone.values() for r in rows)))

    async def mark(self, window: str) -> None:
        """Dump every ledger now, then name the window that begins."""
        self._chronicle.window = window
        await self._ask(Mark(window=window))

    async def start_service(self, plan: ServicePlan, spec: ServiceSpec) -> EmbeddedService:
        """Make the service's host and start it; it need not be ready on return."""
        package = await packages.ensure(spec.product, spec.version)
        self._redactor.add(plan.secret)
        name = self._unused(f"{plan.agency}-{plan.key}-{spec.role}")
        addresses = Pair(*self.service_addresses(plan.agency, plan.key, spec.role))
        resolvers = self._world.plan.agency(plan.agency).border
        jail = service_jail(STATE / name, plan, spec, package, addresses, resolvers)
        host = await self._add_host(plan.agency, name, addresses, jail)
        server = await self._fork_server(spec)
        service = EmbeddedService(plan, spec, host, self._operators[plan.agency], package, server)
        self._services.append(service)
        self._chronicle.service_up(service)
        await service.start()
        self._watch(service)
        return service

    async def stop_service(self, service: RunningService, *, kill: bool = False) -> None:
        """Stop it, keeping its data; return when no process of it is left."""
        own = self._own(service)
        watcher = self._watchers.pop(own.host.name, None)
        if watcher is not None:
            watcher.cancel()
        if not kill:
            await own.process.stop()
        await own.host.end()

    async def restart_service(self, service: RunningService) -> EmbeddedService:
        """Start a stopped service again, on the same host with the same data."""
        own = self._own(service)
        await own.start()
        self._watch(own)
        return own

    async def add_person(
        self, agency: str, name: str, *, scenario: str = "", role: HostRole = "person"
    ) -> EmbeddedHost:
        """Make a fresh host for a person.

        Args:
            agency: the agency's id.
            name: the person's name; the host's is made unique.
            scenario: the question that the host is made for.
            role: what the host is for.
        """
        unique = self._unused(f"{agency}-{name}-{next(self._counts)}")
        host = await self._add_plain_host(agency, unique, self._allocators[agency].person())
        self._chronicle.host_up(host, role, user=name, scenario=scenario)
        return host

    async def remove_person(self, host: Host) -> None:
        """Take a person's host down."""
        own = self._hosts[host.name]
        await own.end()
        await self._ask(RemovePort(agency=own.agency, port=own.link.port))
        self._chronicle.host_down(own)
        del self._hosts[own.name]
        own.namespace.close()

    def sweep_targets(self) -> Sequence[SweepTarget]:
        """Every place that a service could have written."""
        return [target for service in self._services for target in stores.targets(service)]

    def _unused(self, name: str) -> str:
        """Return a host's name that no other has: ids may hold hyphens, so two can read the same."""
        names = (name, *(f"{name}-{number}" for number in range(2, len(self._hosts) + 3)))
        return next(one for one in names if one not in self._hosts)

    # --- hosts --------------------------------------------------------------------------

    async def _add_operator(self, agency: str) -> None:
        addresses = self._world.plan.agency(agency).operator
        host = await self._add_plain_host(agency, f"{agency}-operator", addresses)
        self._chronicle.host_up(host, "operator")
        self._operators[agency] = host
        name = f"{new_canary()}.{_PROBE_DOMAIN}"
        sent_to = await probe.send(host, name)
        await self._ask(Probe(agency=agency, port=host.link.port, addresses=sent_to, name=name))

    async def _add_plain_host(self, agency: str, name: str, addresses: Pair) -> EmbeddedHost:
        resolvers = self._world.plan.agency(agency).border
        jail = Jail(
            STATE / name,
            name,
            files=base_files(self._ca, name, addresses, resolvers),
            packages=interpreter_package(),
        )
        return await self._add_host(agency, name, addresses, jail)

    async def _add_host(self, agency: str, name: str, addresses: Pair, jail: Jail) -> EmbeddedHost:
        namespace = await asyncio.to_thread(netns.create, name, netns.HOST_SYSCTLS)
        link = self._world.host_link(agency, name, addresses)
        host = EmbeddedHost(name, agency, tuple(addresses), namespace, link, jail, self._chronicle.line)
        self._hosts[name] = host
        border = NAMESPACES / border_namespace(agency)
        await links.apply(border, link.create())
        await self._ask(
            AddPort(agency=agency, port=link.port, host=name, mac=link.mac, addresses=tuple(addresses))
        )
        await links.apply(border, link.raise_border_end())
        await links.apply(namespace.path, link.raise_host_end())
        await self._world.namespace(border_namespace(agency)).until_running(link.port)
        await links.apply(border, link.route_to_host())
        return host

    # --- fork servers -------------------------------------------------------------------

    async def _start_fork_servers(self) -> None:
        for (product, version), path in self._forked.items():
            package = await packages.ensure(product, version)
            program = path.read_text(encoding="utf-8")
            server = await ForkServer.start(package, program, f"{product} {version}")
            self._fork_servers[product, version] = server

    async def _fork_server(self, spec: ServiceSpec) -> ForkServer | None:
        server = self._fork_servers.get((spec.product, spec.version))
        return server if server is not None and await server.imported() else None

    # --- evidence -----------------------------------------------------------------------

    def _watch(self, service: EmbeddedService) -> None:
        self._watchers[service.host.name] = asyncio.create_task(self._report_end(service))

    async def _report_end(self, service: EmbeddedService) -> None:
        status = await service.process.wait()
        self._chronicle.service_ended(service, status)

    def _own(self, service: RunningService) -> EmbeddedService:
        return next(own for own in self._services if own is service)


def _write_sinkhole_ca(folder: Path) -> Path:
    """Make the simulated internet's own CA, apart from the agencies'."""
    folder.mkdir(parents=True, exist_ok=True)
    ca = trustme.CA(organization_name="Simulated internet", organization_unit_name="nobody's")
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    ca.private_key_pem.write_to_path(str(folder / "ca.key"))
    return folder

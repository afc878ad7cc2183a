"""A runtime without namespaces: hosts are loopback addresses, services plain processes.

It keeps every promise of `harness.protocols.Runtime` that needs no network of its own, so
that contracts can be tested before, and without, a real runtime.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from harness.model.border import ZoneRecord
from harness.model.evidence import HostRole
from harness.protocols import Border, Host, RunningService, ServicePlan, ServiceSpec, SweepTarget


class FakeProcess:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: deque[str] = deque(maxlen=200)
        self._reader = asyncio.create_task(self._read())

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> int:
        status = await self._process.wait()
        await self._reader
        return status

    async def stop(self, *, grace: float = 10.0) -> None:
        if self._process.returncode is None:
            self._process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self.wait()

    def tail(self, lines: int = 20) -> str:
        return "\n".join(list(self._lines)[-lines:])

    async def _read(self) -> None:
        stream = self._process.stdout
        while stream is not None and (line := await stream.readline()):
            self._lines.append(line.decode().rstrip("\n"))


@dataclass(eq=False)
class FakeHost:
    name: str
    agency: str
    addresses: tuple[str, ...]
    zone: Mapping[str, tuple[str, ...]]
    processes: list[FakeProcess] = field(default_factory=list)

    def open_socket(self, family: int, type: int, proto: int = 0) -> socket.socket:
        made = socket.socket(family, type, proto)
        made.setblocking(False)
        if family == socket.AF_INET:
            made.bind((self.addresses[0], 0))
        return made

    async def resolve(self, name: str, family: int = socket.AF_UNSPEC) -> list[str]:
        known = self.zone.get(name, ())
        found = [a for a in known if family in (socket.AF_UNSPEC, _family(a))]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, f"no address for {name}")
        return sorted(found, key=lambda address: ":" in address)

    async def spawn(
        self, argv: Sequence[str], *, environment: Mapping[str, str] | None = None
    ) -> FakeProcess:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            env=dict(environment or {}),
        )
        started = FakeProcess(process)
        self.processes.append(started)
        return started


@dataclass(eq=False)
class FakeService:
    plan: ServicePlan
    spec: ServiceSpec
    host: FakeHost
    operator: Host
    root: Path
    process: FakeProcess = field(init=False)

    @property
    def agency(self) -> str:
        return self.plan.agency

    @property
    def key(self) -> str:
        return self.plan.key

    @property
    def domain(self) -> str:
        return self.plan.domain

    async def start(self) -> None:
        for path in (*self.spec.data, *(str(Path(name).parent) for name in self.spec.files)):
            self.outside(path).mkdir(parents=True, exist_ok=True)
        for path, text in self.spec.files.items():
            self.outside(path).write_text(text)
        argv = [word.replace("{python}", sys.executable) for word in self.spec.argv]
        inside = [*self.spec.files, *self.spec.data]
        argv = [str(self.outside(word)) if word in inside else word for word in argv]
        self.process = await self.host.spawn(argv, environment=self.spec.environment)

    def outside(self, inside: str) -> Path:
        return self.root / inside.strip("/")


class FakeBorder:
    def __init__(self) -> None:
        self.state = "open"

    async def cut_internet(self) -> None:
        self.state = "cut"

    async def partition(self) -> None:
        self.state = "partitioned"

    async def heal(self) -> None:
        self.state = "open"


class FakeRuntime:
    name: ClassVar[str] = "fake"

    def __init__(self, agencies: Sequence[str], folder: Path) -> None:
        self._agencies = list(agencies)
        self._folder = folder
        self._borders = {agency: FakeBorder() for agency in agencies}
        self._numbers = itertools.count(1)
        self._hosts: list[FakeHost] = []
        self._services: list[FakeService] = []
        self._zones: dict[str, tuple[ZoneRecord, ...]] = {}
        self._zone: dict[str, tuple[str, ...]] = {}
        self._reserved: dict[tuple[str, str, str], tuple[str, ...]] = {}
        self.windows: list[str] = []

    async def __aenter__(self) -> FakeRuntime:
        self._operators = {agency: self._host(agency, f"{agency}-operator") for agency in self._agencies}
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        for host in self._hosts:
            for process in host.processes:
                await process.kill()

    @property
    def borders(self) -> Mapping[str, Border]:
        return self._borders

    @property
    def recording(self) -> bool:
        return True

    def operator(self, agency: str) -> Host:
        return self._operators[agency]

    def service_addresses(self, agency: str, key: str, role: str) -> tuple[str, ...]:
        return self._reserved.setdefault((agency, key, role), self._address())

    async def set_names(self, owner: str, records: Sequence[ZoneRecord]) -> None:
        self._zones[owner] = tuple(records)
        self._zone.clear()
        self._zone.update({r.name: r.addresses for rows in self._zones.values() for r in rows if r.addresses})

    async def start_service(self, plan: ServicePlan, spec: ServiceSpec) -> RunningService:
        host = self._host(plan.agency, f"{plan.agency}-{plan.key}-{spec.role}")
        host.addresses = self.service_addresses(plan.agency, plan.key, spec.role)
        root = self._folder / host.name
        service = FakeService(plan, spec, host, self._operators[plan.agency], root)
        self._services.append(service)
        await service.start()
        return service

    async def stop_service(self, service: RunningService, *, kill: bool = False) -> None:
        await (service.process.kill() if kill else service.process.stop())

    async def restart_service(self, service: RunningService) -> RunningService:
        own = next(known for known in self._services if known is service)
        await own.start()
        return own

    async def add_person(
        self, agency: str, name: str, *, scenario: str = "", role: HostRole = "person"
    ) -> Host:
        return self._host(agency, f"{agency}-{name}-{next(self._numbers)}")

    async def remove_person(self, host: Host) -> None:
        own = next(known for known in self._hosts if known is host)
        for process in own.processes:
            await process.kill()
        self._hosts.remove(own)

    async def mark(self, window: str) -> None:
        self.windows.append(window)

    def sweep_targets(self) -> Sequence[SweepTarget]:
        return [
            SweepTarget(service.agency, service.key, path, service.outside(path))
            for service in self._services
            for path in service.spec.data
        ]

    def _host(self, agency: str, name: str) -> FakeHost:
        host = FakeHost(name, agency, self._address(), self._zone)
        self._hosts.append(host)
        return host

    def _address(self) -> tuple[str, ...]:
        number = next(self._numbers)
        return (f"127.20.{number // 250}.{number % 250 + 1}", "::1")


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET

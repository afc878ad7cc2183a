"""What every runtime promises, put to the fake runtime and to the embedded one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.model.border import ZoneRecord
from harness.model.evidence import ListeningPort
from harness.model.federation import Federation, Service
from harness.protocols import Certificate, Host, Runtime, ServicePlan, ServiceSpec
from harness.runtimes.embedded.enter import enter
from harness.runtimes.embedded.runtime import EmbeddedRuntime
from harness.runtimes.redact import Redactor
from harness.store.writer import EvidenceWriter
from tests.contract.fake_runtime import FakeRuntime

AGENCIES = ("alfa", "beta")
PORT = 7000
SERVER = """
import pathlib, socket, sys
data = pathlib.Path(sys.argv[1])
starts = data / "starts"
starts.write_text(str(int(starts.read_text() or 0) + 1 if starts.exists() else 1))
server = socket.create_server((sys.argv[2], int(sys.argv[3])))
print("listening", flush=True)
while True:
    peer, address = server.accept()
    with peer:
        peer.sendall(f"{address[0]} {starts.read_text()}".encode())
"""

Contract = Callable[[Runtime], Awaitable[None]]


@asynccontextmanager
async def fake(folder: Path) -> AsyncIterator[Runtime]:
    async with FakeRuntime(AGENCIES, folder) as runtime:
        yield runtime


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[Runtime]:
    agencies: dict[str, Any] = {name: {"domain": f"{name}.example"} for name in AGENCIES}
    federation = Federation(fedharness=1, agencies=agencies)
    evidence = folder / "evidence"
    evidence.mkdir()
    with EvidenceWriter(evidence) as writer:
        async with EmbeddedRuntime(federation, writer, evidence, "no certificate\n", Redactor()) as runtime:
            yield runtime


@pytest.fixture(params=["fake", "embedded"])
def honours(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Contract], None]:
    """Return a function that puts a contract to one runtime."""

    async def put(contract: Contract) -> int:
        async with (fake if request.param == "fake" else embedded)(tmp_path) as runtime:
            await contract(runtime)
        return 0

    def honours(contract: Contract) -> None:
        if request.param == "fake":
            asyncio.run(put(contract))
            return
        status = enter(lambda: asyncio.run(put(contract)))
        assert status == 0, "the contract was broken: the assertion stands in the output above"

    return honours


def specification() -> ServiceSpec:
    return ServiceSpec(
        role="counter",
        product="leaker",
        version="1",
        argv=("{python}", "/srv/server.py", "/data", "0.0.0.0", str(PORT)),
        files={"/srv/server.py": SERVER},
        ports=(ListeningPort(name="count", port=PORT, audience="partners"),),
    )


def plan(runtime: Runtime) -> ServicePlan:
    nothing = Certificate("", "")
    return ServicePlan(
        agency="alfa",
        domain="alfa.example",
        key="count",
        service=Service(product="leaker", version="1"),
        addresses={"counter": runtime.service_addresses("alfa", "count", "counter")},
        partners=(),
        certificates={"counter": nothing},
        ca="",
        secret="0123456789abcdef",
    )


async def ask(host: Host, address: str, port: int = PORT) -> str:
    """Connect from a host and read the answer, however long the server takes to listen."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(10):
        while True:
            with host.open_socket(socket.AF_INET, socket.SOCK_STREAM) as channel:
                try:
                    await loop.sock_connect(channel, (address, port))
                    return (await loop.sock_recv(channel, 100)).decode()
                except ConnectionRefusedError:
                    await asyncio.sleep(0.02)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def running(mark: str) -> list[bytes]:
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    return [line for line in lines if mark.encode() in line]


def test_each_person_has_addresses_of_their_own(honours: Callable[[Contract], None]) -> None:
    async def contract(runtime: Runtime) -> None:
        people = [await runtime.add_person("alfa", "alva") for _ in range(3)]
        firsts = {person.addresses[0] for person in people}
        assert len(firsts) == 3
        assert len({person.name for person in people}) == 3
        assert all(person.agency == "alfa" for person in people)

    honours(contract)


def test_a_service_sees_the_address_of_the_host_that_a_socket_was_opened_on(
    honours: Callable[[Contract], None],
) -> None:
    async def contract(runtime: Runtime) -> None:
        service = await runtime.start_service(plan(runtime), specification())
        person = await runtime.add_person("beta", "bo")
        answer = await ask(person, service.host.addresses[0])
        assert answer.split()[0] == person.addresses[0]

    honours(contract)


def test_a_restarted_service_keeps_its_data_and_its_address(honours: Callable[[Contract], None]) -> None:
    async def contract(runtime: Runtime) -> None:
        service = await runtime.start_service(plan(runtime), specification())
        address = service.host.addresses[0]
        assert (await ask(runtime.operator("alfa"), address)).split()[1] == "1"
        await runtime.stop_service(service)
        assert service.process.returncode is not None
        service = await runtime.restart_service(service)
        assert service.host.addresses[0] == address
        assert (await ask(runtime.operator("alfa"), address)).split()[1] == "2"

    honours(contract)


def test_a_killed_process_leaves_no_child(honours: Callable[[Contract], None]) -> None:
    async def contract(runtime: Runtime) -> None:
        person = await runtime.add_person("alfa", "alva")
        script = "sleep 61.25 & echo started; wait"
        process = await person.spawn(["/bin/sh", "-c", script], environment={"PATH": "/usr/bin:/bin"})
        await until(lambda: "started" in process.tail())
        await process.kill()
        assert not running("61.25")

    honours(contract)


def test_published_names_resolve_and_others_do_not(honours: Callable[[Contract], None]) -> None:
    async def contract(runtime: Runtime) -> None:
        await runtime.set_names(
            "count", [ZoneRecord(name="n.alfa.example", addresses=("10.1.1.1", "fd00:1::101"))]
        )
        person = await runtime.add_person("beta", "bo")
        assert (await person.resolve("n.alfa.example"))[0] == "10.1.1.1"
        assert await person.resolve("n.alfa.example", socket.AF_INET6) == ["fd00:1::101"]
        with pytest.raises(socket.gaierror):
            await person.resolve("nobody.alfa.example")

    honours(contract)


def test_every_data_folder_is_a_target_of_sweeps(honours: Callable[[Contract], None]) -> None:
    async def contract(runtime: Runtime) -> None:
        service = await runtime.start_service(plan(runtime), specification())
        await ask(runtime.operator("alfa"), service.host.addresses[0])
        targets = [target for target in runtime.sweep_targets() if target.store == "/data"]
        assert [(target.agency, target.service) for target in targets] == [("alfa", "count")]
        assert (targets[0].path / "starts").read_text() == "1"

    honours(contract)


def test_a_fault_can_be_made_and_healed(honours: Callable[[Contract], None]) -> None:
    async def contract(runtime: Runtime) -> None:
        assert set(runtime.borders) == set(AGENCIES)
        for border in runtime.borders.values():
            await border.cut_internet()
            await border.partition()
            await border.heal()
        await runtime.mark("next")

    honours(contract)

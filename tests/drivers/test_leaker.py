"""The planted leak: what it is told, and that it really sends."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace
from typing import Any

import pytest

from harness.drivers.leaker import TARGETS, LeakerDriver
from harness.errors import NotTested, ProductError, UsageError
from harness.model.federation import Service
from harness.protocols import Double, ServicePlan, ServiceSpec

KINDS = ["tcp_name", "tcp_ipv4", "tcp_ipv6", "udp", "icmp", "dns"]
PLAN = ServicePlan(
    agency="alfa",
    domain="alfa.example",
    key="leaky",
    service=Service(product="leaker", version="1"),
    addresses={"leaker": ("10.1.0.3", "fd00:1::3")},
    partners=(),
    certificates={},
    ca="",
    secret="",
)


def spec(**options: Any) -> ServiceSpec:
    plan = replace(PLAN, service=Service(product="leaker", version="1", options=options))
    (made,) = LeakerDriver().services(plan)
    return made


def leaks(**options: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(spec(**options).files["/config/leaker.json"])["leaks"]
    return told


def test_it_is_a_double_and_leaks_in_every_way_by_default() -> None:
    assert isinstance(LeakerDriver(), Double)
    assert leaks() == TARGETS
    assert list(TARGETS) == KINDS


def test_options_choose_kinds_and_targets() -> None:
    assert leaks(leaks=["dns", "udp"], targets={"udp": ["192.0.2.1", 9]}) == {
        "dns": TARGETS["dns"],
        "udp": ["192.0.2.1", 9],
    }
    assert leaks(muted=True) == {}


@pytest.mark.parametrize(
    "options", [{"leaks": ["carrier_pigeon"]}, {"targets": {"smoke": "x"}}, {"loud": True}]
)
def test_an_unknown_word_is_a_users_mistake(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as raised:
        spec(**options)
    assert raised.value.where.startswith("agencies.alfa.services.leaky.options")


def test_the_script_shares_no_code_with_the_harness() -> None:
    assert "harness" not in spec().files["/config/leaker.py"].split('"""')[2]


async def test_nobody_can_log_in(loopback: Any) -> None:
    plan = loopback.plan("kilo", Service(product="leaker", version="1", options={"muted": True}))
    service = await loopback.start(plan, LeakerDriver().services(plan)[0])
    try:
        await LeakerDriver().ready(service)
        with pytest.raises(NotTested):
            await LeakerDriver().account(service, "alva")
    finally:
        await service.process.stop()


class Listener(asyncio.DatagramProtocol):
    """Takes what comes in by TCP and UDP on one loopback port."""

    def __init__(self) -> None:
        self.words: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.words.put_nowait(data)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.words.put_nowait(await reader.readuntil(b"planted leak of tcp_ipv4"))
        writer.close()


async def test_it_sends_at_the_start_and_again(loopback: Any) -> None:
    listener = Listener()
    server = await asyncio.start_server(listener.accept, "127.0.99.1", 0)
    port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(lambda: listener, local_addr=("127.0.99.1", port))
    options = {
        "leaks": ["tcp_ipv4", "udp", "dns"],
        "targets": {"tcp_ipv4": ["127.0.99.1", port], "udp": ["127.0.99.1", port], "dns": "lookup.kilo"},
        "seconds": 0.2,
    }
    plan = loopback.plan("lima", Service(product="leaker", version="1", options=options))
    service = await loopback.start(plan, LeakerDriver().services(plan)[0])
    try:
        async with asyncio.timeout(10):
            await LeakerDriver().ready(service)
            heard = [await listener.words.get() for _ in range(6)]
        assert sum(b"POST /telemetry" in word for word in heard) >= 2
        assert sum(word == b"planted leak of udp" for word in heard) >= 2
        assert loopback.resolver.asked.count("lookup.kilo") >= 1
    finally:
        await service.process.stop()
        server.close()
        await server.wait_closed()
        udp.close()


async def test_an_end_before_it_is_ready_is_reported_with_its_words(loopback: Any) -> None:
    plan = loopback.plan("mike", Service(product="leaker", version="1", options={"muted": True}))
    with socket.create_server((plan.addresses["leaker"][0], 7070)):
        taken = await loopback.start(plan, LeakerDriver().services(plan)[0])
        await taken.process.wait()
    with pytest.raises(ProductError, match="ended with status 1") as raised:
        await LeakerDriver().ready(taken)
    assert "Address already in use" in raised.value.detail

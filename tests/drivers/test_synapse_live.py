"""Real homeservers of two versions, driven as scenarios drive them."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from harness.drivers.matrix import MatrixChat
from harness.drivers.synapse import SynapseDriver
from harness.errors import ProductError
from harness.model.federation import Service
from harness.protocols import ActionRefused, Chat

pytestmark = pytest.mark.slow
_NUMBERS = itertools.count(1)
OPTIONS = {"ip_range_whitelist": ["127.0.0.0/8"]}


async def login(loopback: Any, service: Any) -> MatrixChat:
    """Log a fresh person in from a fresh host."""
    name, driver = f"person{next(_NUMBERS)}", SynapseDriver()
    account = await driver.account(service, name)
    return await driver.client(service, account, loopback.person(service.agency, name))


@pytest.fixture
async def persons(loopback: Any, homeservers: dict[str, Any]) -> AsyncIterator[dict[str, Chat]]:
    """One fresh person at each homeserver, by the agency's first letter."""
    chats = {agency[0]: await login(loopback, service) for agency, service in homeservers.items()}
    yield dict(chats)
    for chat in chats.values():
        await chat.close()


async def meet(*chats: Chat, **room: Any) -> str:
    """Make a room of the first person's where everybody sees everybody."""
    made = await chats[0].create_room("Samverkan", invite=[chat.user_id for chat in chats[1:]], **room)
    for chat in chats[1:]:
        await chat.join(made)
        await chats[0].wait_membership(made, chat.user_id, "join")
    return made


async def test_messages_cross_versions_in_order(persons: dict[str, Chat]) -> None:
    alva, bo = persons["a"], persons["b"]
    assert isinstance(alva, Chat)
    room = await meet(alva, bo)
    sent = [await alva.send(room, f"number {n}") for n in range(5)]
    assert await bo.received(room, 5) == sent
    assert await alva.received(room, 5) == sent


async def test_encrypted_rooms_carry_text_edits_and_files(persons: dict[str, Chat]) -> None:
    alva, bo = persons["a"], persons["b"]
    room = await meet(alva, bo, encrypted=True)
    sent = await alva.send(room, "secret")
    content = b"very secret" * 1000
    upload = await alva.send_file(room, "plan.txt", content)
    assert [message.body for message in await bo.received(room, 2)] == ["secret", "plan.txt"]
    assert await bo.fetch_file(upload) == content
    await alva.edit(room, sent, "more secret")
    assert await bo.wait_until(room, sent.event_id, body="more secret")
    assert [message.body for message in await bo.history(room)] == ["more secret", "plan.txt"]


async def test_a_newcomer_reads_what_is_said_in_an_encrypted_room_from_then_on(
    persons: dict[str, Chat],
) -> None:
    alva, bo, cleo = persons["a"], persons["b"], persons["g"]
    room = await meet(alva, bo, encrypted=True)
    await alva.send(room, "before")
    assert len(await bo.received(room, 1)) == 1
    await alva.invite(room, cleo.user_id)
    await cleo.join(room)
    await alva.wait_membership(room, cleo.user_id, "join")
    after = await alva.send(room, "after")
    assert await cleo.received(room, 1) == [after]


async def test_a_file_arrives_whole(persons: dict[str, Chat]) -> None:
    alva, bo = persons["a"], persons["b"]
    room = await meet(alva, bo)
    content = b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(100_000))
    upload = await alva.send_file(room, "file.bin", content)
    assert (upload.size, upload.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert await bo.fetch_file(upload) == content


async def test_more_messages_than_one_synchronisation_holds_are_all_seen(
    loopback: Any, homeservers: dict[str, Any], persons: dict[str, Chat]
) -> None:
    alva, colleague = persons["a"], await login(loopback, homeservers["alfa"])
    room = await meet(alva, colleague)
    first = await alva.send(room, "first")
    assert await colleague.received(room, 1) == [first]
    assert colleague._task is not None
    colleague._task.cancel()
    sent = [await alva.send(room, f"while away {n}") for n in range(110)]
    colleague._task = asyncio.create_task(colleague._states.run())
    assert await colleague.received(room, 111) == [first, *sent]
    await colleague.close()


async def test_refusals_carry_status_and_code(persons: dict[str, Chat]) -> None:
    alva, bo = persons["a"], persons["b"]
    room = await meet(alva, bo)
    with pytest.raises(ActionRefused) as refused:
        await bo.kick(room, alva.user_id)
    assert (refused.value.status, refused.value.code) == (403, "M_FORBIDDEN")
    with pytest.raises(ActionRefused) as refused:
        await alva.invite(room, "@nobody:delta.example")
    assert (refused.value.status, refused.value.code) == (403, "M_FORBIDDEN")
    await alva.kick(room, bo.user_id, "enough")
    await bo.wait_membership(room, bo.user_id, "leave")
    assert (await alva.members(room))[bo.user_id] == "leave"
    with pytest.raises(TimeoutError, match="not `join`"):
        await alva.wait_membership(room, bo.user_id, "join", timeout=0.1)


async def test_a_wrong_password_is_refused(loopback: Any, homeservers: dict[str, Any]) -> None:
    driver, service = SynapseDriver(), homeservers["alfa"]
    account = await driver.account(service, "forgetful")
    assert await driver.account(service, "forgetful") == account
    wrong, host = replace(account, password="wrong"), loopback.person("alfa", "forgetful")
    with pytest.raises(ActionRefused) as refused:
        await driver.client(service, wrong, host)
    assert refused.value.status == 403


async def test_only_the_runs_authority_is_trusted(loopback: Any, homeservers: dict[str, Any]) -> None:
    driver, service = SynapseDriver(), homeservers["alfa"]
    account = await driver.account(service, "wary")
    other = type(loopback)(loopback.folder / "other-authority").ca
    stranger = MatrixChat(loopback.person("alfa", "wary"), "https://alfa.example", other, account)
    with pytest.raises(ActionRefused, match="CERTIFICATE_VERIFY_FAILED"):
        await stranger.open()


async def test_a_stopped_server_gets_everything_when_it_is_back(
    loopback: Any, homeservers: dict[str, Any], persons: dict[str, Chat]
) -> None:
    driver, alva, bo = SynapseDriver(), persons["a"], persons["b"]
    room = await meet(alva, bo)
    await homeservers["beta"].process.stop()
    with pytest.raises(ActionRefused) as refused:
        await bo.send(room, "into the void")
    assert refused.value.status == 0
    sent = [await alva.send(room, f"waiting {n}") for n in range(3)]
    await loopback.restart(homeservers["beta"])
    async with asyncio.timeout(30):
        await driver.ready(homeservers["beta"])
        await driver.reconnect(homeservers["alfa"], ["beta.example", "unknown.example"])
    assert await bo.received(room, 3) == sent


async def test_a_server_that_ends_during_start_is_reported_with_its_words(loopback: Any) -> None:
    driver = SynapseDriver()
    plan = loopback.plan("november", Service(product="synapse", version="1.163.2", options=OPTIONS))
    with socket.create_server((plan.addresses["homeserver"][0], 8448)):
        service = await loopback.start(plan, driver.services(plan)[0])
        with pytest.raises(ProductError, match="before it was ready") as raised:
            async with asyncio.timeout(30):
                await driver.ready(service)
    await service.process.stop()
    assert "8448" in raised.value.detail


async def test_a_homeserver_looks_nobody_up_but_its_partners(loopback: Any, persons: dict[str, Chat]) -> None:
    await meet(persons["a"], persons["b"], persons["g"])
    known = {"alfa", "beta", "gamma", "kilo", "lima", "mike", "november"}
    assert not [name for name in loopback.resolver.asked if not known & set(name.split("."))]

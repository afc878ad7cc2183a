"""With the internet cut, do servers start again, and does chat between agencies work?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness import Federation, question


@question("chat.cold_start_offline", agencies=2)
async def test_chat_works_without_the_internet(
    federation: Federation, meet: Callable[..., Awaitable[str]]
) -> None:
    async with federation.internet_cut():
        await federation.restart(*federation.places(3))
        alva, bo = await federation.users("a", "b")
        room = await meet(alva, bo)
        sent = [await alva.chat.send(room, word) for word in federation.canaries(3, owner=alva)]
        replied = await bo.chat.send(room, federation.canary(owner=bo))
        for person in (alva, bo):
            seen = await person.chat.received(room, 4)
            assert [message for message in seen if message != replied] == sent
            assert replied in seen

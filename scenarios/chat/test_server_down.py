"""Does what was sent while an agency's server was down arrive once and in order when it is back?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness import Federation, question


@question("chat.server_down", agencies=2)
async def test_messages_wait_for_a_server(
    federation: Federation, meet: Callable[..., Awaitable[str]]
) -> None:
    alva, bo = await federation.users("a", "b")
    room = await meet(alva, bo)
    before = await alva.chat.send(room, federation.canary(owner=alva))
    assert await bo.chat.received(room, 1) == [before]
    words = federation.canaries(5, owner=alva)
    async with federation.stopped("b"):
        sent = [await alva.chat.send(room, word) for word in words]
    last = await alva.chat.send(room, federation.canary(owner=alva))
    expected = [before, *sent, last]
    assert await bo.chat.received(room, len(expected)) == expected
    for word in words:
        federation.expect_present(word, at=[bo.agency])

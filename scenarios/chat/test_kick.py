"""Does the server of somebody who was removed from a room stop receiving what is said there?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness import Federation, question


@question("chat.kick", agencies=3)
async def test_a_removed_person_hears_nothing_more(
    federation: Federation, meet: Callable[..., Awaitable[str]]
) -> None:
    alva, bo, cleo = await federation.users("a", "b", "c")
    room, other_room = await meet(alva, bo, cleo), await meet(alva, bo, cleo)
    before = await alva.chat.send(room, federation.canary(owner=alva))
    assert await cleo.chat.received(room, 1) == [before]
    with federation.step("the person of the third agency is removed"):
        await alva.chat.kick(room, cleo.user_id, "no longer part of the case")
    await cleo.chat.wait_membership(room, cleo.user_id, "leave")
    secret = federation.canary(owner=alva)
    after = await alva.chat.send(room, secret)
    control = await alva.chat.send(other_room, federation.canary(owner=alva))
    assert await bo.chat.received(room, 2) == [before, after]
    assert await cleo.chat.received(other_room, 1) == [control]
    assert await cleo.chat.received(room, 1) == [before]
    assert after not in await cleo.chat.history(room)
    federation.expect_absent(secret, at=[cleo.agency])
    federation.expect_present(secret, at=[bo.agency])

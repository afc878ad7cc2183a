"""Is what was said before somebody joined hidden from them, where the room says so?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness import Federation, question


@question("chat.history_visibility", agencies=2)
async def test_history_before_the_join_is_hidden(
    federation: Federation, meet: Callable[..., Awaitable[str]]
) -> None:
    alva, bo = await federation.users("a", "b")
    room = await meet(alva, history="joined")
    early, late = federation.canaries(2, owner=alva)
    hidden = await alva.chat.send(room, early)
    await alva.chat.invite(room, bo.user_id)
    await bo.chat.join(room)
    await alva.chat.wait_membership(room, bo.user_id, "join")
    shown = await alva.chat.send(room, late)
    assert await bo.chat.received(room, 1) == [shown]
    with federation.step("the newcomer asks the server for the room's past"):
        past = await bo.chat.history(room)
    assert shown in past
    assert hidden not in past
    assert all(early not in message.body for message in past)
    assert await alva.chat.received(room, 2) == [hidden, shown]
    federation.expect_absent(early, at=[bo.agency])
    federation.expect_present(late, at=[bo.agency])

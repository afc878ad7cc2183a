"""Does barring an agency's server from a room stop its messages at the others?

The barred server also sends a message in a second room, afterwards. Servers send to one
another in order, so when that one is there, the barred one has had its chance.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness import Federation, question


@question("chat.server_acl", agencies=3)
async def test_a_barred_server_is_not_heard(
    federation: Federation, meet: Callable[..., Awaitable[str]]
) -> None:
    alva, bo, cleo = await federation.users("a", "b", "c")
    room, other_room = await meet(alva, bo, cleo), await meet(bo, alva, cleo)
    with federation.step("the server of the third agency is barred"):
        await alva.chat.set_server_acl(room, deny=[federation.agency("c").domain])
    after = await alva.chat.send(room, federation.canary(owner=alva))
    assert await bo.chat.received(room, 1) == [after]
    barred, heard = federation.canary(owner=cleo), federation.canary(owner=cleo)
    await cleo.chat.send(room, barred)
    control = await cleo.chat.send(other_room, heard)
    for person in (alva, bo):
        assert await person.chat.received(other_room, 1) == [control]
        assert await person.chat.received(room, 1) == [after]
    federation.expect_absent(barred, at=[alva.agency, bo.agency])
    federation.expect_present(heard, at=[alva.agency, bo.agency])

"""With one agency cut off, do the others go on, and does it catch up when it is back?

Nothing may be lost or doubled, in either direction, and what one person said keeps its order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness import Federation, question


@question("chat.partition", agencies=3)
async def test_an_agency_is_cut_off_and_comes_back(
    federation: Federation, meet: Callable[..., Awaitable[str]]
) -> None:
    alva, bo, cleo = await federation.users("a", "b", "c")
    room = await meet(alva, bo, cleo)
    before = await alva.chat.send(room, federation.canary(owner=alva))
    for person in (bo, cleo):
        assert await person.chat.received(room, 1) == [before]
    async with federation.partitioned("c"):
        together = [await alva.chat.send(room, word) for word in federation.canaries(5, owner=alva)]
        alone = [await cleo.chat.send(room, word) for word in federation.canaries(2, owner=cleo)]
        with federation.step("the others go on"):
            assert await bo.chat.received(room, 6) == [before, *together]
        assert await cleo.chat.received(room, 3) == [before, *alone]
    everything = {message.event_id for message in (before, *together, *alone)}
    for person in (alva, bo, cleo):
        with federation.step(f"agency {person.agency} has everything"):
            seen = await person.chat.received(room, len(everything))
        assert len(seen) == len(everything)
        assert {message.event_id for message in seen} == everything
        for sender, said in ((alva, [before, *together]), (cleo, alone)):
            assert [message for message in seen if message.sender == sender.user_id] == said

"""Does a message that is sent at one agency reach the others, once and in order?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness import Federation, question

SECONDS = 10
"""Within this time all messages have to be there."""


@question("chat.delivery", agencies=2)
async def test_messages_reach_every_agency(
    federation: Federation, meet: Callable[..., Awaitable[str]]
) -> None:
    """Does a message that is sent at one agency reach the others, once and in order?"""
    alva, *others = people = await federation.users(*federation.places(3))
    room = await meet(alva, *others)
    words = federation.canaries(20, owner=alva)
    with federation.step("20 messages, each as soon as the server has taken the last"):
        sent = [await alva.chat.send(room, word) for word in words]
    for person in people:
        assert await person.chat.received(room, len(sent), timeout=SECONDS) == sent
    with federation.step("one message from each of the others"):
        answers = [await person.chat.send(room, federation.canary(owner=person)) for person in others]
    for person in people:
        seen = await person.chat.received(room, len(sent) + len(answers))
        assert seen[: len(sent)] == sent
        assert {message.event_id for message in seen[len(sent) :]} == {each.event_id for each in answers}
    with federation.step("each server is asked for what it has stored"):
        stored = [[message.event_id for message in await one.chat.history(room)] for one in people]
    assert all(sorted(ids) == sorted(each.event_id for each in (*sent, *answers)) for ids in stored)
    for word in words:
        federation.expect_present(word, at=[person.agency for person in people])

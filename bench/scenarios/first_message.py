"""The first message of a federation, on the shortest way: what `bench.start` waits for."""

from __future__ import annotations

from harness import Federation, question


@question("bench.first_message")
async def test_first_message(federation: Federation) -> None:
    """When is the first message of one agency seen at another?"""
    people = await federation.users(*federation.places(2, least=1))
    sender, receiver = people[0], people[-1]
    guests = [person.user_id for person in people[1:]]
    room = await sender.chat.create_room(federation.canary("title", owner=sender), invite=guests)
    for person in people[1:]:
        await person.chat.join(room)
    with federation.step("first message"):
        sent = await sender.chat.send(room, federation.canary(owner=sender))
        assert await receiver.chat.received(room, 1) == [sent]

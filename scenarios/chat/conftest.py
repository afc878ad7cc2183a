"""What most chat scenarios begin with: persons who meet in a room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from harness import Federation, Person

Meet = Callable[..., Awaitable[str]]


@pytest.fixture
def meet(federation: Federation) -> Meet:
    """Return ``meet(owner, *guests, **room)``: make a room and return its id when all see all.

    The owner invites the guests and they join; ``room`` goes to ``create_room``. The room's
    name is a planted word of the class ``title``.
    """

    async def meet_in_a_room(owner: Person, *guests: Person, **room: str | bool) -> str:
        name = federation.canary("title", owner=owner)
        invited = [guest.user_id for guest in guests]
        made: str = await owner.chat.create_room(name, invite=invited, **room)  # type: ignore[arg-type]
        for guest in guests:
            # One at a time: of two joins that cross, a Matrix server may learn of the other
            # only with the next message (server-server specification, "Joining rooms").
            await guest.chat.join(made)
            await owner.chat.wait_membership(made, guest.user_id, "join")
        people = [owner, *guests]
        await asyncio.gather(
            *(one.chat.wait_membership(made, other.user_id, "join") for one in people for other in people)
        )
        return made

    return meet_in_a_room

"""Do agencies that run different versions of a product still federate in every respect?"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable

from harness import Federation, NotTested, question

PLACES = ("a", "b", "c")


@question("chat.mixed_versions", agencies=2)
async def test_two_versions_federate(federation: Federation, meet: Callable[..., Awaitable[str]]) -> None:
    alva, bo = await federation.users(*_places_of_two_versions(federation))
    room = await meet(alva, bo)
    for sender, receiver in ((alva, bo), (bo, alva)):
        count = len(await sender.chat.received(room, 0))
        text, corrected, regretted = federation.canaries(3, owner=sender)
        kept, taken_back = await sender.chat.send(room, text), await sender.chat.send(room, regretted)
        content = federation.canary("file", owner=sender).encode()
        file = await sender.chat.send_file(room, federation.canary("file_name", owner=sender), content)
        seen = await receiver.chat.received(room, count + 3)
        assert [message.event_id for message in seen[count:]] == [
            kept.event_id,
            taken_back.event_id,
            file.event_id,
        ]
        assert await receiver.chat.fetch_file(file) == content
        await sender.chat.edit(room, kept, corrected)
        await sender.chat.redact(room, taken_back)
        assert await receiver.chat.wait_until(room, kept.event_id, body=corrected)
        assert await receiver.chat.wait_until(room, taken_back.event_id, body=None)


def _places_of_two_versions(federation: Federation) -> tuple[str, str]:
    """Return two places whose chat services are of different versions."""
    versions: dict[str, str] = {}
    for place in PLACES:
        try:
            versions[place] = federation.agency(place).version("chat")
        except NotTested:
            break
    for one, other in itertools.combinations(versions, 2):
        if versions[one] != versions[other]:
            return one, other
    raise NotTested(
        "capability", capability="two versions of one product", found=", ".join(set(versions.values()))
    )

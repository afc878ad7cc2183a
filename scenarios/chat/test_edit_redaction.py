"""Do an edit and a redaction at one agency change what another agency's people and server show?

Where the texts rest is another matter, and the residency table of the report shows it: a
Matrix server keeps the first text of an edited message, and may keep a redacted one for
a retention period of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness import Federation, question


@question("chat.edit_redaction", agencies=2)
async def test_edit_and_redaction_cross_the_border(
    federation: Federation, meet: Callable[..., Awaitable[str]]
) -> None:
    alva, bo = await federation.users("a", "b")
    room = await meet(alva, bo)
    first, regretted, corrected = federation.canaries(3, owner=alva)
    kept, taken_back = await alva.chat.send(room, first), await alva.chat.send(room, regretted)
    assert await bo.chat.received(room, 2) == [kept, taken_back]
    with federation.step("one message is edited, one redacted"):
        edited = await alva.chat.edit(room, kept, corrected)
        await alva.chat.redact(room, taken_back, "regretted")
    assert await bo.chat.wait_until(room, kept.event_id, body=corrected)
    assert await bo.chat.wait_until(room, taken_back.event_id, body=None)
    seen = await bo.chat.history(room)
    assert edited in seen
    assert all(message.body not in (first, regretted) for message in seen)
    federation.expect_present(corrected, at=[alva.agency, bo.agency])

"""Do an edit and a redaction at one agency change what another agency's people and server show?

The redaction's reason carries a planted word of its own, which shows that it reached the
other server's store. A Matrix server may keep a redacted text for a while, and keeps the
first text of an edited message: the answer says the one, the residency table shows both.
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
    first, regretted, corrected, why = federation.canaries(4, owner=alva)
    kept, taken_back = await alva.chat.send(room, first), await alva.chat.send(room, regretted)
    assert await bo.chat.received(room, 2) == [kept, taken_back]
    with federation.step("one message is edited, one redacted"):
        edited = await alva.chat.edit(room, kept, corrected)
        await alva.chat.redact(room, taken_back, why)
    assert await bo.chat.wait_until(room, kept.event_id, body=corrected)
    assert await bo.chat.wait_until(room, taken_back.event_id, body=None)
    seen = await bo.chat.history(room)
    assert edited in seen
    assert all(message.body not in (first, regretted) for message in seen)
    for arrived in (corrected, why):
        federation.expect_present(arrived, at=[alva.agency, bo.agency])
    federation.expect_redacted(regretted, at=[bo.agency])

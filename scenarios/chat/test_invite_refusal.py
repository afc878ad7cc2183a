"""Can somebody be invited from another agency, refuse, and then stay outside?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from harness import ActionRefused, Federation, question


@question("chat.invite_refusal", agencies=2)
async def test_an_invitation_can_be_refused(
    federation: Federation, meet: Callable[..., Awaitable[str]]
) -> None:
    alva, bo = await federation.users("a", "b")
    room = await alva.chat.create_room(federation.canary("title", owner=alva), invite=[bo.user_id])
    said = federation.canary(owner=alva)
    await alva.chat.send(room, said)
    assert await bo.chat.invitations(expect=room)
    with federation.step("the invitation is refused"):
        await bo.chat.leave(room)
    await alva.chat.wait_membership(room, bo.user_id, "leave")
    with pytest.raises(ActionRefused) as refused:
        await bo.chat.send(room, federation.canary(owner=bo))
    assert refused.value.status == 403
    # What bo's own server gives back shows that its stores can be read.
    own = federation.canary(owner=bo)
    await bo.chat.send(await meet(bo), own)
    federation.expect_present(own, at=[bo.agency])
    federation.expect_absent(said, at=[bo.agency])

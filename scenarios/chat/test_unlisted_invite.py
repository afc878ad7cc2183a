"""Does an invitation to an agency that is not listed fail at home, with nothing sent there?

The refusal is only half of it: the border's record has to show no packet and no look-up
to the other agency, and none of its stores may hold what was said.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from harness import ActionRefused, Federation, question


@question("chat.unlisted_invite")
async def test_an_unlisted_agency_is_not_contacted(
    federation: Federation, meet: Callable[..., Awaitable[str]]
) -> None:
    outsider = await federation.outsider("a")
    (alva,) = await federation.users("a")
    federation.expect_no_contact(alva.agency, to=outsider.agency)
    title, said = federation.canary("title", owner=alva), federation.canary(owner=alva)
    room = await alva.chat.create_room(title)
    await alva.chat.send(room, said)
    with (
        federation.step("an invitation to an agency that is not listed"),
        pytest.raises(ActionRefused) as refused,
    ):
        await alva.chat.invite(room, outsider.user_id)
    assert refused.value.status == 403
    assert outsider.user_id not in await alva.chat.members(room)
    # What the outsider's own server gives back shows that its stores can be read.
    own = federation.canary(owner=outsider)
    await outsider.chat.send(await meet(outsider), own)
    federation.expect_present(own, at=[outsider.agency])
    for word in (title, said):
        federation.expect_absent(word, at=[outsider.agency])

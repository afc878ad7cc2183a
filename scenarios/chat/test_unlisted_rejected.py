"""Does an agency reject, by HTTP 403, what comes from an agency that it does not list?

The other agency must list this one, or its own server would refuse first. Whoever invites
from there is told so, and the server that rejects logs it. That nothing came through is shown by a second
invitation, from a listed agency, that was sent later and did arrive.
"""

from __future__ import annotations

import pytest

from harness import ActionRefused, Federation, NotTested, question


@question("chat.unlisted_rejected", agencies=2)
async def test_an_unlisted_agency_is_rejected(federation: Federation) -> None:
    outsider = await federation.outsider("a")
    alva, bo = await federation.users("a", "b")
    listed = federation.agency(outsider.agency).entry.federates_with
    if listed is not None and alva.agency not in listed:
        raise NotTested("agencies", needed="an agency that lists without being listed", present="none")
    title = federation.canary("title", owner=outsider)
    unwanted = await outsider.chat.create_room(title)
    with (
        federation.step("an invitation from an agency that is not listed"),
        pytest.raises(ActionRefused) as refused,
    ):
        await outsider.chat.invite(unwanted, alva.user_id)
    assert refused.value.status == 403
    wanted = await bo.chat.create_room(federation.canary("title", owner=bo), invite=[alva.user_id])
    assert await alva.chat.invitations(expect=wanted)
    assert not await alva.chat.invitations(expect=unwanted, timeout=0)
    federation.expect_absent(title, at=[alva.agency])
    federation.expect_logged(federation.agency(outsider.agency).domain, at=[alva.agency])

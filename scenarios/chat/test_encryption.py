"""Is what is said in an encrypted room absent, in clear, from every server's stores?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness import Federation, question


@question("chat.encryption", agencies=2)
async def test_plaintext_stays_with_the_persons(
    federation: Federation, meet: Callable[..., Awaitable[str]]
) -> None:
    alva, bo = await federation.users("a", "b")
    room = await meet(alva, bo, encrypted=True)
    question_asked, answer = (
        federation.canary("encrypted", owner=alva),
        federation.canary("encrypted", owner=bo),
    )
    sent = await alva.chat.send(room, question_asked)
    assert await bo.chat.received(room, 1) == [sent]
    replied = await bo.chat.send(room, answer)
    for person in (alva, bo):
        assert await person.chat.received(room, 2) == [sent, replied]
    for word in (question_asked, answer):
        federation.expect_absent(word, at=[alva.agency, bo.agency])

"""Does a 20 MB file arrive whole at another agency, with copies only where the room is?"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from harness import Federation, question

SIZE = 20_000_000


@question("chat.attachment", agencies=3)
async def test_a_file_arrives_whole(federation: Federation, meet: Callable[..., Awaitable[str]]) -> None:
    alva, bo, cleo = await federation.users("a", "b", "c")
    room = await meet(alva, bo)
    word, name = federation.canary("file", owner=alva), federation.canary("file_name", owner=alva)
    content = _content(word)
    # What cleo's own server gives back shows that its stores can be read.
    own = federation.canary(owner=cleo)
    await cleo.chat.send(await meet(cleo), own)
    federation.expect_present(own, at=[cleo.agency])
    with federation.step("the file is sent"):
        upload = await alva.chat.send_file(room, f"{name}.bin", content)
    assert [message.body for message in await bo.chat.received(room, 1)] == [f"{name}.bin"]
    with federation.step("the file is fetched at the other agency"):
        fetched = await bo.chat.fetch_file(upload)
    assert len(fetched) == SIZE
    assert hashlib.sha256(fetched).hexdigest() == upload.sha256 == hashlib.sha256(content).hexdigest()
    federation.expect_present(word, at=[alva.agency, bo.agency])
    for planted in (word, name):
        federation.expect_absent(planted, at=[cleo.agency])


def _content(word: str) -> bytes:
    """Return bytes that do not repeat, with the planted word at the start, middle and end."""
    blocks = (hashlib.sha256(number.to_bytes(4)).digest() for number in range(SIZE // 32 + 1))
    content = bytearray(b"".join(blocks)[:SIZE])
    for place in (0, SIZE // 2, SIZE - len(word)):
        content[place : place + len(word)] = word.encode()
    return bytes(content)

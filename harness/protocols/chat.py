"""What a client that can chat promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from harness.protocols.driver import Client


@dataclass(frozen=True)
class Message:
    """A message as a client sees it."""

    event_id: str
    sender: str
    body: str
    edited: bool = False
    redacted: bool = False


@dataclass(frozen=True)
class Upload:
    """A file that was sent into a room."""

    event_id: str
    uri: str
    name: str
    sha256: str
    size: int


@runtime_checkable
class Chat(Client, Protocol):
    """The chat capability. Rooms are named by the product's own id, persons by ``user_id``.

    Every method raises ``ActionRefused`` (below) where the product says no, and
    ``TimeoutError`` where it does not answer in time.
    """

    @property
    def user_id(self) -> str: ...

    async def create_room(
        self,
        name: str,
        *,
        invite: Sequence[str] = (),
        encrypted: bool = False,
        history: str = "shared",
        alias: str = "",
    ) -> str:
        """Create a private room and return its id.

        Args:
            name: shown to its members.
            invite: whom to invite at once, by user id.
            encrypted: whether messages are encrypted end to end.
            history: who may read what was sent before: ``shared``, ``invited`` or ``joined``.
            alias: localpart of a published address; empty for none.
        """

    async def invite(self, room: str, user_id: str) -> None: ...

    async def invitations(self, *, expect: str, timeout: float = 30.0) -> bool:
        """Wait until an invitation to room ``expect`` has come; say whether it did."""

    async def join(self, room: str) -> None:
        """Accept an invitation; waits for it to arrive first."""

    async def leave(self, room: str) -> None:
        """Leave a room, or refuse its invitation."""

    async def kick(self, room: str, user_id: str, reason: str = "") -> None: ...

    async def members(self, room: str) -> Mapping[str, str]:
        """Return membership by user id: join, invite, leave, ban."""

    async def wait_membership(
        self, room: str, user_id: str, membership: str, *, timeout: float = 30.0
    ) -> None:
        """Wait until ``user_id`` has that membership, as this client's server sees it.

        Args:
            room: the room's id.
            user_id: whose membership.
            membership: ``join``, ``invite``, ``leave`` or ``ban``.
            timeout: seconds to wait.
        """

    async def send(self, room: str, body: str) -> Message: ...

    async def edit(self, room: str, message: Message, body: str) -> Message: ...

    async def redact(self, room: str, message: Message, reason: str = "") -> None: ...

    async def received(self, room: str, count: int, *, timeout: float = 30.0) -> list[Message]:
        """Wait for ``count`` messages in a room and return all seen, in the server's order.

        Own messages count too. Edits are applied and redactions emptied in place. It
        returns what there is when the time is up: the scenario compares.
        """

    async def wait_until(self, room: str, event_id: str, *, body: str | None, timeout: float = 30.0) -> bool:
        """Wait until a message reads ``body`` (``None``: redacted); say whether it did.

        Args:
            room: the room's id.
            event_id: the message's id.
            body: the text to wait for; ``None`` for a redaction.
            timeout: seconds to wait.
        """

    async def history(self, room: str, limit: int = 100) -> list[Message]:
        """Ask the server for a room's past, newest last."""

    async def send_file(self, room: str, name: str, content: bytes) -> Upload: ...

    async def fetch_file(self, upload: Upload) -> bytes: ...

    async def set_server_acl(self, room: str, *, deny: Sequence[str]) -> None: ...


class ActionRefused(Exception):
    """The product refused an action of a person.

    Args:
        status: HTTP status, 0 where there is none.
        code: the product's own error code, such as ``M_FORBIDDEN``.
        text: the product's own words; quoted, never trusted.
    """

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(f"{status} {code}: {text}")
        self.status = status
        self.code = code
        self.text = text

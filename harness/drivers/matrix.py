"""The chat capability over the Matrix client-server API, by matrix-nio from a person's host."""

from __future__ import annotations

import asyncio
import hashlib
import io
import tempfile
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import aiohttp
from nio.api import RoomPreset
from nio.client.async_client import AsyncClient, AsyncClientConfig

from harness.drivers.http import session
from harness.drivers.matrix_calls import checked, put_message, unsealed
from harness.drivers.matrix_room import RoomView
from harness.drivers.matrix_sync import RoomStates
from harness.protocols import Account, Host, Message, Upload

_REQUEST_SECONDS = 30.0
_TRANSFER_SECONDS = 60.0
_LOGOUT_SECONDS = 3.0
_ARRIVAL_SECONDS = 30.0
_HISTORY = {"shared", "invited", "joined"}


class MatrixChat:
    """Implements `harness.protocols.Chat` for one person, with end-to-end encryption.

    Args:
        host: the person's machine: sockets and names are its own.
        base_url: the homeserver's client API.
        ca: PEM text of the authority to trust.
        account: who logs in.
    """

    def __init__(self, host: Host, base_url: str, ca: str, account: Account) -> None:
        self._account = account
        # Keys lie on disk only as long as the client lives, and never in evidence.
        self._store = tempfile.TemporaryDirectory(prefix="fedharness-keys-")
        self._client = AsyncClient(
            base_url,
            account.user_id,
            store_path=self._store.name,
            # Refusals and silence must reach the scenario, not be tried again for ever.
            config=AsyncClientConfig(
                max_limit_exceeded=0, max_timeouts=0, request_timeout=_REQUEST_SECONDS, store_name="keys.db"
            ),
        )
        self._client.client_session = session(host, ca, seconds=_REQUEST_SECONDS)
        self._states = RoomStates(self._client)
        self._task: asyncio.Task[None] | None = None

    @property
    def user_id(self) -> str:
        """The person's full Matrix id."""
        return self._account.user_id

    async def open(self) -> None:
        """Log in, synchronise once and go on doing so in the background.

        Raises:
            ActionRefused: the homeserver refused the login, or cannot be reached.
        """
        try:
            await checked(self._client.login(self._account.password, device_name="fedharness"))
            await self._states.once(0)
        except BaseException:
            await self.close()
            raise
        self._task = asyncio.create_task(self._states.run(), name=f"sync {self.user_id}")

    async def close(self) -> None:
        """Log out, end every connection and delete the keys."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        try:
            if self._client.logged_in:
                async with asyncio.timeout(_LOGOUT_SECONDS):
                    await self._client.logout()
        except (aiohttp.ClientError, TimeoutError):
            pass  # The homeserver is away; what is left of the login ends with the run.
        finally:
            if self._client.client_session is not None:
                await self._client.client_session.close()
            if self._client.store is not None:
                self._client.store.database.close()
            self._store.cleanup()

    async def create_room(
        self,
        name: str,
        *,
        invite: Sequence[str] = (),
        encrypted: bool = False,
        history: str = "shared",
        alias: str = "",
    ) -> str:
        """Create a private room and return its id once the client sees it.

        Args:
            name: shown to its members.
            invite: whom to invite at once, by user id.
            encrypted: whether messages are encrypted end to end.
            history: who may read what was sent before: ``shared``, ``invited`` or ``joined``.
            alias: localpart of a published address; empty for none.

        Raises:
            ValueError: ``history`` is another word.
            ActionRefused: the server said no.
            TimeoutError: the client did not see the room in time.
        """
        if history not in _HISTORY:
            raise ValueError(f"history is one of {sorted(_HISTORY)}, not {history!r}")
        state = [_state("m.room.history_visibility", history_visibility=history)]
        if encrypted:
            state.append(_state("m.room.encryption", algorithm="m.megolm.v1.aes-sha2"))
        answer = await checked(
            self._client.room_create(
                name=name,
                alias=alias or None,
                invite=list(invite),
                initial_state=state,
                preset=RoomPreset.private_chat,
            )
        )
        await self._arrived(answer.room_id)
        return str(answer.room_id)

    async def invite(self, room: str, user_id: str) -> None:
        """Invite a person into a room."""
        await checked(self._client.room_invite(room, user_id))

    async def invitations(self, *, expect: str, timeout: float = _ARRIVAL_SECONDS) -> bool:
        """Wait until an invitation to room ``expect`` has come; say whether it did."""
        return await self._states.wait_for(lambda: expect in self._states.invitations, timeout)

    async def join(self, room: str) -> None:
        """Accept an invitation, after it has arrived.

        Raises:
            TimeoutError: no invitation came.
        """
        if not await self.invitations(expect=room):
            raise TimeoutError(f"no invitation to {room} came to {self.user_id}")
        await checked(self._client.join(room))
        await self._arrived(room)

    async def leave(self, room: str) -> None:
        """Leave a room, or refuse its invitation."""
        await checked(self._client.room_leave(room))

    async def kick(self, room: str, user_id: str, reason: str = "") -> None:
        """Remove a person from a room."""
        await checked(self._client.room_kick(room, user_id, reason or None))

    async def members(self, room: str) -> Mapping[str, str]:
        """Ask the server for everybody's membership."""
        answer = await checked(self._client.room_get_state(room))
        return {
            event["state_key"]: event["content"]["membership"]
            for event in answer.events
            if event["type"] == "m.room.member"
        }

    async def wait_membership(
        self, room: str, user_id: str, membership: str, *, timeout: float = _ARRIVAL_SECONDS
    ) -> None:
        """Wait until this client sees that membership.

        Args:
            room: the room's id.
            user_id: whose membership.
            membership: ``join``, ``invite``, ``leave`` or ``ban``.
            timeout: seconds to wait.

        Raises:
            TimeoutError: it did not come.
        """
        members = self._view(room).members
        if not await self._states.wait_for(lambda: members.get(user_id) == membership, timeout):
            seen = members.get(user_id, "nothing")
            raise TimeoutError(f"{user_id} is `{seen}`, not `{membership}`, after {timeout:g} s")

    async def send(self, room: str, body: str) -> Message:
        """Send a text message."""
        return Message(await self._put(room, {"msgtype": "m.text", "body": body}), self.user_id, body)

    async def edit(self, room: str, message: Message, body: str) -> Message:
        """Replace a message's text; returns the message as it shall read from now on."""
        content = {
            "msgtype": "m.text",
            "body": f"* {body}",
            "m.new_content": {"msgtype": "m.text", "body": body},
            "m.relates_to": {"rel_type": "m.replace", "event_id": message.event_id},
        }
        await self._put(room, content)
        return replace(message, body=body, edited=True)

    async def redact(self, room: str, message: Message, reason: str = "") -> None:
        """Take a message back."""
        await checked(self._client.room_redact(room, message.event_id, reason or None))

    async def received(self, room: str, count: int, *, timeout: float = _ARRIVAL_SECONDS) -> list[Message]:
        """Wait for ``count`` readable messages and return all, in the server's order."""
        view = self._view(room)
        await self._states.wait_for(lambda: len(view.readable()) >= count, timeout)
        return view.readable()

    async def wait_until(
        self, room: str, event_id: str, *, body: str | None, timeout: float = _ARRIVAL_SECONDS
    ) -> bool:
        """Wait until a message reads ``body`` (``None``: redacted); say whether it did.

        Args:
            room: the room's id.
            event_id: the message's id.
            body: the text to wait for; ``None`` for a redaction.
            timeout: seconds to wait.
        """
        messages = self._view(room).messages

        def reads_so() -> bool:
            seen = messages.get(event_id)
            if seen is None:
                return False
            return seen.redacted if body is None else seen.body == body and not seen.redacted

        return await self._states.wait_for(reads_so, timeout)

    async def history(self, room: str, limit: int = 100) -> list[Message]:
        """Ask the server for a room's past, newest last."""
        answer = await checked(self._client.room_messages(room, limit=limit))
        return self._states.view(list(reversed(answer.chunk))).readable()

    async def send_file(self, room: str, name: str, content: bytes) -> Upload:
        """Upload a file, encrypted in an encrypted room, and send it into the room."""
        encrypt = self._encrypted(room)
        answer, keys = await self._transfer(
            self._client.upload(io.BytesIO(content), filename=name, encrypt=encrypt, filesize=len(content))
        )
        place = {"file": {**keys, "url": answer.content_uri}} if encrypt else {"url": answer.content_uri}
        info = {"size": len(content), "mimetype": "application/octet-stream"}
        event_id = await self._put(room, {"msgtype": "m.file", "body": name, "info": info, **place})
        return Upload(event_id, answer.content_uri, name, hashlib.sha256(content).hexdigest(), len(content))

    async def fetch_file(self, upload: Upload) -> bytes:
        """Download a file that was sent into a room, and decrypt it where it is encrypted."""
        answer = await self._transfer(self._client.download(upload.uri))
        content: bytes = answer.body
        for view in self._states.rooms.values():
            sealed = view.contents.get(upload.event_id, {}).get("file")
            if sealed:
                return unsealed(content, sealed)
        return content

    async def set_server_acl(self, room: str, *, deny: Sequence[str]) -> None:
        """Bar servers from a room by ``m.room.server_acl``."""
        content = {"allow": ["*"], "deny": list(deny), "allow_ip_literals": False}
        await checked(self._client.room_put_state(room, "m.room.server_acl", content))

    def _view(self, room: str) -> RoomView:
        return self._states.rooms[room]

    def _encrypted(self, room: str) -> bool:
        known = self._client.rooms.get(room)
        return known is not None and bool(known.encrypted)

    async def _arrived(self, room: str) -> None:
        """Wait until the client sees itself in a room: encryption needs the room's state."""
        view = self._view(room)
        if not await self._states.wait_for(lambda: view.membership == "join", _ARRIVAL_SECONDS):
            raise TimeoutError(f"{room} did not appear at {self.user_id}")

    async def _put(self, room: str, content: dict[str, Any]) -> str:
        if room not in self._client.rooms:
            return await put_message(self._client, room, content)
        if self._encrypted(room) and self._client.should_query_keys:
            await checked(self._client.keys_query())
        answer = await checked(
            self._client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        )
        return str(answer.event_id)

    async def _transfer(self, call: Awaitable[Any]) -> Any:
        """Bound a transfer in time: matrix-nio sets none."""
        async with asyncio.timeout(_TRANSFER_SECONDS):
            return await checked(call)


def _state(kind: str, **content: str) -> dict[str, Any]:
    return {"type": kind, "state_key": "", "content": content}

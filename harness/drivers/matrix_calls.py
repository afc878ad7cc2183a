"""Single calls of the Matrix client-server API, with refusals as exceptions."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import aiohttp
import nio
from nio.client.async_client import AsyncClient
from nio.crypto.attachments import decrypt_attachment

from harness.protocols import ActionRefused


async def checked(call: Awaitable[Any]) -> Any:
    """Await a call of matrix-nio and return its answer.

    Raises:
        ActionRefused: the homeserver said no, or could not be reached (status 0).
        TimeoutError: it did not answer in time.
    """
    try:
        answer = await call
    except aiohttp.ClientConnectionError as error:
        raise ActionRefused(0, "", f"the homeserver cannot be reached: {error}") from error
    refusal = answer[0] if isinstance(answer, tuple) else answer
    if isinstance(refusal, nio.ErrorResponse):
        response: Any = refusal.transport_response
        status = response.status if response is not None else 0
        raise ActionRefused(status, str(refusal.status_code or ""), refusal.message)
    return answer


async def put_message(client: AsyncClient, room: str, content: Mapping[str, Any]) -> str:
    """Send to a room that the client is not in, where matrix-nio would not ask the server at all.

    Raises:
        ActionRefused: the homeserver said no.
    """
    path = f"/_matrix/client/v3/rooms/{quote(room, safe='')}/send/m.room.message/{uuid4().hex}"
    headers = {"Authorization": f"Bearer {client.access_token}"}
    assert client.client_session is not None
    async with client.client_session.put(client.homeserver + path, json=content, headers=headers) as response:
        answer = await response.json(content_type=None)
    if response.status != 200:
        raise ActionRefused(response.status, answer.get("errcode", ""), answer.get("error", ""))
    return str(answer["event_id"])


def unsealed(content: bytes, keys: Mapping[str, Any]) -> bytes:
    """Decrypt a file by the keys that its message carried (Matrix specification, "EncryptedFile")."""
    plain: bytes = decrypt_attachment(content, keys["key"]["k"], keys["hashes"]["sha256"], keys["iv"])
    return plain

"""Synapse's administration API, as far as the harness needs it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Any
from urllib.parse import quote

import aiohttp

from harness.errors import ProductError

_OPERATOR = "fedharness-operator"
_CATCH_UP_SECONDS = 15.0
_POLL_SECONDS = 0.2


class SynapseAdmin:
    """Calls of one homeserver's administrator.

    Args:
        http: a session of the agency's operator host.
        base_url: the homeserver's client API.
        shared_secret: its ``registration_shared_secret``.
        where: agency and service, for errors.
    """

    def __init__(self, http: aiohttp.ClientSession, base_url: str, shared_secret: str, *, where: str) -> None:
        self._http = http
        self._base = base_url
        self._secret = shared_secret
        self._where = where
        self._token = ""

    async def register(self, name: str, password: str, *, admin: bool = False) -> None:
        """Make an account unless it is there (Synapse admin API, "Shared-secret registration").

        Raises:
            ProductError: the homeserver refused.
        """
        path = "/_synapse/admin/v1/register"
        _, nonce = await self._call("GET", path)
        body = {
            "nonce": nonce["nonce"],
            "username": name,
            "password": password,
            "admin": admin,
            "inhibit_login": True,
            "mac": self._mac(nonce["nonce"], name, password, admin),
        }
        status, answer = await self._call("POST", path, body)
        if status != 200 and answer.get("errcode") != "M_USER_IN_USE":
            raise self._refused(f"account `{name}` was refused", status, answer)

    async def login(self, password: str) -> None:
        """Log in as the harness's own administrator, whose account is made at the first time.

        Raises:
            ProductError: the homeserver refused.
        """
        await self.register(_OPERATOR, password, admin=True)
        status, answer = await self._call(
            "POST",
            "/_matrix/client/v3/login",
            {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": _OPERATOR},
                "password": password,
                "device_id": "FEDHARNESS",
            },
        )
        if status != 200:
            raise self._refused("the administrator's login was refused", status, answer)
        self._token = answer["access_token"]

    async def catch_up(self, domain: str) -> None:
        """End the back-off towards ``domain`` until all events for it are delivered.

        Returns after some seconds in any case, and at once where the server is not known.
        """
        destination = f"/_synapse/admin/v1/federation/destinations/{quote(domain, safe='')}"
        try:
            async with asyncio.timeout(_CATCH_UP_SECONDS):
                while not await self._caught_up(destination):
                    # A request that hangs since before the fault is not in back-off yet, and
                    # then this call is refused: hence again and again.
                    await self._call("POST", f"{destination}/reset_connection", {})
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            return

    async def _caught_up(self, destination: str) -> bool:
        status, state = await self._call("GET", destination)
        if status == 404:
            return True
        _, rooms = await self._call("GET", f"{destination}/rooms?limit=1000")
        waiting = max((room["stream_ordering"] for room in rooms.get("rooms", [])), default=0)
        delivered = state.get("last_successful_stream_ordering") or 0
        return not state.get("failure_ts") and delivered >= waiting

    async def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            async with self._http.request(method, self._base + path, json=body, headers=headers) as response:
                return response.status, await response.json(content_type=None)
        except aiohttp.ClientConnectionError as error:
            raise ProductError(
                f"the homeserver cannot be reached: {error}",
                where=self._where,
                cure="read its log in evidence/logs.jsonl",
            ) from error

    def _mac(self, nonce: str, name: str, password: str, admin: bool) -> str:
        parts = [nonce, name, password, "admin" if admin else "notadmin"]
        return hmac.new(self._secret.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()

    def _refused(self, what: str, status: int, answer: dict[str, Any]) -> ProductError:
        return ProductError(
            what, where=self._where, detail=f"{status} {answer.get('errcode')}: {answer.get('error')}"
        )

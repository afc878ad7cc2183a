"""What a Matrix client's synchronisations add up to: its rooms and invitations."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import aiohttp
import nio
import structlog
from nio.client.async_client import AsyncClient
from nio.exceptions import EncryptionError

from harness.drivers.matrix_room import RoomView

_LONG_POLL_MS = 20_000
_RETRY_SECONDS = 0.2
_PAGE = 100
_FILTER = {"room": {"timeline": {"limit": _PAGE}}}

log = structlog.get_logger(__name__)


class RoomStates:
    """Keeps one client's rooms up to date, and wakes whoever waits for a change."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._changed = asyncio.Condition()
        self._sealed: dict[str, dict[str, nio.MegolmEvent]] = defaultdict(dict)
        self.rooms: dict[str, RoomView] = defaultdict(RoomView)
        self.invitations: set[str] = set()

    async def run(self) -> None:
        """Synchronise until cancelled; a homeserver that is away is asked again."""
        while True:
            try:
                await self.once(_LONG_POLL_MS)
            except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
                log.debug("synchronisation failed", user=self._client.user_id, error=repr(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def once(self, long_poll_ms: int) -> None:
        """Synchronise once, then do what end-to-end encryption needs of the client.

        Args:
            long_poll_ms: how long the server may wait for news, in milliseconds.

        Raises:
            ConnectionError: the server answered with an error.
        """
        answer = await self._client.sync(timeout=long_poll_ms, sync_filter=_FILTER)
        if not isinstance(answer, nio.SyncResponse):
            raise ConnectionError(str(answer))
        await self._take(answer)
        await self._client.send_to_device_messages()
        if self._client.should_upload_keys:
            await self._client.keys_upload()
        if self._client.should_query_keys:
            await self._client.keys_query()
        if self._client.should_claim_keys:
            await self._client.keys_claim(self._client.get_users_for_key_claiming())

    async def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until ``condition`` holds after a synchronisation; say whether it did."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(condition)
        except TimeoutError:
            return condition()
        return True

    def view(self, events: list[Any]) -> RoomView:
        """Return a view of events that did not come by synchronisation, oldest first."""
        view = RoomView()
        for event in events:
            view.apply(self._clear(event).source)
        return view

    async def _take(self, answer: nio.SyncResponse) -> None:
        for room, joined in answer.rooms.join.items():
            await self._take_room(room, joined, "join")
        for room, left in answer.rooms.leave.items():
            await self._take_room(room, left, "leave")
        self.invitations |= set(answer.rooms.invite)
        self.invitations -= set(answer.rooms.join) | set(answer.rooms.leave)
        self._open_sealed()
        async with self._changed:
            self._changed.notify_all()

    async def _take_room(self, room: str, news: nio.RoomInfo, membership: str) -> None:
        view = self.rooms[room]
        missed = await self._missed(room, news, view) if membership == "join" else []
        for event in [*news.state, *missed, *news.timeline.events]:
            if isinstance(event, nio.MegolmEvent):
                self._sealed[room][event.event_id] = event
            view.apply(event.source)
        view.membership = membership

    async def _missed(self, room: str, news: nio.RoomInfo, view: RoomView) -> list[Any]:
        """Fetch what lies between the last synchronisation and a timeline that was cut short."""
        if not news.timeline.limited or not view.membership:
            return []
        start, found = news.timeline.prev_batch, []
        while start:
            page = await self._client.room_messages(room, start=start, limit=_PAGE)
            if not isinstance(page, nio.RoomMessagesResponse) or not page.chunk:
                break
            fresh = [event for event in page.chunk if event.source["event_id"] not in view.seen]
            found += fresh
            start = page.end if len(fresh) == len(page.chunk) else None
        return found[::-1]

    def _open_sealed(self) -> None:
        """Try again to decrypt what came before its key."""
        for room, waiting in self._sealed.items():
            for key, event in list(waiting.items()):
                opened = self._clear(event)
                if opened is not event:
                    self.rooms[room].apply(opened.source)
                    del waiting[key]

    def _clear(self, event: Any) -> Any:
        if not isinstance(event, nio.MegolmEvent):
            return event
        try:
            return self._client.decrypt_event(event)
        except EncryptionError:
            return event

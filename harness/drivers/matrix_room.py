"""A Matrix room as one client's synchronisations show it. Pure: events in, messages out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.protocols import Message

Event = Mapping[str, Any]
"""An event as the client-server API gives it, decrypted where the client could."""


@dataclass
class RoomView:
    """Messages in the server's order, with edits applied and redactions emptied in place.

    Args:
        membership: own membership; empty before the first event.
        members: membership by user id.
        messages: by event id, in the order in which the server gave them.
        contents: content of each message event, for the files among them.
        unread: ids of messages that could not be decrypted yet.
        seen: ids of all events that were taken in.
    """

    membership: str = ""
    members: dict[str, str] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    contents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    def readable(self) -> list[Message]:
        """Return the messages that are in clear, oldest first."""
        return [message for key, message in self.messages.items() if key not in self.unread]

    def apply(self, event: Event) -> None:
        """Take one event in; an event that was seen before changes nothing."""
        kind = event.get("type")
        self.seen.add(event.get("event_id", ""))
        if kind == "m.room.member":
            self.members[event["state_key"]] = event["content"].get("membership", "")
        elif kind == "m.room.message":
            self._message(event)
        elif kind == "m.room.encrypted":
            self._sealed(event)
        elif kind == "m.room.redaction":
            self._redaction(event)

    def _message(self, event: Event) -> None:
        key, content = event["event_id"], event.get("content", {})
        relation = content.get("m.relates_to", {})
        if relation.get("rel_type") == "m.replace":
            self._edit(event, relation.get("event_id", ""))
            return
        if key in self.messages and key not in self.unread:
            return
        self.unread.discard(key)
        self.contents[key] = content
        redacted = "redacted_because" in event.get("unsigned", {})
        self.messages[key] = Message(key, event["sender"], str(content.get("body", "")), redacted=redacted)

    def _sealed(self, event: Event) -> None:
        key = event["event_id"]
        if key in self.messages:
            return
        redacted = "redacted_because" in event.get("unsigned", {})
        self.messages[key] = Message(key, event["sender"], "", redacted=redacted)
        if not redacted:
            self.unread.add(key)

    def _edit(self, event: Event, target: str) -> None:
        """Replace a message's body; only its own sender may (Matrix specification, "Event replacements")."""
        self.unread.discard(event["event_id"])
        self.messages.pop(event["event_id"], None)
        original = self.messages.get(target)
        if original is None or original.redacted or original.sender != event["sender"]:
            return
        body = str(event["content"].get("m.new_content", {}).get("body", ""))
        self.messages[target] = replace(original, body=body, edited=True)

    def _redaction(self, event: Event) -> None:
        # Since room version 11 the id lies in the content.
        target = event.get("redacts") or event.get("content", {}).get("redacts", "")
        original = self.messages.get(target)
        if original is not None:
            self.unread.discard(target)
            self.contents.pop(target, None)
            self.messages[target] = replace(original, body="", redacted=True)

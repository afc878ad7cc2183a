"""A room's view: what a client shows after a sequence of events."""

from __future__ import annotations

from typing import Any

import pytest

from harness.drivers.matrix_room import RoomView
from harness.protocols import Message

ALVA, BO = "@alva:alfa.example", "@bo:beta.example"


def said(event_id: str, body: str, sender: str = ALVA, **more: Any) -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": body}
    return {"type": "m.room.message", "event_id": event_id, "sender": sender, "content": content, **more}


def edit(target: str, body: str, sender: str = ALVA) -> dict[str, Any]:
    content = {
        "body": f"* {body}",
        "m.new_content": {"body": body},
        "m.relates_to": {"rel_type": "m.replace", "event_id": target},
    }
    return {"type": "m.room.message", "event_id": f"{target}-edit", "sender": sender, "content": content}


def sealed(event_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "m.room.encrypted", "event_id": event_id, "sender": ALVA, "content": {}, **more}


def view(*events: dict[str, Any]) -> RoomView:
    made = RoomView()
    for event in events:
        made.apply(event)
    return made


def test_messages_keep_the_servers_order_and_come_once() -> None:
    seen = view(said("$1", "one"), said("$2", "two", BO), said("$1", "one")).readable()
    assert seen == [Message("$1", ALVA, "one"), Message("$2", BO, "two")]


def test_an_edit_replaces_the_body_in_place() -> None:
    seen = view(said("$1", "one"), said("$2", "two"), edit("$1", "uno")).readable()
    assert seen == [Message("$1", ALVA, "uno", edited=True), Message("$2", ALVA, "two")]


def test_nobody_edits_for_another() -> None:
    assert view(said("$1", "one"), edit("$1", "uno", BO)).readable() == [Message("$1", ALVA, "one")]


@pytest.mark.parametrize("where", [{"redacts": "$1"}, {"content": {"redacts": "$1"}}])
def test_a_redaction_empties_in_place_for_every_room_version(where: dict[str, Any]) -> None:
    redaction = {"type": "m.room.redaction", "event_id": "$9", "sender": ALVA, "content": {}, **where}
    seen = view(said("$1", "one"), said("$2", "two"), redaction, edit("$1", "uno")).readable()
    assert seen == [Message("$1", ALVA, "", redacted=True), Message("$2", ALVA, "two")]


def test_a_message_that_was_redacted_before_it_was_seen() -> None:
    event = said("$1", "") | {"content": {}, "unsigned": {"redacted_because": {}}}
    assert view(event).readable() == [Message("$1", ALVA, "", redacted=True)]


def test_what_cannot_be_decrypted_yet_keeps_its_place_but_is_not_shown() -> None:
    made = view(sealed("$1"), said("$2", "two"))
    assert made.readable() == [Message("$2", ALVA, "two")]
    made.apply(said("$1", "one"))
    assert made.readable() == [Message("$1", ALVA, "one"), Message("$2", ALVA, "two")]


def test_an_encrypted_edit_leaves_no_message_behind() -> None:
    made = view(said("$1", "one"), sealed("$1-edit"))
    made.apply(edit("$1", "uno"))
    assert made.readable() == [Message("$1", ALVA, "uno", edited=True)]


def test_membership_follows_the_last_event() -> None:
    def member(membership: str) -> dict[str, Any]:
        content = {"membership": membership}
        return {"type": "m.room.member", "event_id": membership, "state_key": BO, "content": content}

    assert view(member("invite"), member("join")).members == {BO: "join"}

"""Netlink messages of the netfilter family, as bytes: requests, attributes, dumps (RFC 3549)."""

from __future__ import annotations

import errno
import itertools
import os
import socket
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

from harness.border.netns import Namespace

NETLINK_NETFILTER = 12
NLM_F_REQUEST = 0x1
NLM_F_ACK = 0x4
NLM_F_DUMP = 0x300
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_NLM_F_DUMP_INTR = 0x10
_TYPE_MASK = 0x3FFF
_NESTED = 0x8000
_SOL_NETLINK = 270
_NETLINK_ADD_MEMBERSHIP = 1
_BUFFER = 1 << 18

_HEADER = struct.Struct("=IHHII")
_FAMILY = struct.Struct("!BBH")
_ATTRIBUTE = struct.Struct("=HH")
_numbers = itertools.count(2)

Attribute = tuple[int, memoryview]


class DumpInterrupted(Exception):
    """What is dumped changed meanwhile; ask again."""


def attribute(kind: int, value: bytes, *, nested: bool = False) -> bytes:
    """Return one attribute with its padding."""
    padding = b"\0" * (-len(value) % 4)
    return _ATTRIBUTE.pack(4 + len(value), kind | (_NESTED if nested else 0)) + value + padding


def text(kind: int, value: str) -> bytes:
    """Return an attribute that holds a zero-terminated string."""
    return attribute(kind, value.encode() + b"\0")


def attributes(data: memoryview) -> Iterator[Attribute]:
    """Yield the attributes in ``data`` as (type, value); a cut-off one ends them."""
    place = 0
    while place + 4 <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, place)
        if length < 4 or place + length > len(data):
            return
        yield kind & _TYPE_MASK, data[place + 4 : place + length]
        place += (length + 3) & ~3


def find(data: memoryview, *path: int) -> memoryview | None:
    """Return the value at a path of nested attribute types, or ``None``."""
    here: memoryview | None = data
    for kind in path:
        if here is None:
            return None
        here = next((value for found, value in attributes(here) if found == kind), None)
    return here


def request(kind: int, flags: int, family: int, payload: bytes, *, resource: int = 0) -> bytes:
    """Return a netfilter request; ``kind`` is subsystem << 8 | message."""
    body = _FAMILY.pack(family, 0, resource) + payload
    return _HEADER.pack(16 + len(body), kind, flags | NLM_F_REQUEST, 1, 0) + body


class Message(NamedTuple):
    """One netlink message; the body begins after its header."""

    kind: int
    flags: int
    number: int
    body: memoryview


def messages(data: bytes) -> Iterator[Message]:
    """Yield the messages in what one read returned; a cut-off one ends them."""
    view = memoryview(data)
    place = 0
    while place + 16 <= len(view):
        length, kind, flags, number, _ = _HEADER.unpack_from(view, place)
        if length < 16 or place + length > len(view):
            return
        yield Message(kind, flags, number, view[place + 16 : place + length])
        place += (length + 3) & ~3


def open_netlink(namespace: Namespace, *, groups: tuple[int, ...] = (), buffer: int = 0) -> socket.socket:
    """Return a non-blocking netfilter socket in a namespace, subscribed to ``groups``.

    Args:
        buffer: size of its receive buffer in bytes; the kernel may grant less.
    """
    made = namespace.open_socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    if buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.bind((0, 0))
    for group in groups:
        made.setsockopt(_SOL_NETLINK, _NETLINK_ADD_MEMBERSHIP, group)
    return made


def ask(channel: socket.socket, message: bytes) -> list[memoryview]:
    """Send a request on a blocking socket and return the bodies of all answers.

    Raises:
        DumpInterrupted: what is dumped changed meanwhile.
        OSError: the kernel refused the request.
    """
    number = next(_numbers) & 0xFFFFFFFF
    channel.send(message[:8] + number.to_bytes(4, sys.byteorder) + message[12:])
    bodies: list[memoryview] = []
    interrupted = False
    while True:
        for answer in messages(channel.recv(_BUFFER)):
            if answer.number != number:
                continue
            interrupted = interrupted or bool(answer.flags & _NLM_F_DUMP_INTR)
            if answer.kind in (_NLMSG_DONE, _NLMSG_ERROR):
                _check(answer.body)
                if interrupted:
                    raise DumpInterrupted
                return bodies
            bodies.append(answer.body[4:])


def _check(body: memoryview) -> None:
    number = -int.from_bytes(body[:4], sys.byteorder, signed=True)
    if number > 0:
        raise OSError(number, os.strerror(number))


def lost_some(error: OSError) -> bool:
    """Say whether a read failed because the kernel had to drop messages."""
    return error.errno == errno.ENOBUFS

"""One search for planted words in bytes, however many there are, in every form that keeps them.

Every canary begins with the same marker, so the marker's encodings are searched for, a
constant number of them; what follows a hit is decoded and looked up.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from harness.model.canary import LENGTH, MARKER

LOOK_BEHIND = 8
"""Bytes before a hit that decoding may need."""
LOOK_AHEAD = 64
"""Bytes from a hit on that decoding may need: more than the longest form of a word."""

Decode = Callable[[bytes, int], str]
"""Takes a buffer and the place of a hit, returns the text that stands there."""


@dataclass(frozen=True)
class Form:
    """A way to write a word: how its beginning looks, and how to read the rest."""

    name: str
    pattern: re.Pattern[bytes]
    decode: Decode
    folded: bool = True
    """Searched for in lower case, whatever case it is written in."""


def _plain(buffer: bytes, at: int) -> str:
    return buffer[at : at + LENGTH].decode("latin-1").lower()


def _every_second(buffer: bytes, at: int) -> str:
    between = buffer[at + 1 : at + 2 * LENGTH - 1 : 2]
    return buffer[at : at + 2 * LENGTH : 2].decode("latin-1").lower() if not any(between) else ""


def _hexadecimal(buffer: bytes, at: int) -> str:
    try:
        return binascii.unhexlify(buffer[at : at + 2 * LENGTH]).decode("latin-1").lower()
    except binascii.Error:
        return ""


def _base64(offset: int) -> tuple[bytes, Decode]:
    """Return how the marker looks in base64 with ``offset`` bytes before it in its triple."""
    first, last = -(-offset * 8 // 6), (offset + len(MARKER)) * 8 // 6
    stable = base64.b64encode(bytes(offset) + MARKER.encode() + bytes(3))[first:last]
    length = 4 * -(-(offset + LENGTH) // 3)

    def decode(buffer: bytes, at: int) -> str:
        begin = at - first
        if begin < 0:
            return ""
        raw = buffer[begin : begin + length]
        try:
            decoded = binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
        except binascii.Error:
            return ""
        return decoded[offset : offset + LENGTH].decode("latin-1")

    return stable, decode


def _forms() -> tuple[Form, ...]:
    marker = MARKER.encode()
    hexadecimal = marker.hex().encode()
    folded: list[tuple[str, bytes, Decode]] = [
        ("plain", marker, _plain),
        # Little and big endian share this run: the words differ only in the byte around it.
        ("utf-16", MARKER.encode("utf-16-le")[:-1], _every_second),
        ("hex", hexadecimal, _hexadecimal),
        ("hex", marker.upper().hex().encode(), _hexadecimal),
    ]
    exact = [("base64", *_base64(offset)) for offset in range(3)]
    return tuple(
        Form(name, re.compile(re.escape(literal)), decode, forms is folded)
        for forms in (folded, exact)
        for name, literal, decode in forms
    )


FORMS = _forms()


def find(
    buffer: bytes, known: Collection[str], begin: int = 0, end: int | None = None
) -> Iterator[tuple[str, str]]:
    """Yield each known word and its form for every hit that starts between two places.

    Args:
        buffer: what to search.
        known: the planted words; others are not reported. A set, for speed.
        begin: first place of a hit.
        end: place behind the last hit, the whole buffer by default.
    """
    end = len(buffer) if end is None else end
    stop = min(len(buffer), end + LOOK_AHEAD)
    lowered = buffer.lower()
    for form in FORMS:
        for match in form.pattern.finditer(lowered if form.folded else buffer, begin, stop):
            if match.start() < end:
                word = form.decode(buffer, match.start())
                if word in known:
                    yield word, _cased(form, buffer[match.start() : match.start() + LENGTH])


def _cased(form: Form, written: bytes) -> str:
    """Return the form's name; plain words in another case than they were planted in have their own."""
    return form.name if form.name != "plain" or written == written.lower() else "upper_case"

"""Canaries: unique words that are planted in all that scenarios create, and searched for.

A canary is a fixed marker of six characters, twelve random base32 characters and two
check characters: 20 lower-case letters and digits that start with a letter. So it is
legal as a DNS label, a file name and a Matrix localpart, stays whole for tokenisers,
and one search for the marker finds every canary.
"""

from __future__ import annotations

import hashlib
import re
import secrets

MARKER = "fhmark"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_BODY = 12
PATTERN = re.compile(rf"{MARKER}([a-z2-7]{{{_BODY}}})([a-z2-7]{{2}})")
_AFTER_MARKER = re.compile(rf"{MARKER}(?=([a-z2-7]{{{_BODY}}}[a-z2-7]{{2}}))")
"""Takes the marker only, so that a marker in front of a canary does not hide it."""
LENGTH = len(MARKER) + _BODY + 2


def new_canary() -> str:
    """Return a fresh canary word."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_BODY))
    return MARKER + body + _check_characters(body)


def is_canary(word: str) -> bool:
    """Say whether ``word`` is a canary whose check characters are right."""
    match = PATTERN.fullmatch(word)
    return match is not None and _check_characters(match[1]) == match[2]


def find_canaries(text: str) -> list[str]:
    """Return the canaries in ``text``, each once, in the order of their first place."""
    words = (MARKER + match[1] for match in _AFTER_MARKER.finditer(text.lower()))
    return list(dict.fromkeys(word for word in words if is_canary(word)))


def _check_characters(body: str) -> str:
    digest = hashlib.sha256(body.encode()).digest()
    return _ALPHABET[digest[0] % 32] + _ALPHABET[digest[1] % 32]

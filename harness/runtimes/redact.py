"""Keeping the run's own secrets out of evidence."""

from __future__ import annotations

import re

_SHORTEST = 8
_TOKENS = re.compile(
    r"(?i)(?<![a-z0-9])(access_token|refresh_token|password|secret|authorization: bearer)"
    r"([\"']?\s*[=:]\s*[\"']?|\s+)[^\s&\"',]+"
)
MASK = "[redacted]"


class Redactor:
    """Masks known secrets, and what looks like a token, in the text of products."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret that was named so far."""
        return frozenset(self._secrets)

    def add(self, secret: str) -> None:
        """Remember a secret; words too short to be one are left out."""
        if len(secret) >= _SHORTEST:
            self._secrets.add(secret)

    def clean(self, text: str) -> str:
        """Return ``text`` with every secret masked."""
        # The longest first: one that lies within another would leave the other's rest.
        for secret in sorted(self._secrets, key=len, reverse=True):
            if secret in text:
                text = text.replace(secret, MASK)
        return _TOKENS.sub(rf"\1\2{MASK}", text)

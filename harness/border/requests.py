"""Requests that products would have sent, read with bounds and with secrets redacted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harness.border.names import printable

HEAD_LIMIT = 65536
BODY_LIMIT = 4 << 20
_HEADERS = 64
_VALUE = 512
_URI = 2048
REDACTED = "[redacted]"

_SECRET_HEADER = re.compile(
    r"authorization|cookie|token|secret|passw|api-?key|credential|session|signature|^x-.*key", re.IGNORECASE
)
_SECRET_QUERY = re.compile(
    r"([?&;][^=&;#]*(?:token|secret|passw|key|sig|auth|session|credential|code)[^=&;#]*=)[^&;#]*",
    re.IGNORECASE,
)
_USER = re.compile(r"//[^/@?#]*@")


@dataclass(frozen=True)
class Request:
    """One HTTP/1 request's head.

    Args:
        length: bytes of its body; ``None`` where it is chunked.
        headers: with secrets redacted.
    """

    method: str
    uri: str
    host: str
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = 0
    expects_continue: bool = False


def parse_head(head: bytes) -> Request | None:
    """Return the request whose head (without its blank line) this is, or ``None``."""
    lines = head.split(b"\r\n")
    parts = lines[0].split(b" ")
    if len(parts) < 2 or not re.fullmatch(rb"[A-Za-z]{1,20}", parts[0]):
        return None
    fields: dict[str, str] = {}
    for line in lines[1 : 1 + _HEADERS]:
        name, colon, value = line.partition(b":")
        if colon:
            fields[printable(name).lower()] = _text(value.strip(), _VALUE)
    return Request(
        method=printable(parts[0]),
        uri=redacted_uri(_text(parts[1], _URI)),
        host=fields.get("host", ""),
        headers={name: REDACTED if _SECRET_HEADER.search(name) else v for name, v in fields.items()},
        length=_length(fields),
        expects_continue="100-continue" in fields.get("expect", "").lower(),
    )


def redacted_uri(uri: str) -> str:
    """Return a request target without user names, passwords, tokens or keys."""
    return _USER.sub(f"//{REDACTED}@", _SECRET_QUERY.sub(rf"\g<1>{REDACTED}", uri))


def _length(fields: dict[str, str]) -> int | None:
    if "chunked" in fields.get("transfer-encoding", "").lower():
        return None
    value = fields.get("content-length", "0")
    return int(value) if re.fullmatch(r"[0-9]{1,15}", value) else 0


def _text(raw: bytes, limit: int) -> str:
    text = raw[:limit].decode("latin-1")
    return "".join(c if " " <= c <= "~" else f"\\x{ord(c):02x}" for c in text)

"""What the first bytes of a conversation tell: its protocol, and the server's name in it."""

from __future__ import annotations

import re
import struct

_HANDSHAKE = 0x16
_CLIENT_HELLO = 1
_SERVER_NAME = 0
_HOST_NAME = 0
_STUN_COOKIE = 0x2112A442
_QUIC_VERSIONS = (0x00000001, 0x6B3343CF)
_METHODS = re.compile(
    rb"(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PROPFIND) [^ \r\n]{1,8192} HTTP/1"
)
_HOST = re.compile(rb"\r\nhost:[ \t]*([^\r\n]{1,300})", re.IGNORECASE)
_LEGAL = re.compile(r"[A-Za-z0-9._\-:\[\]*]{1,255}")
_NAME_LIMIT = 255


def service(payload: bytes, proto: str, port: int) -> str:
    """Return tls, http, dns, stun, quic, or nothing where the first bytes do not tell."""
    if proto == "tcp":
        if payload[:2] == b"\x16\x03":
            return "tls"
        if _METHODS.match(payload):
            return "http"
        return "dns" if port == 53 and len(payload) > 2 else ""
    if is_stun(payload):
        return "stun"
    if len(payload) > 5 and payload[0] & 0xC0 == 0xC0:
        (version,) = struct.unpack_from("!I", payload, 1)
        if version in _QUIC_VERSIONS:
            return "quic"
    return "dns" if port == 53 and len(payload) >= 12 else ""


def is_stun(payload: bytes) -> bool:
    """Say whether a datagram is STUN (RFC 8489 §5)."""
    if len(payload) < 20 or payload[0] & 0xC0:
        return False
    return int.from_bytes(payload[4:8], "big") == _STUN_COOKIE


def server_name(payload: bytes) -> str:
    """Return the name in a TLS ClientHello (SNI) or in an HTTP Host header, or nothing.

    ``payload`` may be cut off anywhere and may be hostile.
    """
    if payload[:2] == b"\x16\x03":
        return tls_server_name(payload)
    found = _HOST.search(payload) if _METHODS.match(payload) else None
    return printable(found[1]) if found is not None else ""


def printable(raw: bytes) -> str:
    """Return a name as text; other bytes than a host name has are escaped as ``\\xNN``."""
    text = raw[:_NAME_LIMIT].strip().decode("latin-1")
    if _LEGAL.fullmatch(text):
        return text
    return "".join(c if " " <= c <= "~" and c != "\\" else f"\\x{ord(c):02x}" for c in text)


def tls_server_name(payload: bytes) -> str:
    """Return the server name of a ClientHello (RFC 6066 §3), as far as its bytes are there."""
    if len(payload) < 6 or payload[0] != _HANDSHAKE or payload[5] != _CLIENT_HELLO:
        return ""
    try:
        return _name_in(_extensions(_handshake(payload)))
    except (IndexError, struct.error):
        return ""


def _handshake(payload: bytes) -> bytes:
    """Join the handshake bytes of consecutive TLS records."""
    joined = bytearray()
    place = 0
    while place + 5 <= len(payload) and payload[place] == _HANDSHAKE:
        (length,) = struct.unpack_from("!H", payload, place + 3)
        joined += payload[place + 5 : place + 5 + length]
        place += 5 + length
    return bytes(joined)


def _extensions(hello: bytes) -> bytes:
    place = 4 + 2 + 32
    place += 1 + hello[place]
    (ciphers,) = struct.unpack_from("!H", hello, place)
    place += 2 + ciphers
    place += 1 + hello[place]
    (length,) = struct.unpack_from("!H", hello, place)
    return hello[place + 2 : place + 2 + length]


def _name_in(extensions: bytes) -> str:
    place = 0
    while place + 4 <= len(extensions):
        kind, length = struct.unpack_from("!HH", extensions, place)
        body = extensions[place + 4 : place + 4 + length]
        if kind == _SERVER_NAME:
            (size,) = struct.unpack_from("!H", body, 3)
            whole = body[2] == _HOST_NAME and len(body) >= 5 + size
            return printable(body[5 : 5 + size]) if whole else ""
        place += 4 + length
    return ""

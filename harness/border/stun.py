"""STUN Binding answers (RFC 8489), so that a product's own ICE goes on and shows itself."""

from __future__ import annotations

import struct
from ipaddress import ip_address

from harness.border.names import is_stun

_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_XOR_MAPPED_ADDRESS = 0x0020
_COOKIE = 0x2112A442


def binding_success(request: bytes, address: str, port: int) -> bytes | None:
    """Return the answer to a Binding request from ``address``, or ``None`` if it is none."""
    if not is_stun(request) or int.from_bytes(request[:2], "big") != _BINDING_REQUEST:
        return None
    transaction = request[8:20]
    host = ip_address(address)
    mask = (struct.pack("!I", _COOKIE) + transaction)[: len(host.packed)]
    masked = bytes(a ^ b for a, b in zip(host.packed, mask, strict=True))
    family = 1 if host.version == 4 else 2
    value = struct.pack("!BBH", 0, family, port ^ (_COOKIE >> 16)) + masked
    attribute = struct.pack("!HH", _XOR_MAPPED_ADDRESS, len(value)) + value
    return struct.pack("!HHI", _BINDING_SUCCESS, len(attribute), _COOKIE) + transaction + attribute

"""Names in first bytes: found where they are, and never an exception on hostile bytes."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.border import names


def client_hello(name: str | None) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    outgoing = ssl.MemoryBIO()
    context.check_hostname = name is not None
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


HELLO = client_hello("matrix.example.org")


def test_a_real_client_hello_gives_its_name() -> None:
    assert names.server_name(HELLO) == "matrix.example.org"
    assert names.service(HELLO, "tcp", 8448) == "tls"


def test_no_name_is_no_name() -> None:
    hello = client_hello("192.0.2.1")
    assert names.server_name(hello) == ""


def test_a_hello_cut_after_its_name_still_tells() -> None:
    end = HELLO.index(b"matrix.example.org") + len(b"matrix.example.org")
    assert names.server_name(HELLO[:end]) == "matrix.example.org"
    assert names.server_name(HELLO[: end - 1]) == ""


def test_a_hello_in_two_records_is_joined() -> None:
    head, body = HELLO[:3], HELLO[5:]
    parts = (body[:40], body[40:])
    split = b"".join(head + len(part).to_bytes(2, "big") + part for part in parts)
    assert names.server_name(split) == "matrix.example.org"


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        (b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "a.example"),
        (b"POST /x HTTP/1.1\r\naccept: */*\r\nhOsT:  b.example:8008 \r\n", "b.example:8008"),
        (b"GET / HTTP/1.1\r\nHost: \xff<script>\r\n\r\n", "\\xff<script>"),
        (b"NOT HTTP\r\nHost: a.example\r\n", ""),
    ],
)
def test_http_host(payload: bytes, name: str) -> None:
    assert names.server_name(payload) == name


@pytest.mark.parametrize(
    ("payload", "proto", "port", "service"),
    [
        (b"\xc0\x00\x00\x00\x01" + bytes(20), "udp", 443, "quic"),
        (b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), "udp", 3478, "stun"),
        (bytes(12), "udp", 53, "dns"),
        (b"", "udp", 53, ""),
        (b"SSH-2.0", "tcp", 22, ""),
    ],
)
def test_service(payload: bytes, proto: str, port: int, service: str) -> None:
    assert names.service(payload, proto, port) == service


@given(st.binary(max_size=300))
def test_any_bytes_give_printable_text(payload: bytes) -> None:
    for data in (payload, b"\x16\x03\x01" + payload, b"GET / HTTP/1.1\r\nHost: " + payload):
        assert names.server_name(data).isascii()
        names.service(data, "tcp", 443)
        names.service(data, "udp", 443)


@given(st.integers(0, len(HELLO) - 1), st.integers(0, 255))
def test_one_changed_byte_never_raises(place: int, value: int) -> None:
    changed = bytearray(HELLO)
    changed[place] = value
    names.server_name(bytes(changed))
    names.server_name(bytes(changed[:place]))

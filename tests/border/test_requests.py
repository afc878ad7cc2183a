"""Requests to the sinkhole: what is kept of them, and what is not."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from harness.border.requests import REDACTED, parse_head, redacted_uri


def test_a_request_is_read() -> None:
    head = b"POST /a?b=c HTTP/1.1\r\nHost: push.example\r\nContent-Length: 12\r\nExpect: 100-continue"
    request = parse_head(head)
    assert request is not None
    assert (request.method, request.uri, request.host) == ("POST", "/a?b=c", "push.example")
    assert (request.length, request.expects_continue) == (12, True)


def test_secrets_are_redacted() -> None:
    names = ("Authorization", "Cookie", "X-Signing-Key", "X-Auth-Token", "Proxy-Authorization", "Api-Key")
    lines = "".join(f"{name}: s3cret\r\n" for name in names)
    target = "/x?access_token=s3cret&room=1&sig=s3cret&client_secret=s3cret"
    request = parse_head(f"GET {target} HTTP/1.1\r\n{lines}accept: */*".encode())
    assert request is not None
    assert "s3cret" not in repr(request)
    assert request.headers["accept"] == "*/*"
    assert request.headers["authorization"] == REDACTED
    assert "room=1" in request.uri


def test_a_password_in_an_address_is_redacted() -> None:
    assert redacted_uri("http://bo:s3cret@x.example/") == f"http://{REDACTED}@x.example/"


def test_chunked_bodies_have_no_length() -> None:
    request = parse_head(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked")
    assert request is not None
    assert request.length is None


def test_what_is_no_request_is_none() -> None:
    for head in (b"", b"SSH-2.0-OpenSSH", b"\x16\x03\x01", b"1 2 3"):
        assert parse_head(head) is None


@given(st.binary(max_size=200))
def test_any_bytes_give_safe_text(head: bytes) -> None:
    for data in (head, b"GET " + head, b"GET / HTTP/1.1\r\n" + head):
        request = parse_head(data)
        if request is not None:
            json.dumps([request.method, request.uri, request.headers])
            assert request.uri.isascii()

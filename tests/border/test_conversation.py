"""Conversations with the sinkhole, over real sockets and real TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.border.certificates import CertificateMaker
from harness.border.channel import PlainChannel
from harness.border.conversation import CanaryFinder, Conversation, Sent
from harness.errors import BorderError
from harness.model.canary import new_canary


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ca")
    made = trustme.CA()
    made.cert_pem.write_to_path(str(folder / "ca.pem"))
    made.private_key_pem.write_to_path(str(folder / "ca.key"))
    return folder


@pytest.fixture(scope="module")
def maker(ca: Path) -> CertificateMaker:
    return CertificateMaker(ca)


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


async def converse(maker: CertificateMaker, data: bytes) -> tuple[list[Sent], bytes]:
    """Send ``data``, end, and return what was noted and answered."""
    loop = asyncio.get_running_loop()
    noted: list[Sent] = []
    with pair() as (ours, theirs):
        conversation = Conversation(PlainChannel(ours, b""), maker, "203.0.113.7", noted.append)
        listening = asyncio.create_task(conversation.listen())
        await loop.sock_sendall(theirs, data)
        theirs.shutdown(socket.SHUT_WR)
        await listening
        ours.close()
        answered = b""
        while piece := await loop.sock_recv(theirs, 65536):
            answered += piece
    return noted, answered


async def test_two_requests_on_one_connection(maker: CertificateMaker) -> None:
    word = new_canary()
    first = f"PUT /a HTTP/1.1\r\nhost: x.example\r\ncontent-length: {len(word)}\r\n\r\n{word}".encode()
    second = b"GET /b HTTP/1.1\r\nhost: x.example\r\n\r\n"
    noted, answered = await converse(maker, first + second)
    assert [(sent.method, sent.uri, sent.request_bytes) for sent in noted] == [
        ("PUT", "/a", len(first)),
        ("GET", "/b", len(second)),
    ]
    assert noted[0].canaries == (word,)
    assert noted[1].canaries == ()
    assert answered.count(b"404 Not Found") == 2


async def test_a_chunked_body_is_searched_and_ends(maker: CertificateMaker) -> None:
    word = new_canary()
    body = f"{len(word):x}\r\n{word}\r\n0\r\n\r\n".encode()
    noted, _ = await converse(maker, b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + body)
    assert [(sent.method, sent.canaries) for sent in noted] == [("POST", (word,))]


async def test_what_is_not_http_is_raw(maker: CertificateMaker) -> None:
    word = new_canary()
    noted, _ = await converse(maker, b"\x00\x01raw " + word.encode())
    (sent,) = noted
    assert (sent.service, sent.canaries, sent.request_bytes) == ("raw", (word,), 6 + len(word))


async def test_a_silent_end_is_noted_too(maker: CertificateMaker) -> None:
    noted, _ = await converse(maker, b"")
    assert [sent.service for sent in noted] == ["none"]


async def test_a_broken_handshake_keeps_its_name(maker: CertificateMaker) -> None:
    outgoing = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="x.example")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    noted, _ = await converse(maker, outgoing.read())
    assert [(sent.service, sent.server_name, sent.established) for sent in noted] == [
        ("tls", "x.example", False)
    ]


@pytest.mark.parametrize("name", ["service.example", "203.0.113.7"])
async def test_any_name_gets_its_certificate(maker: CertificateMaker, ca: Path, name: str) -> None:
    noted: list[Sent] = []
    context = ssl.create_default_context(cafile=str(ca / "ca.pem"))
    with pair() as (ours, theirs):
        conversation = Conversation(PlainChannel(ours, b""), maker, "203.0.113.7", noted.append)
        listening = asyncio.create_task(conversation.listen())
        reader, writer = await asyncio.open_connection(sock=theirs, ssl=context, server_hostname=name)
        writer.write(b"GET /secret HTTP/1.1\r\nhost: " + name.encode() + b"\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        writer.close()
        await listening
        ours.close()
        await writer.wait_closed()
    (sent,) = noted
    assert (sent.service, sent.established, sent.uri) == ("tls", True, "/secret")


def test_a_canary_across_two_pieces_is_found_once() -> None:
    word = new_canary()
    finder = CanaryFinder()
    for piece in (f"a {word[:7]}", f"{word[7:]} b", f" {word}"):
        finder.feed(piece.encode())
    assert finder.found == (word,)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80))
def test_any_bytes_end_in_one_note(maker: CertificateMaker, data: bytes) -> None:
    for start in (b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n"):
        with asyncio.Runner() as runner:
            noted, _ = runner.run(converse(maker, start + data))
        assert noted


def test_a_missing_ca_is_told_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(BorderError) as missing:
        CertificateMaker(tmp_path)
    assert missing.value.where == str(tmp_path)
    assert missing.value.cure

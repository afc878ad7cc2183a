"""Traffic programs send and count, here over loopback."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor

from bench.traffic import connect, receive, send


def test_a_stream_arrives_whole() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor() as pool:
        descriptor = os.dup(listening.fileno())
        taking = pool.submit(receive, str(descriptor))
        sent = send("127.0.0.1", str(listening.getsockname()[1]), "1e7", "0.1")
        taken = taking.result()
    assert taken["bytes"] == sent["bytes"] > 0
    assert taken["end"] >= sent["begin"]


def test_every_reset_is_counted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    counted = connect("127.0.0.1", "20", str(port))
    assert (counted["opened"], counted["answered"]) == (20, 20)

"""Traffic, as programs of their own: they run in the network namespace of a host.

``python traffic.py connect FIRST COUNT PORT`` opens a TCP connection to each of ``COUNT``
addresses from ``FIRST`` on and counts the answers; ``send ADDRESS PORT RATE SECONDS`` sends one
stream at ``RATE`` bytes a second (0: as fast as it goes); ``receive DESCRIPTOR`` takes one
connection of a listening socket that it inherits. Each prints one JSON object when it is done.
Only the standard library, so that it starts at once.
"""

from __future__ import annotations

import errno
import ipaddress
import json
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable

_IN_FLIGHT = 256
_LAST_SECONDS = 0.5
"""How long the last connections may wait: shorter than TCP's first repeat (RFC 6298, one second)."""
_PIECE = 1 << 17


def connect(first: str, count: str, port: str) -> dict[str, float]:
    """Open connections to many addresses, one after another, without waiting for each.

    An answer is a reset: nobody listens there, which makes the shortest connection there is.
    """
    base, number = int(ipaddress.IPv4Address(first)), int(port)
    targets = [str(ipaddress.IPv4Address(base + place)) for place in range(int(count))]
    waiting: deque[socket.socket] = deque()
    answered = 0
    begin = time.monotonic()
    for target in targets:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        made.connect_ex((target, number))
        waiting.append(made)
        if len(waiting) > _IN_FLIGHT:
            answered += _answered(waiting.popleft(), 0)
    end = time.monotonic()
    deadline = end + _LAST_SECONDS
    answered += sum(_answered(made, deadline - time.monotonic()) for made in waiting)
    return {"opened": len(targets), "answered": answered, "begin": begin, "end": end}


def send(address: str, port: str, rate: str, seconds: str) -> dict[str, float]:
    """Send one stream for some time, at a rate or as fast as it goes."""
    piece, pace, sent = bytes(_PIECE), float(rate), 0
    with socket.create_connection((address, int(port))) as channel:
        begin = time.monotonic()
        end = begin + float(seconds)
        while (now := time.monotonic()) < end:
            early = begin + sent / pace - now if pace else 0.0
            if early > 0:
                time.sleep(early)  # The pace itself: there is nothing to wait for but the clock.
            channel.sendall(piece)
            sent += len(piece)
    return {"bytes": sent, "begin": begin}


def receive(descriptor: str) -> dict[str, float]:
    """Take one connection and read it to its end."""
    with socket.socket(fileno=int(descriptor)) as listening:
        listening.setblocking(True)
        channel, _ = listening.accept()
    buffer = bytearray(_PIECE * 8)
    with channel:
        taken, end = 0, time.monotonic()
        while size := channel.recv_into(buffer):
            taken += size
            end = time.monotonic()
    return {"bytes": taken, "end": end}


def _answered(made: socket.socket, wait: float) -> bool:
    """Say whether a connection was reset by now, or within ``wait`` seconds; close it."""
    with made:
        if wait > 0:
            poll = select.poll()
            poll.register(made, select.POLLOUT)
            poll.poll(wait * 1000)
        return made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED


_PROGRAMS: dict[str, Callable[..., dict[str, float]]] = {"connect": connect, "send": send, "receive": receive}

if __name__ == "__main__":
    print(json.dumps(_PROGRAMS[sys.argv[1]](*sys.argv[2:])))

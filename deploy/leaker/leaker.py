"""A service that leaks on purpose: what it sends, the harness has to find.

It stands alone: nothing but Python's standard library. It reads one JSON file:
{"listen": [address, port], "seconds": interval, "leaks": {kind: target, ...}}, with a
target [host, port] for TCP and UDP, an address for ICMP and a name for DNS. Every kind
leaks once at the start and then again and again, whether anybody answers or not.
"""

import json
import os
import socket
import struct
import sys
import threading

PATIENCE = 2.0
WORDS = b"planted leak of "


def tcp(kind, target):
    """Connect and post a few words, as telemetry does."""
    host, port = target
    with socket.create_connection((host, port), timeout=PATIENCE) as connection:
        body = WORDS + kind.encode()
        head = f"POST /telemetry HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        connection.recv(1024)


def udp(kind, target):
    """Send one datagram."""
    host, port = target
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(WORDS + kind.encode(), (host, port))


def icmp(kind, target):
    """Send one echo request; the kernel fills in the identifier (Linux ping socket)."""
    payload = WORDS + kind.encode()
    packet = struct.pack("!BBHHH", 8, 0, 0, 0, 1) + payload
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as pings:
        pings.sendto(packet, (target, 0))


def dns(kind, target):
    """Look a name up and connect to nothing."""
    socket.getaddrinfo(target, 443, type=socket.SOCK_STREAM)


SENDERS = {"tcp_name": tcp, "tcp_ipv4": tcp, "tcp_ipv6": tcp, "udp": udp, "icmp": icmp, "dns": dns}


def leak_for_ever(kind, target, seconds, ended):
    """Leak one kind again and again until the program ends."""
    while True:
        try:
            SENDERS[kind](kind, target)
            outcome = "sent"
        except OSError as error:
            outcome = f"tried: {error}"
        sys.stderr.write(f"leak {kind} to {target}: {outcome}\n")
        sys.stderr.flush()
        if ended.wait(seconds):
            return


def main():
    """Start one thread for each kind, then listen, so that others see when it runs."""
    with open(sys.argv[1], encoding="utf-8") as file:
        settings = json.load(file)
    ended = threading.Event()
    for kind, target in settings["leaks"].items():
        arguments = (kind, target, settings["seconds"], ended)
        threading.Thread(target=leak_for_ever, args=arguments, daemon=True).start()
    address, port = settings["listen"]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family) as listener:
        while True:
            connection, _ = listener.accept()
            connection.sendall(b"pid %d\n" % os.getpid())
            connection.close()


if __name__ == "__main__":
    main()

"""A tiny world for test_ledgers.py: run as root of fresh namespaces, prints what it saw as JSON.

Two agencies, alfa with hosts h1 and h2, beta with host h3, a backbone and the simulated
internet; the real border program over pipes. Arguments: evidence folder, CA folder.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

from harness.border.netns import Namespace
from harness.model.canary import new_canary

NETNS = Path("/run/netns")
A1, A2, B3 = ("10.1.0.2", "fd00:1::2"), ("10.1.0.3", "fd00:1::3"), ("10.2.0.2", "fd00:2::2")
GATE = {"alfa": ("10.1.0.1", "fd00:1::1"), "beta": ("10.2.0.1", "fd00:2::1")}
HOSTS = {"h1": ("alfa", A1), "h2": ("alfa", A2), "h3": ("beta", B3)}
OUTSIDE = ("203.0.113.7", "2001:db8::7")


def run(*command: str, text: str = "") -> None:
    subprocess.run(command, check=True, input=text.encode())


def batch(namespace: str, *lines: str) -> None:
    run("nsenter", f"--net={NETNS / namespace}", "ip", "-batch", "-", text="\n".join(lines) + "\n")


def mac(port: str, end: int) -> str:
    return f"02:00:00:00:0{end}:0{port[1]}"


class Program:
    """The real border program."""

    def __init__(self, evidence: str, ca: str) -> None:
        command = (sys.executable, "-m", "harness.border")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.numbers = itertools.count(1)
        borders = [
            {
                "agency": agency,
                "namespace": str(NETNS / agency),
                "addresses": GATE[agency],
                "networks": [f"10.{n}.0.0/16", f"fd00:{n}::/64"],
                "far_namespace": str(NETNS / "backbone"),
                "far_port": f"to_{agency}",
            }
            for n, agency in enumerate(GATE, 1)
        ]
        plan = {
            "evidence": evidence,
            "borders": borders,
            "internet": str(NETNS / "inet"),
            "domains": ["alfa.example", "beta.example"],
            "port_rows": 64,
            "sinkhole_ca": ca,
        }
        self.write(plan)

    def write(self, what: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, do: str, **fields: object) -> dict[str, object]:
        assert self.process.stdout is not None
        self.write({"id": next(self.numbers), "command": {"do": do, **fields}})
        reply: dict[str, object] = json.loads(self.process.stdout.readline())
        return reply

    def must(self, do: str, **fields: object) -> None:
        reply = self.ask(do, **fields)
        assert reply["ok"], reply

    def end(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(20)


def build() -> None:
    NETNS.mkdir(parents=True, exist_ok=True)
    for name in ("backbone", "inet", *GATE, *HOSTS):
        run("ip", "netns", "add", name)
        with Namespace(str(NETNS / name)).inside():
            Path("/proc/sys/net/ipv6/conf/default/addr_gen_mode").write_text("1")
            Path("/proc/sys/net/ipv6/conf/default/accept_dad").write_text("0")
            if name == "backbone":
                Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
                Path("/proc/sys/net/ipv6/conf/all/forwarding").write_text("1")
    for n, agency in enumerate((*GATE, "inet"), 1):
        ends = (f"address 02:00:00:00:20:0{n}", f"address 02:00:00:00:21:0{n}")
        batch(agency, f"link add up0 {ends[0]} type veth peer name to_{agency} {ends[1]} netns backbone")


def raise_routers() -> None:
    for n, name in enumerate((*GATE, "inet"), 1):
        near, far = (f"100.64.{n}.2", f"fd64:{n}::2"), (f"100.64.{n}.1", f"fd64:{n}::1")
        own = [f"addr add {a} dev lo" for a in GATE.get(name, ())]
        batch(
            name,
            *("link set lo up", "link set up0 up", *own),
            *(f"addr add {a}/{w} dev up0" for a, w in zip(near, (30, 126), strict=True)),
            *(f"neigh add {a} lladdr 02:00:00:00:21:0{n} dev up0 nud permanent" for a in far),
            *(f"route add default via {a} dev up0" for a in far),
        )
        networks = (f"10.{n}.0.0/16", f"fd00:{n}::/64") if name in GATE else ("default", "default")
        batch(
            "backbone",
            f"link set to_{name} up",
            *(f"addr add {a}/{w} dev to_{name}" for a, w in zip(far, (30, 126), strict=True)),
            *(f"neigh add {a} lladdr 02:00:00:00:20:0{n} dev to_{name} nud permanent" for a in near),
            *(f"route add {net} via {a} dev to_{name}" for net, a in zip(networks, near, strict=True)),
        )


def add_host(program: Program, port: str) -> None:
    agency, addresses = HOSTS[port]
    gate = GATE[agency]
    batch(
        agency,
        f"link add {port} address {mac(port, 1)} type veth"
        f" peer name eth0 address {mac(port, 2)} netns {port}",
    )
    program.must(
        "add_port", agency=agency, port=port, host=f"host-{port}", mac=mac(port, 2), addresses=addresses
    )
    width = (32, 128)
    batch(
        agency,
        f"link set {port} up",
        *(f"neigh add {a} lladdr {mac(port, 2)} dev {port} nud permanent" for a in addresses),
        *(f"route add {a}/{w} dev {port}" for a, w in zip(addresses, width, strict=True)),
    )
    batch(
        port,
        *("link set lo up", "link set eth0 up"),
        *(f"addr add {a}/{w} dev eth0" for a, w in zip(addresses, width, strict=True)),
        *(f"neigh add {a} lladdr {mac(port, 1)} dev eth0 nud permanent" for a in gate),
        *(f"route add {a}/{w} dev eth0" for a, w in zip(gate, width, strict=True)),
        *(f"route add default via {a} dev eth0" for a in gate),
    )


def open_socket(port: str, family: int, kind: int, proto: int = 0) -> socket.socket:
    made = Namespace(str(NETNS / port)).open_socket(family, kind, proto)
    made.settimeout(3)
    return made


def family_of(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def tcp(port: str, address: str, number: int, data: bytes = b"", *, tls: str = "", ca: str = "") -> bytes:
    with open_socket(port, family_of(address), socket.SOCK_STREAM) as channel:
        channel.connect((address, number))
        wrapped: socket.socket = channel
        if tls:
            context = ssl.create_default_context(cafile=ca)
            wrapped = context.wrap_socket(channel, server_hostname=tls)
        wrapped.sendall(data)
        return wrapped.recv(4096) if data else b""


def udp(port: str, address: str, number: int, data: bytes) -> socket.socket:
    channel = open_socket(port, family_of(address), socket.SOCK_DGRAM)
    channel.sendto(data, (address, number))
    return channel


def ping(port: str, address: str, size: int = 32) -> bool:
    v6 = family_of(address) == socket.AF_INET6
    proto = socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP
    body = struct.pack("!HH", 7, 7) + bytes(size)
    kind = 128 if v6 else 8
    total = checksum(struct.pack("!BBH", kind, 0, 0) + body)
    with open_socket(port, family_of(address), socket.SOCK_RAW, proto) as channel:
        channel.settimeout(0.3)
        channel.sendto(struct.pack("!BBH", kind, 0, total) + body, (address, 0))
        with contextlib.suppress(TimeoutError):
            while True:
                data, peer = channel.recvfrom(1 << 16)
                if peer[0] == address and len(data) >= len(body):
                    return True
    return False


def checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(src: str, dst: str, proto: int, body: bytes, *, ttl: int = 64, fragment: int = 0) -> bytes:
    parts = (0x45, 0, 20 + len(body), 1, fragment, ttl, proto)
    head = struct.pack("!BBHHHBBH4s4s", *parts, 0, socket.inet_aton(src), socket.inet_aton(dst))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def udp_body(sport: int, dport: int, data: bytes) -> bytes:
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


def tcp_body(sport: int, dport: int, flags: int, data: bytes = b"") -> bytes:
    return struct.pack("!HHIIBBHHH", sport, dport, 1, 0, 0x50, flags, 1024, 0, 0) + data


def frame(port: str, kind: int, body: bytes, *, target: bytes = b"", source: str = "") -> None:
    """Send a raw frame from a host, as a product with CAP_NET_RAW could."""
    source = source or mac(port, 2)
    target = target or bytes.fromhex(mac(port, 1).replace(":", ""))
    data = target + bytes.fromhex(source.replace(":", "")) + struct.pack("!H", kind) + body
    with open_socket(port, socket.AF_PACKET, socket.SOCK_RAW) as channel:
        channel.bind(("eth0", 0))
        channel.send(data.ljust(60, b"\0"))


def serve_bulk(port: str, address: str, number: int, size: int) -> threading.Thread:
    listener = open_socket(port, family_of(address), socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, number))
    listener.listen()

    def serve() -> None:
        connection, _ = listener.accept()
        connection.settimeout(10)
        sender = threading.Thread(target=connection.sendall, args=(bytes(size),))
        sender.start()
        got = 0
        while got < size:
            got += len(connection.recv(1 << 16))
        sender.join()
        connection.close()
        listener.close()

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def bulk(client: str, server: str, address: str, size: int) -> None:
    """Move ``size`` bytes both ways at once."""
    serving = serve_bulk(server, address, 8448, size)
    with open_socket(client, family_of(address), socket.SOCK_STREAM) as channel:
        channel.settimeout(10)
        channel.connect((address, 8448))
        sender = threading.Thread(target=channel.sendall, args=(bytes(size),))
        sender.start()
        got = 0
        while got < size:
            got += len(channel.recv(1 << 16))
        sender.join()
    serving.join()


def tricks() -> None:
    """What a host with raw sockets can do to slip past a recorder."""
    out, own = OUTSIDE[0], A1[0]
    frame("h1", 0x0800, ipv4(A2[0], out, 17, udp_body(1111, 2001, b"sibling")))
    frame("h1", 0x0800, ipv4(own, out, 17, udp_body(1111, 2002, b"mac")), source="02:00:00:00:02:02")
    frame("h1", 0x0800, ipv4(own, out, 17, udp_body(1111, 2003, b"ttl"), ttl=1))
    frame("h1", 0x0800, ipv4(own, out, 17, udp_body(1111, 2004, b"first"), fragment=0x2000))
    frame("h1", 0x0800, ipv4(own, out, 17, b"later fragment", fragment=0x0010))
    frame("h1", 0x88B5, b"not ip")
    frame("h1", 0x8100, struct.pack("!HH", 7, 0x0800) + ipv4(own, out, 17, udp_body(1, 2005, b"vlan")))
    group = b"\x01\x00\x5e\x00\x00\x09"
    frame("h1", 0x0800, ipv4(own, "239.1.2.3", 17, udp_body(1111, 2006, b"group")), target=group)
    frame("h1", 0x0800, ipv4(own, out, 6, tcp_body(1111, 2007, 0x03, b"syn fin")))
    frame("h1", 0x0800, ipv4(own, out, 6, tcp_body(1111, 2008, 0x18, b"psh ack")))
    frame("h1", 0x0800, ipv4(own, out, 47, b"\0\0\x08\0gre"))
    frame("h1", 0x0800, ipv4(own, out, 132, struct.pack("!HHII", 1111, 2009, 1, 0) + b"sctp"))
    frame("h1", 0x0800, ipv4(out, GATE["alfa"][0], 17, udp_body(1111, 2010, b"reflect")))
    source, target = (socket.inet_pton(socket.AF_INET6, a) for a in (A1[1], OUTSIDE[1]))
    ipv6 = bytes.fromhex("60000000") + struct.pack("!HBB", 8, 60, 64) + source + target
    frame("h1", 0x86DD, ipv6 + b"\x06\xff" + bytes(6))
    ipv6 = bytes.fromhex("60000000") + struct.pack("!HBB", 16, 44, 64) + source + target
    frame("h1", 0x86DD, ipv6 + struct.pack("!BBHI", 17, 0, 0x0800, 1) + b"fragment")


def flood() -> None:
    with open_socket("h2", socket.AF_INET, socket.SOCK_DGRAM) as channel:
        for number in range(400):
            channel.sendto(b"x", (OUTSIDE[0], 3000 + number))


def look_up(port: str, name: str, kind: str = "A") -> bytes:
    import dns.message

    agency = HOSTS[port][0]
    with udp(port, GATE[agency][0], 53, dns.message.make_query(name, kind).to_wire()) as channel:
        reply = dns.message.from_wire(channel.recv(4096))
    return b"".join(rdata.to_text().encode() for rrset in reply.answer for rdata in rrset)


def probe(program: Program) -> list[dict[str, object]]:
    """Send a probe, and ask whether it is listed; then for one that was never sent."""
    found = [look_up("h3", "w.probe.invalid", kind).decode() for kind in ("A", "AAAA")]
    for address in found:
        tcp("h3", address, 9)
        udp("h3", address, 9, b"probe").close()
        ping("h3", address)
    fields: dict[str, object] = {"agency": "beta", "port": "h3", "addresses": found}
    return [program.ask("probe", name=name, **fields) for name in ("w.probe.invalid", "x.probe.invalid")]


def exchange(seen: dict[str, object], ca: str) -> None:
    """Ordinary traffic by both families."""
    for n, address in enumerate(OUTSIDE):
        tcp("h1", address, 81, b"GET /x?access_token=abc HTTP/1.1\r\nHost: out.example\r\n\r\n")
        udp("h1", address, 9000, b"hello").close()
        seen[f"ping{n}"] = ping("h1", address)
    seen["pool"] = look_up("h1", "Matrix.Org.").decode()
    seen["zone"] = look_up("h1", "chat.beta.example").decode()
    seen["canary"] = new_canary()
    body = f"word {seen['canary']}".encode()
    head = b"PUT /sync?access_token=abc HTTP/1.1\r\nHost: matrix.org\r\nAuthorization: Bearer s3cret\r\n"
    request = head + b"content-length: %d\r\n\r\n" % len(body) + body
    address = str(seen["pool"])
    seen["tls"] = tcp("h1", address, 8448, request, tls="matrix.org", ca=f"{ca}/ca.pem").decode()
    with contextlib.suppress(ssl.SSLError, OSError):
        tcp("h1", address, 443, b"x", tls="distrusted.example", ca=f"{ca}/other.pem")
    stun = struct.pack("!HHI", 1, 0, 0x2112A442) + b"transaction!"
    with udp("h1", OUTSIDE[0], 3478, stun) as channel:
        seen["stun"] = channel.recv(1000).hex()


def main(evidence: str, ca: str) -> None:
    seen: dict[str, object] = {}
    build()
    program = Program(evidence, ca)
    program.must("secure")
    raise_routers()
    program.must("open")
    for port in HOSTS:
        add_host(program, port)
    records = [{"name": "chat.beta.example", "addresses": B3}]
    program.must("set_zone", records=records)
    program.must("mark", window="probe")
    seen["probe"] = probe(program)
    seen["refused"] = program.ask("add_port", agency="no", port="h9", host="x", mac="", addresses=[])
    program.must("mark", window="traffic")
    exchange(seen, ca)
    program.must("mark", window="bulk")
    bulk("h1", "h3", B3[0], 8 << 20)
    bulk("h3", "h1", A1[1], 8 << 20)
    seen["big_ping"] = [ping("h1", B3[0], 5000), ping("h1", B3[1], 5000), ping("h3", A2[1], 3000)]
    program.must("mark", window="tricks")
    tricks()
    program.must("mark", window="cut")
    program.must("fault", agency="alfa", kind="cut")
    udp("h1", OUTSIDE[0], 4001, b"while cut").close()
    udp("h1", OUTSIDE[1], 4001, b"while cut").close()
    seen["partner_while_cut"] = ping("h1", B3[0])
    program.must("fault", agency="alfa", kind="partition")
    seen["partner_while_parted"] = ping("h1", B3[0])
    program.must("fault", agency="alfa", kind="heal")
    seen["partner_after_heal"] = ping("h1", B3[0])
    program.must("mark", window="flood")
    flood()
    seen["sibling_during_flood"] = ping("h1", OUTSIDE[0])
    program.must("mark", window="stop")
    program.must("remove_port", agency="alfa", port="h2")
    udp("h2", OUTSIDE[0], 5001, b"too late").close()
    time.sleep(0.2)
    program.must("finish")
    seen["status"] = program.end()
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

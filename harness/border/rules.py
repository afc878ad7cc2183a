"""The nftables rules of borders, as text: pure, so that a whole plan can be read and tested."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_address, ip_network

from harness.border.rows import LATER_FRAGMENTS, OWN, PASSED, TRIED, RowKind
from harness.errors import BorderError
from harness.model.border import UPLINK, AddPort

LOG_GROUP = 5
SNAPSHOT = 700
"""How many bytes of a first packet are kept: enough for a server name."""
FIRST_PACKETS = 6

TRIED_TABLE = "tried"
BORDER_TABLE = "border"
FAULT_TABLE = "faults"
FAR_TABLE = "far"

_NEIGHBOURS = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }"
_NOT_NEIGHBOURS = "icmpv6 type != { nd-neighbor-solicit, nd-neighbor-advert }"
_UNROUTED4 = "{ 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0-255.255.255.255 }"
_UNROUTED6 = "{ ::/128, ::1/128, fe80::/10, ff00::/8 }"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,14}")

BORDER_COUNTERS = (
    "martian",
    "refused",
    "stranger",
    "bounced",
    "options",
    "protocol",
    "invalid",
    "untracked",
    "quiet",
    "passed_all",
    "passed_full",
    "own_all",
    "own_full",
)
PORT_COUNTERS = ("all", "full", "unlisted", "spoofed", "unrouted", "late")
FAR_COUNTERS = ("frames", "arp_frames", "first4", "more4", "first6", "more6")


def checked_port(name: str) -> str:
    """Return an interface name that is safe within rules.

    Raises:
        BorderError: it has other characters than letters, digits and ``_``.
    """
    if not _NAME.fullmatch(name):
        raise BorderError(
            f"`{name}` cannot name a port", where="border", cure="use up to 15 letters, digits and `_`"
        )
    return name


def border_rules(addresses: Sequence[str], rows: int) -> str:
    """Return a border's own rules: everything is dropped but what is listed.

    Args:
        addresses: the border's addresses towards its hosts.
        rows: the bound of each set, in rows.
    """
    parts = [
        f"table inet {FAULT_TABLE} {{",
        "chain cut { type filter hook forward priority -50; policy accept;\n}",
        "}",
        f"table netdev {TRIED_TABLE} {{\n}}",
        f"table inet {BORDER_TABLE} {{",
        "set ports { type iface_index; }",
        *(f"counter {name} {{\n}}" for name in BORDER_COUNTERS),
        *(_set("", kind, rows) for kind in (*PASSED, *OWN)),
        *_class_chains("", (*PASSED,), "accept", "passed_full"),
        *_class_chains("", (*OWN,), "accept", "own_full"),
        _arrive(),
        _first_packets(),
        _input(addresses),
        _forward(),
        _output(),
        "}",
    ]
    return "\n".join(parts) + "\n"


def port_rules(port: AddPort, index: int, rows: int) -> str:
    """Return the ledger of tries of one host's port, and the pins of its addresses.

    Args:
        index: the port's interface index; from now on its packets may be routed.
        rows: the bound of each set, in rows.
    """
    name = checked_port(port.port)
    prefix = f"{name}_"
    parts = [
        *_forget_chain(name),
        f"table netdev {TRIED_TABLE} {{",
        *(f"counter {prefix}{counter} {{\n}}" for counter in PORT_COUNTERS),
        *(_set(prefix, kind, rows) for kind in TRIED),
        _chain(f"{prefix}pins", _pins(port, prefix)),
        *_class_chains(prefix, TRIED, f"goto {prefix}pins", f"{prefix}full"),
        _chain(
            name,
            [
                f'type filter hook ingress device "{name}" priority 0; policy accept;',
                f"counter name {prefix}all",
                *(f"{match} goto {prefix}{kind}_row" for match, kind in LATER_FRAGMENTS),
                *(f"{kind.match} goto {prefix}{kind.name}_row" for kind in TRIED),
                f"counter name {prefix}unlisted drop",
            ],
        ),
        "}",
        f"add element inet {BORDER_TABLE} ports {{ {index} }}",
    ]
    return "\n".join(parts) + "\n"


def stop_port(name: str, index: int) -> str:
    """Return the rules that end a port's listing: from now on all its frames are dropped."""
    chain = f"chain netdev {TRIED_TABLE} {checked_port(name)}"
    return (
        f"flush {chain}\nadd rule netdev {TRIED_TABLE} {name} counter name {name}_late drop\n"
        f"delete element inet {BORDER_TABLE} ports {{ {index} }}\n"
    )


def drop_port_rows(name: str) -> str:
    """Return the rules that take a stopped port's rows away; its drop stays."""
    table = f"netdev {TRIED_TABLE}"
    lines = [
        *(f"flush chain {table} {name}_{kind.name}_row" for kind in TRIED),
        *(f"delete chain {table} {name}_{kind.name}_row" for kind in TRIED),
        f"flush chain {table} {name}_pins",
        f"delete chain {table} {name}_pins",
        *(f"delete set {table} {name}_{kind.name}" for kind in TRIED),
        *(f"delete counter {table} {name}_{counter}" for counter in PORT_COUNTERS if counter != "late"),
    ]
    return "\n".join(lines) + "\n"


def fault_rules(kind: str, networks: Iterable[str]) -> str:
    """Return the rules of a fault at one border.

    Args:
        kind: ``cut`` (all that is not an agency's), ``partition`` (all) or ``heal``.
        networks: every agency's networks, in CIDR form.
    """
    chain = f"inet {FAULT_TABLE} cut"
    lines = [f"flush chain {chain}"]
    if kind == "partition":
        lines += [f'add rule {chain} oifname "{UPLINK}" drop', f'add rule {chain} iifname "{UPLINK}" drop']
    elif kind == "cut":
        for version, name in ((4, "ip"), (6, "ip6")):
            known = ", ".join(n for n in networks if ip_network(n).version == version)
            lines += [
                f'add rule {chain} oifname "{UPLINK}" {name} daddr != {{ {known} }} drop',
                f'add rule {chain} iifname "{UPLINK}" {name} saddr != {{ {known} }} drop',
            ]
    return "\n".join(lines) + "\n"


def far_table(port: str) -> str:
    """Return the name of the table that counts what arrives at a far port."""
    return f"{FAR_TABLE}_{checked_port(port)}"


def far_rules(port: str) -> str:
    """Return the independent count: all frames that arrive at an uplink's far end.

    Fragments are counted apart, because *passed* counts the datagram that they make up.
    """
    rules = [
        f'type filter hook ingress device "{checked_port(port)}" priority 0; policy accept;',
        "ether type arp counter name arp_frames accept",
        "counter name frames",
        "meta protocol ip ip frag-off & 0x3fff == 0x2000 counter name first4",
        "meta protocol ip ip frag-off & 0x1fff != 0 counter name more4",
        "meta protocol ip6 frag frag-off == 0 counter name first6",
        "meta protocol ip6 frag frag-off != 0 counter name more6",
    ]
    counters = [f"counter {name} {{\n}}" for name in FAR_COUNTERS]
    return "\n".join([f"table netdev {far_table(port)} {{", *counters, _chain("arrive", rules), "}"]) + "\n"


def sinkhole_rules(tcp_port: int, udp_port: int) -> str:
    """Return the rules that bring every port of every address to the sinkhole."""
    rules = [
        "type nat hook prerouting priority -100; policy accept;",
        f"meta l4proto tcp redirect to :{tcp_port}",
        f"meta l4proto udp redirect to :{udp_port}",
        "icmp type echo-request redirect",
        "icmpv6 type echo-request redirect",
    ]
    return "\n".join(["table inet sinkhole {", _chain("arrive", rules), "}"]) + "\n"


def _set(prefix: str, kind: RowKind, rows: int) -> str:
    size = max(16, rows // kind.share)
    return f"set {prefix}{kind.name} {{\ntype {kind.type}\nsize {size}\nflags dynamic\ncounter\n}}"


def _class_chains(prefix: str, kinds: Iterable[RowKind], verdict: str, full: str) -> list[str]:
    # A set that is full fails its rule; the next one drops what could not be listed.
    return [
        _chain(
            f"{prefix}{kind.name}_row",
            [f"add @{prefix}{kind.name} {{ {kind.key} }} {verdict}", f"counter name {full} drop"],
        )
        for kind in kinds
    ]


def _forget_chain(name: str) -> list[str]:
    # A port of this name may have been there before; what is left of it must not bind again.
    table = f"netdev {TRIED_TABLE}"
    return [
        f"add chain {table} {name}",
        f"flush chain {table} {name}",
        f"delete chain {table} {name}",
        f"add counter {table} {name}_late",
        f"delete counter {table} {name}_late",
    ]


def _pins(port: AddPort, prefix: str) -> list[str]:
    spoofed = f"counter name {prefix}spoofed drop"
    unrouted = f"counter name {prefix}unrouted drop"
    rules = [
        f"ether type != {{ ip, ip6 }} {unrouted}",
        f"meta protocol ip ip daddr {_UNROUTED4} {unrouted}",
        f"meta protocol ip6 ip6 daddr {_UNROUTED6} {unrouted}",
        f"ether saddr != {port.mac} {spoofed}",
    ]
    for version, family, name in ((4, "ip", "ip"), (6, "ip6", "ip6")):
        own = [a for a in port.addresses if ip_address(a).version == version]
        match = f"{name} saddr != {{ {', '.join(own)} }} " if own else ""
        rules.append(f"meta protocol {family} {match}{spoofed}")
    return rules


def _arrive() -> str:
    # The path back to a source must be the link it came by (RFC 3704 strict), by both families.
    return _chain(
        "arrive",
        [
            "type filter hook prerouting priority -290; policy accept;",
            'iifname "lo" accept',
            f'iifname "{UPLINK}" {_NEIGHBOURS} accept',
            "fib saddr . iif oif missing counter name martian drop",
        ],
    )


def _first_packets() -> str:
    log = f"log group {LOG_GROUP} snaplen {SNAPSHOT} queue-threshold 64"
    return _chain(
        "first",
        [
            "type filter hook prerouting priority -140; policy accept;",
            "meta iif != @ports accept",
            "fib daddr type local accept",
            f"ct state invalid,untracked {log} accept",
            f"ct direction original ct original packets < {FIRST_PACKETS} {log}",
        ],
    )


def _input(addresses: Sequence[str]) -> str:
    rules = [
        "type filter hook input priority 0; policy drop;",
        'iifname "lo" accept',
        f'iifname "{UPLINK}" {_NEIGHBOURS} accept',
    ]
    for address in addresses:
        name, echo = ("ip", "icmp") if ip_address(address).version == 4 else ("ip6", "icmpv6")
        rules += [
            f"meta iif @ports {name} daddr {address} meta l4proto {{ tcp, udp }} th dport 53 accept",
            f"meta iif @ports {name} daddr {address} {echo} type echo-request accept",
        ]
    return _chain("input", [*rules, "counter name refused drop"])


def _forward() -> str:
    return _chain(
        "passing",
        [
            "type filter hook forward priority 10; policy drop;",
            f'iifname != "{UPLINK}" meta iif != @ports counter name stranger drop',
            f'iifname "{UPLINK}" oifname "{UPLINK}" counter name bounced drop',
            "meta l4proto != { tcp, udp, icmp, icmpv6 } counter name protocol drop",
            "meta nfproto ipv4 ip hdrlength != 5 counter name options drop",
            "meta nfproto ipv6 ip6 nexthdr != { tcp, udp, icmpv6 } counter name options drop",
            "ct state invalid counter name invalid drop",
            "ct state untracked counter name untracked drop",
            "counter name passed_all",
            *(f"{kind.match} goto {kind.name}_row" for kind in PASSED),
            "counter name passed_full drop",
        ],
    )


def _output() -> str:
    return _chain(
        "sending",
        [
            "type filter hook output priority 10; policy drop;",
            'oifname "lo" accept',
            # What expires at a border, or is refused there, is no reason to tell another agency.
            f'oifname "{UPLINK}" meta l4proto icmp counter name quiet drop',
            f'oifname "{UPLINK}" meta l4proto icmpv6 {_NOT_NEIGHBOURS} counter name quiet drop',
            "counter name own_all",
            *(f"{kind.match} goto {kind.name}_row" for kind in OWN),
            "counter name own_full drop",
        ],
    )


def _chain(name: str, rules: Iterable[str]) -> str:
    return "\n".join([f"chain {name} {{", *rules, "}"])

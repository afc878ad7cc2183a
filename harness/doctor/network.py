"""Links, firewall and connection tracking within a network of one's own."""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
from pathlib import Path

from harness.border.netns import Namespace
from harness.border.nftables import load_rules
from harness.doctor.namespaces import apparmor_cure, enter_network
from harness.doctor.probe import Question, Trouble, command, kernel_setting, trying
from harness.errors import BorderError

_LIBRARY = "libnftables.so.1"
_LEDGERS = """
table netdev probe {
  set tried { type ipv4_addr . ipv4_addr . inet_proto; flags dynamic; counter; size 64; }
  chain port {
    type filter hook ingress device "probe0" priority 0; policy accept;
    add @tried { ip saddr . ip daddr . ip protocol } return
    counter drop
  }
}
table inet probe {
  chain passed { type filter hook forward priority 10; policy drop; ct state new counter accept; }
}
"""
_LOG = """
table inet probe_log {
  chain names {
    type filter hook input priority 0;
    ip protocol udp log group 5 snaplen 128 queue-threshold 1;
  }
}
"""
_INSTALL = "sudo apt-get install -y nftables"
_NETWORKS_PER_AGENCY = 24
"""Border, operator, services, and the persons of a whole suite with some in reserve."""


def load_module(names: str) -> str:
    """Return the cure for kernel modules that are not there."""
    return f"load the kernel module: sudo modprobe -a {names}"


def load(step: str, rules: str, cure: str) -> None:
    """Load rules into the calling process's network, by the library that a border loads them by.

    Args:
        step: what is tried, as an infinitive.
        rules: nftables rules.
        cure: what the user can do where the kernel refuses them.

    Raises:
        Trouble: the library is missing, or the rules were refused.
    """
    try:
        load_rules(Namespace("/proc/self/ns/net"), rules)
    except BorderError as error:
        raise Trouble(step, error.what, cure if _has_library() else _INSTALL) from error


def _has_library() -> bool:
    try:
        ctypes.CDLL(_LIBRARY)
    except OSError:
        return False
    return True


def links(question: Question) -> str:
    """Make a pair of virtual links with IPv4 and IPv6 addresses.

    Raises:
        Trouble: a link or an address is refused.
    """
    enter_network()
    cure = apparmor_cure() or load_module("veth")
    command("add a veth link", ["ip", "link", "add", "probe0", "type", "veth", "peer", "probe1"], cure=cure)
    command("set a link up", ["ip", "link", "set", "probe0", "up"])
    command("add an IPv4 address", ["ip", "address", "add", "10.0.0.1/32", "dev", "probe0"])
    command(
        "add an IPv6 address",
        ["ip", "address", "add", "fd00::1/128", "dev", "probe0", "nodad"],
        cure="switch IPv6 on in the kernel (boot without ipv6.disable=1)",
    )
    return "veth, IPv4, IPv6"


def firewall(question: Question) -> str:
    """Load ledgers at a port's ingress and on the way through, as a border has them.

    Raises:
        Trouble: the library is missing, or the kernel refuses the rules.
    """
    enter_network()
    command("add a veth link", ["ip", "link", "add", "probe0", "type", "veth", "peer", "probe1"])
    load("load nft rules (netdev, inet)", _LEDGERS, load_module("nf_tables nft_ct nft_counter"))
    return _LIBRARY


def packet_log(question: Question) -> str:
    """Log first packets to a netlink group and listen there.

    Raises:
        Trouble: the rule or the group is refused.
    """
    enter_network()
    cure = load_module("nfnetlink_log")
    load("load an nft log rule", _LOG, cure)
    with trying("bind to the log group", {errno.EPERM: apparmor_cure(), errno.EPROTONOSUPPORT: cure}):
        _bind_log_group(5)
    return ""


def _bind_log_group(group: int) -> None:
    """Bind a socket to an NFLOG group (linux/netfilter/nfnetlink_log.h: NFULNL_CFG_CMD_BIND)."""
    config, bind, acknowledged_request = 4 << 8 | 1, struct.pack("=HHBxxx", 5, 1, 1), 5
    body = struct.pack("=BBH", socket.AF_UNSPEC, 0, socket.htons(group)) + bind
    head = struct.pack("=IHHII", 16 + len(body), config, acknowledged_request, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as channel:
        channel.settimeout(2)
        channel.send(head + body)
        (status,) = struct.unpack_from("=i", channel.recv(4096), 16)
    if status:
        raise OSError(-status, "the kernel refused the log group")


def connection_tracking(question: Question) -> str:
    """Let connection tracking count packets and bytes, with times and events.

    Raises:
        Trouble: the kernel cannot track, or a setting is refused.
    """
    enter_network()
    rules = "table inet probe { chain c { type filter hook input priority 0; ct state new accept; }; }"
    cure = load_module("nf_conntrack")
    load("load a rule with connection tracking", rules, cure)
    for name in ("acct", "timestamp", "events"):
        setting = f"net.netfilter.nf_conntrack_{name}"
        with trying(f"set {setting}=1", {errno.ENOENT: cure, errno.EACCES: apparmor_cure()}):
            Path("/proc/sys", *setting.split(".")).write_text("1")
    return f"at most {kernel_setting('net.netfilter.nf_conntrack_max')} connections"


def network_namespaces(question: Question) -> str:
    """Compare how many network namespaces a user may make with what a run needs.

    Raises:
        Trouble: fewer are allowed.
    """
    need = 2 + _NETWORKS_PER_AGENCY * question.agencies
    allowed = int(kernel_setting("user.max_net_namespaces") or 0)
    if allowed < need:
        raise Trouble(
            f"make {need} network namespaces for {question.agencies} agencies",
            f"user.max_net_namespaces is {allowed}",
            f"sudo sysctl -w user.max_net_namespaces={max(need, 4096)}",
        )
    return f"{allowed} allowed, {need} wanted"

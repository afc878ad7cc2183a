"""The system call filter of every service and person.

Namespaces do not bind every kind of socket: AF_VSOCK reaches the hypervisor from any
network namespace, and io_uring makes sockets that no filter on socket(2) sees. And without
any privilege IPV6_FREEBIND lets a socket send from an address that is another host's.
"""

from __future__ import annotations

import errno
import os
import socket

import pyseccomp

_NETLINK_ROUTE = 0
_AF_NETLINK = int(socket.AF_NETLINK)
_INT = 0xFFFFFFFF
_SOL_IP, _SOL_IPV6 = 0, 41
_FOREIGN_SOURCE = ((_SOL_IP, 15), (_SOL_IPV6, 78))
"""Level and option of IP_FREEBIND, which IPv6 sockets take too, and IPV6_FREEBIND (ip(7), linux/in6.h)."""
_ALLOWED_FAMILIES = (int(socket.AF_UNIX), int(socket.AF_INET), int(socket.AF_INET6), _AF_NETLINK)
_REFUSED = (
    "add_key",
    "bpf",
    "fanotify_init",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "kcmp",
    "kexec_load",
    "keyctl",
    "mount",
    "move_mount",
    "name_to_handle_at",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pidfd_getfd",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "request_key",
    "setns",
    "umount2",
    "unshare",
    "userfaultfd",
)


def program() -> int:
    """Return a descriptor to read the compiled filter from, as ``bwrap --seccomp`` takes it.

    Allowed socket families are unix, inet, inet6 and netlink's route protocol. A system
    call by another architecture's numbers kills the process (libseccomp's default).

    Raises:
        OSError: libseccomp could not make or write the filter.
    """
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refuse = pyseccomp.ERRNO(errno.EPERM)
    for name in _REFUSED:
        rules.add_rule(refuse, name)
    for call in ("socket", "socketpair"):
        _allow_families(rules, refuse, call)
    for option in _FOREIGN_SOURCE:
        _refuse_option(rules, refuse, *option)
    fd = os.memfd_create("seccomp")
    with os.fdopen(os.dup(fd), "wb") as file:
        rules.export_bpf(file)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _allow_families(rules: pyseccomp.SyscallFilter, refuse: int, call: str) -> None:
    highest = max(_ALLOWED_FAMILIES)
    for family in range(highest):
        if family not in _ALLOWED_FAMILIES:
            rules.add_rule(refuse, call, pyseccomp.Arg(0, pyseccomp.EQ, family))
    # Also refuses values whose upper half is set, which the kernel would cut off.
    rules.add_rule(refuse, call, pyseccomp.Arg(0, pyseccomp.GT, highest))
    rules.add_rule(
        refuse,
        call,
        pyseccomp.Arg(0, pyseccomp.EQ, _AF_NETLINK),
        pyseccomp.Arg(2, pyseccomp.NE, _NETLINK_ROUTE),
    )


def _refuse_option(rules: pyseccomp.SyscallFilter, refuse: int, level: int, option: int) -> None:
    # The kernel reads both as int, so the upper half of the registers must not matter.
    rules.add_rule(
        refuse,
        "setsockopt",
        pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _INT, level),
        pyseccomp.Arg(2, pyseccomp.MASKED_EQ, _INT, option),
    )

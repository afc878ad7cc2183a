"""Network namespaces: making them, and making sockets in them."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from harness.runtimes.embedded import syscalls
from harness.runtimes.embedded.enter import NAMESPACES

HOST_SYSCTLS = {
    "net/ipv4/ip_unprivileged_port_start": "0",
    # Only one group is mapped, and every service belongs to it.
    "net/ipv4/ping_group_range": "0 0",
    "net/ipv6/conf/all/accept_ra": "0",
    "net/ipv6/conf/default/accept_ra": "0",
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/default/addr_gen_mode": "1",
}
ROUTER_SYSCTLS = {
    "net/ipv6/conf/all/accept_ra": "0",
    "net/ipv6/conf/default/accept_ra": "0",
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/default/addr_gen_mode": "1",
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
}
# The backbone is nobody's: it may forward from the start, for every border decides for itself.
BACKBONE_SYSCTLS = {**ROUTER_SYSCTLS, "net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1"}

# netdevice(7)
_SIOCGIFFLAGS = 0x8913
_IFF_RUNNING = 0x40
_IFREQ_SIZE = 40


class Namespace:
    """A network namespace with a name, held open by a descriptor."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = NAMESPACES / name
        self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)

    def open_socket(self, family: int, type: int, proto: int = 0) -> socket.socket:
        """Return a new non-blocking socket that belongs to this namespace.

        The calling thread visits the namespace for the one system call; nothing is
        awaited meanwhile, so no other task can make a socket here by mistake.
        """
        syscalls.setns(self._fd, syscalls.CLONE_NEWNET)
        try:
            made = socket.socket(family, type, proto)
        finally:
            syscalls.setns(_home(), syscalls.CLONE_NEWNET)
        made.setblocking(False)
        return made

    async def until_running(self, interface: str) -> None:
        """Wait until an interface that was raised, with its peer, can really send.

        The kernel activates the end that was raised first in a work queue of its own, and
        drops what is sent before that without a word.
        """
        request = interface.encode().ljust(_IFREQ_SIZE, b"\0")
        with self.open_socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            while True:
                answer = fcntl.ioctl(channel, _SIOCGIFFLAGS, request)
                if int.from_bytes(answer[16:18], sys.byteorder) & _IFF_RUNNING:
                    return
                # There is no descriptor to wait on that costs less than the few rounds this takes.
                await asyncio.sleep(0.001)

    def close(self) -> None:
        """Let go of the namespace; the kernel removes it when its last process ends."""
        os.close(self._fd)
        syscalls.umount(str(self.path))
        self.path.unlink(missing_ok=True)


def create(name: str, sysctls: Mapping[str, str]) -> Namespace:
    """Make a network namespace, write ``sysctls`` (paths below /proc/sys) and name it.

    Args:
        name: its name, below ``NAMESPACES``.
        sysctls: value by path below ``/proc/sys``.

    Raises:
        OSError: the kernel refused the namespace or a setting.
    """
    trouble: list[BaseException] = []

    def make() -> None:
        try:
            syscalls.unshare(syscalls.CLONE_NEWNET)
            for path, value in sysctls.items():
                Path("/proc/sys", path).write_text(value)
            target = NAMESPACES / name
            target.touch()
            syscalls.mount("/proc/thread-self/ns/net", str(target), "none", syscalls.MS_BIND)
        except OSError as error:
            trouble.append(error)

    # A thread of its own: it stays in the new namespace until it ends.
    thread = threading.Thread(target=make, name=f"netns-{name}")
    thread.start()
    thread.join()
    if trouble:
        raise trouble[0]
    return Namespace(name)


_home_fd: int | None = None


def _home() -> int:
    global _home_fd
    if _home_fd is None:
        _home_fd = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    return _home_fd


def remember_home() -> None:
    """Note the calling thread's namespace, which has nothing but lo, as the way back."""
    _home()

"""Visiting a network namespace: sockets, settings and rules are made inside it."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import BorderError

_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _setns(fd: int) -> None:
    if _libc.setns(fd, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")


def signal_on_parent_death(number: int) -> None:
    """Have the kernel send signal ``number`` to this process when its parent ends (prctl(2))."""
    if _libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"prctl: {os.strerror(errno)}")


class Namespace:
    """A network namespace, held open, and the way back to the caller's own.

    Args:
        path: where it is bound, such as ``/run/netns/alfa``.

    Raises:
        BorderError: there is no namespace at ``path``.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self._home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise BorderError(
                f"a network namespace cannot be opened: {error.strerror}",
                where=path,
                cure="start the border program after the runtime has made its namespaces",
            ) from error

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Visit the namespace with the calling thread; nothing may be awaited meanwhile."""
        _setns(self._fd)
        try:
            yield
        finally:
            _setns(self._home)

    def open_socket(self, family: int, kind: int, proto: int = 0) -> socket.socket:
        """Return a new non-blocking socket that belongs to this namespace."""
        with self.inside():
            made = socket.socket(family, kind, proto)
        made.setblocking(False)
        return made

    def index(self, interface: str) -> int:
        """Return the index of an interface; ``OSError`` when there is none of that name."""
        with self.inside():
            return socket.if_nametoindex(interface)

    def set(self, settings: dict[str, str]) -> None:
        """Write kernel settings, by their path below ``/proc/sys/net``.

        Raises:
            BorderError: the kernel refuses one.
        """
        with self.inside():
            for path, value in settings.items():
                try:
                    Path("/proc/sys/net", path).write_text(value)
                except OSError as error:
                    raise BorderError(
                        f"the setting net/{path} cannot be made {value}: {error.strerror}",
                        where=self.path,
                        cure="run `fedharness doctor`",
                    ) from error

    def read(self, path: str) -> str:
        """Return a file below ``/proc/net`` as this namespace shows it."""
        with self.inside():
            return Path("/proc/thread-self/net", path).read_text()

    def close(self) -> None:
        """Let go of the namespace."""
        os.close(self._fd)
        os.close(self._home)

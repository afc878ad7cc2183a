"""The few system calls that Python 3.11 does not offer: namespaces, mounts, privileges.

Standard library alone: products' own interpreters load it as well (see `forkserver`).
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
from typing import Final

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18

MOUNT_ATTR_RDONLY = 0x1
MOUNT_ATTR_NOSUID = 0x2
MOUNT_ATTR_NODEV = 0x4

_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_POSSIBLE_CAPABILITY = 63
_MNT_DETACH = 2
_AT_FDCWD = -100
_AT_EMPTY_PATH = 0x1000
_AT_RECURSIVE = 0x8000
_OPEN_TREE_CLONE = 0x1
_OPEN_TREE_CLOEXEC = os.O_CLOEXEC
_MOVE_MOUNT_F_EMPTY_PATH = 0x4

# System calls that the C library has no function for. Those from 424 on have one number everywhere.
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41, "riscv64": 41}
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Give the calling thread new namespaces (unshare(2)); ``OSError`` says why not."""
    _check(_libc.unshare(flags), "unshare")


def setns(fd: int, kind: int) -> None:
    """Move the calling thread into the namespace behind ``fd`` (setns(2))."""
    _check(_libc.setns(fd, kind), "setns")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount a file system (mount(2)).

    Args:
        source: device, folder or type, as ``kind`` wants it.
        target: where it appears.
        kind: type of the file system; ``none`` for a bind mount.
        flags: ``MS_…``, added up.
        data: options of the file system.

    Raises:
        OSError: the kernel refused it; says which.
    """
    arguments = (source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode())
    _check(_libc.mount(*arguments), f"mount {target}")


def umount(target: str) -> None:
    """Take a mount off at once, even while it is in use (umount2(2), MNT_DETACH)."""
    _check(_libc.umount2(target.encode(), _MNT_DETACH), f"umount {target}")


def pivot_root(new_root: str) -> None:
    """Make a mounted folder the root of this mount namespace, and let go of the old one.

    Raises:
        OSError: the kernel refused, or the call's number on this machine is not known.
    """
    number = _PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(0, f"pivot_root: not known for {platform.machine()}")
    os.chdir(new_root)
    # pivot_root(2), "pivot_root(".", ".")": the old root is stacked on the new one, then taken off.
    _check(_libc.syscall(number, b".", b"."), f"pivot_root {new_root}")
    umount(".")
    os.chdir("/")


def open_tree(path: str) -> int:
    """Return a descriptor of a detached copy of the mounts at ``path`` (open_tree(2))."""
    flags = _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC | _AT_RECURSIVE
    tree = int(_libc.syscall(_OPEN_TREE, _AT_FDCWD, path.encode(), flags))
    _check(min(tree, 0), f"open_tree {path}")
    return tree


def move_mount(tree: int, target: str) -> None:
    """Attach what ``open_tree`` returned at ``target`` (move_mount(2))."""
    result = _libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, target.encode(), _MOVE_MOUNT_F_EMPTY_PATH)
    _check(result, f"move_mount {target}")


def set_mount_attributes(target: str, attributes: int) -> None:
    """Add attributes to a mount and to all below it (mount_setattr(2), Linux 5.12)."""
    wanted = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    size = ctypes.sizeof(wanted)
    result = _libc.syscall(
        _MOUNT_SETATTR, _AT_FDCWD, target.encode(), _AT_RECURSIVE, wanted, ctypes.c_size_t(size)
    )
    _check(result, f"mount_setattr {target}")


def lose_privileges() -> None:
    """Give up every capability, for this process and for all that it will start, for good."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl no_new_privs")
    _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "prctl ambient")
    for capability in range(_LAST_POSSIBLE_CAPABILITY + 1):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(_libc.capset(header, nothing), "capset")


class _FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def filter_system_calls(program: bytes) -> None:
    """Install a compiled filter (seccomp(2)) for this process and its children; it cannot be taken off.

    Args:
        program: BPF instructions of eight bytes each, as libseccomp exports them.
    """
    instructions = ctypes.create_string_buffer(program, len(program))
    filter_ = _FilterProgram(len(program) // 8, ctypes.addressof(instructions))
    _check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filter_), 0, 0), "prctl seccomp")


def die_with_parent(parent: int) -> None:
    """Be killed when the parent thread ends; end at once where ``parent`` is gone already."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        os._exit(1)

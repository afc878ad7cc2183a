"""The jail of `jail`, built by system calls: for a process that cannot pass through bubblewrap.

A forked process keeps the memory of its parent, which executing another program would
throw away. So it reads the same plan, rows of bubblewrap's options, and does what
bubblewrap would do. Standard library alone: products' own interpreters run it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.runtimes.embedded import syscalls

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "fd/0",
    "stdout": "fd/1",
    "stderr": "fd/2",
    "ptmx": "pts/ptmx",
}
_NOTHING_SPECIAL = syscalls.MS_NOSUID | syscalls.MS_NODEV
_PRIVATE = syscalls.MOUNT_ATTR_NOSUID | syscalls.MOUNT_ATTR_NODEV


def map_user(inside: int, outside: int = 0) -> None:
    """Map one user and one group id of the calling process's new user namespace.

    Args:
        inside: the id within.
        outside: the same id as the namespace above has it.
    """
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {outside} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {outside} 1")


def enter_root(plan: Sequence[Sequence[str]], staging: str) -> None:
    """Build a root up by a plan, and make it this mount namespace's; nothing of the old one is left.

    Args:
        staging: an empty folder that the new root is built on.
        plan: rows of bubblewrap's options, as `jail.Jail.mounts` returns them. The calling
            process is the first of its process namespace, in a mount namespace of its own.

    Raises:
        OSError: the kernel refused a mount; says which.
        KeyError: an option is none that is known here.
    """
    syscalls.mount("none", "/", "none", syscalls.MS_REC | syscalls.MS_PRIVATE)
    syscalls.mount("tmpfs", staging, "tmpfs", _NOTHING_SPECIAL, "mode=0755")
    root = Path(staging)
    for option, *arguments in plan:
        _STEPS[option](root, *arguments)
    syscalls.pivot_root(staging)


def _inside(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _bind(root: Path, source: str, target: str) -> Path:
    place = _inside(root, target)
    if Path(source).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    syscalls.mount(source, str(place), "none", syscalls.MS_BIND | syscalls.MS_REC)
    return place


def _bind_writable(root: Path, source: str, target: str) -> None:
    syscalls.set_mount_attributes(str(_bind(root, source, target)), _PRIVATE)


def _bind_read_only(root: Path, source: str, target: str) -> None:
    syscalls.set_mount_attributes(str(_bind(root, source, target)), _PRIVATE | syscalls.MOUNT_ATTR_RDONLY)


def _bind_read_only_if_there(root: Path, source: str, target: str) -> None:
    # What lies in /proc is bound from the jail's own, which shows the jail's processes only.
    source = str(_inside(root, source)) if source.startswith("/proc/") else source
    if Path(source).exists():
        _bind_read_only(root, source, target)


def _symlink(root: Path, source: str, target: str) -> None:
    _inside(root, target).symlink_to(source)


def _proc(root: Path, target: str) -> None:
    place = _inside(root, target)
    place.mkdir()
    syscalls.mount("proc", str(place), "proc", _NOTHING_SPECIAL | syscalls.MS_NOEXEC)


def _dev(root: Path, target: str) -> None:
    place = _inside(root, target)
    place.mkdir()
    syscalls.mount("tmpfs", str(place), "tmpfs", _NOTHING_SPECIAL, "mode=0755")
    for name in _DEVICES:
        (place / name).touch()
        syscalls.mount(f"/dev/{name}", str(place / name), "none", syscalls.MS_BIND)
    for name, points_to in _DEVICE_LINKS.items():
        (place / name).symlink_to(points_to)
    for name in ("pts", "shm"):
        (place / name).mkdir()
    options = "newinstance,ptmxmode=0666,mode=620"
    flags = syscalls.MS_NOSUID | syscalls.MS_NOEXEC
    syscalls.mount("devpts", str(place / "pts"), "devpts", flags, options)


def _dir(root: Path, target: str) -> None:
    _inside(root, target).mkdir(parents=True, exist_ok=True)


def _remount_read_only(root: Path, target: str) -> None:
    flags = syscalls.MS_REMOUNT | syscalls.MS_BIND | syscalls.MS_RDONLY | _NOTHING_SPECIAL
    syscalls.mount("none", str(_inside(root, target)), "none", flags)


_STEPS: dict[str, Callable[..., None]] = {
    "--bind": _bind_writable,
    "--ro-bind": _bind_read_only,
    "--ro-bind-try": _bind_read_only_if_there,
    "--symlink": _symlink,
    "--proc": _proc,
    "--dev": _dev,
    "--dir": _dir,
    "--remount-ro": _remount_read_only,
}


def forbid_user_namespaces() -> None:
    """Let one more user namespace be made within the calling process's own, and no other."""
    Path("/proc/sys/user/max_user_namespaces").write_text("1")

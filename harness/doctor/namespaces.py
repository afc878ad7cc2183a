"""User namespaces and what an ordinary user may make within one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from harness.doctor.probe import Question, Trouble, kernel_setting, trying
from harness.runtimes.embedded import syscalls

_APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
_KINDS = {
    "mount": syscalls.CLONE_NEWNS,
    "network": syscalls.CLONE_NEWNET,
    "IPC": syscalls.CLONE_NEWIPC,
    "UTS": syscalls.CLONE_NEWUTS,
    "process": syscalls.CLONE_NEWPID,
}


def apparmor_cure() -> str:
    """Return the cure for AppArmor's restriction of user namespaces; "" where it is not on."""
    if kernel_setting(_APPARMOR) != "1":
        return ""
    return (
        f"sudo sysctl -w {_APPARMOR}=0, or an AppArmor profile with `userns,` for the interpreter"
        " and bwrap (docs/nightly-ci.md)"
    )


def _user_namespace_cure(number: int) -> str:
    if number == errno.ENOSPC:
        return (
            f"sudo sysctl -w user.max_user_namespaces=15000"
            f" (it is {kernel_setting('user.max_user_namespaces') or 'unknown'};"
            " the same error comes from a 33rd nested user namespace)"
        )
    if number == errno.EINVAL:
        return "start from a process with one thread; this is a fault of fedharness, please report it"
    if kernel_setting("kernel.unprivileged_userns_clone") == "0":
        return "sudo sysctl -w kernel.unprivileged_userns_clone=1"
    return apparmor_cure() or (
        "this process is confined (a container's seccomp profile, systemd's RestrictNamespaces):"
        " allow unshare(2) there, for Docker with --security-opt seccomp=unconfined"
    )


def _map_cure(number: int) -> str:
    return apparmor_cure() or "a security module forbids capabilities within a user namespace: see its log"


def enter_user_namespace() -> None:
    """Become user 0 of a new user namespace; the calling process must have one thread.

    Raises:
        Trouble: it is refused, or the user id cannot be mapped.
    """
    user, group = os.getuid(), os.getgid()
    with trying("make a user namespace", _user_namespace_cure):
        syscalls.unshare(syscalls.CLONE_NEWUSER)
    with trying("map the user id", _map_cure):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def enter_namespace(kind: str) -> None:
    """Make a namespace of a kind: mount, network, IPC, UTS or process (for the next child).

    Raises:
        Trouble: it is refused.
    """
    setting = {"network": "net", "mount": "mnt", "process": "pid"}.get(kind, kind.lower())
    cures = {errno.ENOSPC: f"sudo sysctl -w user.max_{setting}_namespaces=15000"}
    with trying(f"make a {kind} namespace", lambda number: cures.get(number) or apparmor_cure()):
        syscalls.unshare(_KINDS[kind])


def enter_network() -> None:
    """Become user 0 of a new user namespace with a network of its own.

    Raises:
        Trouble: it is refused.
    """
    enter_user_namespace()
    enter_namespace("network")


def user_namespace(question: Question) -> str:
    """Make a user namespace and map the own user id to 0 in it.

    Raises:
        Trouble: this user may not make one.
    """
    enter_user_namespace()
    if os.getuid() != 0:
        raise Trouble("map the user id", f"the user id is {os.getuid()} instead of 0")
    return ""


def other_namespaces(question: Question) -> str:
    """Make a namespace of every other kind.

    Raises:
        Trouble: one kind is refused; says which.
    """
    enter_user_namespace()
    for kind in _KINDS:
        enter_namespace(kind)
    return ", ".join(_KINDS)


def mounts(question: Question) -> str:
    """Mount what the world needs: private root, /proc of a new process namespace, tmpfs.

    Raises:
        Trouble: a mount is refused.
    """
    enter_user_namespace()
    enter_namespace("mount")
    enter_namespace("process")
    pid = os.fork()
    if pid == 0:
        os._exit(_mount_all())
    number = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if number:
        reason = os.strerror(number) if number > 0 else f"signal {-number}"
        raise Trouble("mount /proc and a tmpfs", reason, _mount_cure())
    return ""


def _mount_all() -> int:
    try:
        syscalls.mount("none", "/", "none", syscalls.MS_REC | syscalls.MS_PRIVATE)
        syscalls.mount("proc", "/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV)
        syscalls.mount("tmpfs", "/run", "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "mode=0755")
    except OSError as error:
        return error.errno or 1
    return 0


def _mount_cure() -> str:
    return apparmor_cure() or (
        "a container hides parts of /proc or forbids mount(2): run it with its /proc unmasked,"
        " for Docker with --security-opt systempaths=unconfined --security-opt apparmor=unconfined"
    )

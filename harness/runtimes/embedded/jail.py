"""The jail of a service or a person: what it sees of the machine, built up from nothing.

bubblewrap makes two nested user namespaces (the second locks the mounts), with process,
mount, IPC and UTS namespaces of their own, and keeps the network namespace it is started
in, over which the jailed program has no capability. A process that is forked, and so cannot
pass through bubblewrap, builds the same jail from the same plan (see `cell`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from harness.errors import UsageError

UID = 1000
WORKING_FOLDER = "/home/user"
_WRITABLE = {"tmp": "/tmp", "var-tmp": "/var/tmp", "run": "/run", "shm": "/dev/shm", "home": WORKING_FOLDER}
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_ENVIRONMENT = {
    "HOME": WORKING_FOLDER,
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
    "TMPDIR": "/tmp",
    "SSL_CERT_FILE": CA_BUNDLE,
    "REQUESTS_CA_BUNDLE": CA_BUNDLE,
}
_SHARED_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/mime.types", "/etc/fonts", "/etc/localtime")
_KERNEL_SWITCHES = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus")


@dataclass(frozen=True)
class Jail:
    """One host's view of the file system.

    Args:
        root: the host's folder outside; everything that it can write lies below.
        hostname: the UTS name within.
        files: text files by absolute path inside, read-only.
        data: absolute paths inside that are writable and kept.
        packages: folders that are visible read-only at their own path.
    """

    root: Path
    hostname: str
    files: Mapping[str, str] = field(default_factory=dict)
    data: Sequence[str] = ()
    packages: Sequence[Path] = ()

    def prepare(self) -> None:
        """Write the files and make the folders; may be called again before a restart.

        Raises:
            UsageError: a file or a folder lies within a place that the host can write, where the
                host could put a link in its way.
        """
        self._refuse_nested_places()
        for outside in (*self.writable().values(), self.root / "files"):
            outside.mkdir(parents=True, exist_ok=True)
        for inside, text in self.files.items():
            outside = self._file(inside)
            outside.parent.mkdir(parents=True, exist_ok=True)
            outside.write_text(text)

    def _refuse_nested_places(self) -> None:
        places = [PurePosixPath(inside) for inside in self.writable()]
        for path in map(PurePosixPath, (*self.files, *self.data)):
            for place in places:
                if place in path.parents:
                    raise UsageError(
                        f"`{path}` lies within `{place}`, which the service can write",
                        where=self.hostname,
                        cure="put files and data folders beside each other in the driver's ServiceSpec",
                    )

    def writable(self) -> dict[str, Path]:
        """Return every place that the host can write: path inside to path outside."""
        places = {inside: self.root / name for name, inside in _WRITABLE.items()}
        places.update({inside: self.root / "data" / inside.strip("/") for inside in self.data})
        return places

    def command(
        self, argv: Sequence[str], environment: Mapping[str, str], *, seccomp_fd: int, info_fd: int
    ) -> list[str]:
        """Return the bubblewrap command line that runs ``argv`` in this jail.

        Args:
            argv: the program and its arguments, as the jail sees them.
            environment: variables beside the jail's own.
            seccomp_fd: a descriptor to read the system call filter from.
            info_fd: a descriptor that bubblewrap writes the first process's id to.
        """
        variables = self.environment(environment)
        return [
            "bwrap",
            *("--unshare-user", "--uid", str(UID), "--gid", str(UID)),
            *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", self.hostname),
            *("--disable-userns", "--assert-userns-disabled", "--cap-drop", "ALL"),
            *("--die-with-parent", "--new-session", "--clearenv"),
            *("--seccomp", str(seccomp_fd), "--info-fd", str(info_fd)),
            *_flat(("--setenv", name, value) for name, value in sorted(variables.items())),
            *_flat(self.mounts()),
            *("--chdir", WORKING_FOLDER, "--", *argv),
        ]

    def environment(self, further: Mapping[str, str]) -> dict[str, str]:
        """Return the whole environment of a program that asks for ``further`` variables."""
        return {**_ENVIRONMENT, **further}

    def mounts(self) -> list[list[str]]:
        """Return how the root is built up: bubblewrap's options, one row each, in their order."""
        return [
            *base_mounts(),
            # Without these a harness that runs as root would lend its services root's file rights here.
            *(["--ro-bind-try", path, path] for path in _KERNEL_SWITCHES),
            *(["--ro-bind", str(path), str(path)] for path in self.packages),
            *(["--bind", str(outside), inside] for inside, outside in self.writable().items()),
            *(["--ro-bind", str(self._file(inside)), inside] for inside in sorted(self.files)),
            ["--remount-ro", "/dev"],
            ["--remount-ro", "/"],
        ]

    def _file(self, inside: str) -> Path:
        return self.root / "files" / inside.strip("/")


def base_mounts() -> list[list[str]]:
    """Return the rows of a plan that every jail begins with: programs, /proc and /dev."""
    return [
        ["--ro-bind", "/usr", "/usr"],
        *(["--symlink", f"usr/{name}", f"/{name}"] for name in ("bin", "sbin", "lib", "lib64")),
        *(["--ro-bind-try", path, path] for path in _SHARED_FILES),
        ["--proc", "/proc"],
        ["--dev", "/dev"],
    ]


def interpreter() -> Path:
    """Return the Python that stands for ``{python}`` in a command line, links resolved."""
    return Path(sys.executable).resolve()


def interpreter_package() -> list[Path]:
    """Return the folder that the interpreter needs in a jail; empty where it lies in /usr."""
    prefix = Path(sys.base_prefix).resolve()
    return [] if prefix.is_relative_to("/usr") and not prefix.is_relative_to("/usr/local") else [prefix]


def accounts() -> dict[str, str]:
    """Return the account files that a program expects to find."""
    return {
        "/etc/passwd": f"root:x:0:0:root:/:/bin/false\nuser:x:{UID}:{UID}:user:/home/user:/bin/sh\n",
        "/etc/group": f"root:x:0:\nuser:x:{UID}:\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }


def _flat(rows: Iterable[Sequence[str]]) -> list[str]:
    return [word for row in rows for word in row]

"""What each specification of a driver holds: roles, command, paths, ports, secrets."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from harness.drivers.contract.candidate import Candidate
from harness.protocols import ServiceSpec

ALWAYS_WRITABLE = ("/tmp", "/var/tmp", "/run", "/dev/shm", "/home/user")
"""What a service may write beside its ``data``."""

_ROLE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")
_SECRET = re.compile(
    r"(?im)^[\s\"'{,-]*([\w.-]*(?:password|passphrase|secret|secret_key|token|api_key))[\"']?[ \t]*[=:][ \t]*"
    r"[\"']?([^\s\"',}]{6,})"
)
"""A setting whose name ends like a secret's, and its value."""
_HARMLESS = re.compile(r"/.*|true|false|null|none|\$.*|[0-9]+[a-z]*", re.I)


def names_roles(candidate: Candidate) -> None:
    """Roles are host names, each once; only they are asked for; ``depends_on`` makes an order.

    Raises:
        BrokenPromise: a role is no host name, twice there, or asked for and not there.
    """
    plan = candidate.plan()
    specs = list(candidate.driver.services(plan))
    roles = [spec.role for spec in specs]
    for role in roles:
        if not _ROLE.fullmatch(role):
            raise candidate.broken(f"the role `{role}` is no host name", "use a-z, 0-9 and hyphens")
    if len(set(roles)) < len(roles):
        raise candidate.broken("two processes have one role", "give each a role of its own")
    for name, asked in (("addresses", plan.addresses), ("certificates", plan.certificates)):
        if strange := set(asked) - set(roles):
            what = f"it looks up plan.{name} of `{min(strange)}`, which is no role that it returns"
            raise candidate.broken(what, f"use one of {', '.join(roles)}")
    _in_order(candidate, specs)


def _in_order(candidate: Candidate, specs: list[ServiceSpec]) -> None:
    waiting = {spec.role: set(spec.depends_on) for spec in specs}
    while waiting:
        free = [role for role, needs in waiting.items() if not needs & waiting.keys()]
        lost = [f"`{role}`" for role, needs in waiting.items() if needs - {spec.role for spec in specs}]
        if lost or not free:
            what = f"{', '.join(lost or waiting)}: depends_on names no role, or goes round in a circle"
            raise candidate.broken(what, "name roles that can start first")
        waiting = {role: needs for role, needs in waiting.items() if role not in free}


def has_a_command(candidate: Candidate) -> None:
    """Each process has a command line or an image; only known placeholders; a signal that exists.

    Raises:
        BrokenPromise: there is nothing to run, or a word that stands for nothing.
    """
    for spec in candidate.specs():
        if not spec.argv and not spec.image:
            raise candidate.broken(f"`{spec.role}` has neither argv nor image", "say what is run")
        if spec.argv and not spec.argv[0].startswith(("/", "{package}", "{python}")):
            what = f"`{spec.role}` starts `{spec.argv[0]}`, which no PATH is searched for"
            raise candidate.broken(what, "begin with /, {package} or {python}")
        marks = {mark for word in spec.argv for mark in _PLACEHOLDER.findall(word)}
        if strange := marks - {"package", "python"}:
            raise candidate.broken(f"`{{{min(strange)}}}` stands for nothing", "use {package} or {python}")
        if f"SIG{spec.stop_signal}" not in signal.Signals.__members__:
            raise candidate.broken(f"`{spec.stop_signal}` is no signal", "write TERM, INT or QUIT")


def has_absolute_paths(candidate: Candidate) -> None:
    """Files, data and stores are absolute and plain; only a store lies where the process may write.

    Raises:
        BrokenPromise: a path is relative, or in a place where it cannot be.
    """
    for spec in candidate.specs():
        stores = [store.path for store in spec.stores]
        places = [PurePosixPath(place) for place in (*spec.data, *ALWAYS_WRITABLE)]
        for path in (*spec.files, *spec.data, *stores):
            if not path.startswith("/") or path == "/" or str(PurePosixPath(path)) != path or ".." in path:
                raise candidate.broken(f"`{path}` is no plain absolute path", "write it like /data/media")
        for path in (*spec.files, *spec.data):
            if within := [place for place in places if place in PurePosixPath(path).parents]:
                what = f"`{path}` lies within {within[0]}, which `{spec.role}` can write"
                raise candidate.broken(what, "put files and data folders beside each other")
        for path in stores:
            if not any(PurePosixPath(path).is_relative_to(place) for place in places):
                what = f"the store {path} lies outside all that `{spec.role}` may write: no sweep finds it"
                raise candidate.broken(what, "put it below one of `data`")


def has_valid_ports(candidate: Candidate) -> None:
    """Names and numbers of ports are used once; SRV records lead to a port that is there.

    Raises:
        BrokenPromise: a port is without name or twice there, or a record leads nowhere.
    """
    for spec in candidate.specs():
        names = [port.name for port in spec.ports]
        places = [(port.proto, port.port) for port in spec.ports]
        if not all(names) or len(set(names)) < len(names) or len(set(places)) < len(places):
            raise candidate.broken(f"`{spec.role}`: a port without name, or twice", "give each its own name")
        if strange := set(spec.srv.values()) - set(names):
            what = f"an SRV record of `{spec.role}` leads to the port `{min(strange)}`, which it has not"
            raise candidate.broken(what, "name one of its ports")


def takes_secrets_from_the_plan(candidate: Candidate) -> None:
    """No secret is the same in every run, and none stands in a command line.

    Raises:
        BrokenPromise: one is.
    """
    plan = candidate.plan()
    other = replace(plan, secret="0d1ff3" * 8)
    firsts, seconds = candidate.driver.services(plan), candidate.driver.services(other)
    for first, second in zip(firsts, seconds, strict=True):
        if fixed := sorted(set(_secrets(first)) & set(_secrets(second))):
            what = f"{fixed[0][0]} of `{first.role}` is the same whatever plan.secret is"
            raise candidate.broken(what, "derive it from plan.secret")
        if first.argv != second.argv:
            what = f"a secret stands in the command line of `{first.role}`, where every program reads it"
            raise candidate.broken(what, "put it into a file")


def _secrets(spec: ServiceSpec) -> Iterator[tuple[str, str]]:
    texts = [*spec.files.items(), *(("the environment", f"{k}={v}") for k, v in spec.environment.items())]
    for place, text in texts:
        for name, value in _SECRET.findall(text):
            if not _HARMLESS.fullmatch(value):
                yield f"`{name}` in {place}", value

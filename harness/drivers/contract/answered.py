"""What a driver answers to a plan: always the same, from the plan alone, or a refusal with a cure."""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, get_args

from harness.drivers.contract.candidate import Candidate
from harness.errors import UsageError
from harness.model.federation import Setting

_UNKNOWN_OPTION = "no_such_option"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_ACTS = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.mkdir", "os.remove", "os.rename")


def answers_for_every_version(candidate: Candidate) -> None:
    """Every version in both settings has at least one process, of that product and version.

    Raises:
        BrokenPromise: one has none, or of another version.
    """
    for known in candidate.product.versions:
        for setting in get_args(Setting):
            specs = candidate.specs(version=known.version, setting=setting)
            if not specs:
                what = f"version {known.version}, {setting}, has no process"
                raise candidate.broken(what, "return a ServiceSpec")
            for spec in specs:
                if (spec.product, spec.version) != (candidate.driver.product, known.version):
                    what = (
                        f"`{spec.role}` is of {spec.product} {spec.version}, not of version {known.version}"
                    )
                    raise candidate.broken(what, "take product and version from the plan")


def answers_the_same_again(candidate: Candidate) -> None:
    """The same plan gives the same specifications, and is left as it was: no clock, no chance.

    Raises:
        BrokenPromise: they differ, or the plan was changed.
    """
    plan = candidate.plan()
    before = copy.deepcopy(plan.service)
    first, second = list(candidate.driver.services(plan)), candidate.specs()
    if plan.service != before:
        raise candidate.broken("it changes the plan's options", "copy them first")
    if len(first) != len(second):
        raise candidate.broken("the number of processes differs", "derive everything from the plan")
    for one, other in zip(first, second, strict=True):
        differing = [name for name, value in vars(one).items() if vars(other)[name] != value]
        if differing:
            what = f"`{one.role}` differs the second time: {', '.join(differing)}"
            raise candidate.broken(what, "derive everything from the plan")


def refuses_an_unknown_option(candidate: Candidate) -> None:
    """An option that it does not know is a ``UsageError`` with place and cure.

    Raises:
        BrokenPromise: it is accepted, or answered by another error.
    """
    options = {**candidate.options, _UNKNOWN_OPTION: True}
    _refuses(candidate, f"the option `{_UNKNOWN_OPTION}`", options=options)


def refuses_an_unknown_version(candidate: Candidate) -> None:
    """A version that product.yaml does not have is a ``UsageError`` with place and cure.

    Raises:
        BrokenPromise: it is accepted, or answered by another error.
    """
    _refuses(candidate, "the version `0.no-such`", version="0.no-such")


def _refuses(candidate: Candidate, what: str, **service: Any) -> None:
    cure = "raise UsageError(what, where=…, cure=…)"
    try:
        candidate.specs(**service)
    except UsageError as error:
        if not error.where or not error.cure:
            raise candidate.broken(f"its error about {what} lacks place or cure", cure) from error
        return
    except Exception as error:
        raise candidate.broken(f"{what} is answered by {type(error).__name__}", cure) from error
    raise candidate.broken(f"{what} is accepted silently", cure)


def does_nothing_but_read(candidate: Candidate) -> None:
    """``services`` writes no file, opens no socket and starts no program.

    Raises:
        BrokenPromise: it does more; says what.
    """
    candidate.specs()
    with _watched() as seen:
        candidate.specs()
    if seen:
        raise candidate.broken(f"it does more than read: {seen[0]}", "leave that to `ready` or the product")


_watching: list[list[str]] = []


@contextmanager
def _watched() -> Iterator[list[str]]:
    """List what the interpreter's audit events (PEP 578) say of acts in the block."""
    _install_hook()
    seen: list[str] = []
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)


@cache
def _install_hook() -> None:
    sys.addaudithook(_note)


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and (event.startswith(_ACTS) or (event == "open" and arguments[2] & _WRITING)):
        _watching[-1].append(f"{event} {arguments[0]!r}"[:120])

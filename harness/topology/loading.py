"""Reads a federation file, and reports all that is wrong with it at once."""

from __future__ import annotations

import stat
from collections.abc import Collection
from pathlib import Path

from pydantic import ValidationError

from harness.errors import FederationFileError, HarnessError, UsageError
from harness.model.federation import Federation
from harness.topology.explain import explain
from harness.topology.located import MAX_PROBLEMS, KeyPath, Located, Problem, read_yaml
from harness.topology.resolving import resolve
from harness.topology.rules import Products, broken_rules

MAX_BYTES = 1024 * 1024


def load(
    path: Path, products: Products | None = None, questions: Collection[str] | None = None
) -> Federation:
    """Read, check and resolve a federation file.

    Args:
        path: the YAML file, in UTF-8, at most ``MAX_BYTES`` long.
        products: known products and of each the versions that can be run; ``None`` leaves
            products unchecked and empty versions empty.
        questions: ids of the question catalogue, which ``policy.must`` is checked against;
            ``None`` leaves it unchecked.

    Returns:
        The federation with every default filled in.

    Raises:
        FederationFileError: the file cannot be read or is wrong; its ``problems`` hold one
            error for each place, with ``where`` as ``file.yaml:12: agencies.alfa.domain``.
    """
    located = read_yaml(_read(path))
    federation, wrong = _validate(located, products, questions)
    problems = [*located.problems, *wrong]
    if problems or federation is None:
        raise FederationFileError(_errors(path, problems))
    return resolve(federation, products)


def _read(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unreadable(path, "this is not a regular file", "name a YAML file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        cure = "name an existing file, or write a new one with `fedharness init`"
        raise _unreadable(path, "there is no such file", cure) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        cure = "make the file readable for this user"
        raise _unreadable(path, f"the file cannot be read: {reason}", cure) from None
    if len(content) > MAX_BYTES:
        raise _unreadable(path, f"the file is longer than {MAX_BYTES} bytes", "split the federation")
    return _decode(path, content)


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FederationFileError(
            [UsageError("the file is not UTF-8 text", where=f"{path}:{line}", cure="save it in UTF-8")]
        ) from None


def _unreadable(path: Path, what: str, cure: str) -> FederationFileError:
    return FederationFileError([UsageError(what, where=str(path), cure=cure)])


def _validate(
    located: Located, products: Products | None, questions: Collection[str] | None
) -> tuple[Federation | None, list[Problem]]:
    if not isinstance(located.value, dict):
        return None, [] if located.problems else [_no_mapping(located)]
    problems = broken_rules(located, products, questions)
    try:
        federation = Federation.model_validate(located.value)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=True)
        return None, problems + [explain(one, located) for one in wrong[: MAX_PROBLEMS + 1]]
    return federation, problems


def _no_mapping(located: Located) -> Problem:
    what = "the file is empty" if located.value is None else "the file holds no keys with values"
    return Problem(1, (), what, "write `fedharness: 1` and `agencies:`, or begin with `fedharness init`")


def _errors(path: Path, problems: list[Problem]) -> list[HarnessError]:
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: problem.line)
    errors: list[HarnessError] = [
        UsageError(problem.what, where=_where(path, problem), cure=problem.cure)
        for problem in ordered[:MAX_PROBLEMS]
    ]
    if len(ordered) > MAX_PROBLEMS:
        errors.append(
            UsageError("there are more problems", where=str(path), cure="correct those above first")
        )
    return errors


def _where(path: Path, problem: Problem) -> str:
    place = f"{path}:{problem.line}" if problem.line else str(path)
    return f"{place}: {key_path(problem.path)}" if problem.path else place


def key_path(path: KeyPath) -> str:
    """Return a key path as text, such as ``agencies.alfa.federates_with[1]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part[:60]}" if text else part[:60]
    return text

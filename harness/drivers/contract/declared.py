"""What a driver says of itself: product, methods, functions."""

from __future__ import annotations

import ast
import difflib
import inspect
import re
from typing import get_args

from harness.drivers.contract.candidate import Candidate
from harness.model.question import Function
from harness.protocols import Forkable, Reconnectable

_FUNCTION = re.compile(r"[a-z][a-z0-9_]{0,39}")


def has_its_product_file(candidate: Candidate) -> None:
    """``product.yaml`` is there, is of this product, and names files that exist.

    Raises:
        BrokenPromise: it is of another product, or names a file that is missing.
        UsageError: there is none, or it is wrong.
    """
    product = candidate.product
    if product.product != candidate.driver.product:
        what = f"product.yaml is of `{product.product}`, the driver of `{candidate.driver.product}`"
        raise candidate.broken(what, "give both one name", "product")
    for known in product.versions:
        needed = known.install.requirements
        if known.install.kind == "python" and not (product.folder / (needed or "-")).is_file():
            what = f"version {known.version} has no requirements file `{needed}` in {product.folder}"
            raise candidate.broken(what, "name a file with pinned hashes beside product.yaml", "product")
    homes = [home.id for home in product.calls_home]
    if len(set(homes)) < len(homes):
        raise candidate.broken("two entries of calls_home have one id", "give each its own", "product")


def has_every_method(candidate: Candidate) -> None:
    """``services`` is a plain method; all that touches a running service is ``async``.

    Raises:
        BrokenPromise: a method is missing or of the other kind.
    """
    names = ["ready", "account", "client"]
    names += ["reconnect"] if isinstance(candidate.driver, Reconnectable) else []
    if inspect.iscoroutinefunction(candidate.driver.services):
        raise candidate.broken("`services` is asynchronous", "make it a plain method: it waits for nothing")
    for name in names:
        if not inspect.iscoroutinefunction(getattr(candidate.driver, name, None)):
            raise candidate.broken(f"`{name}` is no asynchronous method", "write it with `async def`", name)


def names_functions(candidate: Candidate) -> None:
    """Each function is one that fedharness knows, or a word of its own that is not nearly one.

    Raises:
        BrokenPromise: a function is no word, or nearly a known one.
    """
    functions = candidate.driver.functions
    if not isinstance(functions, frozenset):
        raise candidate.broken("`functions` is no frozenset", 'write frozenset({"chat"})', "functions")
    known = get_args(Function)
    for name in functions - set(known):
        if not isinstance(name, str) or not _FUNCTION.fullmatch(name):
            raise candidate.broken(f"the function {name!r} is no word", "use lower-case letters", "functions")
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if near:
            what = f"the function `{name}` is nearly `{near[0]}`"
            raise candidate.broken(what, f"write `{near[0]}`, or choose another word", "functions")


def can_be_forked(candidate: Candidate) -> None:
    """Where the driver has ``forked``, that file defines ``run``.

    Raises:
        BrokenPromise: it does not.
    """
    if not isinstance(candidate.driver, Forkable):
        return
    tree = ast.parse(candidate.driver.forked.read_text(encoding="utf-8"))
    if not any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in tree.body):
        raise candidate.broken("the file defines no `run`", "define run(arguments)", "forked")

"""Says in a user's words what a value in a federation file should have been."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from itertools import islice
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from harness.model.federation import Federation
from harness.topology.located import KeyPath, Located, Problem

_CONSIDERED = 300
_LISTED = 20
_FORMS = {
    "agencies": (
        "an agency's id is 1 to 20 lower-case letters, digits and hyphens, and starts with a letter",
        "write it like `alfa`",
    ),
    "services": (
        "a service's key is 1 to 20 lower-case letters, digits and hyphens, and starts with a letter",
        "write it like `chat`",
    ),
    "federates_with": ("this is no agency's id", "name agencies by their keys under `agencies`"),
    "users": (
        "a user's name is 1 to 40 lower-case letters, digits, dots, hyphens and underscores, "
        "and starts with a letter",
        "write it like `alva`",
    ),
    "domain": (
        "this is no domain name: labels of lower-case letters, digits and hyphens, two at the least, "
        "the last of two characters or more",
        "write it like `alfa.example`; letters outside a to z as their xn-- form",
    ),
    "country": (
        "a country is two capital letters (ISO 3166-1 alpha-2)",
        'write it like "SE", or leave it out where it is not known',
    ),
    "name": (
        "a federation's name is 1 to 60 lower-case letters, digits, dots, hyphens and underscores",
        "write it like `poc`",
    ),
}


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return a cure that names the nearest known word, else all of them."""
    words = list(islice(known, _CONSIDERED))
    near = difflib.get_close_matches(word[:60], words, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    shown = ", ".join(f"`{one}`" for one in words[:_LISTED]) or "none"
    return "known here: " + shown + (", …" if len(words) > _LISTED else "")


def explain(error: ErrorDetails, located: Located) -> Problem:
    """Turn one validation error into a problem with place and cure.

    Args:
        error: as pydantic's ``ValidationError.errors()`` lists it.
        located: the file that was validated.
    """
    path = tuple(part for part in error["loc"] if part != "[key]")
    what, cure = _words(error, path, located.texts.get(path, ""))
    return Problem(located.line(path), path, what, cure)


def _words(error: ErrorDetails, path: KeyPath, text: str) -> tuple[str, str]:
    kind = error["type"]
    if kind == "missing":
        return "this key is missing", f"add `{path[-1]}:`{_description(path)}"
    if kind == "extra_forbidden":
        return "this key is not known", suggestion(str(path[-1]), fields_at(path[:-1]))
    if kind == "literal_error":
        return _not_a_choice(error)
    if kind in ("string_pattern_mismatch", "string_too_short", "string_too_long"):
        return _wrong_form(error, path)
    if kind == "too_short" and path == ("agencies",):
        return "there is no agency", "name at least one agency, each with its domain"
    return _wrong_type(error, path, text)


def _wrong_type(error: ErrorDetails, path: KeyPath, text: str) -> tuple[str, str]:
    kind, given = error["type"], error["input"]
    if kind == "string_type":
        if isinstance(given, bool | int | float):
            return (
                f"text is needed here, and `{text[:60]}` reads as {_kind_of(given)}",
                f'write "{text[:60]}"',
            )
        return f"text is needed here, not {_kind_of(given)}", "write one word or a text in quotes"
    if kind in ("tuple_type", "list_type"):
        return f"a list is needed here, not {_kind_of(given)}", "write it like `[one, two]`"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return f"keys with values are needed here, not {_kind_of(given)}", _keys_cure(path)
    if kind.startswith("date"):
        return "a date is needed here", "write it like 2026-01-31"
    return error["msg"][:1].lower() + error["msg"][1:], "correct the value" + _description(path)


def _wrong_form(error: ErrorDetails, path: KeyPath) -> tuple[str, str]:
    names = [part for part in path if isinstance(part, str)]
    is_key = error["loc"][-1] == "[key]"
    form = names[-2] if is_key and len(names) > 1 else names[-1]
    if form in _FORMS:
        return _FORMS[form]
    return "this text must not be empty", "write it out" + _description(path)


def _not_a_choice(error: ErrorDetails) -> tuple[str, str]:
    expected = error.get("ctx", {}).get("expected", "")
    words = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    given = error["input"]
    shown = f"`{str(given)[:60]}`" if isinstance(given, str | int | float) else _kind_of(given)
    if len(words) == 1:
        return f"{shown} is not known here", f"write `{words[0]}`"
    near = difflib.get_close_matches(given[:60], words, n=1) if isinstance(given, str) else []
    if near:
        return f"{shown} is not known here", f"did you mean `{near[0]}`?"
    return f"{shown} is not known here", "write one of " + ", ".join(f"`{word}`" for word in words)


def _kind_of(value: object) -> str:
    kinds: tuple[tuple[type | UnionType, str], ...] = (
        (bool, "true or false"),
        (int | float, "a number"),
        (str, "text"),
        (list, "a list"),
        (Mapping, "keys with values"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "nothing")


def _keys_cure(path: KeyPath) -> str:
    fields = fields_at(path)
    return "write keys below it: " + ", ".join(fields) if fields else "write keys below it"


def fields_at(path: KeyPath) -> list[str]:
    """Return the keys that a federation file may have at ``path``; empty for free keys."""
    kind = _type_at(path)
    return _field_names(kind) if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def _field_names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _type_at(path: KeyPath) -> Any:
    kind: Any = Federation
    for part in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(part))
            kind = _bare(field.annotation) if field else None
        else:
            kind = _bare(get_args(kind)[-1] if isinstance(part, str) else get_args(kind)[0]) if kind else None
    return kind


def _bare(annotation: Any) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return _bare(next(one for one in get_args(annotation) if one is not type(None)))
    return annotation


def _description(path: KeyPath) -> str:
    owner = _type_at(path[:-1])
    if isinstance(owner, type) and issubclass(owner, BaseModel):
        field = owner.model_fields.get(str(path[-1]))
        if field is not None and field.description:
            return f" ({field.description})"
    return ""

"""YAML with places: plain values, and for each key path the line that it stands on.

Scalars are read by the intersection of YAML 1.1 and the YAML 1.2 core schema (section
10.3.2), so that a country ``NO`` stays a word and a date stays text. Tags are refused,
aliases are followed within fixed limits, and nothing recurses deeper than ``MAX_DEPTH``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

KeyPath = tuple[str | int, ...]

MAX_DEPTH = 40
MAX_VALUES = 200_000
MAX_PROBLEMS = 100

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?[0-9]{1,40}\.[0-9]{0,40}([eE][-+][0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Problem:
    """Something wrong at a place of the file; ``line`` counts from 1, 0 is the whole file."""

    line: int
    path: KeyPath
    what: str
    cure: str


@dataclass
class Located:
    """A file's values as plain Python, with the places they came from.

    Args:
        value: dicts with text keys, lists, text, numbers, booleans and ``None``.
        lines: the line of each key path, counted from 1.
        texts: how each scalar is written in the file.
        problems: what was refused while reading; the rest is still there.
    """

    value: object = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    texts: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        """Return the line of ``path``, or of what it would stand in; 1 at the least."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@dataclass(frozen=True)
class _Scalar:
    line: int
    text: str
    plain: bool


@dataclass(frozen=True)
class _Sequence:
    line: int
    items: list[_Node]


@dataclass(frozen=True)
class _Mapping:
    line: int
    pairs: list[tuple[_Scalar, _Node]]


_Node = _Scalar | _Sequence | _Mapping


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def read_yaml(text: str) -> Located:
    """Read one YAML document.

    Args:
        text: the file's text; the caller bounds its length.

    Returns:
        The values with their lines. Problems never raise: they are in ``problems``, and a
        document that cannot be parsed has the value ``None``.
    """
    located = Located()
    try:
        root = _Composer(text, located.problems).document()
        if root is not None:
            located.value = _Expander(located).expand(root, (), 0)
    except _Refused as refused:
        located.value = None
        located.problems.append(refused.problem)
    except yaml.MarkedYAMLError as error:
        located.value = None
        located.problems.append(_syntax_problem(error, text))
    except (yaml.YAMLError, ValueError) as error:
        located.value = None
        located.problems.append(_unreadable(error))
    return located


class _Composer:
    """Builds nodes from parser events; aliases share the node that they name."""

    def __init__(self, text: str, problems: list[Problem]) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._anchors: dict[str, _Node] = {}
        self._problems = problems
        self._documents = 0

    def document(self) -> _Node | None:
        root: _Node | None = None
        for event in self._events:
            if not isinstance(event, yaml.NodeEvent):
                continue
            self._documents += 1
            if self._documents > 1:
                self._report(event, "the file holds more than one document", "keep one, without `---` lines")
                break
            root = self._node(event, 0)
        return root

    def _node(self, event: Any, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            _refuse(_line(event), "the values are nested too deeply", f"nest at most {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        node = self._new_node(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _new_node(self, event: Any, depth: int) -> _Node:
        if event.tag is not None:
            self._report(event, f"the tag {event.tag[:60]} is not known here", "take the tag away")
        if isinstance(event, yaml.SequenceStartEvent):
            return _Sequence(_line(event), self._items(depth))
        if isinstance(event, yaml.MappingStartEvent):
            return _Mapping(_line(event), self._pairs(depth))
        return self._scalar(event)

    def _scalar(self, event: Any) -> _Scalar:
        if _CONTROL.search(event.value):
            self._report(event, "the text holds control characters", "take them away")
        return _Scalar(_line(event), event.value, event.style in (None, ""))

    def _alias(self, event: Any) -> _Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            self._report(
                event,
                f"the alias *{event.anchor[:60]} names no anchor above it",
                f"write &{event.anchor[:60]} where the value first stands, or write the value out",
            )
            return _Scalar(_line(event), "", plain=True)
        return node

    def _items(self, depth: int) -> list[_Node]:
        items: list[_Node] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(event, depth + 1))
        return items

    def _pairs(self, depth: int) -> list[tuple[_Scalar, _Node]]:
        pairs: list[tuple[_Scalar, _Node]] = []
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if isinstance(key, _Scalar):
                pairs.append((key, value))
            else:
                self._report(event, "a key is a list or a mapping", "use a plain word as the key")
        return pairs

    def _report(self, event: Any, what: str, cure: str) -> None:
        self._problems.append(Problem(_line(event), (), what, cure))
        if len(self._problems) > MAX_PROBLEMS:
            _refuse(_line(event), "there are too many problems to go on", "correct those above first")


class _Expander:
    """Turns nodes into plain values, key path by key path."""

    def __init__(self, located: Located) -> None:
        self._located = located
        self._left = MAX_VALUES

    def expand(self, node: _Node, path: KeyPath, depth: int) -> object:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            _refuse(
                node.line,
                f"the file holds more than {MAX_VALUES} values or {MAX_DEPTH} levels, aliases written out",
                "use fewer aliases, or split the file",
            )
        self._located.lines.setdefault(path, node.line)
        if isinstance(node, _Scalar):
            self._located.texts[path] = node.text
            return _plain_value(node)
        if isinstance(node, _Sequence):
            return [self.expand(item, (*path, place), depth + 1) for place, item in enumerate(node.items)]
        return self._mapping(node, path, depth)

    def _mapping(self, node: _Mapping, path: KeyPath, depth: int) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, value in node.pairs:
            here = (*path, key.text)
            if key.text in values:
                first = self._located.lines[here]
                self._located.problems.append(
                    Problem(
                        key.line,
                        here,
                        f"the key stands twice, first on line {first}",
                        "keep one of the two",
                    )
                )
                continue
            self._located.lines[here] = key.line
            values[key.text] = self.expand(value, here, depth + 1)
        return values


def _plain_value(scalar: _Scalar) -> object:
    if not scalar.plain:
        return scalar.text
    if scalar.text in _WORDS:
        return _WORDS[scalar.text]
    if _INTEGER.fullmatch(scalar.text):
        return int(scalar.text)
    if _FLOAT.fullmatch(scalar.text) and math.isfinite(number := float(scalar.text)):
        return number
    return scalar.text


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _refuse(line: int, what: str, cure: str) -> NoReturn:
    raise _Refused(Problem(line, (), what, cure))


def _syntax_problem(error: yaml.MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    reason = " ".join(part for part in (error.context, error.problem) if part)
    cure = "indent with two spaces, and put text that holds `: `, `#` or starts with a sign in quotes"
    if mark and "\t" in _line_up_to(text, mark.line, mark.column):
        cure = "indent with spaces instead of tabs"
    return Problem(mark.line + 1 if mark else 0, (), f"this is not YAML: {reason}", cure)


def _line_up_to(text: str, line: int, column: int) -> str:
    return "".join(text.split("\n")[line : line + 1])[: column + 1]


def _unreadable(error: Exception) -> Problem:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return Problem(0, (), f"this is not YAML: {reason}", "save the file as plain text in UTF-8")

"""Quoting of text that came from a product: hostile until shown otherwise.

Every output has one function here. All of them begin with `visible`, which turns what a
terminal, a browser or an editor would obey instead of show into a visible form.
"""

from __future__ import annotations

import re

# Written out instead of asked from `unicodedata`, whose answers differ between Python
# versions: a report has to come out the same to the byte on each of them.
_HOSTILE = (
    "\u0000-\u001f\u007f-\u009f"  # C0, DEL, C1: terminal sequences
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # shown as nothing
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0"  # zero width, bidi, line ends
    "\ud800-\udfff\ufdd0-\ufdef\ufff0-\ufffb\ufffe\uffff"  # surrogates, noncharacters
    "\U000e0000-\U000e0fff"  # tags and their like
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
)
_HOSTILE_CHARACTER = re.compile(f"[{_HOSTILE}]")
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20|%]")
_MARKDOWN = re.compile(
    r"([\\`*_{}\[\]<>()#|!~&$^@]|:(?=//)|(?<=www)\.|(?<![^\s])[-+=](?=\s|$|[-=])|(?:(?<=^\d)|(?<=^\d\d))[.)])"
)
_BACKTICKS = re.compile(r"`+")


def visible(text: str) -> str:
    """Return ``text`` with every control, direction and invisible character spelt out.

    A right-to-left override, for example, becomes ``⟨U+202E⟩``.
    """
    return _HOSTILE_CHARACTER.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def shortened(text: str, limit: int) -> str:
    """Return ``text`` cut to ``limit`` characters, with the number of those left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… (+{len(text) - limit})"


def csv_cell(value: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    A cell that begins with a formula's first character gets an apostrophe in front, as
    OWASP's "CSV Injection" advises.
    """
    shown = visible(value)
    return f"'{shown}" if _FORMULA.match(shown) else shown


def markdown(text: str) -> str:
    """Return ``text`` for a line of Markdown, every character that means something escaped.

    CommonMark 0.31, section 2.4: any ASCII punctuation may be backslash-escaped. For the
    catalogue's own words; product text goes through `markdown_code`, because a code host
    turns even an escaped ``@name`` into a mention.
    """
    return _MARKDOWN.sub(r"\\\1", visible(text))


def markdown_code(text: str) -> str:
    """Return ``text`` as a code span that also holds inside a table cell.

    CommonMark 0.31, section 6.1: the fence is longer than any run of backticks within.
    """
    shown = visible(text).replace("|", "⟨U+007C⟩")
    if not shown.strip():
        return "—"
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(shown)), default=0))
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def json_text(text: str) -> str:
    """Return JSON text whose strings hold no hostile character, only its JSON escape.

    Args:
        text: the text of a whole JSON document, line ends included.
    """
    return _HOSTILE_CHARACTER.sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    character = match[0]
    if character == "\n":
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))

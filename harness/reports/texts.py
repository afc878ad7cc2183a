"""The text catalogues: every sentence of a report, in English and in Swedish.

A result holds codes and parameters only; ``harness/data/texts/<language>.yaml`` says what
they mean. Swedish terms follow ``harness/data/ordlista.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from harness.errors import HarnessError, UsageError
from harness.model.result import Reason
from harness.model.yaml_text import parse_yaml

LANGUAGES = ("en", "sv")
Quote = Callable[[str], str]
"""A function that escapes text for one output."""
_PARAMETER = re.compile(r"\{([a-z_]+)\}")


class Texts:
    """The texts of one language.

    Args:
        lang: ``en`` or ``sv``.

    Raises:
        UsageError: there is no catalogue in that language.
    """

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise UsageError(f"no texts in language `{lang}`", cure=f"choose one of {', '.join(LANGUAGES)}")
        self.lang = lang
        self._texts = load_catalogue(lang)

    def __contains__(self, code: str) -> bool:
        return code in self._texts

    def text(self, code: str, **params: object) -> str:
        """Return the text of ``code`` with ``{name}`` replaced by ``params``.

        Raises:
            HarnessError: no such text, or a parameter is missing: a defect of the harness.
        """
        template = self._texts.get(code)
        if template is None:
            raise HarnessError(f"no text for code `{code}`", where=f"texts/{self.lang}.yaml")
        missing = [name for name in _PARAMETER.findall(template) if name not in params]
        if missing:
            raise HarnessError(f"text `{code}` lacks {', '.join(missing)}", where=f"texts/{self.lang}.yaml")
        return _PARAMETER.sub(lambda match: str(params[match[1]]), template)

    def counted(self, code: str, number: int) -> str:
        """Return ``code`` in the singular or the plural, by its keys ``.one`` and ``.other``."""
        return self.text(f"{code}.{'one' if number == 1 else 'other'}", number=number)

    def label(self, group: str, code: str) -> str:
        """Return the word for ``code`` in ``group``, or the code itself where none is listed.

        For open sets, such as storage forms, that a user's own driver may extend.
        """
        return self._texts.get(f"{group}.{code}", code)

    def reason(self, reason: Reason, *, quote: Quote = str, plain: Quote = str) -> str:
        """Return a reason as a sentence; a code of another version is shown as it stands."""
        return self.coded("reason", reason.code, reason.params, quote=quote, plain=plain)

    def coded(
        self, group: str, code: str, params: Mapping[str, str], *, quote: Quote = str, plain: Quote = str
    ) -> str:
        """Return the text of a code that came with a result.

        A result may be from another version of the harness, so an unlisted code or a
        missing parameter must not cost the reader the report: it is shown as it stands.

        Args:
            group: the catalogue's group, such as ``reason``.
            code: the key within it.
            params: what the result gives for the text's ``{names}``.
            quote: escapes a parameter, which may be a product's text, for the output.
            plain: escapes the catalogue's own words for the output.
        """
        template = self._texts.get(f"{group}.{code}")
        if template is None:
            listed = ", ".join(f"{name}: {value}" for name, value in sorted(params.items()))
            return quote(f"{code} ({listed})" if listed else code)
        pieces = _PARAMETER.split(template)
        absent = plain(self._texts["common.not_stated"])
        for at in range(1, len(pieces), 2):
            value = params.get(pieces[at], "")
            pieces[at] = quote(value) if value else absent
        pieces[::2] = [plain(words) for words in pieces[::2]]
        return "".join(pieces)


@cache
def load_catalogue(lang: str) -> Mapping[str, str]:
    """Return one language's catalogue, its keys joined with dots."""
    path = resources.files("harness") / "data" / "texts" / f"{lang}.yaml"
    return dict(_flat(parse_yaml(path.read_text(encoding="utf-8")), ""))


def parameters(template: str) -> frozenset[str]:
    """Return the names of the parameters in a text."""
    return frozenset(_PARAMETER.findall(template))


def _flat(node: Any, prefix: str) -> list[tuple[str, str]]:
    if not isinstance(node, dict):
        return [(prefix, str(node).strip())]
    pairs: list[tuple[str, str]] = []
    for key, value in node.items():
        pairs += _flat(value, f"{prefix}.{key}" if prefix else str(key))
    return pairs

"""``report.html``: one page that holds everything, fetches nothing and needs no JavaScript."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.model.result import RunResult
from harness.reports import facts, figures, svg
from harness.reports.escape import visible
from harness.reports.texts import LANGUAGES, Texts
from harness.reports.view import Page, quoted


def render_html(result: RunResult, lang: str = "en") -> str:
    """Return the report as one page in every language.

    Args:
        result: the run.
        lang: the language that the page opens in; the reader may switch.

    Raises:
        UsageError: there are no texts in that language.
    """
    first = Texts(lang)
    pages = [Page(result, first)] + [Page(result, Texts(other)) for other in LANGUAGES if other != lang]
    style = _template_text("style.css")
    template = _environment().get_template("report.html.j2")
    text = template.render(pages=pages, result=result, style=Markup(style), style_hash=_csp_hash(style))
    return text if text.endswith("\n") else text + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_spelt_out,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quoted"] = quoted
    environment.filters |= {"when": figures.when, "clock": figures.clock, "whole": figures.whole}
    environment.globals |= {"facts": facts, "labelled": svg.LABELLED}
    return environment


def _spelt_out(value: object) -> object:
    """Spell out hostile characters in all that a template puts on the page."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _template_text(name: str) -> str:
    return (resources.files("harness.reports") / "templates" / name).read_text(encoding="utf-8")


def _csp_hash(style: str) -> str:
    """Return the source expression that allows this one style (CSP Level 3, section 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

"""``README.txt`` of a run folder: what is what, and how to check it, in both languages."""

from __future__ import annotations

from harness.model.result import RunResult
from harness.reports.escape import visible
from harness.reports.texts import LANGUAGES, Texts

_FILES = ("report", "run", "questions", "findings", "federation", "policy", "manifest", "evidence", "derived")


def render_readme(result: RunResult, lang: str = "en") -> str:
    """Return the text; ``lang`` comes first, the other language after it."""
    order = [lang, *(other for other in LANGUAGES if other != lang)]
    return "\n\n".join(_part(result, Texts(one)) for one in order) + "\n"


def _part(result: RunResult, texts: Texts) -> str:
    title = visible(texts.text("readme.title", run=result.run.id))
    lines = [title, "=" * len(title), ""]
    if not result.run.complete:
        warning = texts.text("report.incomplete_title").upper()
        lines += [f"{warning}. {texts.text('report.incomplete_text')}", ""]
    lines += [texts.text("report.statement"), "", f"{texts.text('readme.files')}:"]
    lines += [f"  {texts.text(f'readme.{name}')}" for name in _FILES]
    lines += ["", f"{texts.text('report.check')}:"]
    lines += [f"  {texts.text(f'report.check_{name}')}" for name in ("sums", "verify", "read")]
    meaning = [texts.text("report.verify_meaning"), texts.text("report.no_signature")]
    return "\n".join([*lines, "", *meaning])

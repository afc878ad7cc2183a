import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import resources
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from harness.model.federation import Operator
from harness.model.result import Reason, RunResult
from harness.model.verdict import Verdict
from harness.reports.canonical import run_json
from harness.reports.escape import visible
from harness.reports.html import render_html
from harness.reports.texts import Texts

VARIANTS = ("run", "clean", "incomplete", "empty")
REFERENCES = ("href", "src", "srcset", "action", "data", "poster", "xlink:href", "background", "ping", "cite")
STYLE = (resources.files("harness.reports") / "templates" / "style.css").read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Collects tags, attributes and the text of headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.stack: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] for _, attrs in self.tags if attribute in attrs]


@pytest.fixture(scope="module", params=VARIANTS)
def page(request: pytest.FixtureRequest, samples: ModuleType) -> str:
    return render_html(getattr(samples, request.param)(), "sv")


def full(samples: ModuleType, lang: str = "en") -> str:
    return render_html(samples.run(), lang)


def test_nothing_is_fetched_from_anywhere(page: str) -> None:
    reader = Reader(page)
    references = [value for name in REFERENCES for value in reader.values(name)]
    assert references
    assert [value for value in references if not value.startswith("#")] == []
    assert not re.search(r"url\(|@import|image-set", page.split("</style>")[0])
    loading = {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "audio",
        "video",
        "source",
        "base",
        "form",
    }
    assert {tag for tag, _ in reader.tags} & loading == set()


def test_no_attribute_names_a_place_outside(page: str) -> None:
    for tag, attributes in Reader(page).tags:
        for name, value in attributes.items():
            assert not re.search(r"https?:|^//|javascript:", value), (tag, name, value)


def test_there_is_no_inline_code_or_style(page: str) -> None:
    names = {name for _, attributes in Reader(page).tags for name in attributes}
    assert not {name for name in names if name.startswith("on") or name == "style"}


def test_the_policy_allows_this_one_style_only(page: str) -> None:
    style = page.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    [policy] = [
        a["content"] for t, a in Reader(page).tags if a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_product_text_is_shown_and_never_obeyed(samples: ModuleType) -> None:
    text = full(samples)
    assert samples.HTML not in text
    assert "&lt;script src=&#34;https://evil.example/x.js&#34;&gt;" in text
    assert visible(text.replace("\n", "")) == text.replace("\n", "")
    assert "safe⟨U+202E⟩gpj.exe" in text
    assert "⟨U+001B⟩]0;owned" in text


def replaced(node: Any, path: tuple[str | int, ...], text: str) -> Any:
    """Return a copy of a JSON document with the value at ``path`` replaced."""
    if not path:
        return text
    copy: Any = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = replaced(node[path[0]], path[1:], text)
    return copy


def leaves(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every string in a JSON document."""
    if isinstance(node, str):
        yield path
    elif isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(child, (*path, key))


def accepted(document: Any) -> bool:
    try:
        RunResult.model_validate(document)
    except ValidationError:
        return False
    return True


def test_hostile_text_is_harmless_in_every_place(samples: ModuleType) -> None:
    """Every string of a result that may hold any text holds a hostile one."""
    document = json.loads(run_json(samples.run()))
    hostile = samples.HTML + samples.BIDI + samples.TERMINAL
    before = Reader(render_html(RunResult.model_validate(document)))
    changed = 0
    for path in list(leaves(document)):
        if accepted(attempt := replaced(document, path, hostile)):
            document, changed = attempt, changed + 1
    assert changed > 300
    text = render_html(RunResult.model_validate(document))
    assert "<script" not in text
    assert visible(text.replace("\n", "")) == text.replace("\n", "")
    after = Reader(text)
    assert {tag for tag, _ in after.tags} <= {tag for tag, _ in before.tags}
    names = [{name for _, attributes in reader.tags for name in attributes} for reader in (before, after)]
    assert names[1] <= names[0]


def test_ids_are_unique_and_every_reference_leads_somewhere(page: str) -> None:
    reader = Reader(page)
    ids = Counter(reader.values("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    targets = [value[1:] for value in reader.values("href")] + reader.values("for")
    targets += [part for value in reader.values("aria-labelledby") for part in value.split()]
    assert [name for name in targets if name not in ids] == []


def test_tables_landmarks_and_languages_are_marked(page: str) -> None:
    reader = Reader(page)
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in reader.tags if tag == "th")
    tags = Counter(tag for tag, _ in reader.tags)
    assert (tags["main"], tags["html"], tags["article"], tags["h1"]) == (1, 1, 2, 2)
    assert [a["lang"] for t, a in reader.tags if t in ("html", "article")] == ["sv", "sv", "en"]
    [skip] = [a for t, a in reader.tags if a.get("class") == "skip"]
    assert skip["href"] == "#report"
    for tag, attributes in reader.tags:
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true" or attributes.get("role") == "img"


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", "".join(Reader(text).text))


def test_page_one_is_in_the_order_of_the_design(samples: ModuleType) -> None:
    text = plain(full(samples).split('<article class="report report-en"')[1].split("</section>")[0])
    order = [
        "Enheten för digital samverkan", "Myndigheten Alfa", "2026-0417", "2026-11-24", "Prov av chatt",
        "1.155.0", "test double, not the product", "4 simulated agencies on one machine",
        "by the run's policy", "by the reference rule", "6 of 8 questions tested; 1 cannot be decided",
        "matrix.org", "Verket Bravo from Myndigheten Alfa: 21.5\u00a0MB".replace("\u00a0", " "),
        "status.example.net:443: accepted by Säkerhetschefen", "mobile apps", "1 of 3", "sha256sum -c",
        "no legal assessment",
    ]  # fmt: skip
    text = text.replace("\u00a0", " ")
    start = text.index("Run by")
    positions = [text.index(piece, start) for piece in order]
    assert positions == sorted(positions)


def test_the_parts_follow_in_order(samples: ModuleType) -> None:
    text = full(samples)
    parts = re.findall(r'<section id="(\w+)-en"', text)
    assert parts == ["questions", "flows", "findings", "residency", "coverage"]


def test_the_sentence_stands_on_page_one_in_both_languages(page: str) -> None:
    text = plain(page)
    for lang in ("en", "sv"):
        assert text.count(Texts(lang).text("report.statement")) == 2


def test_verdicts_are_words_and_shapes(samples: ModuleType) -> None:
    text = full(samples)
    for verdict in ("pass", "fail", "unknown", "not_tested", "not_applicable"):
        word = Texts("sv").text(f"verdict.{verdict}")
        assert f'href="#g-{verdict}"/></svg><span>{word}' in text
        assert text.count(f'id="g-{verdict}"') == 1


def test_an_incomplete_run_says_so(samples: ModuleType) -> None:
    text = plain(render_html(samples.incomplete()))
    assert "Incomplete run" in text
    assert "Ofullständig körning" in text
    assert "Incomplete run" not in plain(full(samples))


def test_nothing_seen_is_only_said_where_the_recording_is_whole(samples: ModuleType) -> None:
    texts = Texts("en")
    clean = plain(render_html(samples.clean()))
    assert texts.text("report.outside_none") in clean
    empty = plain(render_html(samples.empty()))
    assert texts.text("report.outside_none") not in empty
    assert texts.text("report.outside_none_undecided") in empty
    assert texts.text("report.findings_none_undecided") in empty


def test_the_first_language_is_the_one_asked_for(samples: ModuleType) -> None:
    for lang in ("en", "sv"):
        reader = Reader(full(samples, lang))
        [chosen] = [a["id"] for t, a in reader.tags if t == "input" and "checked" in a]
        assert chosen == f"lang-{lang}"


def test_services_of_an_agency_itself_are_said_to_be_seen_from_outside(samples: ModuleType) -> None:
    result: RunResult = samples.run()
    service = samples.service(runtime="external", operated_by=Operator(kind="own"))
    agency = result.federation.agencies[0].model_copy(update={"services": (service,)})
    alone = result.federation.model_copy(update={"agencies": (agency,)})
    text = plain(render_html(result.model_copy(update={"federation": alone})))
    assert Texts("en").text("report.where_external") in text
    assert "simulated agency" not in text


def test_a_requirement_stands_beside_no_verdict(samples: ModuleType) -> None:
    text = full(samples)
    for touches in re.findall(r"<div[^>]*><dt>Touches</dt><dd>(.*?)</dd></div>", text):
        assert "verdict" not in touches
    assert "<dt>Touches</dt><dd>SOV-2, SecNumCloud 19.6</dd></div></dl>" in text


def test_agencies_ids_in_reasons_become_their_names(samples: ModuleType) -> None:
    reason = Reason(code="coverage_unproved", params={"borders": "alfa, bravo"})
    result = samples.run(reasons={"stays": (reason,)})
    assert "Myndigheten Alfa, Verket Bravo" in plain(render_html(result))


def test_a_store_that_cannot_be_read_has_a_line_without_a_word(samples: ModuleType) -> None:
    text = full(samples)
    [line] = [
        row for row in text.split("<tr>") if "media_store" in row and "store that cannot be read" in row
    ]
    assert '<td class="num">–</td>' in line
    assert "Cannot be decided" in line


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def palettes() -> list[dict[str, str]]:
    found = []
    for block in re.findall(r":root\{([^}]*)\}", STYLE):
        colours = dict(re.findall(r"--(\w+):#([0-9a-f]{3,6})\b", block))
        found.append({k: v if len(v) == 6 else "".join(2 * c for c in v) for k, v in colours.items()})
    return found


@pytest.mark.parametrize("palette", palettes(), ids=["light", "dark", "print"])
def test_text_has_the_contrast_that_wcag_asks_for(palette: dict[str, str]) -> None:
    """WCAG 2.2, success criterion 1.4.3: at least 4.5 to 1."""
    for ink in ("ink", "soft", "deep", "pass", "unknown", "fail"):
        for ground in ("paper", "sheet", "wash"):
            lighter, darker = sorted((luminance(palette[ink]), luminance(palette[ground])), reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (ink, ground)


def test_page_one_speaks_of_no_flow_where_none_was_observed(samples: ModuleType) -> None:
    result = samples.clean()
    verdicts = result.verdicts.model_copy(update={"stays": Verdict.FAIL})
    page = render_html(result.model_copy(update={"verdicts": verdicts}), "en")
    assert "A question about data flows failed" in page
    assert "A flow outside the run" not in page.split("statement")[0]

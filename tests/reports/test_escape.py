import json
import re
import unicodedata
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.reports.escape import csv_cell, json_text, markdown, markdown_code, shortened, visible

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)
OBEYED = {"Cc", "Zl", "Zp", "Cs"}
DIRECTION = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(ANY_TEXT)
def test_visible_text_holds_nothing_that_a_terminal_or_browser_obeys(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(character) for character in shown} & OBEYED
    assert not {unicodedata.bidirectional(character) for character in shown} & DIRECTION
    shown.encode()


def test_visible_spells_out_and_keeps_the_rest(samples: ModuleType) -> None:
    assert visible("Åsa räknade 3 ärenden, 50 % · 日本") == "Åsa räknade 3 ärenden, 50 % · 日本"
    assert visible(samples.BIDI) == "safe⟨U+202E⟩gpj.exe⟨U+202C⟩"
    assert visible(samples.TERMINAL).startswith("⟨U+001B⟩]0;owned⟨U+0007⟩")
    assert visible("a\u200bb\ufeff\U000e0041") == "a⟨U+200B⟩b⟨U+FEFF⟩⟨U+E0041⟩"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "＝", "＋", "＠", "|", "%"])
def test_no_cell_begins_like_a_formula(start: str) -> None:
    assert csv_cell(f"{start}1+1") in (f"'{visible(start)}1+1", f"{visible(start)}1+1")
    assert not re.match(r"\s*[=+\-@＝＋＠|%]", csv_cell(f"{start}1+1"))


def test_an_ordinary_cell_is_untouched() -> None:
    assert csv_cell("matrix.org:443/tcp") == "matrix.org:443/tcp"


def rendered(source: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(source))


@given(ANY_TEXT)
def test_markdown_code_is_one_code_span_with_the_text(text: str) -> None:
    html = rendered(f"x {markdown_code(text)} y")
    assert re.fullmatch(r"<p>x (<code>[^<]*</code>|—) y</p>\n", html)


@given(st.text("`|<>*_[]()#~!&\\ ab", max_size=40))
def test_markdown_code_stays_in_its_table_cell(text: str) -> None:
    html = rendered(f"| a | b |\n|---|---|\n| {markdown_code(text)} | end |\n")
    assert html.count("<td>") == 2
    assert "<td>end</td>" in html


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60))
def test_escaped_markdown_is_plain_text(text: str) -> None:
    html = rendered(f"x {markdown(text)}")
    assert re.fullmatch(r"<p>[^<]*</p>\n", html)


def test_a_hostile_name_makes_neither_link_nor_markup(samples: ModuleType) -> None:
    for text in samples.HOSTILE:
        for escaped in (markdown(text), markdown_code(text)):
            html = rendered(f"name: {escaped}")
            assert not re.search(r"<(?!/?(p|code)>)", html)


@given(ANY_TEXT.map(lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")))
def test_json_text_means_the_same(text: str) -> None:
    document = json.dumps({"text": text}, ensure_ascii=False, indent=1) + "\n"
    escaped = json_text(document)
    assert json.loads(escaped) == {"text": text}
    assert visible(escaped.replace("\n", "")) == escaped.replace("\n", "")


def test_shortened_says_how_much_is_left_out() -> None:
    assert shortened("abcdef", 4) == "abcd… (+2)"
    assert shortened("abcd", 4) == "abcd"

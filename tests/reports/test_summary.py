import re
from types import ModuleType

from markdown_it import MarkdownIt

from harness.reports.summary import render_summary


def html(text: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(text))


def test_what_failed_comes_first(samples: ModuleType) -> None:
    text = render_summary(samples.run())
    headings = re.findall(r"^## (.*)$", text, re.M)
    assert headings == ["Failed first", "Cannot be decided", "Findings"]
    assert "The first failure was at 2026-11-24 04:03:29 UTC: `bravo` `leak` → `203.0.113.9:4444/udp`" in text


def test_a_result_says_why_it_is_not_a_pass(samples: ModuleType) -> None:
    lines = render_summary(samples.run()).splitlines()
    [works] = [line for line in lines if line.startswith("| Works")]
    assert works == "| Works | **Fail** | It did not work in this run; Questions that failed: `1` |"
    assert "inte sitt slut" in render_summary(samples.incomplete(), "sv").split("## ")[0]


def test_a_finding_has_agency_service_host_trigger_and_off_switch(samples: ModuleType) -> None:
    text = render_summary(samples.run())
    [line] = [line for line in text.splitlines() if "matrix.org" in line]
    for part in (
        "bravo",
        "chat",
        "matrix.org:443/tcp",
        "chat.delivery",
        "trusted_key_servers: []",
        "ledger:31-34",
    ):
        assert f"{part}" in line


def test_product_text_stays_text(samples: ModuleType) -> None:
    shown = html(render_summary(samples.run()))
    assert not re.search(r"<(script|img|a|b)\b", shown)
    assert "\x1b" not in shown
    assert not re.search(r"@everyone(?![^<]*</code>)", shown)


def test_table_rows_keep_their_cells(samples: ModuleType) -> None:
    shown = html(render_summary(samples.run()))
    table = shown.rsplit("<table>", 1)[1]
    assert {row.count("<td>") for row in table.split("<tr>")[2:]} == {7}


def test_an_incomplete_run_says_so(samples: ModuleType) -> None:
    assert "**Ofullständig körning**" in render_summary(samples.incomplete(), "sv")


def test_a_clean_run_names_no_failure(samples: ModuleType) -> None:
    text = render_summary(samples.clean())
    assert "Nothing failed." in text
    assert "No findings." in text
    assert "The recording has gaps" in render_summary(samples.empty())

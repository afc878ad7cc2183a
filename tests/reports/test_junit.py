import re
from types import ModuleType
from xml.etree import ElementTree as ET

from harness.reports.junit import render_junit


def suite(text: str) -> ET.Element:
    found = ET.fromstring(text.encode()).find("testsuite")
    assert found is not None
    return found


def case(root: ET.Element, name: str) -> ET.Element:
    return next(one for one in root.findall("testcase") if one.get("name", "").startswith(f"{name}:"))


def test_one_case_a_question_and_two_for_stays(samples: ModuleType) -> None:
    root = suite(render_junit(samples.run()))
    assert len(root.findall("testcase")) == len(samples.questions()) + 2
    counts = {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "10", "failures": "4", "errors": "1", "skipped": "2"}


def test_each_verdict_has_its_own_element(samples: ModuleType) -> None:
    root = suite(render_junit(samples.run()))
    assert len(case(root, "chat.delivery")) == 0
    assert case(root, "chat.acl").find("failure") is not None
    undecided = case(root, "chat.encrypted").find("error")
    assert undecided is not None
    assert undecided.get("message", "").startswith("Cannot be decided: The store media_store")
    for name in ("video.call", "kanban.card"):
        assert case(root, name).find("skipped") is not None


def test_stays_lists_what_failed(samples: ModuleType) -> None:
    root = suite(render_junit(samples.run(), "sv"))
    failure = case(root, "result.stays").find("failure")
    assert failure is not None
    assert failure.get("message") == "Flöde utanför provets regler observerades"
    assert "f-0001: Oväntat utflöde till utomstående: bravo · chat → matrix.org:443/tcp" in (
        failure.text or ""
    )
    assert "status.example.net" not in (failure.text or "")
    reference = case(root, "result.stays_reference").find("failure")
    assert reference is not None
    assert "status.example.net" in (reference.text or "")


def test_an_incomplete_run_is_an_error_even_with_nothing_else(samples: ModuleType) -> None:
    root = suite(render_junit(samples.empty()))
    assert case(root, "run.complete").find("error") is not None
    assert root.get("errors") == "3"


def test_hostile_text_is_spelt_out(samples: ModuleType) -> None:
    text = samples.TERMINAL + "\ufffe\x00" + samples.HTML
    result = samples.run(
        questions=(samples.question("chat.x", 1, samples.F, "scenario_failed", params={"text": text}),)
    )
    rendered = render_junit(result)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe]", rendered)
    failure = case(suite(rendered), "chat.x").find("failure")
    assert failure is not None
    assert "⟨U+001B⟩]0;owned⟨U+0007⟩" in failure.get("message", "")
    assert samples.HTML in failure.get("message", "")

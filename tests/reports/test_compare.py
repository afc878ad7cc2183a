import re
from types import ModuleType

from markdown_it import MarkdownIt

from harness.model.verdict import Verdict
from harness.reports.compare import Change, compare
from harness.reports.compare_text import compare_lines, compare_markdown


def test_a_run_is_the_same_as_itself(samples: ModuleType) -> None:
    found = compare(samples.run(), samples.run())
    assert found.same
    assert found.warnings == ()
    assert "No differences." in compare_markdown(found)


def test_changed_verdicts(samples: ModuleType) -> None:
    found = compare(samples.clean(), samples.run())
    assert found.results[0] == Change("works", Verdict.PASS, Verdict.FAIL)
    assert {one.name: (one.before, one.after) for one in found.questions}["chat.acl"] == (None, Verdict.FAIL)


def test_findings_that_came_went_and_grew(samples: ModuleType) -> None:
    first, *others = samples.findings()
    before = samples.run(findings=(first, others[0]))
    grown = first.model_copy(update={"bytes": first.bytes + 1})
    found = compare(before, samples.run(findings=(grown, others[1])))
    assert [one.shown.id for one in found.appeared] == [others[1].id]
    assert [one.shown.id for one in found.disappeared] == [others[0].id]
    assert [one.shown.id for one in found.changed] == [first.id]
    assert "bytes 3120 → 3121" in "\n".join(compare_lines(found))
    assert not found.same


def test_runs_that_are_not_alike_are_warned_of(samples: ModuleType) -> None:
    run = samples.run()
    agencies = run.federation.agencies[:3]
    other = samples.run(
        federation=run.federation.model_copy(update={"agencies": agencies}),
        run=run.run.model_copy(update={"runtime": "docker", "harness_version": "0.2.0", "complete": False}),
    )
    codes = {warn.code for warn in compare(run, other).warnings}
    assert codes == {"federation", "versions", "harness", "runtime", "incomplete"}


def test_a_question_varies_only_where_the_runs_are_alike(samples: ModuleType) -> None:
    fails = samples.run(questions=(samples.question("chat.x", 1, samples.F, "scenario_failed"),))
    passes = samples.run(questions=(samples.question("chat.x", 1, samples.P, "scenario_passed"),))
    [change] = compare(fails, passes).questions
    assert change.flake
    assert "(Växlande utfall)" in "\n".join(compare_lines(compare(fails, passes), "sv"))
    newer = passes.model_copy(update={"run": passes.run.model_copy(update={"harness_version": "0.2.0"})})
    assert not compare(fails, newer).questions[0].flake
    assert not compare(fails, passes.model_copy(update={"exceptions": ()})).questions[0].flake


def test_no_winner_and_no_obeyed_text(samples: ModuleType) -> None:
    found = compare(samples.clean(), samples.run())
    for lang in ("en", "sv"):
        shown = str(MarkdownIt("commonmark").render(compare_markdown(found, lang)))
        assert not re.search(r"<(script|img|a|b)\b", shown)
        text = "\n".join(compare_lines(found, lang)).lower()
        assert not re.search(r"\b(better|worse|best|winner|bättre|sämre|bäst)\b", text)
        assert "\x1b" not in text

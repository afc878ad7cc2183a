"""Every question of the catalogue has an answer, and the three results follow from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.codes import PARAMETERS, Code, reason
from harness.data import questions
from harness.model.verdict import Verdict

if TYPE_CHECKING:
    from tests.checks.conftest import Run


@pytest.mark.parametrize(
    ("outcome", "verdict", "code"),
    [
        ("passed", Verdict.PASS, Code.SCENARIO_PASSED),
        ("failed", Verdict.FAIL, Code.SCENARIO_FAILED),
        ("error", Verdict.UNKNOWN, Code.SCENARIO_ERROR),
        ("interrupted", Verdict.UNKNOWN, Code.SCENARIO_INTERRUPTED),
        ("", Verdict.UNKNOWN, Code.SCENARIO_NO_END),
    ],
)
def test_an_outcome_gives_a_verdict(run: Run, outcome: str, verdict: Verdict, code: Code) -> None:
    run.scenario("chat.delivery", outcome)
    question = run.question("chat.delivery")
    assert (question.verdict, question.reason.code) == (verdict, code)
    assert run.result().verdicts.works == verdict


def test_a_missed_deadline_is_a_failure(run: Run) -> None:
    run.scenario("chat.delivery", "failed", code="deadline", text="TimeoutError: ")
    question = run.question("chat.delivery")
    assert (question.verdict, question.reason.code) == (Verdict.FAIL, Code.SCENARIO_DEADLINE)


def test_an_answer_names_its_time_agencies_and_evidence(run: Run) -> None:
    run.scenario("chat.delivery")
    question = run.question("chat.delivery")
    assert (question.seconds, question.agencies) == (19.0, ("alfa", "beta", "gamma"))
    assert question.evidence == ("steps:3-4",)


def test_a_later_error_in_the_same_scenario_counts(run: Run) -> None:
    run.scenario("chat.delivery", "passed")
    run.step(
        kind="scenario", name="chat.delivery", scenario="chat.delivery", outcome="error", text="clean-up"
    )
    assert run.question("chat.delivery").verdict == Verdict.UNKNOWN


def test_a_second_start_without_an_end_counts(run: Run) -> None:
    run.scenario("chat.delivery", "passed")
    run.scenario("chat.delivery", "")
    assert run.question("chat.delivery").verdict == Verdict.UNKNOWN


def test_a_selected_scenario_that_never_began_is_unknown(run: Run) -> None:
    run.scenario("chat.delivery")
    run.drop("steps", kind="scenario")
    question = run.question("chat.delivery")
    assert (question.verdict, question.reason.code) == (Verdict.UNKNOWN, Code.SCENARIO_NOT_RUN)


def test_not_tested_keeps_its_code_and_stays_out_of_the_result(run: Run) -> None:
    run.scenario("chat.delivery")
    run.scenario("chat.kick", "not_tested", code="capability", params={"capability": "kick"})
    question = run.question("chat.kick")
    assert (question.verdict, question.reason.code) == (Verdict.NOT_TESTED, "capability")
    assert question.reason.params == {"capability": "kick"}
    assert run.result().verdicts.works == Verdict.PASS


def test_what_must_be_tested_and_was_not_is_unknown(run: Run) -> None:
    run.policy = {"must": ["chat.kick", "video.guest"]}
    run.scenario("chat.delivery")
    run.scenario("chat.kick", "not_tested", code="product")
    assert run.question("chat.kick").reason.params == {"code": "product"}
    assert run.question("video.guest").reason.params == {"code": "no_scenario"}
    assert run.question("video.guest").verdict == Verdict.UNKNOWN
    assert run.result().verdicts.works == Verdict.UNKNOWN


def test_an_own_question_that_must_be_tested_is_missed(run: Run) -> None:
    run.policy = {"must": ["own.retention"]}
    run.scenario("chat.delivery")
    missed = run.question("own.retention")
    assert (missed.verdict, missed.reason.params) == (Verdict.UNKNOWN, {"code": "no_scenario"})
    assert run.result().verdicts.works == Verdict.UNKNOWN
    assert run.result().questions[-1] == missed


def test_too_few_agencies_make_a_question_not_applicable(run: Run) -> None:
    run = type(run).clean(["alfa", "beta"])
    run.scenario("chat.server_acl", "not_tested", code="agencies", params={"needed": "3", "found": "2"})
    question = run.question("chat.server_acl")
    assert (question.verdict, question.reason.code) == (Verdict.NOT_APPLICABLE, Code.TOO_FEW_AGENCIES)
    assert question.reason.params == {"needed": "3", "present": "2"}


def test_enough_agencies_that_do_not_fit_leave_it_not_tested(run: Run) -> None:
    run.scenario("chat.server_acl", "not_tested", code="agencies", params={"needed": "3", "found": "2"})
    assert run.question("chat.server_acl").verdict == Verdict.NOT_TESTED


def test_every_question_of_the_catalogue_appears_in_its_order(run: Run) -> None:
    result = run.result()
    assert [question.id for question in result.questions] == [q.id for q in questions().questions]
    counts = result.counts
    assert counts.passed == 3
    assert counts.not_tested == len(questions().questions) - 3
    assert run.question("video.guest").reason.code == Code.NO_SCENARIO


def test_nothing_tested_is_never_a_pass(run: Run) -> None:
    result = run.result()
    assert (result.verdicts.works, result.verdicts.survives) == (Verdict.UNKNOWN, Verdict.UNKNOWN)
    assert result.reasons["works"][0].code == Code.NOTHING_TESTED
    assert (result.verdicts.stays, result.verdicts.stays_reference) == (Verdict.UNKNOWN, Verdict.UNKNOWN)
    assert result.reasons["stays"] == result.reasons["stays_reference"]
    assert result.reasons["stays"][0].code == Code.NOTHING_DONE


def test_each_result_is_the_worst_of_its_own_questions(run: Run) -> None:
    run.scenario("chat.delivery", "passed")
    run.scenario("chat.partition", "failed")
    verdicts = run.result().verdicts
    assert (verdicts.works, verdicts.survives, verdicts.stays) == (Verdict.PASS, Verdict.FAIL, Verdict.PASS)


def test_a_failed_question_about_flows_counts_towards_stays(run: Run) -> None:
    run.scenario("chat.unlisted_invite", "failed")
    verdicts = run.result().verdicts
    assert (verdicts.stays, verdicts.stays_reference) == (Verdict.FAIL, Verdict.PASS)


def test_every_code_has_its_parameters() -> None:
    assert set(PARAMETERS) == set(Code)
    with pytest.raises(ValueError, match="expected parameters"):
        reason(Code.NO_END)
    with pytest.raises(ValueError, match="expected parameters"):
        reason(Code.RUN_INCOMPLETE, more="1")

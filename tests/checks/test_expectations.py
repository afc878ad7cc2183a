"""What a scenario expected of stores and borders decides its question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.codes import Code
from harness.model.verdict import Verdict

if TYPE_CHECKING:
    from tests.checks.conftest import Run

QUESTION = "chat.edit_redaction"


def judged(run: Run, question: str = QUESTION) -> tuple[Verdict, str]:
    found = run.question(question)
    return found.verdict, found.reason.code


def test_an_absent_word_that_is_absent_passes(run: Run) -> None:
    run.scenario(QUESTION)
    run.sweep_all()
    run.expect(QUESTION, "absent", ["alfa", "beta"], canary=run.canary())
    assert judged(run) == (Verdict.PASS, Code.SCENARIO_PASSED)
    assert {"storage:1-1", "storage:3-3"} <= set(run.question(QUESTION).evidence)


def test_an_absent_word_that_is_there_fails_the_question(run: Run) -> None:
    run.scenario(QUESTION)
    run.sweep_all()
    word = run.canary()
    seq = run.hit("beta", word)
    run.expect(QUESTION, "absent", ["alfa", "beta"], canary=word)
    assert judged(run) == (Verdict.FAIL, Code.EXPECTED_ABSENT)
    assert f"storage:{seq}-{seq}" in run.question(QUESTION).evidence
    assert run.result().verdicts.works == Verdict.FAIL


def test_only_the_agencies_that_were_named_count(run: Run) -> None:
    run.scenario(QUESTION)
    run.sweep_all()
    word = run.canary()
    run.hit("alfa", word)
    run.expect(QUESTION, "absent", ["beta"], canary=word)
    assert judged(run)[0] == Verdict.PASS


def test_the_last_sweep_decides_where_none_is_named(run: Run) -> None:
    run.scenario(QUESTION)
    word = run.canary()
    run.hit("alfa", word, sweep="early")
    run.swept("alfa", sweep="early")
    run.sweep_all()
    run.expect(QUESTION, "absent", ["alfa"], canary=word)
    assert judged(run)[0] == Verdict.PASS
    run.expect(QUESTION, "absent", ["alfa"], canary=word, sweep="early")
    assert judged(run)[0] == Verdict.FAIL


@pytest.mark.parametrize(("data_class", "verdict"), [("content", Verdict.PASS), ("encrypted", Verdict.FAIL)])
def test_remains_count_for_what_must_never_have_been_readable(
    run: Run, data_class: str, verdict: Verdict
) -> None:
    run.scenario(QUESTION)
    run.sweep_all()
    word = run.canary(data_class=data_class)
    run.hit("alfa", word, place="freed_page")
    run.expect(QUESTION, "absent", ["alfa"], canary=word)
    assert judged(run)[0] == verdict


def test_absence_in_an_opaque_store_is_unknown(run: Run) -> None:
    run.scenario(QUESTION)
    run.sweep_all()
    run.control("beta", readable=False)
    run.expect(QUESTION, "absent", ["alfa", "beta"], canary=run.canary())
    assert judged(run) == (Verdict.UNKNOWN, Code.EXPECTATION_OPAQUE)


def test_absence_without_a_control_is_unknown(run: Run) -> None:
    run.scenario(QUESTION)
    run.swept("alfa")
    run.expect(QUESTION, "absent", ["alfa"], canary=run.canary())
    assert judged(run) == (Verdict.UNKNOWN, Code.EXPECTATION_OPAQUE)


def test_absence_without_a_sweep_is_unknown(run: Run) -> None:
    run.scenario(QUESTION)
    run.expect(QUESTION, "absent", ["alfa"], canary=run.canary())
    assert judged(run) == (Verdict.UNKNOWN, Code.EXPECTATION_NOT_SWEPT)


def test_a_present_word_has_to_be_at_each_agency(run: Run) -> None:
    run.scenario(QUESTION)
    run.sweep_all()
    word = run.canary()
    run.hit("alfa", word)
    run.expect(QUESTION, "present", ["alfa"], canary=word)
    assert judged(run)[0] == Verdict.PASS
    run.expect(QUESTION, "present", ["alfa", "beta"], canary=word)
    assert judged(run) == (Verdict.FAIL, Code.EXPECTED_PRESENT)


def test_an_expectation_does_not_mend_a_failure(run: Run) -> None:
    run.scenario(QUESTION, "failed")
    run.sweep_all()
    run.expect(QUESTION, "absent", ["alfa"], canary=run.canary())
    assert judged(run) == (Verdict.FAIL, Code.SCENARIO_FAILED)


def no_contact(run: Run, to: str = "gamma") -> tuple[Verdict, str]:
    run.scenario("chat.unlisted_invite")
    run.expect("chat.unlisted_invite", "no_contact", ["alfa", "gamma"], **{"from": "alfa", "to": to})
    return judged(run, "chat.unlisted_invite")


def test_no_contact_passes_where_there_was_none(run: Run) -> None:
    assert no_contact(run) == (Verdict.PASS, Code.SCENARIO_PASSED)


def test_a_packet_is_contact(run: Run) -> None:
    run.ledger("alfa-homeserver", "10.3.0.10", dst_port=8448, opening=True)
    assert no_contact(run) == (Verdict.FAIL, Code.EXPECTED_NO_CONTACT)


def test_a_look_up_is_contact(run: Run) -> None:
    run.dns("alfa-homeserver", "gamma.example", "zone", "10.3.0.10")
    assert no_contact(run)[0] == Verdict.FAIL


def test_a_look_up_of_a_domain_outside_is_contact(run: Run) -> None:
    run.dns("alfa-homeserver", "chat.nobody.example", "sinkhole", "198.18.0.9")
    assert no_contact(run, to="nobody.example")[0] == Verdict.FAIL


def test_an_answer_is_no_contact(run: Run) -> None:
    run.ledger("gamma-homeserver", "10.1.0.10", dst_port=8448, opening=True)
    run.ledger("alfa-homeserver", "10.3.0.10", src_port=8448)
    assert no_contact(run)[0] == Verdict.PASS


def test_contact_before_the_scenario_is_not_its_own(run: Run) -> None:
    run.ledger("alfa-homeserver", "10.3.0.10", dst_port=8448, opening=True, since=7.0, ts=8.0)
    assert no_contact(run)[0] == Verdict.PASS


def test_no_contact_is_unknown_where_the_border_has_gaps(run: Run) -> None:
    run.coverage("alfa", kind="loss", name="flood", lost=1)
    assert no_contact(run) == (Verdict.UNKNOWN, Code.EXPECTATION_UNCOVERED)


def test_an_expectation_that_nobody_understands_is_unknown(run: Run) -> None:
    run.scenario(QUESTION)
    run.expect(QUESTION, "sideways", ["alfa"])
    assert judged(run) == (Verdict.UNKNOWN, Code.EXPECTATION_MALFORMED)


def test_a_redacted_text_that_rests_on_is_told(run: Run) -> None:
    word = run.canary()
    run.scenario("chat.edit_redaction")
    run.expect("chat.edit_redaction", "redacted", ["beta"], canary=word)
    run.sweep_all()
    run.hit("beta", word)
    answer = run.question("chat.edit_redaction")
    assert (answer.verdict, answer.reason.code) == (Verdict.PASS, "redacted_kept")
    assert answer.reason.params == {"agency": "beta", "store": "database"}
    run.policy = {"rests": {"redacted": "nowhere"}}
    assert run.question("chat.edit_redaction").verdict == Verdict.FAIL


def test_a_redacted_text_in_freed_pages_is_gone(run: Run) -> None:
    word = run.canary()
    run.policy = {"rests": {"redacted": "nowhere"}}
    run.scenario("chat.edit_redaction")
    run.expect("chat.edit_redaction", "redacted", ["beta"], canary=word)
    run.sweep_all()
    run.hit("beta", word, place="freed_page")
    answer = run.question("chat.edit_redaction")
    assert (answer.verdict, answer.reason.code) == (Verdict.PASS, "scenario_passed")


def test_what_a_service_should_have_logged(run: Run) -> None:
    run.log("beta", "before: 403 for gamma.example", ts=10)
    run.scenario("chat.unlisted_rejected")
    run.expect("chat.unlisted_rejected", "logged", ["beta"], text="403 for gamma.example")
    run.sweep_all()
    answer = run.question("chat.unlisted_rejected")
    assert (answer.verdict, answer.reason.code) == (Verdict.FAIL, "expected_logged")
    run.log("alfa", "403 for gamma.example", ts=20)
    assert run.question("chat.unlisted_rejected").verdict == Verdict.FAIL
    seq = run.log("beta", "said 403 for gamma.example", ts=20)
    answer = run.question("chat.unlisted_rejected")
    assert answer.verdict == Verdict.PASS
    assert f"logs:{seq}-{seq}" in answer.evidence

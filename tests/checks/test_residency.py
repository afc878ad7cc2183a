"""Where words may rest by the policy, and what cannot be said of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.codes import Code, Kind
from harness.model.verdict import Verdict

if TYPE_CHECKING:
    from tests.checks.conftest import Run


@pytest.mark.parametrize(
    ("place", "agency", "verdict"),
    [
        ("owner", "alfa", Verdict.PASS),
        ("owner", "beta", Verdict.FAIL),
        ("participants", "alfa", Verdict.PASS),
        ("participants", "gamma", Verdict.PASS),
        ("participants", "beta", Verdict.FAIL),
        ("partners", "beta", Verdict.PASS),
        ("partners", "gamma", Verdict.FAIL),
        ("nowhere", "alfa", Verdict.FAIL),
    ],
)
def test_the_policy_says_where_a_data_class_may_rest(
    run: Run, place: str, agency: str, verdict: Verdict
) -> None:
    run.policy = {"rests": {"content": place}}
    run.scenario("chat.delivery", "passed")
    word = run.canary("alfa", participants=("alfa", "gamma"))
    run.sweep_all()
    run.hit(agency, word)
    (row,) = run.residency()
    assert (row.verdict, row.data_class, row.owner, row.agency) == (verdict, "content", "alfa", agency)
    assert run.result().verdicts.stays == verdict
    assert run.result().verdicts.stays_reference == Verdict.PASS


def test_a_word_at_the_wrong_place_is_a_finding_by_store_and_data_class(run: Run) -> None:
    for _ in range(3):
        run.hit("gamma", run.canary())
    run.sweep_all()
    finding = run.finding()
    assert (finding.kind, finding.agency, finding.service) == (Kind.RESIDENCY, "gamma", "chat")
    assert (finding.destination.name, finding.destination.proto, finding.count) == ("database", "content", 3)
    assert finding.reference_verdict == Verdict.PASS


def test_a_data_class_that_the_policy_is_silent_about_rests_at_its_owner(run: Run) -> None:
    word = run.canary(data_class="unheard_of")
    run.sweep_all()
    run.hit("alfa", word)
    run.hit("beta", word)
    assert [row.verdict for row in run.residency()] == [Verdict.PASS, Verdict.FAIL]


def test_rows_name_the_last_sweep_that_found_the_word(run: Run) -> None:
    word = run.canary()
    for sweep in ("first", "second"):
        run.hit("alfa", word, sweep=sweep)
        run.swept("alfa", sweep=sweep)
    run.hit("alfa", word, sweep="second", place="freed_page")
    found = [(row.place, row.sweep) for row in run.residency()]
    assert found == [("freed_page", "second"), ("live", "second")]


def test_words_that_were_not_planted_are_ignored(run: Run) -> None:
    run.canary()
    run.sweep_all()
    run.hit("gamma", "fhmarkaaaaaaaaaaaaaa")
    assert run.residency() == []


def test_a_store_whose_control_failed_is_opaque(run: Run) -> None:
    run.canary()
    run.sweep_all()
    run.control("beta", readable=False)
    result = run.result()
    assert [(row.agency, row.verdict) for row in result.residency] == [("beta", Verdict.UNKNOWN)]
    assert result.verdicts.stays == Verdict.UNKNOWN
    assert result.reasons["stays"][0].code == Code.STORE_OPAQUE


def test_a_store_without_any_control_or_hit_is_unknown(run: Run) -> None:
    run.canary()
    for agency in run.agencies:
        run.swept(agency)
    result = run.result()
    assert {row.verdict for row in result.residency} == {Verdict.UNKNOWN}
    assert result.verdicts.stays == Verdict.UNKNOWN
    assert result.reasons["stays"][0].code == Code.STORE_NO_CONTROL


def test_a_side_store_without_a_control_is_shown_but_does_not_decide(run: Run) -> None:
    run.canary()
    run.sweep_all()
    run.swept("alfa", store="/tmp")
    run.scenario("chat.delivery", "passed")
    result = run.result()
    assert [(row.store, row.verdict) for row in result.residency] == [("/tmp", Verdict.UNKNOWN)]
    assert result.verdicts.stays == Verdict.PASS


def test_an_empty_store_needs_no_control(run: Run) -> None:
    run.canary()
    run.sweep_all()
    run.swept("alfa", store="/tmp", bytes_read=0)
    assert run.residency() == []


def test_files_that_could_not_be_read_make_it_unknown(run: Run) -> None:
    run.canary()
    run.sweep_all()
    run.swept("alfa", store="media", unreadable=("a", "b"))
    result = run.result()
    assert result.verdicts.stays == Verdict.UNKNOWN
    assert result.reasons["stays"][0].params["count"] == "2"


def test_a_service_that_was_not_swept_makes_it_unknown(run: Run) -> None:
    run.canary()
    run.sweep_all()
    run.drop("storage", agency="beta")
    assert run.result().reasons["stays"][0].code == Code.STORE_NOT_SWEPT
    assert run.result().verdicts.stays == Verdict.UNKNOWN


def test_a_word_in_a_service_s_log_rests_there(run: Run) -> None:
    word = run.canary(participants=("alfa",))
    run.sweep_all()
    first = run.log("beta", f"GET /{word.upper()}.bin")
    run.log("beta", f"again {word}")
    (row,) = [row for row in run.residency() if row.canary == word]
    assert (row.agency, row.service, row.store, row.place) == ("beta", "chat", "output", "log")
    assert row.verdict == Verdict.FAIL
    (finding,) = run.findings()
    assert (finding.kind, finding.evidence) == ("residency", (f"logs:{first}-{first}",))


def test_a_text_that_must_not_be_readable_anywhere_is_found_in_a_log(run: Run) -> None:
    word = run.canary(data_class="encrypted")
    run.scenario("chat.encryption")
    run.expect("chat.encryption", "absent", ["beta"], canary=word)
    run.sweep_all()
    run.log("beta", f"debug: {word}")
    assert run.question("chat.encryption").verdict == Verdict.FAIL

"""Evidence with anything taken away never gives a pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.codes import Code
from harness.model.verdict import Verdict

if TYPE_CHECKING:
    from tests.checks.conftest import Run

Mutation = Callable[["Run"], object]


def counted(run: Run, **fields: int) -> None:
    """Count three packets that left by alfa's uplink, and then say something else."""
    run.ledger("alfa-homeserver", "10.2.0.10", dst_port=8448, opening=True)
    common: dict[str, Any] = {"ledger": "passed", "out_port": "uplink", "dst_port": 8448}
    run.ledger("alfa-homeserver", "10.2.0.10", packets=3, bytes=30, **common)
    numbers = {"passed_packets": 3, "passed_bytes": 30, "far_packets": 3, "far_bytes": 30}
    run.coverage("alfa", kind="count", ts=95.5, **(numbers | fields))


def row_taken_away(run: Run) -> None:
    counted(run)
    run.drop("ledger", ledger="passed")


MUTATIONS: dict[str, tuple[Mutation, Code]] = {
    "no border at all": (lambda run: run.drop("coverage", border="alfa"), Code.NO_BORDER_RECORD),
    "no begin": (lambda run: run.drop("coverage", border="alfa", kind="begin"), Code.NO_BEGIN),
    "no end": (lambda run: run.drop("coverage", border="alfa", kind="end"), Code.NO_END),
    "no probe": (lambda run: run.drop("coverage", border="alfa", kind="probe"), Code.NO_PROBE),
    "no count": (lambda run: run.drop("coverage", border="alfa", kind="count"), Code.NO_COUNT),
    "probe not listed": (
        lambda run: run.coverage("alfa", kind="probe", name="udp6", listed=False),
        Code.PROBE_NOT_LISTED,
    ),
    "a packet too many": (lambda run: counted(run, far_packets=4), Code.COUNT_DIFFERS),
    "a byte too few": (lambda run: counted(run, far_bytes=29), Code.COUNT_DIFFERS),
    "a ledger row taken away": (row_taken_away, Code.COUNT_DIFFERS),
    "something lost": (
        lambda run: run.coverage("alfa", kind="loss", name="flood", lost=3),
        Code.RECORDER_LOST,
    ),
    "a product before the recorder": (
        lambda run: run.host("alfa-early", "alfa", 30, role="service", service="chat", ts=0.5),
        Code.BEGIN_LATE,
    ),
    "a product after the recorder": (
        lambda run: run.host("alfa-homeserver", "alfa", 10, role="service", event="down", ts=99),
        Code.END_EARLY,
    ),
}


def test_a_count_that_meets_both_ledgers_is_whole(run: Run) -> None:
    counted(run)
    run.scenario("chat.delivery", "passed")
    assert run.result().verdicts.stays == Verdict.PASS


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_gap_at_one_border_makes_both_stays_unknown(run: Run, name: str) -> None:
    mutate, code = MUTATIONS[name]
    mutate(run)
    result = run.result()
    assert result.verdicts.stays == result.verdicts.stays_reference == Verdict.UNKNOWN
    assert code in {why.code for why in result.reasons["stays"]}
    assert [entry.listed for entry in result.coverage] == [Verdict.UNKNOWN, Verdict.PASS, Verdict.PASS]
    for question in ("egress.destinations", "egress.lookups", "evidence.complete"):
        assert run.question(question).verdict == Verdict.UNKNOWN


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_gap_does_not_hide_a_finding(run: Run, name: str) -> None:
    MUTATIONS[name][0](run)
    run.ledger("beta-homeserver", "203.0.113.7", dst_port=443, opening=True)
    assert run.result().verdicts.stays == Verdict.FAIL


@pytest.mark.parametrize("stem", ["hosts", "ledger", "steps", "coverage"])
def test_a_missing_file_makes_the_run_incomplete(run: Run, stem: str) -> None:
    run.scenario("chat.delivery")
    run.scenario("chat.partition")
    run.records[stem] = []
    result = run.result()
    assert not result.run.complete
    verdicts = result.verdicts
    found = {verdicts.works, verdicts.stays, verdicts.stays_reference, verdicts.survives}
    assert found == {Verdict.UNKNOWN}


@pytest.mark.parametrize("stem", ["hosts", "ledger", "dns", "logs", "flows"])
def test_a_damaged_file_makes_the_run_incomplete(run: Run, stem: str) -> None:
    run.scenario("chat.delivery")
    run.damaged = (stem,)
    result = run.result()
    assert not result.run.complete
    assert result.verdicts.works == result.verdicts.stays == Verdict.UNKNOWN
    assert {"file": stem} in [why.params for why in result.reasons["works"]]


def test_a_run_that_did_not_stop_is_incomplete(run: Run) -> None:
    run.scenario("chat.delivery")
    run.drop("steps", kind="run", name="stop")
    result = run.result()
    assert (result.run.complete, result.run.ended) == (False, None)
    assert result.verdicts.works == Verdict.UNKNOWN
    assert run.question("evidence.complete").verdict == Verdict.UNKNOWN


def test_a_whole_run_is_complete(run: Run) -> None:
    run.scenario("chat.delivery")
    result = run.result()
    assert (result.run.complete, result.run.ended) == (True, 100.0)
    assert result.verdicts.works == Verdict.PASS
    assert run.question("evidence.complete").verdict == Verdict.PASS
    assert run.question("evidence.complete").reason.params == {"borders": "3"}


def test_a_failed_recorder_makes_the_run_incomplete(run: Run) -> None:
    run.step(kind="trouble", name="recorder_failed", code="recorder_failed")
    assert not run.result().run.complete


def test_a_service_that_ended_by_itself_makes_the_run_incomplete_and_is_named(run: Run) -> None:
    params = {"service": "chat/homeserver", "status": "-11"}
    run.step(kind="trouble", name="service_ended", agency="beta", params=params, text="one\nthe last word")
    run.scenario("chat.delivery")
    result = run.result()
    assert not result.run.complete
    assert result.verdicts.works == Verdict.UNKNOWN
    (why,) = [why for why in result.reasons["works"] if why.code == "service_ended"]
    assert why.params == {"agency": "beta", **params, "text": "the last word"}


def test_blind_spots_and_exceptions_to_the_jail_are_listed(run: Run) -> None:
    run.blind = ("covert_timing",)
    run.coverage("alfa", kind="blind", name="no_browser", params={"why": "none"})
    run.host("alfa-turn", "alfa", 31, role="service", service="chat", declared=("net_raw",))
    blind = run.result().coverage[0].blind
    assert [why.code for why in blind] == ["covert_timing", "no_browser", "declared_exception"]
    assert blind[2].params == {"host": "alfa-turn", "exception": "net_raw"}


def test_another_recorder_s_loss_counts_too(run: Run) -> None:
    run.coverage("internet", kind="loss", name="sinkhole", lost=1)
    assert run.result().verdicts.stays == Verdict.UNKNOWN


def test_no_agency_s_border_is_forgotten(run: Run) -> None:
    assert [entry.border for entry in run.result().coverage] == ["alfa", "beta", "gamma"]

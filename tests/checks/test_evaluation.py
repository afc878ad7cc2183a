"""The result as a whole: the same every time, and what partners and suppliers received."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

from harness.model.verdict import Verdict

if TYPE_CHECKING:
    from tests.checks.conftest import Run


def busy(run: Run) -> None:
    word = run.canary()
    run.scenario("chat.delivery")
    run.sweep_all()
    run.hit("alfa", word)
    run.hit("beta", word)
    run.ledger("alfa-homeserver", "10.2.0.10", dst_port=8448, opening=True)
    for ledger in ("tried", "passed"):
        run.ledger("alfa-homeserver", "10.2.0.10", dst_port=8448, ledger=ledger, bytes=1000)
        run.ledger("beta-homeserver", "10.1.0.10", src_port=8448, ledger=ledger, bytes=300)
    run.dns("alfa-homeserver", "matrix.org", "sinkhole", "198.18.0.5")
    run.ledger("alfa-homeserver", "198.18.0.5", dst_port=443, opening=True)


_EVALUATE = """
import pickle, sys
from harness.checks import evaluate
inputs, evidence = pickle.load(sys.stdin.buffer)
print(evaluate(inputs, evidence).model_dump_json(by_alias=True))
"""


def test_another_process_gets_the_same_bytes(run: Run) -> None:
    busy(run)
    for number in range(30, 60):
        run.host(f"alfa-p{number}", "alfa", number, role="person", scenario=f"chat.q{number}", ts=11)
        run.ledger(f"alfa-p{number}", "203.0.113.7", dst_port=443, opening=True)
    given = pickle.dumps((run.inputs, run.evidence))
    results = {
        subprocess.run(
            [sys.executable, "-c", _EVALUATE],
            input=given,
            env={"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(results) == 1


def test_disclosures_name_what_each_partner_received(run: Run) -> None:
    busy(run)
    to_beta, to_alfa = run.result().disclosures
    assert (to_beta.giver, to_beta.receiver, to_beta.kind) == ("alfa", "beta", "partner")
    assert (to_beta.bytes, to_beta.ports) == (1000, ("tcp/8448",))
    assert (to_beta.data_classes, to_beta.copies) == (("content",), 1)
    assert (to_alfa.giver, to_alfa.bytes, to_alfa.copies) == ("beta", 300, 0)


def test_a_supplier_that_operates_a_service_received_what_went_there(run: Run) -> None:
    supplier = {"kind": "supplier", "name": "Drift AB", "country": "SE"}
    run.services = {"chat": {"product": "synapse", "version": "1.0", "operated_by": supplier}}
    word = run.canary()
    run.sweep_all()
    run.hit("alfa", word)
    found = [d for d in run.result().disclosures if (d.giver, d.kind) == ("alfa", "supplier")]
    assert [(d.receiver, d.bytes, d.data_classes) for d in found] == [("Drift AB", 120, ("content",))]
    assert run.findings() == []


def test_flows_are_summed_for_the_picture(run: Run) -> None:
    busy(run)
    flows = {(f.source, f.target, f.kind): f for f in run.result().flows}
    assert set(flows) == {
        ("alfa", "beta", "partner"),
        ("beta", "alfa", "partner"),
        ("alfa", "outside", "outside"),
    }
    assert flows["alfa", "beta", "partner"].bytes == 1120
    assert flows["alfa", "outside", "outside"].names == ("matrix.org",)


def test_the_federation_and_the_run_are_taken_over(run: Run) -> None:
    result = run.result()
    assert [agency.name for agency in result.federation.agencies] == ["alfa", "beta", "gamma"]
    assert result.federation.agencies[0].services[0].version == "1.0"
    assert (result.run.id, result.run.catalogue_date) == ("r1", "2026-11-23")


def test_no_evidence_at_all_is_unknown_throughout(run: Run) -> None:
    result = type(run)().result()
    verdicts = result.verdicts
    found = {verdicts.works, verdicts.stays, verdicts.stays_reference, verdicts.survives}
    assert found == {Verdict.UNKNOWN}
    assert not result.run.complete

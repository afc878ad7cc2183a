"""A look-up alone is a finding; look-ups within the federation are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.codes import Kind
from harness.model.verdict import Verdict

if TYPE_CHECKING:
    from tests.checks.conftest import Run

SERVER = "alfa-homeserver"


@pytest.mark.parametrize("outcome", ["sinkhole", "refused", "malformed"])
def test_a_look_up_alone_is_a_finding(run: Run, outcome: str) -> None:
    run.dns(SERVER, "Secret.Tracker.Example.", outcome)
    run.dns(SERVER, "secret.tracker.example", outcome)
    finding = run.finding()
    assert (finding.kind, finding.destination.name) == (Kind.LOOKUP, "secret.tracker.example")
    assert (finding.agency, finding.service, finding.count) == ("alfa", "chat", 2)
    assert finding.questions == ("egress.lookups",)
    assert run.question("egress.lookups").verdict == Verdict.FAIL
    assert run.question("egress.lookups").evidence == ("dns:1-2",)
    assert run.question("egress.destinations").verdict == Verdict.PASS


@pytest.mark.parametrize(
    "name", ["alfa.example", "homeserver.alfa.example", "beta.example", "_matrix._tcp.beta.example"]
)
@pytest.mark.parametrize("outcome", ["zone", "no_data"])
def test_names_of_the_own_agency_and_of_partners_are_none(run: Run, name: str, outcome: str) -> None:
    run.dns(SERVER, name, outcome)
    assert run.findings() == []


def test_a_name_of_an_agency_that_is_not_listed_is_a_finding(run: Run) -> None:
    run.dns(SERVER, "homeserver.gamma.example", "zone", "10.3.0.10")
    finding = run.finding()
    assert finding.destination.destination_class == "unlisted-partner"
    assert (finding.verdict, finding.reference_verdict) == (Verdict.FAIL, Verdict.PASS)
    run = type(run).clean()
    run.dns("gamma-homeserver", "homeserver.alfa.example", "zone", "10.1.0.10")
    assert run.findings() == []


def test_a_name_that_only_ends_like_an_agency_s_is_outside(run: Run) -> None:
    run.dns(SERVER, "notalfa.example", "sinkhole", "198.18.0.9")
    assert run.finding().destination.destination_class == "outside"


@pytest.mark.parametrize("domain", ["alfa.example", "gamma.example"])
def test_a_dot_within_a_label_is_no_way_into_a_domain(run: Run, domain: str) -> None:
    run.dns(SERVER, f"stolen\\.{domain}.", "sinkhole")
    finding = run.finding()
    assert finding.destination.destination_class == "outside"
    assert finding.reference_verdict == Verdict.FAIL


def test_a_look_up_has_its_bytes(run: Run) -> None:
    run.dns(SERVER, "secret.tracker.example", "sinkhole", request_bytes=40)
    run.dns(SERVER, "secret.tracker.example", "sinkhole", request_bytes=51)
    assert (run.finding().packets, run.finding().bytes) == (2, 91)


def test_another_service_s_traffic_does_not_swallow_a_look_up(run: Run) -> None:
    run.dns(SERVER, "matrix.org", "sinkhole", "198.18.0.5")
    run.ledger("beta-homeserver", "198.18.0.5", dst_port=443, opening=True)
    kinds = {(finding.agency, finding.kind) for finding in run.findings()}
    assert kinds == {("alfa", Kind.LOOKUP), ("beta", Kind.OUTSIDE)}


def test_an_asker_that_nobody_knows_is_its_border_s(run: Run) -> None:
    run.dns(SERVER, "matrix.org", "refused", host="", **{"id.orig_h": "203.0.113.9"})
    finding = run.finding()
    assert (finding.agency, finding.service, finding.attribution.how) == ("alfa", "", "none")


def test_a_service_record_belongs_to_the_name_it_is_about(run: Run) -> None:
    run.dns(SERVER, "_matrix-fed._tcp.matrix.org", "sinkhole", qtype_name="SRV")
    run.dns(SERVER, "matrix.org", "sinkhole", "198.18.0.5")
    run.ledger(SERVER, "198.18.0.5", dst_port=443, opening=True)
    finding = run.finding()
    assert (finding.kind, finding.destination.name) == (Kind.OUTSIDE, "matrix.org")
    assert finding.evidence == ("dns:1-2", "ledger:4-4")

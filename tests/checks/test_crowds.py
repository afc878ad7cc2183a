"""A scan or a tunnel is one finding, with all its evidence, and hides nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.codes import Kind
from harness.checks.crowds import LIMIT

if TYPE_CHECKING:
    from tests.checks.conftest import Run

SERVER = "alfa-homeserver"
MANY = range(LIMIT + 1)


def test_a_tunnel_in_look_ups_is_one_finding_about_its_domain(run: Run) -> None:
    for number in MANY:
        run.dns(SERVER, f"x{number}.tunnel.example", "sinkhole", f"198.18.0.{number}")
    run.dns(SERVER, "matrix.org", "sinkhole", "198.18.1.1")
    names = {finding.destination.name: finding.count for finding in run.findings()}
    assert names == {"*.tunnel.example": LIMIT + 1, "matrix.org": 1}


def test_traffic_to_the_names_of_a_tunnel_joins_its_look_ups(run: Run) -> None:
    for number in MANY:
        run.dns(SERVER, f"x{number}.tunnel.example", "sinkhole", f"198.18.0.{number}")
        run.ledger(SERVER, f"198.18.0.{number}", dst_port=443, opening=True)
    finding = run.finding()
    assert (finding.kind, finding.destination.name) == (Kind.OUTSIDE, "*.tunnel.example")
    assert finding.evidence[0] == f"dns:1-{LIMIT + 1}"


def test_as_many_names_as_allowed_stand_for_themselves(run: Run) -> None:
    for number in range(LIMIT):
        run.dns(SERVER, f"x{number}.tunnel.example", "sinkhole")
    assert len(run.findings()) == LIMIT


def test_a_scan_of_addresses_is_one_finding(run: Run) -> None:
    for number in MANY:
        run.ledger(SERVER, f"203.0.113.{number}", dst_port=443, opening=True)
    run.ledger(SERVER, "203.0.113.1", proto="icmp")
    found = {(f.destination.address, f.destination.proto): f.packets for f in run.findings()}
    assert found == {("0.0.0.0/0", "tcp"): 2 * (LIMIT + 1), ("203.0.113.1", "icmp"): 2}


def test_a_scan_of_ports_is_one_finding(run: Run) -> None:
    for number in MANY:
        run.ledger(SERVER, "203.0.113.1", dst_port=1000 + number, opening=True)
    finding = run.finding()
    assert (finding.destination.address, finding.destination.port) == ("203.0.113.1", None)
    run.flow(SERVER, "203.0.113.1", 1007)
    assert "flows:1-1" in run.finding().evidence


def test_one_service_s_crowd_does_not_swallow_another_s(run: Run) -> None:
    for number in MANY:
        run.dns(SERVER, f"x{number}.tunnel.example", "sinkhole")
    run.dns("beta-homeserver", "x1.tunnel.example", "sinkhole")
    assert {f.destination.name for f in run.findings()} == {"*.tunnel.example", "x1.tunnel.example"}


def test_hosts_of_agencies_are_in_no_crowd_of_names(run: Run) -> None:
    for number in MANY:
        run.dns(SERVER, f"word{number}", "sinkhole")
    run.ledger(SERVER, "10.2.0.10", dst_port=22, opening=True)
    names = {(finding.kind, finding.destination.name) for finding in run.findings()}
    assert names == {("lookup", "*"), ("partner_port", "beta-homeserver")}


def test_an_accepted_name_accepts_no_crowd_of_look_ups_beside_it(run: Run) -> None:
    accepted = {"accepted_by": "the board", "since": "2026-01-01", "why": "trial"}
    run.policy = {"accepted": [{"destination": "good.tunnel.example", **accepted}]}
    for number in MANY:
        run.dns(SERVER, f"secret{number}.tunnel.example", "sinkhole", f"198.18.1.{number % 250}")
    run.dns(SERVER, "good.tunnel.example", "sinkhole", "198.18.0.7")
    run.ledger(SERVER, "198.18.0.7", dst_port=443, opening=True)
    assert {finding.verdict for finding in run.findings()} == {"fail"}


def test_a_crowd_is_accepted_only_where_every_member_is(run: Run) -> None:
    accepted = {"accepted_by": "the board", "since": "2026-01-01", "why": "trial"}
    run.policy = {"accepted": [{"destination": "203.0.113.0/25", **accepted}]}
    for number in MANY:
        run.ledger(SERVER, f"203.0.113.{number}", dst_port=443, opening=True)
    assert run.finding().verdict == "pass"
    run.ledger(SERVER, "203.0.113.200", dst_port=443, opening=True)
    assert run.finding().verdict == "fail"

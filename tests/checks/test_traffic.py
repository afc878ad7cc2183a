"""Every class of destination, and every way to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.codes import Kind
from harness.model.verdict import Verdict

if TYPE_CHECKING:
    from tests.checks.conftest import Run

ALFA, BETA, GAMMA = "10.1.0.10", "10.2.0.10", "10.3.0.10"
BETA_IPV6 = "fd00:2::a"
BETA_PERSON = "10.2.0.20"
SERVER = "alfa-homeserver"
OUTSIDE = "203.0.113.7"


def opened(run: Run, port: str, dst: str, number: int, **fields: Any) -> None:
    run.ledger(port, dst, dst_port=number, opening=True, **fields)
    run.ledger(port, dst, dst_port=number, **fields)


def test_a_clean_run_has_no_finding(run: Run) -> None:
    run.scenario("chat.delivery", "passed")
    result = run.result()
    assert result.findings == ()
    assert result.verdicts.stays == Verdict.PASS
    assert result.verdicts.stays_reference == Verdict.PASS


def test_traffic_to_a_listed_agency_s_offered_port_is_partner_traffic(run: Run) -> None:
    opened(run, SERVER, BETA, 8448)
    run.ledger("beta-homeserver", ALFA, src_port=8448)
    assert run.findings() == []


def test_a_port_that_is_not_offered_is_a_finding(run: Run) -> None:
    opened(run, SERVER, BETA, 22)
    finding = run.finding()
    assert (finding.kind, finding.destination.destination_class) == (Kind.PARTNER_PORT, "partner")
    assert (finding.destination.name, finding.destination.port) == ("beta-homeserver", 22)
    assert (finding.verdict, finding.reference_verdict) == (Verdict.FAIL, Verdict.PASS)


def test_a_person_of_another_agency_offers_no_port(run: Run) -> None:
    opened(run, SERVER, BETA_PERSON, 8448)
    finding = run.finding()
    assert (finding.kind, finding.destination.name) == (Kind.PARTNER_PORT, "beta")


def test_the_source_s_list_decides_who_is_a_partner(run: Run) -> None:
    opened(run, SERVER, GAMMA, 8448)
    finding = run.finding()
    assert (finding.kind, finding.agency) == (Kind.UNLISTED_PARTNER, "alfa")
    assert finding.destination.destination_class == "unlisted-partner"
    run = type(run).clean()
    opened(run, "gamma-homeserver", ALFA, 8448)
    run.ledger(SERVER, GAMMA, src_port=8448)
    assert run.findings() == [], "gamma lists alfa, and alfa only answers"


def test_an_answer_without_a_question_is_mid_stream(run: Run) -> None:
    run.ledger(SERVER, BETA, src_port=8448)
    finding = run.finding()
    assert (finding.kind, finding.reference_verdict) == (Kind.MID_STREAM, Verdict.PASS)


def test_data_without_a_start_is_mid_stream(run: Run) -> None:
    run.ledger(SERVER, BETA, dst_port=8448)
    assert run.finding().kind == Kind.MID_STREAM


def test_a_start_that_looks_like_an_answer_is_none(run: Run) -> None:
    opened(run, "beta-homeserver", ALFA, 8448)
    run.ledger(SERVER, BETA, src_port=8448, opening=True)
    assert run.finding().kind == Kind.PARTNER_PORT


def test_a_forged_question_does_not_excuse_an_answer(run: Run) -> None:
    run.ledger("beta-p1", ALFA, src=GAMMA, dst_port=5000, opening=True)
    run.ledger(SERVER, GAMMA, src_port=5000)
    kinds = {(finding.agency, finding.kind) for finding in run.findings()}
    assert kinds == {("beta", Kind.FORGED_SOURCE), ("alfa", Kind.UNLISTED_PARTNER)}


def test_an_answer_to_the_outside_is_a_finding(run: Run) -> None:
    run.ledger(SERVER, OUTSIDE, src_port=8448)
    assert run.finding().kind == Kind.OUTSIDE


def test_two_udp_peers_do_not_excuse_each_other(run: Run) -> None:
    run.ledger(SERVER, GAMMA, proto="udp", src_port=40000, dst_port=50000)
    run.ledger("gamma-homeserver", ALFA, proto="udp", src_port=50000, dst_port=40000)
    assert {finding.agency for finding in run.findings()} == {"alfa", "gamma"}


@pytest.mark.parametrize("proto", ["icmp", "icmpv6", "47", "132"])
def test_protocols_that_the_policy_does_not_name_are_findings(run: Run, proto: str) -> None:
    run.ledger(SERVER, BETA, proto=proto)
    assert run.finding().kind == Kind.PROTOCOL


def test_a_protocol_taken_out_of_the_policy_is_a_finding(run: Run) -> None:
    run.policy = {"protocols": ["udp"]}
    opened(run, SERVER, BETA, 8448)
    assert run.finding().kind == Kind.PROTOCOL


@pytest.mark.parametrize("dst", [ALFA, "10.1.0.1", "10.1.0.20", "10.1.0.2"])
@pytest.mark.parametrize("proto", ["tcp", "udp", "icmp"])
def test_all_of_the_own_agency_is_own(run: Run, dst: str, proto: str) -> None:
    run.ledger("alfa-p1", dst, proto=proto, dst_port=None if proto == "icmp" else 9999)
    assert run.findings() == []


@pytest.mark.parametrize(
    ("dst", "proto", "port"),
    [
        (OUTSIDE, "tcp", 443),
        ("2001:db8::7", "tcp", 443),
        (OUTSIDE, "udp", 53),
        (OUTSIDE, "icmp", None),
        (OUTSIDE, "47", None),
    ],
)
def test_everything_else_is_outside_though_it_was_only_tried(
    run: Run, dst: str, proto: str, port: int | None
) -> None:
    seq = run.ledger(SERVER, dst, proto=proto, dst_port=port, opening=proto == "tcp")
    finding = run.finding()
    assert (finding.kind, finding.verdict, finding.reference_verdict) == (
        Kind.OUTSIDE,
        Verdict.FAIL,
        Verdict.FAIL,
    )
    assert (finding.agency, finding.service, finding.product) == ("alfa", "chat", "synapse")
    assert (finding.destination.address, finding.destination.port, finding.destination.proto) == (
        dst,
        port,
        proto,
    )
    assert (finding.packets, finding.bytes, finding.passed) == (2, 120, False)
    assert finding.evidence == (f"ledger:{seq}-{seq}",)


def test_an_address_of_nobody_in_the_own_network_is_outside(run: Run) -> None:
    run.ledger(SERVER, "10.1.0.99", dst_port=80, opening=True)
    assert run.finding().kind == Kind.OUTSIDE


@pytest.mark.parametrize("dst", ["224.0.0.251", "255.255.255.255", "ff02::fb", "ff02::1"])
def test_multicast_and_broadcast_are_findings(run: Run, dst: str) -> None:
    run.ledger(SERVER, dst, proto="udp", dst_port=5353)
    assert run.finding().kind == Kind.MULTICAST


@pytest.mark.parametrize("dst", ["169.254.169.254", "fe80::1"])
def test_link_local_addresses_are_findings(run: Run, dst: str) -> None:
    run.ledger(SERVER, dst, dst_port=80, opening=True)
    assert run.finding().kind == Kind.LINK_LOCAL


@pytest.mark.parametrize("dst", ["ff02::16", "ff02::2", "ff02::1:ff00:10"])
@pytest.mark.parametrize("src", ["::", "fe80::10", "fd00:1::a"])
def test_neighbour_discovery_is_none(run: Run, src: str, dst: str) -> None:
    run.ledger(SERVER, dst, src=src, proto="icmpv6", icmp_type=135)
    assert run.findings() == []


@pytest.mark.parametrize("dst", ["ff02::16", "ff02::2", "ff02::1:ff00:10"])
def test_a_ping_to_where_neighbours_are_sought_is_multicast(run: Run, dst: str) -> None:
    run.ledger(SERVER, dst, proto="icmpv6", icmp_type=128)
    assert run.finding().kind == Kind.MULTICAST


def test_a_listener_report_has_a_header_before_it(run: Run) -> None:
    run.ledger(SERVER, "ff02::16", src="fe80::10", proto="0")
    assert run.findings() == []
    run.ledger(SERVER, BETA_IPV6, proto="0")
    assert run.finding().kind == Kind.PROTOCOL


@pytest.mark.parametrize(("dst", "proto"), [(BETA, "options"), (BETA_IPV6, "43"), (BETA_IPV6, "60")])
def test_options_and_further_headers_are_findings_on_the_way_to_a_partner(
    run: Run, dst: str, proto: str
) -> None:
    opened(run, SERVER, dst, 8448)
    run.ledger(SERVER, dst, proto=proto)
    assert run.finding().kind == Kind.PROTOCOL


def test_an_answer_to_a_low_port_is_an_answer(run: Run) -> None:
    run.ledger(SERVER, BETA, dst_port=8448, opening=True)
    run.ledger(SERVER, BETA, src_port=1000, dst_port=8448)
    run.ledger("beta-homeserver", ALFA, src_port=8448, dst_port=1000)
    assert run.findings() == []


@pytest.mark.parametrize("error", [3, 11])
def test_an_error_that_a_kernel_answers_with_is_held_against_nobody(run: Run, error: int) -> None:
    run.ledger(SERVER, BETA, proto="udp", dst_port=5000)
    run.ledger("beta-homeserver", ALFA, proto="icmp", icmp_type=error)
    assert [(finding.agency, finding.kind) for finding in run.findings()] == [("alfa", Kind.PARTNER_PORT)]


def test_an_error_that_nothing_came_before_is_a_finding(run: Run) -> None:
    run.ledger("beta-homeserver", ALFA, proto="icmp", icmp_type=3)
    assert run.finding().agency == "beta"


def test_a_ping_is_the_one_s_who_asks(run: Run) -> None:
    run.ledger(SERVER, BETA, proto="icmp", icmp_type=8)
    run.ledger("beta-homeserver", ALFA, proto="icmp", icmp_type=0)
    assert [(finding.agency, finding.kind) for finding in run.findings()] == [("alfa", Kind.PROTOCOL)]
    run = type(run).clean()
    run.ledger("beta-homeserver", ALFA, proto="icmp", icmp_type=0)
    assert run.finding().agency == "beta"


def test_later_fragments_go_with_the_flow_they_belong_to(run: Run) -> None:
    opened(run, SERVER, BETA, 8448)
    run.ledger(SERVER, BETA)
    run.ledger("beta-homeserver", ALFA)
    assert run.findings() == []
    run.ledger("alfa-p1", BETA)
    assert run.finding().kind == Kind.PARTNER_PORT


def test_frames_that_are_not_ip_are_findings_but_for_arp(run: Run) -> None:
    run.ledger(SERVER, "", src="", proto="", ether_type="0x0806")
    assert run.findings() == []
    run.ledger(SERVER, "", src="", proto="", ether_type="0x88cc")
    finding = run.finding()
    assert (finding.kind, finding.destination.address) == (Kind.FRAME, "0x88cc")


@pytest.mark.parametrize("src", [BETA, "10.1.0.20", OUTSIDE, "0.0.0.0", "fe80::1"])
def test_a_source_that_is_not_the_port_s_own_is_held_against_the_port(run: Run, src: str) -> None:
    run.ledger(SERVER, OUTSIDE, src=src, dst_port=443, opening=True)
    finding = run.finding()
    assert (finding.kind, finding.agency, finding.service) == (Kind.FORGED_SOURCE, "alfa", "chat")


def test_a_forged_source_towards_the_own_border_is_a_finding(run: Run) -> None:
    run.ledger(SERVER, "10.1.0.1", src=OUTSIDE, proto="icmp")
    assert run.finding().kind == Kind.FORGED_SOURCE


def test_the_operator_may_act_within_its_agency_only(run: Run) -> None:
    run.ledger("alfa-operator", ALFA, dst_port=8008, opening=True)
    assert run.findings() == []
    run.ledger("alfa-operator", OUTSIDE, dst_port=443, opening=True)
    assert run.finding().service == "operator"


def test_probes_are_exempt_before_the_first_product_only(run: Run) -> None:
    run.ledger("alfa-operator", OUTSIDE, dst_port=9, opening=True, window="probe")
    run.dns("alfa-operator", "word.probe.invalid", "sinkhole", OUTSIDE, window="probe")
    assert run.findings() == []
    run.ledger(SERVER, OUTSIDE, dst_port=9, opening=True, window="probe")
    assert run.finding().service == "chat"


def test_what_only_passed_is_a_finding_too(run: Run) -> None:
    run.ledger(SERVER, OUTSIDE, dst_port=443, opening=True, ledger="passed", out_port="uplink")
    finding = run.finding()
    assert (finding.passed, finding.packets) == (True, 2)


def test_what_was_tried_and_passed_is_counted_once(run: Run) -> None:
    run.ledger(SERVER, OUTSIDE, dst_port=443, opening=True)
    run.ledger(SERVER, OUTSIDE, dst_port=443, opening=True, ledger="passed", out_port="uplink")
    finding = run.finding()
    assert (finding.passed, finding.packets, finding.bytes) == (True, 2, 120)


@pytest.mark.parametrize(
    ("dst", "fields"),
    [
        ("10.1.0.20", {"proto": "udp", "src_port": 53}),
        ("10.1.0.20", {"proto": "icmp"}),
        ("ff02::1:ff00:20", {"proto": "icmpv6", "icmp_type": 135}),
        ("", {"proto": "", "ether_type": "0x0806"}),
    ],
)
def test_a_border_may_answer_names_and_report_errors_to_its_own_hosts(
    run: Run, dst: str, fields: dict[str, Any]
) -> None:
    run.ledger("alfa-border", dst, ledger="own", **fields)
    assert run.findings() == []


def test_a_border_may_refuse_its_own_hosts_connections(run: Run) -> None:
    run.ledger("alfa-p1", "10.1.0.1", dst_port=853, opening=True)
    run.ledger("alfa-border", "10.1.0.20", ledger="own", src_port=853)
    assert run.findings() == []


@pytest.mark.parametrize(
    ("dst", "fields", "reference"),
    [
        (OUTSIDE, {"proto": "icmp"}, Verdict.FAIL),
        (OUTSIDE, {"proto": "udp", "src_port": 53}, Verdict.FAIL),
        (BETA, {"proto": "icmp"}, Verdict.PASS),
        ("10.1.0.20", {"dst_port": 80}, Verdict.PASS),
    ],
)
def test_anything_else_from_a_border_is_a_finding(
    run: Run, dst: str, fields: dict[str, Any], reference: Verdict
) -> None:
    run.ledger("alfa-border", dst, ledger="own", out_port="uplink", **fields)
    finding = run.finding()
    assert (finding.kind, finding.service) == (Kind.BORDER_SENT, "border")
    assert (finding.verdict, finding.reference_verdict) == (Verdict.FAIL, reference)


def test_a_host_that_has_gone_is_still_its_agency_s(run: Run) -> None:
    run.host("alfa-p1", "alfa", 20, role="person", event="down", ts=25)
    run.ledger(SERVER, "10.1.0.20", src_port=443, ts=40.0)
    assert run.findings() == []


def test_an_address_used_twice_belongs_to_whoever_had_it_then(run: Run) -> None:
    run.host("alfa-p1", "alfa", 20, role="person", event="down", ts=25)
    run.host("alfa-p2", "alfa", 20, role="person", user="bo2", scenario="chat.kick", ts=30)
    run.ledger("alfa-p2", OUTSIDE, dst_port=443, opening=True, since=40.0, ts=41.0)
    finding = run.finding()
    assert (finding.user, finding.attribution.scenarios) == ("bo2", ("chat.kick",))

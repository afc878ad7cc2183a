"""One finding a destination: names, attribution, exceptions, and ids that outlive a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.codes import Kind
from harness.model.verdict import Verdict

if TYPE_CHECKING:
    from tests.checks.conftest import Run

SERVER = "alfa-homeserver"
POOL, POOL6, OTHER_POOL = "198.18.0.5", "fd99::5", "198.18.77.77"
ACCEPTED = {"accepted_by": "the board", "since": "2026-01-01", "why": "trial"}


def leak(run: Run, name: str = "matrix.org", address: str = POOL, port: int = 443) -> None:
    run.dns(SERVER, name, "sinkhole", address)
    run.ledger(SERVER, address, dst_port=port, opening=True)


def test_a_look_up_and_the_traffic_after_it_are_one_finding(run: Run) -> None:
    leak(run)
    finding = run.finding()
    assert finding.kind == Kind.OUTSIDE
    assert (finding.destination.name, finding.destination.name_source) == ("matrix.org", "dns")
    assert finding.questions == ("egress.destinations", "egress.lookups")
    assert finding.evidence == ("dns:1-1", "ledger:4-4")
    assert "GDPR ch. V" in finding.requirements


def test_the_catalogue_adds_operator_country_and_the_product_s_own_switch(run: Run) -> None:
    leak(run)
    destination = run.finding().destination
    assert (destination.operator, destination.country) == ("Matrix.org Foundation", "GB")
    assert destination.switch_off == "trusted_key_servers: []"
    assert "key notary" in destination.feature


def test_another_product_s_switch_is_not_claimed(run: Run) -> None:
    leak(run, name="connectivity.nextcloud.com")
    destination = run.finding().destination
    assert (destination.operator, destination.country) == ("Nextcloud", "DE")
    assert (destination.feature, destination.switch_off) == ("", "")


def test_both_families_of_one_name_are_one_finding(run: Run) -> None:
    leak(run)
    leak(run, address=POOL6)
    finding = run.finding()
    assert (finding.packets, finding.destination.address) == (4, POOL)


def test_the_id_does_not_change_with_the_pool_s_address_or_the_person(run: Run) -> None:
    leak(run)
    other = type(run).clean()
    leak(other, address=OTHER_POOL)
    assert run.finding().id == other.finding().id
    persons = []
    for number in (21, 22):
        again = type(run).clean()
        again.host(f"alfa-p{number}", "alfa", number, role="person", user=f"bo{number}", scenario="chat.kick")
        again.ledger(f"alfa-p{number}", "203.0.113.7", dst_port=80, opening=True)
        persons.append(again.finding().id)
    assert persons[0] == persons[1]


def test_ids_differ_by_place_port_and_protocol(run: Run) -> None:
    leak(run)
    leak(run, port=8448)
    run.ledger(SERVER, POOL, dst_port=443, proto="udp")
    leak(run, name="vector.im", address=OTHER_POOL)
    ids = {finding.id for finding in run.findings()}
    assert len(ids) == 4


def test_a_claimed_name_labels_but_does_not_identify(run: Run) -> None:
    run.ledger(SERVER, "203.0.113.7", dst_port=443, opening=True)
    bare = run.finding()
    run.sinkhole(SERVER, "203.0.113.7", 443, server_name="matrix.org")
    claimed = run.finding()
    assert (claimed.destination.name, claimed.destination.name_source) == ("matrix.org", "sni")
    assert claimed.destination.operator == ""
    assert claimed.id == bare.id


def test_a_claimed_name_is_not_accepted_for_another_address(run: Run) -> None:
    run.policy = {"accepted": [{"destination": "matrix.org", **ACCEPTED}]}
    run.ledger(SERVER, "203.0.113.7", dst_port=443, opening=True)
    run.sinkhole(SERVER, "203.0.113.7", 443, server_name="matrix.org")
    assert run.finding().verdict == Verdict.FAIL


def test_an_accepted_destination_passes_by_policy_and_fails_by_the_reference_rule(run: Run) -> None:
    run.policy = {"accepted": [{"destination": "*.matrix.org", "port": 443, **ACCEPTED}]}
    leak(run, name="a.matrix.org")
    run.scenario("chat.delivery", "passed")
    result = run.result()
    (finding,) = result.findings
    assert (finding.verdict, finding.accepted) == (Verdict.PASS, "the board")
    assert finding.reference_verdict == Verdict.FAIL
    assert (result.verdicts.stays, result.verdicts.stays_reference) == (Verdict.PASS, Verdict.FAIL)
    assert result.exceptions[0].destination == "*.matrix.org"


def test_an_exception_covers_its_own_port_name_and_network_only(run: Run) -> None:
    run.policy = {
        "accepted": [
            {"destination": "*.matrix.org", "port": 443, **ACCEPTED},
            {"destination": "203.0.113.0/24", **ACCEPTED},
        ]
    }
    leak(run, name="matrix.org")
    leak(run, name="a.matrix.org", address=OTHER_POOL, port=8448)
    run.ledger(SERVER, "203.0.113.7", proto="icmp")
    run.ledger(SERVER, "198.51.100.7", proto="icmp")
    verdicts = {f.destination.name or f.destination.address: f.verdict for f in run.findings()}
    assert verdicts == {
        "matrix.org": Verdict.FAIL,
        "a.matrix.org": Verdict.FAIL,
        "203.0.113.7": Verdict.PASS,
        "198.51.100.7": Verdict.FAIL,
    }


def test_a_person_s_host_names_the_scenario(run: Run) -> None:
    run.ledger("alfa-p1", "203.0.113.7", dst_port=443, opening=True)
    finding = run.finding()
    assert (finding.attribution.how, finding.attribution.host) == ("host", "alfa-p1")
    assert finding.attribution.scenarios == ("chat.delivery",)
    assert (finding.user, finding.service) == ("alva1", "")
    assert "chat.delivery" in finding.questions


def test_a_service_is_attributed_to_its_windows(run: Run) -> None:
    for window in ("start", "chat.kick", "between", "chat.delivery"):
        run.ledger(SERVER, "203.0.113.7", dst_port=443, opening=True, window=window)
    finding = run.finding()
    assert (finding.attribution.how, finding.trigger) == ("window", "start")
    assert finding.attribution.scenarios == ("chat.delivery", "chat.kick")
    assert finding.questions == ("egress.destinations",)


def test_a_planted_word_in_what_was_sent_names_its_scenario(run: Run) -> None:
    word = run.canary(scenario="chat.kick")
    leak(run)
    run.sinkhole(SERVER, POOL, 443, method="PUT", uri=f"/push/{word}", host="matrix.org", canaries=(word,))
    finding = run.finding()
    assert (finding.attribution.how, finding.attribution.scenarios) == ("canary", ("chat.kick",))
    assert finding.would_have_sent == (f"PUT https://matrix.org/push/{word}",)
    assert finding.first_seen == 19.5


def test_persons_of_several_scenarios_are_one_finding(run: Run) -> None:
    run.host("alfa-p2", "alfa", 22, role="person", user="bo2", scenario="chat.kick", ts=11)
    for person in ("alfa-p1", "alfa-p2"):
        run.ledger(person, "203.0.113.7", dst_port=443, opening=True)
    finding = run.finding()
    assert (finding.user, finding.attribution.host) == ("", "")
    assert finding.attribution.scenarios == ("chat.delivery", "chat.kick")


def test_a_flow_without_detail_keeps_its_finding(run: Run) -> None:
    leak(run)
    run.ledger(SERVER, POOL, dst_port=443, ledger="passed", out_port="uplink")
    assert run.finding().detail == "lost"
    run.flow(SERVER, POOL, 443)
    finding = run.finding()
    assert (finding.detail, finding.count) == ("", 1)


def test_a_connection_to_a_link_local_address_is_named_by_the_catalogue(run: Run) -> None:
    run.ledger(SERVER, "169.254.169.254", dst_port=80, opening=True)
    assert run.finding().destination.catalogue_id == "57"


def test_a_port_that_nobody_is_known_at_makes_the_border_unknown(run: Run) -> None:
    run.ledger("stranger", "203.0.113.7", dst_port=443, opening=True, src="10.1.0.77")
    result = run.result()
    assert result.verdicts.stays == Verdict.UNKNOWN
    assert result.coverage[0].reasons[0].code == "unattributed_rows"


def test_an_address_in_a_host_header_is_no_name(run: Run) -> None:
    run.ledger(SERVER, "203.0.113.7", dst_port=443, opening=True)
    run.sinkhole(SERVER, "203.0.113.7", 443, host="203.0.113.7:443", method="GET", uri="/")
    destination = run.finding().destination
    assert (destination.name, destination.name_source) == ("", "")


def test_packets_without_ports_are_counted_one_by_one(run: Run) -> None:
    run.ledger(SERVER, "203.0.113.7", proto="icmp", packets=7)
    assert run.finding().count == 7

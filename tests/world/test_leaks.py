"""The shipped leak files: each kind of planted leak is found, with who, where and how much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.model.result import Finding
from harness.model.verdict import Verdict
from harness.paths import deploy_folder

FEDERATIONS = deploy_folder() / "federations"

PLANTED = {
    "tcp by name": ("telemetry.leak.example", "tcp", 80),
    "tcp by bare IPv4": ("203.0.113.10", "tcp", 443),
    "tcp by bare IPv6": ("2001:db8:113::10", "tcp", 443),
    "udp": ("203.0.113.20", "udp", 3478),
    "icmp": ("203.0.113.30", "icmp", None),
    "look-up only": ("lookup.leak.example", "dns", None),
}


@pytest.fixture(scope="module")
def leaking(run: Callable[..., Any]) -> Any:
    return run("--suite", "smoke", "--federation", FEDERATIONS / "leak-service.yaml")


@pytest.fixture(scope="module")
def notary(run: Callable[..., Any]) -> Any:
    return run("--suite", "smoke", "--federation", FEDERATIONS / "leak-notary.yaml", "-k", "delivery")


def found(ran: Any, place: str, proto: str, port: int | None) -> list[Finding]:
    return [
        finding
        for finding in ran.result.findings
        if place in (finding.destination.name, finding.destination.address)
        and finding.destination.proto == proto
        and finding.destination.port == port
    ]


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_leak_is_found(leaking: Any, kind: str) -> None:
    place, proto, port = PLANTED[kind]
    (finding,) = found(leaking, place, proto, port)
    assert finding.verdict == Verdict.FAIL
    assert (finding.agency, finding.service, finding.product) == ("alfa", "leaky", "leaker")
    # A service sends on its own account: seen during scenarios, which did not cause it.
    assert (finding.attribution.how, finding.attribution.host) == ("window", "alfa-leaky-leaker")
    assert finding.trigger == "start"
    assert finding.first_seen <= finding.last_seen
    assert finding.packets > 0
    assert finding.bytes > 0


@pytest.mark.parametrize("kind", [kind for kind in PLANTED if kind != "look-up only"])
def test_a_leak_is_seen_while_the_internet_is_cut(leaking: Any, kind: str) -> None:
    place, proto, port = PLANTED[kind]
    (finding,) = found(leaking, place, proto, port)
    assert "chat.cold_start_offline" in finding.attribution.scenarios


def test_nothing_but_the_planted_leaks_is_found(leaking: Any) -> None:
    assert len(leaking.result.findings) == len(PLANTED)


def test_a_leaking_federation_fails(leaking: Any) -> None:
    assert leaking.status == 1
    assert leaking.result.verdicts.stays == Verdict.FAIL
    assert leaking.result.verdicts.stays_reference == Verdict.FAIL
    assert leaking.result.verdicts.works == Verdict.PASS


def test_what_would_have_been_sent_is_in_the_finding(leaking: Any) -> None:
    (finding,) = found(leaking, "telemetry.leak.example", "tcp", 80)
    assert any("/telemetry" in request for request in finding.would_have_sent)


def test_the_default_key_notary_is_found_with_its_off_switch(notary: Any) -> None:
    assert notary.status == 1
    (finding,) = found(notary, "matrix.org", "tcp", 8448)
    assert (finding.agency, finding.service, finding.product) == ("alfa", "chat", "synapse")
    assert finding.destination.country == "GB"
    assert "trusted_key_servers" in finding.destination.switch_off
    assert {finding.agency for finding in notary.result.findings} == {"alfa"}

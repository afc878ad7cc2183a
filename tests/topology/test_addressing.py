"""No two hosts of a federation may ever share an address."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import CannotRun
from harness.model.border import WorldPlan
from harness.topology.addressing import (
    MAX_AGENCIES,
    MAX_PERSONS,
    MAX_SERVICES,
    AddressPlan,
    AgencyAddresses,
    HostAllocator,
    Pair,
)

indexes = st.integers(0, MAX_AGENCIES - 1)
places = st.one_of(
    st.tuples(indexes, st.just("border"), st.just(0)),
    st.tuples(indexes, st.just("operator"), st.just(0)),
    st.tuples(indexes, st.just("service"), st.integers(0, MAX_SERVICES - 1)),
    st.tuples(indexes, st.just("person"), st.integers(0, MAX_PERSONS - 1)),
)


def addresses_of(place: tuple[int, str, int]) -> Pair:
    index, kind, ordinal = place
    agency = AgencyAddresses("alfa", index)
    found: dict[str, Pair] = {"border": agency.border, "operator": agency.operator}
    if kind == "service":
        return agency.service(ordinal)
    if kind == "person":
        return agency.person(ordinal)
    return found[kind]


@given(places, places)
def test_two_hosts_never_share_an_address(one: tuple[int, str, int], other: tuple[int, str, int]) -> None:
    first, second = addresses_of(one), addresses_of(other)
    assert (one == other) == (first.ipv4 == second.ipv4) == (first.ipv6 == second.ipv6)


@given(places)
def test_a_host_lies_in_its_agencys_network_only(place: tuple[int, str, int]) -> None:
    networks = AgencyAddresses("alfa", place[0]).networks
    for address, network in zip(addresses_of(place), networks, strict=True):
        assert ip_address(address) in ip_network(network)


def test_the_plan_is_the_documented_one() -> None:
    plan = AddressPlan.of(["alfa", "beta"])
    beta = plan.agency("beta")
    assert beta.networks == ("10.2.0.0/16", "fd00:2::/64")
    assert beta.border == ("10.2.0.1", "fd00:2::1")
    assert beta.operator == ("10.2.0.2", "fd00:2::2")
    assert beta.service(0) == ("10.2.1.1", "fd00:2::101")
    assert beta.person(0) == ("10.2.16.1", "fd00:2::1001")
    assert beta.person(MAX_PERSONS - 1) == ("10.2.255.254", "fd00:2::fffe")
    assert beta.service(MAX_SERVICES - 1).ipv4 == "10.2.15.254"
    assert AgencyAddresses("z", 199).networks == ("10.200.0.0/16", "fd00:c8::/64")


def test_links_are_apart_from_each_other_and_from_all_else() -> None:
    names = [f"a{number}" for number in range(MAX_AGENCIES)]
    plan = AddressPlan.of(names)
    links = [plan.internet, *(plan.uplink(name) for name in names)]
    ends = [end for link in links for pair in (link.backbone, link.far) for end in pair]
    assert len(set(ends)) == len(ends) == 4 * (MAX_AGENCIES + 1)
    for link in links:
        for family in (0, 1):
            network = ip_network(link.networks[family])
            assert {ip_address(link.backbone[family]), ip_address(link.far[family])} <= set(network.hosts())
    assert plan.internet.far == ("100.64.0.2", "fd64::2")
    assert plan.uplink("a0").networks == ("100.64.0.4/30", "fd64::4/126")


def test_no_network_overlaps_the_sinkholes_pools() -> None:
    pools = [ip_network(pool) for pool in WorldPlan.model_fields["pools"].default]
    plan = AddressPlan.of([f"a{number}" for number in range(MAX_AGENCIES)])
    networks = [ip_network(n) for name in plan.agencies for n in plan.agency(name).networks]
    networks += [ip_network(n) for name in plan.agencies for n in plan.uplink(name).networks]
    assert not any(
        network.overlaps(pool) for network in networks for pool in pools if network.version == pool.version
    )


def test_exhaustion_is_an_error_with_a_cure() -> None:
    agency = AgencyAddresses("alfa", 0)
    for make, limit in ((agency.service, MAX_SERVICES), (agency.person, MAX_PERSONS)):
        with pytest.raises(CannotRun) as caught:
            make(limit)
        assert caught.value.where == "alfa"
        assert caught.value.cure
        with pytest.raises(CannotRun):
            make(-1)
    with pytest.raises(CannotRun, match="200 agencies"):
        AgencyAddresses("one-too-many", MAX_AGENCIES)


def test_an_allocator_never_hands_out_an_address_twice() -> None:
    allocator = HostAllocator(AgencyAddresses("alfa", 0))
    handed = [allocator.service() for _ in range(300)] + [allocator.person() for _ in range(600)]
    assert len(set(handed)) == 900

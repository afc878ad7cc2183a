"""Who may meet whom, and which words a federation file may use as names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.model.federation import Agency, Federation, Operator, Service

NAMES = ["gamma", "alfa", "beta"]


def federation(**listed: tuple[str, ...] | None) -> Federation:
    return Federation(
        fedharness=1,
        agencies={
            name: Agency(domain=f"{name}.example", federates_with=partners)
            for name, partners in listed.items()
        },
    )


def test_without_a_list_all_others_are_partners_in_file_order() -> None:
    three = federation(gamma=None, alfa=None, beta=None)
    assert three.partners("alfa") == ("gamma", "beta")
    assert three.partners("gamma") == ("alfa", "beta")


def test_a_list_is_the_agencys_own_and_need_not_be_answered() -> None:
    three = federation(alfa=("beta",), beta=(), gamma=("alfa", "beta"))
    assert three.partners("alfa") == ("beta",)
    assert three.partners("beta") == ()
    assert three.partners("gamma") == ("alfa", "beta")


@given(st.fixed_dictionaries({name: st.none() | st.lists(st.sampled_from(NAMES)) for name in NAMES}))
def test_nobody_is_its_own_partner_and_none_stands_twice(listed: dict[str, list[str] | None]) -> None:
    three = federation(**{name: None if some is None else tuple(some) for name, some in listed.items()})
    for name in NAMES:
        partners = three.partners(name)
        assert name not in partners
        assert list(partners) == [other for other in three.agencies if other in partners]


def test_an_agency_that_is_not_there_has_no_partners() -> None:
    with pytest.raises(KeyError):
        federation(alfa=None).partners("beta")


@pytest.mark.parametrize("domain", ["alfa.example", "a-b.c1.example", "xn--bcher-kva.example", "1.example"])
def test_domains_that_are_legal(domain: str) -> None:
    assert Agency(domain=domain).domain == domain


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "alfa",
        "Alfa.example",
        ".example",
        "alfa.example.",
        "-a.example",
        "a-.example",
        "a..example",
        "10.0.0.1",
        "a_b.example",
        "a" * 64 + ".example",
        "alfa.example\n",
        "a b.example",
    ],
)
def test_domains_that_are_not(domain: str) -> None:
    with pytest.raises(ValidationError):
        Agency(domain=domain)


@pytest.mark.parametrize("key", ["", "Chat", "1chat", "a/b", "..", "a" * 21, "chat\n"])
def test_keys_of_services_and_agencies_are_safe_as_names_of_files_and_hosts(key: str) -> None:
    with pytest.raises(ValidationError):
        Agency(domain="alfa.example", services={key: Service(product="synapse")})
    with pytest.raises(ValidationError):
        Federation(fedharness=1, agencies={key: Agency(domain="alfa.example")})


def test_there_is_no_federation_without_agencies_nor_with_too_many() -> None:
    with pytest.raises(ValidationError):
        Federation(fedharness=1, agencies={})
    many = {f"a{number}": Agency(domain=f"a{number}.example") for number in range(201)}
    with pytest.raises(ValidationError):
        Federation(fedharness=1, agencies=many)


def test_a_mistyped_key_cannot_pass_and_a_value_cannot_change() -> None:
    with pytest.raises(ValidationError):
        Agency.model_validate({"domain": "alfa.example", "federate_with": []})
    agency = Agency(domain="alfa.example")
    with pytest.raises(ValidationError):
        agency.domain = "beta.example"  # type: ignore[misc]


def test_an_operator_is_not_stated_until_it_is() -> None:
    assert Service(product="synapse").operated_by == Operator(kind="not_stated")
    with pytest.raises(ValidationError):
        Operator(country="se")

"""What the Synapse driver makes of a plan, without starting anything."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
import yaml

from harness.drivers.synapse import SynapseDriver
from harness.errors import UsageError
from harness.model.federation import Service
from harness.products import load_product
from harness.protocols import Certificate, Driver, Partner, Reconnectable, ServicePlan, ServiceSpec

PLAN = ServicePlan(
    agency="alfa",
    domain="alfa.example",
    key="chat",
    service=Service(product="synapse", version="1.163.2"),
    addresses={"homeserver": ("10.1.0.2", "fd00:1::2")},
    partners=(Partner("beta", "beta.example"),),
    certificates={"homeserver": Certificate("CERTIFICATE", "KEY")},
    ca="CA",
    secret="00" * 32,
)


def spec(**service: Any) -> ServiceSpec:
    plan = replace(PLAN, service=Service.model_validate({**PLAN.service.model_dump(), **service}))
    (made,) = SynapseDriver().services(plan)
    return made


def configuration(**service: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(spec(**service).files["/config/homeserver.yaml"])
    return loaded


def test_it_keeps_the_contracts() -> None:
    driver = SynapseDriver()
    contract: Driver = driver
    assert contract.functions == {"chat"}
    assert isinstance(driver, Reconnectable)


def test_the_same_plan_gives_the_same_specification() -> None:
    assert spec() == spec()


def test_hardened_sets_every_off_switch_that_the_product_file_names() -> None:
    hardened, shipped = configuration(), configuration(setting="as_shipped")
    for switch in load_product("synapse").off_switches:
        value: Any = hardened
        for part in switch.setting.split("."):
            value = value[part]
        assert value in (False, [], ["alfa.example", "beta.example"]), switch.setting
        if switch.setting != "report_stats":
            assert switch.setting.split(".")[0] not in shipped


def test_as_shipped_leaves_the_key_notary_at_its_default() -> None:
    shipped = configuration(setting="as_shipped")
    assert "trusted_key_servers" not in shipped
    assert "federation_domain_whitelist" not in shipped
    assert shipped["report_stats"] is False
    assert configuration(setting="as_shipped", options={"report_stats": True})["report_stats"] is True


def test_certificates_are_verified_in_both_settings() -> None:
    for setting in ("hardened", "as_shipped"):
        made = configuration(setting=setting)
        assert made["federation_verify_certificates"] is True
        assert made["federation_custom_ca_list"] == ["/config/ca.pem"]
        assert "federation_certificate_verification_whitelist" not in made


def test_it_listens_on_its_own_addresses_only() -> None:
    listeners = configuration()["listeners"]
    assert {listener["port"] for listener in listeners} == {443, 8448}
    assert all(listener["bind_addresses"] == ["10.1.0.2", "fd00:1::2"] for listener in listeners)
    assert all(listener["tls"] for listener in listeners)


def test_clients_are_not_sent_to_another_address_than_they_were_told() -> None:
    """Synapse announces `public_baseurl` to clients where it is set (synapse/config/server.py)."""
    for setting in ("hardened", "as_shipped"):
        assert "public_baseurl" not in configuration(setting=setting)


def test_the_signing_key_is_an_ed25519_seed() -> None:
    algorithm, version, seed = spec().files["/config/signing.key"].split()
    assert algorithm == "ed25519"
    assert version.startswith("a_")
    assert len(base64.b64decode(seed + "=")) == 32


def test_secrets_depend_on_the_runs_secret_and_the_agency() -> None:
    def secret(plan: ServicePlan) -> Any:
        (made,) = SynapseDriver().services(plan)
        return yaml.safe_load(made.files["/config/homeserver.yaml"])["registration_shared_secret"]

    others = (replace(PLAN, secret="11" * 32), replace(PLAN, domain="beta.example"))
    assert len({secret(plan) for plan in (PLAN, *others)}) == 3


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ({"version": "0.1"}, "version `0.1` of synapse is not known"),
        ({"options": {"colour": "red"}}, "no option `colour`"),
        ({"options": {"report_stats": "yes"}}, "`report_stats` is of the wrong type"),
    ],
)
def test_a_mistake_says_what_where_and_the_cure(service: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        spec(**service)
    assert raised.value.where
    assert raised.value.cure

"""What is written can be read back, and the shipped files say what they claim."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.federation import Agency, Case, Federation, Operator, Service
from harness.model.policy import AcceptedDestination, Policy
from harness.topology import dump, load, resolve, template

DEPLOY = Path(__file__).parent.parent.parent / "deploy" / "federations"
PRODUCTS = {"synapse": ["1.162.0", "1.163.2"], "leaker": ["1"]}

printable = st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=12)
tricky = st.sampled_from(["NO", "yes", "0123", "09", "1e5", "1_000", "12:30:45", "0x1f", "~", "null", "1.0"])
words = st.one_of(printable, tricky, st.just("två\nrader\n"))
options = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**17), 10**17), st.floats(-1e9, 1e9), words),
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(words, below, max_size=3)),
    max_leaves=8,
)
services = st.builds(
    Service,
    product=words,
    version=words,
    setting=st.sampled_from(["hardened", "as_shipped"]),
    operated_by=st.builds(
        Operator, kind=st.just("supplier"), name=words, country=st.sampled_from(["NO", "SE", ""])
    ),
    options=st.dictionaries(words, options, max_size=3),
)
policies = st.builds(
    Policy,
    accepted=st.lists(
        st.builds(
            AcceptedDestination,
            destination=st.just("*.example.org"),
            accepted_by=st.just("A"),
            since=st.dates(),
            why=words.filter(bool),
        ),
        max_size=1,
    ).map(tuple),
    rests=st.just({"content": "owner"}),
    must=st.lists(words, max_size=2).map(tuple),
)


@st.composite
def federations(draw: st.DrawFn) -> Federation:
    names = draw(st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,5}", fullmatch=True), min_size=1, unique=True))
    agencies = {}
    for number, name in enumerate(names):
        others = [other for other in names if other != name]
        listed = st.lists(st.sampled_from(others), unique=True).map(tuple) if others else st.just(())
        agencies[name] = Agency(
            name=draw(words),
            domain=f"a{number}.example",
            federates_with=draw(st.one_of(st.none(), listed)),
            services=draw(st.dictionaries(st.sampled_from(["chat", "docs"]), services)),
        )
    return Federation(
        fedharness=1,
        case=draw(st.one_of(st.none(), st.builds(Case, number=words, purpose=words))),
        agencies=agencies,
        policy=draw(policies),
    )


@settings(max_examples=200)
@given(federations())
def test_a_resolved_federation_comes_back_as_it_was(federation: Federation) -> None:
    resolved = resolve(federation)
    assert resolve(resolved) == resolved
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "federation.yaml"
        path.write_text(dump(resolved), encoding="utf-8")
        assert load(path) == resolved
        assert list(load(path).agencies) == list(federation.agencies)


@settings(max_examples=50)
@given(federations())
def test_resolving_leaves_nothing_open(federation: Federation) -> None:
    resolved = resolve(federation)
    for name, agency in resolved.agencies.items():
        assert agency.name
        assert agency.federates_with == federation.partners(name) == resolved.partners(name)


def test_the_template_is_a_federation_with_an_unlisted_agency(tmp_path: Path) -> None:
    path = tmp_path / "federation.yaml"
    path.write_text(template(), encoding="utf-8")
    federation = load(path, PRODUCTS)
    assert list(federation.agencies) == ["alfa", "beta", "gamma", "delta"]
    assert federation.partners("delta") == ("alfa", "beta", "gamma")
    assert all("delta" not in federation.partners(name) for name in federation.agencies)
    assert {a.services["chat"].product for a in federation.agencies.values()} == {"synapse"}
    assert federation.policy.rests == Policy().rests


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_file_loads_and_bears_its_own_name(path: Path) -> None:
    assert load(path, PRODUCTS).name == path.stem


def test_poc_runs_two_versions_and_has_a_case() -> None:
    federation = load(DEPLOY / "poc.yaml", PRODUCTS)
    versions = {name: agency.services["chat"].version for name, agency in federation.agencies.items()}
    assert versions == {"alfa": "1.163.2", "beta": "1.163.2", "gamma": "1.162.0", "delta": "1.163.2"}
    assert all("delta" not in federation.partners(name) for name in ("alfa", "beta", "gamma"))
    assert federation.case is not None
    assert federation.case.number


def test_leak_files_differ_from_the_hardened_one_by_the_leak_alone() -> None:
    hardened = load(DEPLOY / "hardened.yaml", PRODUCTS).agencies
    notary = load(DEPLOY / "leak-notary.yaml", PRODUCTS).agencies
    service = load(DEPLOY / "leak-service.yaml", PRODUCTS).agencies
    assert notary["beta"] == service["beta"] == hardened["beta"]
    assert service["alfa"].services["chat"] == hardened["alfa"].services["chat"]
    as_shipped = {"setting": "as_shipped"}
    assert notary["alfa"].services["chat"] == hardened["alfa"].services["chat"].model_copy(update=as_shipped)
    leaks = service["alfa"].services["leaky"].options["leaks"]
    assert set(leaks) == {"tcp_name", "tcp_ipv4", "tcp_ipv6", "udp", "icmp", "dns"}
    settings_of = {s.setting for agency in hardened.values() for s in agency.services.values()}
    assert settings_of == {"hardened"}

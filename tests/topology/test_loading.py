"""Every mistake in a federation file is named with file, line, key and cure, all at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import FederationFileError, HarnessError
from harness.model.federation import Federation
from harness.topology import load
from harness.topology.loading import MAX_BYTES
from harness.topology.located import MAX_PROBLEMS

PRODUCTS = {"synapse": ["1.162.0", "1.9.1", "1.163.2", "1.164.0rc1"], "leaker": []}
QUESTIONS = ["chat.delivery", "chat.kick", "encryption.end_to_end"]

GOOD = """\
fedharness: 1
name: poc
agencies:
  alfa:
    domain: alfa.example
    services:
      chat: {product: synapse}
  beta:
    domain: beta.example
    federates_with: [alfa]
"""


def load_text(folder: Path, text: str | bytes, products: bool = True) -> Federation:
    path = folder / "file.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path, PRODUCTS, QUESTIONS) if products else load(path)


def problems(folder: Path, text: str | bytes, products: bool = True) -> list[HarnessError]:
    with pytest.raises(FederationFileError) as caught:
        load_text(folder, text, products)
    found = caught.value.problems
    for problem in found:
        assert problem.where.startswith(str(folder / "file.yaml"))
        assert problem.what
        assert problem.cure
        assert str(problem) in str(caught.value)
    assert caught.value.exit_status == 2
    return found


def places(folder: Path, found: list[HarnessError]) -> list[str]:
    return [problem.where.removeprefix(f"{folder}/") for problem in found]


def test_defaults_are_filled_in(tmp_path: Path) -> None:
    federation = load_text(tmp_path, GOOD)
    alfa, beta = federation.agencies["alfa"], federation.agencies["beta"]
    assert (alfa.name, alfa.federates_with) == ("alfa", ("beta",))
    assert beta.federates_with == ("alfa",)
    assert alfa.services["chat"].version == "1.164.0rc1"
    assert alfa.services["chat"].setting == "hardened"
    assert alfa.services["chat"].operated_by.kind == "not_stated"
    assert federation.policy.rests["encrypted"] == "nowhere"


def test_an_empty_list_of_partners_stays_empty(tmp_path: Path) -> None:
    federation = load_text(tmp_path, GOOD.replace("federates_with: [alfa]", "federates_with: []"))
    assert federation.partners("beta") == ()
    assert federation.partners("alfa") == ("beta",)


def test_rules_for_single_data_classes_leave_the_others(tmp_path: Path) -> None:
    federation = load_text(tmp_path, GOOD + "policy: {rests: {content: owner}}\n")
    assert federation.policy.rests["content"] == "owner"
    assert federation.policy.rests["encrypted"] == "nowhere"


def test_without_products_nothing_is_said_of_them(tmp_path: Path) -> None:
    federation = load_text(tmp_path, GOOD.replace("synapse", "anything"), products=False)
    assert federation.agencies["alfa"].services["chat"].version == ""


def test_words_that_look_like_something_else_stay_words(tmp_path: Path) -> None:
    text = GOOD.replace(
        "{product: synapse}", "{product: synapse, operated_by: {country: NO}, options: {a: on, b: 0x1f}}"
    )
    service = load_text(tmp_path, text + "case: {keep_until: 2028-12-31}\n").agencies["alfa"].services["chat"]
    assert service.operated_by.country == "NO"
    assert service.options == {"a": "on", "b": "0x1f"}


def test_aliases_are_followed(tmp_path: Path) -> None:
    text = GOOD.replace("chat: {product", "chat: &chat {product") + "    services: {talk: *chat}\n"
    federation = load_text(tmp_path, text)
    assert federation.agencies["beta"].services["talk"] == federation.agencies["alfa"].services["chat"]


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert load_text(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()).name == "poc"


MANY_MISTAKES = """\
fedharness: 1
nme: x
agencies:
  alfa:
    domian: alfa.example
    services:
      chat: {product: synaps, setting: hardend}
  beta:
    domain: beta.example
    federates_with: [alfa, beta, gama]
  gamma:
    domain: it.beta.example
    domain: gamma.example
    users: alva
"""


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = problems(tmp_path, MANY_MISTAKES)
    assert [(place, problem.cure) for place, problem in zip(places(tmp_path, found), found, strict=True)] == [
        ("file.yaml:2: nme", "did you mean `name`?"),
        (
            "file.yaml:4: agencies.alfa.domain",
            "add `domain:` (DNS domain, such as `alfa.example`, apart from every other agency's)",
        ),
        ("file.yaml:5: agencies.alfa.domian", "did you mean `domain`?"),
        ("file.yaml:7: agencies.alfa.services.chat.product", "did you mean `synapse`?"),
        ("file.yaml:7: agencies.alfa.services.chat.setting", "did you mean `hardened`?"),
        ("file.yaml:10: agencies.beta.federates_with[1]", "take it away"),
        ("file.yaml:10: agencies.beta.federates_with[2]", "did you mean `gamma`?"),
        ("file.yaml:12: agencies.gamma.domain", "give the agencies domains beside each other"),
        ("file.yaml:13: agencies.gamma.domain", "keep one of the two"),
        ("file.yaml:14: agencies.gamma.users", "write it like `[one, two]`"),
    ]


ONE_MISTAKE = [
    ("fedharness: 1\n", "fedharness: 2\n", "1: fedharness", "`2`"),
    ("fedharness: 1\n", "fedharness: true\n", "1: fedharness", "number"),
    ("fedharness: 1\n", "", "1: fedharness", "missing"),
    ("name: poc", "name: Poc!", "2: name", "1 to 60"),
    ("name: poc", "name: 12", "2: name", "`12` reads as a number"),
    ("name: poc", "name: {}", "2: name", "keys with values"),
    ("name: poc", 'name: "po\\ec"', "2", "control characters"),
    ("name: poc", "name: !!str poc", "2", "tag"),
    ("name: poc", "name: *poc", "2", "anchor"),
    ("name: poc", "? [name]\n: poc", "2", "key is a list"),
    ("  beta:\n", "  Beta:\n", "8: agencies.Beta", "20 lower-case"),
    ("domain: alfa.example", "domain: alfa", "5: agencies.alfa.domain", "domain name"),
    ("domain: alfa.example", "domain: ALFA.example", "5: agencies.alfa.domain", "domain name"),
    ("domain: alfa.example", "domain: å.example", "5: agencies.alfa.domain", "domain name"),
    ("domain: alfa.example", "domain:", "5: agencies.alfa.domain", "not nothing"),
    ("chat:", "Chat:", "7: agencies.alfa.services.Chat", "20 lower-case"),
    ("{product: synapse}", "synapse", "7: agencies.alfa.services.chat", "keys with values"),
    (
        "{product: synapse}",
        "{product: synaps}",
        "7: agencies.alfa.services.chat.product",
        "no product",
    ),
    (
        "{product: synapse}",
        "{product: synapse, version: 1.1}",
        "7: agencies.alfa.services.chat.version",
        'write "1.1"',
    ),
    (
        "{product: synapse}",
        "{product: synapse, version: 1.163.1}",
        "7: agencies.alfa.services.chat.version",
        "1.163.2",
    ),
    (
        "{product: synapse}",
        "{product: leaker, version: v9}",
        "7: agencies.alfa.services.chat.version",
        "known here: none",
    ),
    (
        "{product: synapse}",
        "{product: synapse, operated_by: {country: Sweden}}",
        "7: agencies.alfa.services.chat.operated_by.country",
        "ISO 3166-1",
    ),
    ("beta.example", "alfa.example", "9: agencies.beta.domain", "already the domain of agency `alfa`"),
    ("beta.example", "x.y.alfa.example", "9: agencies.beta.domain", "inside `alfa.example`"),
    ("[alfa]", "[alfa, alfa]", "10: agencies.beta.federates_with[1]", "twice"),
    ("[alfa]", "[delta]", "10: agencies.beta.federates_with[0]", "no agency of this file"),
    ("[alfa]", "alfa", "10: agencies.beta.federates_with", "a list"),
    ("[alfa]", "[alfa]\n    users: [a, A]", "11: agencies.beta.users[1]", "user's name"),
    ("[alfa]", "[alfa]\n    users: [a, a]", "11: agencies.beta.users[1]", "twice"),
    ("[alfa]\n", "[alfa]\npolicy: {protocols: [icmp]}\n", "11: policy.protocols[0]", "tcp"),
    ("[alfa]\n", "[alfa]\npolicy: {rests: {content: ownr}}\n", "11: policy.rests.content", "`owner`"),
    ("[alfa]\n", "[alfa]\npolicy: {must: [own.a, chat.kik]}\n", "11: policy.must[1]", "`chat.kick`"),
    ("[alfa]\n", "[alfa]\npolicy: {must: [1]}\n", "11: policy.must[0]", "text"),
    ("[alfa]\n", "[alfa]\npolicy: {must: [zzz]}\n", "11: policy.must[0]", "known here: `chat.delivery`"),
    ("[alfa]\n", "[alfa]\ncase: {number: 12}\n", "11: case.number", 'write "12"'),
    ("[alfa]\n", "[alfa]\n---\na: b\n", "12", "more than one document"),
    ("    federates_with", "\tfederates_with", "10", "instead of tabs"),
    ("[alfa]", "[alfa", "11", "not YAML"),
]


@pytest.mark.parametrize(("old", "new", "place", "said"), ONE_MISTAKE)
def test_one_mistake_is_one_problem(tmp_path: Path, old: str, new: str, place: str, said: str) -> None:
    assert GOOD.count(old)
    found = problems(tmp_path, GOOD.replace(old, new, 1))
    at_place = [problem for problem in found if problem.where == f"{tmp_path}/file.yaml:{place}"]
    assert len(at_place) == 1, found
    assert said in str(at_place[0])
    elsewhere = [problem for problem in found if f".yaml:{place.split(':')[0]}" not in problem.where]
    assert elsewhere == []


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ("destination: 'http://x.example'", "destination"),
        ("destination: 300.1.1.1", "destination"),
        ("destination: 192.0.2.1/24", "destination"),
        ("destination: ''", "destination"),
        ("port: 0", "port"),
        ("accepted_by: ''", "accepted_by"),
        ("since: 20260131", "since"),
        ("since: 2026-02-31", "since"),
        ("why: ''", "why"),
    ],
)
def test_an_accepted_destination_is_checked(tmp_path: Path, entry: str, key: str) -> None:
    good = {
        "destination": "x.example",
        "port": "443",
        "accepted_by": "A",
        "since": "2026-01-31",
        "why": "b",
    }
    rest = ", ".join(f"{name}: {value}" for name, value in good.items() if name != key)
    text = GOOD + "policy:\n  accepted:\n    - {%s, %s}\n"
    for fine in ("'*.x.example'", "192.0.2.0/24", "2001:db8::1", "'2001:db8::/32'"):
        load_text(tmp_path, text % (rest.replace("x.example", fine), f"{key}: {good[key]}"))
    found = problems(tmp_path, text % (rest, entry))
    assert places(tmp_path, found) == [f"file.yaml:13: policy.accepted[0].{key}"]


def test_questions_that_must_be_tested_are_known_ones(tmp_path: Path) -> None:
    text = GOOD + "policy: {must: [chat.kick, own.anything]}\n"
    assert load_text(tmp_path, text).policy.must == ("chat.kick", "own.anything")
    unchecked = load_text(tmp_path, GOOD + "policy: {must: [no.such]}\n", products=False)
    assert unchecked.policy.must == ("no.such",)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- 1\n", "word\n", "null\n"])
def test_a_file_without_keys_is_one_problem(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert "fedharness init" in problem.cure


def test_an_empty_federation_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "fedharness: 1\nagencies: {}\n")
    assert problem.where.endswith(":2: agencies")


def test_a_missing_file_names_init(tmp_path: Path) -> None:
    with pytest.raises(FederationFileError, match="no such file") as caught:
        load(tmp_path / "no.yaml")
    assert "fedharness init" in caught.value.problems[0].cure


def test_what_is_no_readable_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), tmp_path / ("x" * 300), Path("a\0b")):
        with pytest.raises(FederationFileError) as caught:
            load(path)
        assert caught.value.problems[0].cure


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(GOOD)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FederationFileError, match="Permission denied"):
        load(path)


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, b"a: b\nc: \xff\n")
    assert problem.where.endswith("file.yaml:2")
    (problem,) = problems(tmp_path, GOOD.encode("utf-16"))
    assert "UTF-8" in problem.what


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, GOOD + "#" * MAX_BYTES)
    assert str(MAX_BYTES) in problem.what


def test_very_many_mistakes_are_cut_short(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD + "".join(f"k{number}: 1\n" for number in range(5000)))
    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1].what == "there are more problems"

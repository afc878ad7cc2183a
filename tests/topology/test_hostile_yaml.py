"""Whatever a federation file holds, nothing but ``FederationFileError`` comes of it, and soon."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import FederationFileError
from harness.model.federation import Agency, Federation, Service
from harness.model.policy import Policy
from harness.topology import load
from harness.topology.loading import MAX_BYTES
from harness.topology.located import read_yaml

PRODUCTS = {"synapse": ["1.163.2"]}
SECONDS = 8.0

yaml_like = st.text(
    alphabet=st.sampled_from("ab1:-?[]{},&*!|>'\"%@#~ \n\t\r\\\x00\x85\u2028\ufeff\ud7ffé"), max_size=80
)
keys = st.sampled_from(
    [
        *(name for model in (Federation, Agency, Service, Policy) for name in model.model_fields),
        "alfa",
        "chat",
    ]
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.text(max_size=8), keys, st.just(1)
)
trees: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(keys, below, max_size=5)),
    max_leaves=25,
)
federations = st.fixed_dictionaries(
    {
        "fedharness": st.sampled_from([1, 1, 1, "1", 1.0, True]),
        "agencies": st.dictionaries(
            st.sampled_from(["alfa", "beta", "Beta"]),
            st.fixed_dictionaries(
                {"domain": st.sampled_from(["alfa.example", "beta.example", "x.alfa.example", "alfa", 3])},
                optional={"services": trees, "users": trees, "federates_with": trees, "name": trees},
            ),
        ),
    },
    optional={"name": trees, "case": trees, "policy": trees},
)


def load_bytes(content: bytes) -> FederationFileError | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.yaml"
        path.write_bytes(content)
        try:
            load(path, PRODUCTS, ["chat.delivery"])
        except FederationFileError as error:
            refused = error
        else:
            return None
    assert refused.problems
    assert all(problem.cure for problem in refused.problems)
    return refused


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=80), yaml_like.map(lambda text: text.encode("utf-8"))))
def test_no_text_brings_another_error(content: bytes) -> None:
    assert load_bytes(content) is not None


@settings(max_examples=300)
@given(st.one_of(trees, federations))
def test_no_tree_of_values_brings_another_error(tree: object) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True)
    error = load_bytes(text.encode("utf-8", "replace"))
    if error is not None:
        lines = text.count("\n") + 1
        assert all(int(problem.where.split(":")[1]) <= lines for problem in error.problems)


BOMBS = {
    "aliases": "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)),
    "alias ladder": "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 30_000)),
    "itself": "a: &a [*a]\nb: &b {c: *b}\n",
    "deep list": "[" * 500_000,
    "deep mapping": "{a: " * 200_000,
    "deep block": "".join(" " * n + "a:\n" for n in range(1400)),
    "deep dashes": "- " * 400_000,
    "questions": "? " * 400_000,
    "long word": "a: " + "x" * 1_000_000,
    "long key": "x" * 1_000_000 + ": a",
    "long number": "fedharness: " + "9" * 1_000_000,
    "long float": "fedharness: " + "1" * 500_000 + "." + "1" * 500_000,
    "long domain": "fedharness: 1\nagencies: {a: {domain: " + "a." * 500_000 + "}}",
    "many keys": "".join(f"k{n}: 1\n" for n in range(90_000)),
    "one key again": "a: 1\n" * 200_000,
    "many agencies": "fedharness: 1\nagencies:\n"
    + "".join(f"  a{n}: {{domain: a{n}.example, federates_with: [zz]}}\n" for n in range(17_000)),
    "many partners": "fedharness: 1\nagencies: {a: {domain: a.example, federates_with: ["
    + ", ".join(f"agency{n}" for n in range(80_000))
    + "]}}",
    "many items": "[" + "1," * 500_000 + "]",
    "many tags": "- !a b\n" * 140_000,
    "many anchors": "".join(f"- &a{n} b\n" for n in range(80_000)),
    "many documents": "--- a\n" * 170_000,
    "quotes": "'" * 1_000_000,
    "escapes": '"' + "\\u0007" * 160_000 + '"',
    "comments": "#\n" * 500_000,
    "merge": "a: &a {<<: *a}\n<<: [*a, *a]\n",
    "directive": "%YAML 99999999999999999999.1\n---\na: 1\n",
    "surrogate": 'a: "\\uD800"\n',
    "beyond unicode": 'a: "\\U00110000"\n',
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_in_bounded_time(name: str) -> None:
    content = BOMBS[name].encode()
    assert len(content) <= MAX_BYTES
    before = time.process_time()
    assert load_bytes(content) is not None
    assert time.process_time() - before < SECONDS


def test_the_reader_without_the_c_library_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["a: [1, {b: c}]\n", "a: b: c\n", "a:\n\t- b\n", "a: *x\n", "- !x y\n", "a: 1\na: 2\n"]
    with_c = [read_yaml(text) for text in texts]
    monkeypatch.setattr("harness.topology.located._LOADER", yaml.SafeLoader)
    for text, expected in zip(texts, with_c, strict=True):
        found = read_yaml(text)
        assert (found.value, found.lines) == (expected.value, expected.lines)
        assert [(p.line, p.cure) for p in found.problems] == [(p.line, p.cure) for p in expected.problems]

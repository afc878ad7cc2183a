import re
from importlib import resources
from typing import Any, get_args

import pytest
import yaml

from harness.checks.codes import PARAMETERS, Code, Kind
from harness.errors import HarnessError, UsageError
from harness.model.evidence import StorageRecord
from harness.model.policy import DataClass
from harness.model.question import Function, Result
from harness.model.result import Cause, DestinationClass, Reason
from harness.model.verdict import Verdict
from harness.plugin.setup import BLIND_BY_HAND, BLIND_SPOTS
from harness.reports.texts import LANGUAGES, Texts, load_catalogue, parameters
from harness.sweep.forms import FORMS

ENGLISH, SWEDISH = (load_catalogue(lang) for lang in ("en", "sv"))
ORDLISTA: dict[str, Any] = yaml.safe_load(
    (resources.files("harness") / "data" / "ordlista.yaml").read_text(encoding="utf-8")
)
PLACES = [place for place in get_args(StorageRecord.model_fields["place"].annotation) if place]


def test_both_languages_have_the_same_keys_and_parameters() -> None:
    assert list(ENGLISH) == list(SWEDISH)
    assert {key: parameters(text) for key, text in ENGLISH.items()} == {
        key: parameters(text) for key, text in SWEDISH.items()
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_empty(lang: str) -> None:
    assert [key for key, text in load_catalogue(lang).items() if not text] == []


@pytest.mark.parametrize("code", list(Code))
def test_every_reason_has_a_text_with_no_other_parameters(code: Code) -> None:
    for catalogue in (ENGLISH, SWEDISH):
        assert parameters(catalogue[f"reason.{code}"]) <= set(PARAMETERS[code])


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("kind", list(Kind)),
        ("verdict", list(Verdict)),
        ("class", get_args(DestinationClass)),
        ("cause", get_args(Cause)),
        ("data_class", get_args(DataClass)),
        ("function", get_args(Function)),
        ("result", get_args(Result)),
        ("place", PLACES),
        ("trigger", ["start", "between", "stop"]),
        *[(f"long.{result}", list(Verdict)) for result in ("works", "stays", "stays_reference", "survives")],
    ],
)
def test_every_code_of_the_model_has_a_text(group: str, codes: list[str]) -> None:
    assert [code for code in codes if f"{group}.{code}" not in ENGLISH] == []


def test_every_form_that_a_sweep_finds_has_a_text() -> None:
    found = {form.name for form in FORMS} | {"sqlite"}
    assert {name for name in found if f"form.{name}" not in ENGLISH} == set()


def test_every_blind_spot_of_the_runtime_has_a_text() -> None:
    named = {key.split(".", 1)[1] for key in ENGLISH if key.startswith(("blind.", "unwatched."))}
    assert {*BLIND_SPOTS, *BLIND_BY_HAND} <= named


def without_exact_sentences(text: str) -> str:
    for sentence in ORDLISTA["exact"].values():
        text = text.replace(sentence.strip(), "")
    return text


@pytest.mark.parametrize("stem", ORDLISTA["not_used"])
def test_no_swedish_text_uses_a_word_that_judges(stem: str) -> None:
    found = {key for key, text in SWEDISH.items() if stem in without_exact_sentences(text).lower()}
    assert found == set()


@pytest.mark.parametrize("term", ORDLISTA["terms"], ids=lambda term: str(term["code"]))
def test_swedish_terms_are_those_of_the_list(term: dict[str, Any]) -> None:
    wanted = term["sv"].lower()
    assert [key for key in term.get("keys", ()) if SWEDISH[key].lower() != wanted] == []
    assert [key for key in term.get("within", ()) if wanted not in SWEDISH[key].lower()] == []
    assert term.get("keys") or term.get("within")


@pytest.mark.parametrize("key", ORDLISTA["exact"])
def test_the_exact_sentences_are_exact(key: str) -> None:
    assert SWEDISH[key] == ORDLISTA["exact"][key].strip()


def test_no_english_text_passes_judgement() -> None:
    judging = re.compile(r"\b(compliant|lawful|sovereign|legal(?! assessment)|secure|certified)\b", re.I)
    assert [key for key, text in ENGLISH.items() if judging.search(text)] == []


def test_a_missing_text_or_parameter_is_an_error() -> None:
    with pytest.raises(HarnessError, match="no text"):
        Texts("en").text("report.nothing")
    with pytest.raises(HarnessError, match="lacks number, of"):
        Texts("en").text("report.run_number")
    with pytest.raises(UsageError, match="`fi`"):
        Texts("fi")


def test_a_reason_of_another_version_is_shown_as_it_stands() -> None:
    texts = Texts("sv")
    assert texts.reason(Reason(code="new_code", params={"b": "2", "a": "1"})) == "new_code (a: 1, b: 2)"
    assert texts.reason(Reason(code="too_few_agencies", params={"needed": "3"})) == (
        "Provfrågan kräver 3 myndigheter; federationen har ej angivet"
    )


def test_a_parameter_is_never_read_as_a_template() -> None:
    text = Texts("en").reason(Reason(code="scenario_failed", params={"text": "{text} {needed}"}))
    assert text == "What was expected was not observed: {text} {needed}"


def test_every_text_is_used() -> None:
    """A text that nothing shows would let a term pass as used."""
    folder = resources.files("harness.reports")
    places = (folder, resources.files("harness.plugin"), resources.files("harness.cli"))
    shown = [path for place in places for path in place.iterdir()]
    sources = [path.read_text(encoding="utf-8") for path in shown if path.name.endswith(".py")]
    sources += [path.read_text(encoding="utf-8") for path in (folder / "templates").iterdir()]
    source = "\n".join(sources)
    open_groups = ("reason.", "kind.", "blind.", "form.", "place.", "data_class.", "class.", "cause.",
                   "long.",
                   "verdict.", "function.", "result.", "trigger.", "operator.", "setting.", "name_source.",
                   "unwatched.", "column.", "exit.", "compare.warning.")  # fmt: skip
    counted = re.compile(r"\.(one|other)$")
    unused = [
        key
        for key in ENGLISH
        if not key.startswith(open_groups)
        and counted.sub("", key) not in source
        and f'"{key.rsplit(".", 1)[1]}"' not in source
    ]
    assert " ".join(unused) == ""

"""The published schemas are the models' own, and accept what the harness writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from harness.model.evidence import RECORD_TYPES, HostRecord, ListeningPort
from harness.model.federation import Operator
from harness.model.inputs import Inputs
from harness.model.result import (
    AgencyInfo,
    Attribution,
    Counts,
    Coverage,
    Destination,
    FederationInfo,
    Finding,
    QuestionResult,
    Reason,
    Residency,
    RunInfo,
    RunResult,
    ServiceInfo,
    Verdicts,
)
from harness.model.verdict import Verdict
from harness.store import RunFolder
from harness.store.schemas import PUBLISHED, schemas, text, write
from harness.topology import dump, json_schema, load, template

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "deploy" / "federations").glob("*.yaml"))


def validator(name: str, *below: str) -> Draft202012Validator:
    schema = json.loads((PUBLISHED / f"{name}.schema.json").read_text("utf-8"))
    if below:
        schema["$ref"] = "#/" + "/".join(below)
        for key in ("type", "properties", "additionalProperties", "required"):
            schema.pop(key, None)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("name", schemas())
def test_the_published_schemas_are_current(name: str) -> None:
    published = (PUBLISHED / name).read_text("utf-8")
    assert published == text(schemas()[name]), "run: python -m harness.store.schemas"
    Draft202012Validator.check_schema(json.loads(published))


def test_schemas_are_written_into_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(schemas())


@pytest.mark.parametrize("schema", schemas().values())
def test_a_schema_says_what_it_is(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].startswith("https://fedharness.invalid/schema/")
    assert schema["title"]
    assert schema["description"]


def test_every_key_of_a_federation_file_is_described() -> None:
    schema = json_schema()
    objects = {"": schema, **schema["$defs"]}
    silent = [
        f"{name}.{key}"
        for name, kind in objects.items()
        for key, value in kind.get("properties", {}).items()
        if not {"description", "$ref", "enum"} & set(value)
    ]
    assert silent == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_federation_files_match_the_schema(path: Path) -> None:
    validator("federation").validate(json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8")))))
    validator("federation").validate(yaml.safe_load(dump(load(path))))


def test_the_template_matches_the_schema() -> None:
    validator("federation").validate(yaml.safe_load(template()))


@pytest.mark.parametrize(
    "wrong",
    [
        {"agencies": {}},
        {"agencies": {"Alfa": {"domain": "alfa.example"}}},
        {"agencies": {"alfa": {"domain": "alfa"}}},
        {"agencies": {"alfa": {"domain": "alfa.example", "user": []}}},
        {"agencies": {"alfa": {"domain": "alfa.example", "services": {"Chat": {"product": "synapse"}}}}},
        {"fedharness": 2},
        {"policy": {"rests": {"thoughts": "owner"}}},
    ],
    ids=str,
)
def test_the_schema_refuses_what_load_refuses(wrong: dict[str, Any]) -> None:
    good = {"fedharness": 1, "agencies": {"alfa": {"domain": "alfa.example"}}}
    assert validator("federation").is_valid(good)
    assert not validator("federation").is_valid({**good, **wrong})


def test_written_evidence_matches_its_schema(run: RunFolder) -> None:
    port = ListeningPort(name="federation", port=8448, audience="partners")
    with run.writer() as writer:
        writer.append(
            "hosts", HostRecord(ts=1.0, event="up", host="h1", role="service", agency="alfa", ports=(port,))
        )
    found: dict[str, list[Any]] = {}
    for path in run.evidence.glob("*.jsonl"):
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        found[path.stem] = lines
        for line in lines:
            validator("evidence", "$defs", path.stem).validate(line)
            assert not validator("evidence", "$defs", path.stem).is_valid({**line, "mood": "fine"})
    assert set(found) == {"hosts", "logs", "steps"}
    validator("evidence").validate(found)
    assert not validator("evidence").is_valid({"browser": []})


def test_every_evidence_file_is_in_the_schema() -> None:
    schema = json.loads((PUBLISHED / "evidence.schema.json").read_text("utf-8"))
    assert set(schema["properties"]) == set(RECORD_TYPES) <= set(schema["$defs"])


def result(inputs: Inputs) -> RunResult:
    """A result that has one of each thing."""
    destination = Destination(name="matrix.org", address="198.18.0.1", port=443, proto="tcp")
    return RunResult(
        run=RunInfo(
            id=inputs.run.id,
            started=1.0,
            ended=None,
            complete=False,
            harness_version="0.1.0",
            runtime="embedded",
        ),
        federation=FederationInfo(
            name="poc",
            agencies=(
                AgencyInfo(
                    name="alfa",
                    title="Alfa",
                    domain="alfa.example",
                    partners=("beta",),
                    services=(
                        ServiceInfo(
                            service="chat",
                            product="synapse",
                            version="1.163.2",
                            runtime="embedded",
                            setting="hardened",
                            operated_by=Operator(),
                        ),
                    ),
                ),
            ),
        ),
        verdicts=Verdicts(
            works=Verdict.PASS, stays=Verdict.FAIL, stays_reference=Verdict.FAIL, survives=Verdict.UNKNOWN
        ),
        counts=Counts(passed=1),
        questions=(
            QuestionResult(
                id="chat.delivery",
                number=1,
                title={"en": "?", "sv": "?"},
                function="chat",
                result="works",
                verdict=Verdict.PASS,
                reason=Reason(code="ok"),
            ),
        ),
        findings=(
            Finding(
                id="f1",
                kind="outside",
                verdict=Verdict.FAIL,
                agency="alfa",
                destination=destination,
                first_seen=1.0,
                last_seen=2.0,
                attribution=Attribution(how="host"),
            ),
        ),
        residency=(
            Residency(
                canary="fhmark",
                data_class="content",
                owner="alfa",
                agency="beta",
                service="chat",
                store="database",
                form="plain",
                sweep="end",
                verdict=Verdict.PASS,
            ),
        ),
        disclosures=(),
        flows=(),
        coverage=(Coverage(border="alfa", begin=1.0, end=None, listed=Verdict.UNKNOWN, lost=0),),
    )


def test_a_result_matches_the_schema_of_run_json(inputs: Inputs) -> None:
    document = json.loads(result(inputs).model_dump_json(by_alias=True))
    validator("run").validate(document)
    assert document["schema"] == schemas()["run.schema.json"]["$id"]
    for key in ("schema", "run", "verdicts", "coverage"):
        assert not validator("run").is_valid({k: v for k, v in document.items() if k != key})
    assert not validator("run").is_valid({**document, "score": 10})

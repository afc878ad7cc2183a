"""The published JSON Schemas, made from the models (draft 2020-12)."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from harness.model.evidence import RECORD_TYPES
from harness.model.federation import Federation
from harness.model.result import SCHEMA, RunResult

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FEDERATION_ID = "https://fedharness.invalid/schema/federation-1.json"
EVIDENCE_ID = "https://fedharness.invalid/schema/evidence-1.json"

_CHAIN: dict[str, Any] = {
    "_seq": {"type": "integer", "minimum": 1, "description": "number of the line, from 1"},
    "_chain": {
        "type": "string",
        "pattern": "^[0-9a-f]{64}$",
        "description": "SHA-256 of the previous line's value, a line feed and this line without `_chain`; "
        "before the first line stands the SHA-256 of the file's name without .jsonl",
    },
}


def federation_schema() -> dict[str, Any]:
    """Return the schema of a federation file, for editors."""
    return _document(
        FEDERATION_ID,
        "fedharness federation file",
        "Agencies, the services they run, who may federate with whom, and the policy they are judged by.",
        _closed(Federation.model_json_schema()),
    )


def run_schema() -> dict[str, Any]:
    """Return the schema of ``run.json``."""
    body = RunResult.model_json_schema(mode="serialization")
    return _document(
        SCHEMA,
        "fedharness run.json",
        "A finished run: its verdicts, questions, findings, residency and coverage.",
        {**body, "required": ["schema", *body["required"]]},
    )


def evidence_schema() -> dict[str, Any]:
    """Return the schema of ``evidence/*.jsonl``.

    ``$defs/<file stem>`` describes one line of a file; the whole schema describes an object
    that holds each file's lines as an array, keyed by stem.
    """
    keys, definitions = models_json_schema(
        [(kind, "serialization") for kind in RECORD_TYPES.values()], by_alias=True
    )
    shared = dict(definitions["$defs"])
    lines = {}
    for stem, kind in RECORD_TYPES.items():
        name = keys[kind, "serialization"]["$ref"].rsplit("/", 1)[-1]
        lines[stem] = _chained(shared.pop(name))
    files = {stem: {"type": "array", "items": {"$ref": f"#/$defs/{stem}"}} for stem in RECORD_TYPES}
    body = {
        "type": "object",
        "properties": files,
        "additionalProperties": False,
        "$defs": {**lines, **shared},
    }
    return _document(
        EVIDENCE_ID,
        "fedharness evidence",
        "`$defs/<file stem>` describes one line of evidence/<file stem>.jsonl; the whole describes an "
        "object with each file's lines as an array.",
        body,
    )


def _chained(record: dict[str, Any]) -> dict[str, Any]:
    return {
        **record,
        "properties": {**_CHAIN, **record["properties"]},
        "required": [*_CHAIN, *record.get("required", ())],
    }


def _closed(schema: Any) -> Any:
    """Refuse keys that match no pattern, as the models do."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return {**closed, "additionalProperties": False} if "patternProperties" in closed else closed


def _document(identifier: str, title: str, description: str, body: dict[str, Any]) -> dict[str, Any]:
    head = {"$schema": DIALECT, "$id": identifier, "title": title, "description": description}
    return {**head, **{key: value for key, value in body.items() if key not in head}}

"""``run.json`` as text: one result, one sequence of bytes."""

from __future__ import annotations

import json

from harness.model.result import RunResult
from harness.reports.escape import json_text


def run_json(result: RunResult) -> str:
    """Return the canonical JSON of a result: keys sorted, field names by alias, a line end last.

    Characters that a terminal would obey are written as JSON escapes, all others as they
    are, so that the file may be shown with ``cat`` and still be read in Swedish.
    """
    document = result.model_dump(mode="json", by_alias=True)
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    return json_text(text + "\n")

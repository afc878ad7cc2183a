"""Searches a run folder for the harness's own secrets; there must be none."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from harness.errors import EvidenceError
from harness.store.files import is_regular, open_regular

_BLOCK = 1024 * 1024


def find_secrets(folder: Path, secrets: Iterable[str]) -> list[str]:
    """Return the files under ``folder`` that hold any of the secrets, in name or content.

    A secret is looked for as it is, and as JSON, HTML and a URL would write it.

    Args:
        folder: the run folder.
        secrets: passwords, tokens and keys; empty ones are passed over.

    Returns:
        Names from the folder, sorted. The secrets themselves are in no message.

    Raises:
        EvidenceError: the folder or a file in it cannot be read.
    """
    patterns = sorted({form for secret in secrets if secret for form in _forms(secret)})
    if not folder.is_dir():
        raise EvidenceError("there is no such folder", where=str(folder), cure="name a run folder")
    return sorted(
        name for name, path in _files(folder) if _holds(os.fsencode(name), patterns) or _found(path, patterns)
    )


def _forms(secret: str) -> set[bytes]:
    written = (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
        quote(secret, safe=""),
    )
    return {form.encode() for form in written}


def _files(folder: Path) -> list[tuple[str, Path]]:
    found = []
    for place, _, names in os.walk(folder, onerror=_cannot_list):
        for name in names:
            path = Path(place) / name
            found.append((path.relative_to(folder).as_posix(), path))
    return found


def _cannot_list(error: OSError) -> None:
    what = f"the folder cannot be read: {error.strerror}"
    raise EvidenceError(what, where=str(error.filename), cure="make it readable for this user") from error


def _found(path: Path, patterns: Sequence[bytes]) -> bool:
    if not patterns or not is_regular(path):
        return False
    overlap = max(map(len, patterns)) - 1
    kept = b""
    with open_regular(path) as file:
        while block := file.read(_BLOCK):
            window = kept + block
            if _holds(window, patterns):
                return True
            kept = window[len(window) - overlap :] if overlap else b""
    return False


def _holds(content: bytes, patterns: Sequence[bytes]) -> bool:
    return any(pattern in content for pattern in patterns)

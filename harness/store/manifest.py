"""Manifests in the format of ``sha256sum``, so that anybody can check a run folder.

``MANIFEST.sha256`` covers ``evidence/`` and is written once, at a run's end.
``derived/MANIFEST.sha256`` covers ``derived/`` and the files at the root. Both name files
from the run folder: ``cd RUN && sha256sum -c MANIFEST.sha256 derived/MANIFEST.sha256``.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import EvidenceError
from harness.store.files import open_regular

EVIDENCE_MANIFEST = "MANIFEST.sha256"
DERIVED_MANIFEST = "derived/MANIFEST.sha256"
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {escape: character for character, escape in _ESCAPES.items()}


def write_manifest(folder: Path) -> Path:
    """Write ``MANIFEST.sha256`` over ``evidence/``, once.

    Args:
        folder: the run folder.

    Raises:
        EvidenceError: it is there already, or cannot be written.
    """
    return _write(folder, EVIDENCE_MANIFEST, evidence_files, once=True)


def write_derived_manifest(folder: Path) -> Path:
    """Write ``derived/MANIFEST.sha256`` over ``derived/`` and the files at the root.

    Args:
        folder: the run folder.

    Raises:
        EvidenceError: it cannot be written.
    """
    return _write(folder, DERIVED_MANIFEST, derived_files, once=False)


def evidence_files(folder: Path) -> list[str]:
    """Return the names of all files under ``evidence/``, from the run folder, sorted."""
    return sorted(_below(folder, "evidence"))


def derived_files(folder: Path) -> list[str]:
    """Return the names of all files under ``derived/`` and at the root, sorted."""
    root = [path.name for path in folder.iterdir() if path.is_symlink() or not path.is_dir()]
    return sorted({*root, *_below(folder, "derived")} - {DERIVED_MANIFEST})


def other_files(folder: Path) -> list[str]:
    """Return the names of all files in further folders, which no manifest covers, sorted."""
    parts = [path.name for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    return sorted(name for part in set(parts) - {"evidence", "derived"} for name in _below(folder, part))


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal.

    Raises:
        EvidenceError: it cannot be read.
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(path: Path) -> tuple[dict[str, str], list[int]]:
    """Read a manifest.

    Returns:
        The SHA-256 of each file by its name, and the numbers of the lines that are not of
        the format. A name that leads out of the folder counts as such a line.

    Raises:
        EvidenceError: it cannot be read.
    """
    entries: dict[str, str] = {}
    malformed: list[int] = []
    with open_regular(path) as file:
        text = file.read().decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        entry = _parse(line)
        if entry is None or entry[0] in entries:
            malformed.append(number)
        else:
            entries[entry[0]] = entry[1]
    if text and not text.endswith("\n"):
        malformed.append(text.count("\n") + 1)
    return entries, malformed


def _write(folder: Path, name: str, listing: Callable[[Path], list[str]], *, once: bool) -> Path:
    path = folder / name
    new = path.with_suffix(".new")
    try:
        text = "".join(_format(file, sha256_of(folder / file)) for file in listing(folder))
        new.write_bytes(text.encode("utf-8", "surrogateescape"))
        if once:
            os.link(new, path)
        else:
            new.replace(path)
    except FileExistsError as error:
        what = "the manifest was written already, and evidence is not changed afterwards"
        raise EvidenceError(what, where=str(path), cure="begin a new run") from error
    except OSError as error:
        what = f"the manifest cannot be written: {error.strerror}"
        raise EvidenceError(what, where=str(path), cure="free space on the disk, then try again") from error
    finally:
        new.unlink(missing_ok=True)
    return path


def _below(folder: Path, part: str) -> Iterator[str]:
    for place, folders, names in os.walk(folder / part):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        for name in (*names, *links):
            yield (Path(place) / name).relative_to(folder).as_posix()


def _format(name: str, digest: str) -> str:
    escaped = "".join(_ESCAPES.get(character, character) for character in name)
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"


def _parse(line: str) -> tuple[str, str] | None:
    escaped = line.startswith("\\")
    digest, mark, name = line.removeprefix("\\").partition("  ")
    if len(digest) != 64 or not mark or set(digest) - set("0123456789abcdef"):
        return None
    if escaped:
        name = re.sub(r"\\([\\nr])", lambda match: _UNESCAPES[match[0]], name)
    parts = Path(name).parts
    return None if not parts or name.startswith("/") or ".." in parts else (name, digest)

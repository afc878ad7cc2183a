"""One store, read whole: contents, names, links and extended attributes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.protocols import SweepTarget
from harness.sweep.forms import find
from harness.sweep.reading import Content, NotRegular, extended_attributes, open_regular, search
from harness.sweep.sqlite import LOG_SUFFIXES, MAGIC, NotReadable, live_words

_NAMED = 100
_PATH = 300

Seen = tuple[str, str, str]
"""Word, form and place."""


@dataclass
class Findings:
    """What was seen in a store, and what of it was read."""

    counts: Counter[Seen] = field(default_factory=Counter)
    first: dict[Seen, str] = field(default_factory=dict)
    files_read: int = 0
    bytes_read: int = 0
    skipped: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def words(self) -> set[str]:
        """Every word that was seen."""
        return {word for word, _, _ in self.counts}

    def add(self, seen: Seen, path: str, count: int = 1) -> None:
        """Count a hit and keep the first path that had it."""
        self.counts[seen] += count
        self.first.setdefault(seen, path)


def read_store(target: SweepTarget, known: Collection[str]) -> Findings:
    """Search a store for the known words."""
    reader = _Reader(target, known)
    reader.read()
    return reader.findings


class _Reader:
    def __init__(self, target: SweepTarget, known: Collection[str]) -> None:
        self._target = target
        self._known = known
        self._excluded = frozenset(target.exclude)
        self.findings = Findings()

    def read(self) -> None:
        top = self._target.path
        if not os.path.lexists(top):
            self._skip(top, "absent")
        elif top.parent.resolve() / top.name != top:
            # The service may have put a link where a folder of its own should be.
            self.findings.unreadable.append(f"{top.name} (a link leads there)")
        elif top.is_dir() and not top.is_symlink():
            self._folder(top)
        else:
            self._file(top, None)

    def _folder(self, top: Path) -> None:
        try:
            for name, folders, files, descriptor in os.fwalk(top, onerror=self._cannot_walk):
                folder = Path(name)
                folders[:] = sorted(inner for inner in folders if folder / inner not in self._excluded)
                self._attributes(descriptor, folder)
                for inner in folders:
                    self._name(folder / inner)
                    self._link(folder / inner, descriptor)
                for inner in sorted(files):
                    if folder / inner not in self._excluded:
                        self._file(folder / inner, descriptor)
        except (OSError, RecursionError) as error:
            self._cannot_read(top, error)

    def _file(self, path: Path, folder: int | None) -> None:
        self._name(path)
        if self._link(path, folder):
            return None
        try:
            opened = open_regular(_as_seen_from(folder, path), folder)
        except NotRegular:
            return self._skip(path, "no regular file")
        except FileNotFoundError:
            return self._skip(path, "vanished")
        except OSError as error:
            return self._cannot_read(path, error)
        try:
            self._attributes(opened, path)
            content = search(opened, self._known)
        except OSError as error:
            return self._cannot_read(path, error)
        finally:
            os.close(opened)
        return self._take(path, content)

    def _take(self, path: Path, content: Content) -> None:
        self.findings.files_read += 1
        self.findings.bytes_read += content.bytes_read
        live = self._live(path) if content.head.startswith(MAGIC) else None
        for (word, form), count in sorted(content.hits.items()):
            self._add((word, form, self._place(path, word, live)), path, count)
        plainly = {word for word, _ in content.hits}
        for word in sorted((live or set()) - plainly):
            self._add((word, "sqlite", "live"), path)

    def _live(self, path: Path) -> set[str] | None:
        try:
            return live_words(path, self._known)
        except (NotReadable, OSError) as error:
            self._skip(path, f"rows: {error}")
            return None

    def _place(self, path: Path, word: str, live: set[str] | None) -> str:
        if live is not None:
            return "live" if word in live else "freed_page"
        if path.name.endswith(LOG_SUFFIXES):
            return "wal"
        return "log" if self._target.is_log or path.suffix == ".log" else ""

    def _name(self, path: Path) -> None:
        for word, _ in find(os.fsencode(path.name), self._known):
            self._add((word, "name", "name"), path)

    def _link(self, path: Path, folder: int | None) -> bool:
        """Search a symbolic link's target as text; say whether it is one. It is not followed."""
        try:
            target = os.readlink(_as_seen_from(folder, path), dir_fd=folder)
        except OSError:
            return False
        for word, _ in find(os.fsencode(target), self._known):
            self._add((word, "name", "name"), path)
        return True

    def _attributes(self, descriptor: int, path: Path) -> None:
        for word, _ in find(extended_attributes(descriptor), self._known):
            self._add((word, "xattr", ""), path)

    def _add(self, seen: Seen, path: Path, count: int = 1) -> None:
        self.findings.add(seen, self._relative(path), count)

    def _cannot_walk(self, error: OSError) -> None:
        path = Path(error.filename) if error.filename else self._target.path
        if isinstance(error, FileNotFoundError):
            return self._skip(path, "vanished")
        return self._cannot_read(path, error)

    def _cannot_read(self, path: Path, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) else type(error).__name__
        self.findings.unreadable.append(f"{self._relative(path)} ({why})")

    def _skip(self, path: Path, why: str) -> None:
        self.findings.skipped.append(f"{self._relative(path)} ({why})")

    def _relative(self, path: Path) -> str:
        top = self._target.path
        relative = path.relative_to(top) if path != top and path.is_relative_to(top) else Path(path.name)
        return os.fsencode(relative).decode("utf-8", "replace")[:_PATH]


def _as_seen_from(folder: int | None, path: Path) -> str:
    return os.fspath(path) if folder is None else path.name


def shortened(names: list[str]) -> Iterator[str]:
    """Yield at most a hundred of many names, and then how many more there are."""
    yield from names[:_NAMED]
    if len(names) > _NAMED:
        yield f"… +{len(names) - _NAMED}"

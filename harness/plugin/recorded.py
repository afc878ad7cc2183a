"""How much of a run has been recorded so far, by its growing evidence."""

from __future__ import annotations

from pathlib import Path

_MARKS = {"flows": b'"event":"first"', "dns": b"\n"}
"""What to count in a file: a connection is written when it begins and again when it ends."""


class Recorded:
    """Counts what the borders have written, reading each line once.

    Args:
        evidence: the folder that the borders write to; it need not be there yet.
    """

    def __init__(self, evidence: Path) -> None:
        self._evidence = evidence
        self._places = dict.fromkeys(_MARKS, 0)
        self._counts = dict.fromkeys(_MARKS, 0)

    @property
    def connections(self) -> int:
        """How many connections and other flows have begun."""
        return self._read_on("flows")

    @property
    def lookups(self) -> int:
        """How many names have been asked for."""
        return self._read_on("dns")

    def _read_on(self, stem: str) -> int:
        try:
            with (self._evidence / f"{stem}.jsonl").open("rb") as file:
                file.seek(self._places[stem])
                new = file.read()
        except OSError:
            return self._counts[stem]
        whole = new[: new.rfind(b"\n") + 1]
        self._places[stem] += len(whole)
        self._counts[stem] += whole.count(_MARKS[stem])
        return self._counts[stem]

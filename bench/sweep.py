"""How fast stores are searched for planted words, against merely reading the same files.

Two stores of the same size, in the machine's cache: one of lines of text, with a planted word now
and then, one of random bytes, as media and compressed data are. A sweep searches for every form
of every word, in one thread; the read takes the same files in the same pieces and looks at
nothing, so it is the most that there can be. Both take turns in every round.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, figure, ratios
from bench.memory import MIB
from bench.result import Bench
from harness.model.canary import new_canary
from harness.model.evidence import StorageRecord
from harness.protocols import SweepTarget
from harness.sweep import sweep
from harness.sweep.reading import CHUNK

_FILE_BYTES = 16 * MIB
_FILES = 8
_WORDS = 500
_LINES_BETWEEN = 1000


def make_stores(root: Path, words: list[str]) -> dict[str, Path]:
    """Write both stores and return their folders by name."""
    for name, content in (("text", _text(words)), ("random bytes", _random())):
        folder = root / name
        folder.mkdir()
        for number in range(_FILES):
            (folder / f"{number}.data").write_bytes(next(content))
    return {name: root / name for name in ("text", "random bytes")}


def swept(folder: Path, words: list[str]) -> float:
    """Sweep a store and return bytes a second.

    Raises:
        RuntimeError: not all of it was read.
    """
    records: list[StorageRecord] = []
    target = SweepTarget(agency="a", service="chat", store="data", path=folder)
    begin = time.monotonic()
    asyncio.run(sweep([target], words, "bench", records.append))
    seconds = time.monotonic() - begin
    read = sum(record.bytes_read for record in records)
    if read != _FILES * _FILE_BYTES:
        raise RuntimeError(f"{read} of {_FILES * _FILE_BYTES} bytes were read")
    return read / seconds


def merely_read(folder: Path) -> float:
    """Read a store in the sweep's pieces and return bytes a second."""
    read = 0
    begin = time.monotonic()
    for path in sorted(folder.iterdir()):
        descriptor = os.open(path, os.O_RDONLY)
        while piece := os.read(descriptor, CHUNK):
            read += len(piece)
        os.close(descriptor)
    return read / (time.monotonic() - begin)


def figures(name: str, searched: list[float], read: list[float]) -> list[Figure]:
    """Return the figures of one store."""
    return [
        figure(f"{name}: sweep / mere read", "ratio", ratios(searched, read)),
        figure(f"{name}: sweep", "MiB/s", [value / MIB for value in searched]),
        figure(f"{name}: mere read", "MiB/s", [value / MIB for value in read]),
    ]


def main() -> None:
    """Measure and write ``sweep.json``."""
    bench = Bench("sweep", "bytes a second of a sweep, against a mere read", repeat=7)
    words = [new_canary() for _ in range(_WORDS)]
    result: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="fedharness-bench-") as root:
        for name, folder in make_stores(Path(root), words).items():
            merely_read(folder)
            searched, read = [], []
            for _ in range(bench.repeat):
                searched.append(swept(folder, words))
                read.append(merely_read(folder))
            result += figures(name, searched, read)
            bench.say(name)
    size = _FILES * _FILE_BYTES // MIB
    bench.end(result, [f"each store has {size} MiB in {_FILES} files; {_WORDS} words are searched for."])


def _text(words: list[str]) -> Iterator[bytes]:
    # Reproducible, not secret.
    chance = random.Random(1)
    line = "2026-11-24 10:15:00,000 - synapse.http - INFO - PUT /_matrix/client/v3/rooms/{:x} - {}\n"
    while True:
        lines: list[str] = []
        size = 0
        while size < _FILE_BYTES:
            word = chance.choice(words) if len(lines) % _LINES_BETWEEN == 0 else "-"
            lines.append(line.format(chance.getrandbits(64), word))
            size += len(lines[-1])
        yield "".join(lines).encode()[:_FILE_BYTES]


def _random() -> Iterator[bytes]:
    chance = random.Random(1)
    while True:
        yield chance.randbytes(_FILE_BYTES)


if __name__ == "__main__":
    main()

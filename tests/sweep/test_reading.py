"""Files are read in bounded memory, over chunk borders and holes, and only where they are regular."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from harness.model.canary import new_canary
from harness.sweep.reading import CHUNK, Content, NotRegular, open_regular, search

WORD = new_canary()
FORMS = {"plain": WORD.encode(), "utf-16": WORD.encode("utf-16-le"), "hex": WORD.encode().hex().encode()}


def read(path: Path) -> Content:
    descriptor = open_regular(str(path), None)
    try:
        return search(descriptor, {WORD})
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("before", [0, 1, 7, 8, 20, 40, 63, 64, 65, 71, 72, 73, 100])
def test_a_word_across_a_chunk_border_is_found_once(tmp_path: Path, form: str, before: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * (CHUNK - before) + FORMS[form] + b"y" * 50)
    content = read(path)
    assert dict(content.hits) == {(WORD, form): 1}
    assert content.bytes_read == path.stat().st_size


def test_words_behind_a_hole_are_found_and_the_hole_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.seek(1 << 40)
        file.write(WORD.encode())
    content = read(path)
    assert dict(content.hits) == {(WORD, "plain"): 1}
    assert content.bytes_read < 1 << 20


def test_many_hits_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes((WORD.encode() + b" ") * 1000)
    assert read(path).hits[WORD, "plain"] == 1000


def test_pipes_sockets_and_links_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/hostname")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for name in ("pipe", "link", "socket"):
            with pytest.raises(NotRegular):
                open_regular(str(tmp_path / name), None)

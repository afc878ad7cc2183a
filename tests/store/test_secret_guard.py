"""The harness's own secrets must be found wherever they got into a run folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from harness.errors import EvidenceError
from harness.store import RunFolder, find_secrets
from harness.store.secret_guard import _BLOCK

SECRET = 'syt_a<b&"c/å'


def test_a_clean_run_holds_none(finished: RunFolder) -> None:
    assert find_secrets(finished.path, ["d41d8cd98f00", "", SECRET]) == []


@pytest.mark.parametrize(
    "content",
    [
        SECRET.encode(),
        json.dumps({"token": SECRET}).encode(),
        json.dumps({"token": SECRET}, ensure_ascii=False).encode(),
        b"<td>syt_a&lt;b&amp;&quot;c/\xc3\xa5</td>",
        b"GET /?access_token=syt_a%3Cb%26%22c%2F%C3%A5 HTTP/1.1",
    ],
    ids=["plain", "json", "json-utf8", "html", "url"],
)
def test_a_secret_is_found_in_every_form(finished: RunFolder, content: bytes) -> None:
    (finished.evidence / "inputs" / "x.bin").write_bytes(b"\x00\xff" + content + b"\n")
    assert find_secrets(finished.path, ["other-secret", SECRET]) == ["evidence/inputs/x.bin"]


@pytest.mark.parametrize("shift", [0, 1, 5, 11, 12])
def test_a_secret_across_two_blocks_is_found(finished: RunFolder, shift: int) -> None:
    secret = "0123456789ab"
    (finished.path / "big").write_bytes(b"." * (_BLOCK - shift) + secret.encode() + b"." * _BLOCK)
    assert find_secrets(finished.path, [secret]) == ["big"]


def test_a_secret_of_several_lines_and_one_in_a_name_are_found(finished: RunFolder) -> None:
    key = "-----BEGIN KEY-----\nabc\n-----END KEY-----\n"
    (finished.path / "a.json").write_text(json.dumps({"key": key}))
    (finished.derived / "hunter22.txt").write_text("")
    assert find_secrets(finished.path, [key, "hunter22"]) == ["a.json", "derived/hunter22.txt"]


def test_pipes_and_links_are_not_opened(finished: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(SECRET)
    (finished.path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(finished.path / "pipe")
    assert find_secrets(finished.path, [SECRET]) == []


def test_a_missing_folder_is_an_error_and_not_clean(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError) as caught:
        find_secrets(tmp_path / "no", [SECRET])
    assert SECRET not in str(caught.value)

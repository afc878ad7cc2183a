"""A planted word is found in every form that keeps it, and nothing else is."""

from __future__ import annotations

import base64

import pytest

from harness.model.canary import LENGTH, MARKER, new_canary
from harness.sweep.forms import FORMS, LOOK_AHEAD, find

WORD = new_canary()


def encodings() -> list[tuple[str, bytes]]:
    plain = WORD.encode()
    return [
        ("plain", plain),
        ("upper_case", plain.upper()),
        ("utf-16", WORD.encode("utf-16-le")),
        ("utf-16", WORD.encode("utf-16-be")),
        ("hex", plain.hex().encode()),
        ("hex", plain.hex().upper().encode()),
        *(("base64", base64.b64encode(b"x" * before + plain)) for before in range(6)),
        *(("base64", base64.b64encode(b"x" * before + plain + b"and more")) for before in range(3)),
    ]


@pytest.mark.parametrize(("form", "written"), encodings())
def test_a_word_is_found_in_each_form(form: str, written: bytes) -> None:
    assert list(find(b"before " + written + b" after", {WORD})) == [(WORD, form)]


@pytest.mark.parametrize(("form", "written"), encodings())
def test_a_word_is_found_at_either_end(form: str, written: bytes) -> None:
    assert list(find(written, {WORD})) == [(WORD, form)]


@pytest.mark.parametrize(("form", "written"), encodings())
def test_a_word_that_was_not_planted_is_not_reported(form: str, written: bytes) -> None:
    assert list(find(written, {new_canary()})) == []


@pytest.mark.parametrize(("form", "written"), encodings())
def test_a_cut_off_word_is_not_reported(form: str, written: bytes) -> None:
    assert list(find(written[: len(written) // 2], {WORD})) == []


def test_no_form_is_longer_than_what_is_read_ahead() -> None:
    assert all(len(written) <= LOOK_AHEAD for _, written in encodings())
    assert len(WORD) == LENGTH
    assert WORD.startswith(MARKER)


def test_the_number_of_searches_does_not_grow_with_the_words() -> None:
    assert len(FORMS) == 7


@pytest.mark.parametrize("written", [WORD.title(), WORD[:9] + WORD[9:].upper()])
def test_a_word_is_found_in_any_case(written: str) -> None:
    assert list(find(f"x {written} x".encode(), {WORD})) == [(WORD, "upper_case")]
    assert list(find(written.encode("utf-16-le"), {WORD})) == [(WORD, "utf-16")]

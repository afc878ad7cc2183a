"""Canaries are legal everywhere, are found again, and are not mistaken for each other."""

from __future__ import annotations

import re
import string

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.canary import LENGTH, MARKER, PATTERN, find_canaries, is_canary, new_canary

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
planted = st.lists(st.builds(new_canary), max_size=4)
around = st.text(alphabet=st.characters(codec="utf-8"), max_size=30).filter(lambda text: MARKER not in text)


@settings(max_examples=200)
@given(st.builds(new_canary))
def test_a_canary_is_legal_wherever_it_is_planted(word: str) -> None:
    assert len(word) == LENGTH == 20 <= 24
    assert re.fullmatch(r"[a-z][a-z0-9]*", word)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", word), "a DNS label (RFC 1035)"
    assert not set(word) - set(string.ascii_lowercase + string.digits + "._=-/+"), "a Matrix localpart"
    assert word.startswith(MARKER)
    assert is_canary(word)


def test_canaries_are_unique() -> None:
    assert len({new_canary() for _ in range(2000)}) == 2000


@given(planted, st.lists(around, min_size=5, max_size=5))
def test_planted_words_are_found_once_in_their_order(words: list[str], texts: list[str]) -> None:
    text = texts[0] + "".join(
        f" {word}{following}" for word, following in zip(words, texts[1:], strict=False)
    )
    assert find_canaries(text + text) == words


@given(st.builds(new_canary))
def test_names_and_shouting_do_not_hide_a_word(word: str) -> None:
    assert find_canaries(word.upper()) == [word]
    assert find_canaries(f"https://{word}.example/{word}.txt") == [word]
    assert find_canaries(f"{MARKER}{word}") == [word]
    assert find_canaries(f"x{word}x") == [word]


@settings(max_examples=500)
@given(st.builds(new_canary), st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_a_word_with_changed_check_characters_or_marker_is_refused(word: str, place: int, other: str) -> None:
    changed = word[:place] + other + word[place + 1 :]
    if place < len(MARKER) or place >= LENGTH - 2:
        assert is_canary(changed) == (changed == word)


def test_nearly_every_single_change_is_refused() -> None:
    """Two check characters let about one change in 1024 pass; many more would be a defect."""
    passed = tried = 0
    for _ in range(20):
        word = new_canary()
        for place in range(LENGTH):
            for other in ALPHABET:
                if other != word[place]:
                    tried += 1
                    passed += is_canary(word[:place] + other + word[place + 1 :])
    assert tried == 20 * LENGTH * (len(ALPHABET) - 1)
    assert passed <= tried * 0.01


@given(st.text())
def test_other_text_is_no_canary(text: str) -> None:
    if not PATTERN.search(text.lower()):
        assert find_canaries(text) == []
        assert not is_canary(text)


@given(st.builds(new_canary), st.integers(1, LENGTH - 1))
def test_a_cut_off_word_is_not_found(word: str, length: int) -> None:
    assert find_canaries(word[:length]) == []
    assert find_canaries(word[length:]) == []

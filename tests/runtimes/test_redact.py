"""No secret of the run, and nothing that looks like a token, stays in what products write."""

from __future__ import annotations

import pytest

from harness.runtimes.redact import MASK, Redactor


def test_a_known_secret_is_masked_wherever_it_stands() -> None:
    redactor = Redactor()
    redactor.add("0123456789abcdef")
    assert redactor.clean("a0123456789abcdefb /0123456789abcdef/") == f"a{MASK}b /{MASK}/"
    assert redactor.secrets == {"0123456789abcdef"}


def test_a_word_that_is_too_short_for_a_secret_does_not_blacken_the_log() -> None:
    redactor = Redactor()
    redactor.add("alfa")
    redactor.add("")
    assert redactor.secrets == frozenset()
    assert redactor.clean("alfa.example") == "alfa.example"


@pytest.mark.parametrize("order", [1, -1])
def test_a_secret_within_a_longer_one_leaves_no_rest_of_it(order: int) -> None:
    redactor = Redactor()
    for secret in ("0123456789", "0123456789-and-more")[::order]:
        redactor.add(secret)
    assert redactor.clean("key 0123456789-and-more") == f"key {MASK}"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("GET /sync?access_token=syt_YQ_aBc&since=1", f"GET /sync?access_token={MASK}&since=1"),
        ('{"access_token": "syt_YQ_aBc", "user": "a"}', f'{{"access_token": "{MASK}", "user": "a"}}'),
        ("{'password':'hunter2'}", f"{{'password':'{MASK}'}}"),
        ("Authorization: Bearer syt_YQ_aBc", f"Authorization: Bearer {MASK}"),
        ("password: hunter2", f"password: {MASK}"),
        ("client_secret=abc macaroon_secret_key", f"client_secret={MASK} macaroon_secret_key"),
        ('"refresh_token" : "abc"', f'"refresh_token" : "{MASK}"'),
        ("passwords are hashed", "passwords are hashed"),
    ],
)
def test_what_looks_like_a_token_is_masked(said: str, kept: str) -> None:
    assert Redactor().clean(said) == kept

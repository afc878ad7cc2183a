"""What is told of a federation that is kept: whole addresses and accounts, and true notes."""

from __future__ import annotations

import pytest

from harness.plugin.welcome import Visited, welcome
from harness.protocols import Account
from harness.reports.texts import LANGUAGES, Texts

PASSWORD = "p" * 64
ALVA = Account("alfa", "alva", "@alva:alfa.example", PASSWORD)


def visited(**fields: str) -> Visited:
    given = {"clients": "Matrix", "url": "http://127.0.0.1:8101", **fields}
    return Visited(agency="Agency Alfa", name="alfa/chat", domain="alfa.example", accounts=[ALVA], **given)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_address_account_and_kind_of_client_are_told(lang: str) -> None:
    lines = list(welcome([visited()], Texts(lang)))
    assert lines[0] == "Agency Alfa (alfa/chat): http://127.0.0.1:8101"
    assert "Matrix" in lines[1]
    assert "http://127.0.0.1:8101" in lines[1]
    assert ALVA.user_id in lines[2]
    assert lines[2].endswith(PASSWORD)


def test_what_breaks_is_listed_with_the_agency_s_domain() -> None:
    lines = list(welcome([visited(), visited()], Texts("en")))
    notes = lines[6:]
    assert len(notes) == len(set(notes))
    text = "\n".join(notes)
    for word in ("well-known", "single sign-on", "matrix.to", "Media", "outside the border"):
        assert word in text
    assert "https://alfa.example/" in text
    assert notes[-1] == "Ctrl-C takes everything down."


def test_a_product_of_another_kind_is_not_told_of_matrix() -> None:
    text = "\n".join(welcome([visited(clients="")], Texts("en")))
    assert "http://127.0.0.1:8101" in text
    assert "atrix" not in text


def test_a_service_without_a_port_for_persons_is_named() -> None:
    lines = list(welcome([visited(url="")], Texts("en")))
    assert "cannot be opened from here" in lines[0]
    assert PASSWORD not in "\n".join(lines)


def test_a_federation_with_nothing_to_open() -> None:
    assert list(welcome([], Texts("en"))) == ["Ctrl-C takes everything down."]

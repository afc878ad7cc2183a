"""The catalogues that ship with the harness are whole and usable."""

from __future__ import annotations

import re

import pytest

from harness.checks.catalogue import entry_for
from harness.data import destinations, questions
from harness.model.question import Question

FIXED = {
    "chat.delivery": 1,
    "chat.invite_refusal": 2,
    "chat.unlisted_invite": 3,
    "chat.unlisted_rejected": 4,
    "chat.edit_redaction": 5,
    "chat.server_down": 6,
    "chat.server_acl": 7,
    "chat.kick": 8,
    "chat.history_visibility": 9,
    "chat.attachment": 12,
    "chat.encryption": 13,
    "chat.cold_start_offline": 38,
    "chat.partition": 39,
    "egress.destinations": 44,
    "egress.lookups": 45,
    "chat.mixed_versions": 50,
    "evidence.complete": 53,
}
NOT_USED = re.compile(
    "godkän|underkän|laglig|uppfyll|säker|suverän|röjd|röja|röjt|utlämna|tredjelandsöverföring|"
    "personuppgiftsincident|bevis|läck|utländsk|certifierad|underteckna",
    re.IGNORECASE,
)
HOST = re.compile(r"(\*\.)?([a-z0-9-]+\.)+[a-z0-9-]+")


def test_all_sixty_five_questions_are_there_once() -> None:
    catalogue = questions().questions
    assert sorted({question.number for question in catalogue}) == list(range(1, 66))
    assert len({question.id for question in catalogue}) == len(catalogue)
    parts = [(question.number, question.part) for question in catalogue]
    assert len(set(parts)) == len(parts)


@pytest.mark.parametrize("question_id", FIXED)
def test_published_ids_keep_their_number(question_id: str) -> None:
    question = questions().get(question_id)
    assert question is not None
    assert question.number == FIXED[question_id]


@pytest.mark.parametrize("question", questions().questions, ids=lambda question: question.id)
def test_titles_are_questions_in_both_languages(question: Question) -> None:
    title = question.title
    assert [text[-1] for text in (title["en"], title["sv"])] == ["?", "?"]
    assert NOT_USED.search(title["sv"]) is None


def test_destinations_have_usable_patterns() -> None:
    entries = destinations().entries
    assert len({entry.id for entry in entries}) == len(entries)
    assert all(HOST.fullmatch(host) for entry in entries for host in entry.hosts)
    assert all(re.fullmatch("([A-Z]{2})?", entry.country) for entry in entries)
    assert len({entry.id.rstrip("abcdefgh") for entry in entries}) == 112


def test_the_key_notary_of_synapse_is_found_with_its_switch() -> None:
    entry = entry_for(destinations(), "matrix.org", "synapse")
    assert entry is not None
    assert (entry.operator, entry.country) == ("Matrix.org Foundation", "GB")
    assert entry.switch_off == "trusted_key_servers: []"

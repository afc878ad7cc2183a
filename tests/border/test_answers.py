"""DNS answers: the zone, the sinkhole's pool, bounds, and malformed questions."""

from __future__ import annotations

import json

import dns.flags
import dns.message
import dns.name
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.border.answers import Answer, Proto, answer
from harness.border.pool import Pool, PoolExhausted
from harness.border.zone import Zone
from harness.errors import BorderError
from harness.model.border import ZoneRecord

POOLS = ("198.18.0.0/15", "fd99::/64")
RECORDS = (
    ZoneRecord(name="chat.alfa.example", addresses=("10.1.0.2", "fd00:1::2")),
    ZoneRecord(name="four.alfa.example", addresses=("10.1.0.4",)),
    ZoneRecord(name="_matrix-fed._tcp.alfa.example", srv_port=8448, target="chat.alfa.example"),
    ZoneRecord(name="many.alfa.example", addresses=tuple(f"10.1.1.{n}" for n in range(1, 120))),
)
ZONE = Zone(["alfa.example"], RECORDS, ["10.1.0.0/16", "fd00:1::/64"])


def ask(
    name: str, kind: str = "A", *, pool: Pool | None = None, proto: Proto = "udp", edns: bool = False
) -> tuple[Answer, dns.message.Message]:
    question = dns.message.make_query(name, kind, use_edns=0 if edns else -1, payload=4096)
    pool = pool or Pool(POOLS)
    found = answer(question.to_wire(), asker="host", proto=proto, zone=ZONE, pool=pool)
    reply = dns.message.from_wire(found.wire)
    assert question.is_response(reply)
    return found, reply


@pytest.mark.parametrize(
    ("name", "kind", "outcome", "rcode", "answers"),
    [
        ("chat.alfa.example", "A", "zone", "NOERROR", ("10.1.0.2",)),
        ("chat.alfa.example", "AAAA", "zone", "NOERROR", ("fd00:1::2",)),
        ("four.alfa.example", "AAAA", "no_data", "NOERROR", ()),
        ("none.alfa.example", "A", "no_data", "NXDOMAIN", ()),
        ("_tcp.alfa.example", "A", "no_data", "NOERROR", ()),
        ("alfa.example", "MX", "no_data", "NOERROR", ()),
        ("_matrix-fed._tcp.alfa.example", "SRV", "zone", "NOERROR", ("10 5 8448 chat.alfa.example.",)),
        ("2.0.1.10.in-addr.arpa", "PTR", "no_data", "NXDOMAIN", ()),
        ("localhost", "A", "zone", "NOERROR", ("127.0.0.1",)),
        ("matrix.org", "A", "sinkhole", "NOERROR", ("198.18.0.1",)),
        ("matrix.org", "AAAA", "sinkhole", "NOERROR", ("fd99::1",)),
        ("matrix.org", "TXT", "sinkhole", "NOERROR", ()),
        ("_matrix._tcp.matrix.org", "SRV", "sinkhole", "NOERROR", ()),
        ("notalfa.example", "A", "sinkhole", "NOERROR", ("198.18.0.1",)),
        ("8.8.8.8.in-addr.arpa", "PTR", "sinkhole", "NOERROR", ()),
    ],
)
def test_answers(name: str, kind: str, outcome: str, rcode: str, answers: tuple[str, ...]) -> None:
    found, reply = ask(name, kind)
    assert (found.outcome, found.rcode, found.answers) == (outcome, rcode, answers)
    assert dns.rcode.to_text(reply.rcode()) == rcode
    assert sum(len(rrset) for rrset in reply.answer) == len(answers)


def test_the_letters_case_of_a_question_is_kept() -> None:
    found, reply = ask("ChAt.AlFa.ExAmPlE")
    assert found.outcome == "zone"
    assert reply.question[0].name.to_text() == "ChAt.AlFa.ExAmPlE."
    assert reply.answer[0].name.to_text() == "ChAt.AlFa.ExAmPlE."


def test_a_name_has_one_pair_for_each_asker() -> None:
    pool = Pool(POOLS)
    first = pool.addresses("a", "x.org.")
    assert pool.addresses("a", "x.org.") == first
    assert len({first, pool.addresses("b", "x.org."), pool.addresses("a", "y.org.")}) == 3


def test_case_does_not_give_another_address() -> None:
    pool = Pool(POOLS)
    assert ask("Matrix.ORG", pool=pool)[0].answers == ask("matrix.org", pool=pool)[0].answers


def test_an_exhausted_asker_is_refused_and_others_are_not() -> None:
    pool = Pool(POOLS, names_per_asker=2)
    for name in ("a.org", "b.org"):
        assert ask(name, pool=pool)[0].outcome == "sinkhole"
    found, reply = ask("c.org", pool=pool)
    assert found.outcome == "refused"
    assert reply.rcode() == dns.rcode.REFUSED
    assert ask("a.org", pool=pool)[0].answers == ("198.18.0.1",)
    assert pool.addresses("another", "c.org.")


def test_the_pool_never_gives_its_last_address_or_one_twice() -> None:
    pool = Pool(("192.0.2.0/29", "fd99::/64"))
    given_out = {pool.addresses("a", f"{n}.org.")[0] for n in range(6)}
    assert given_out == {f"192.0.2.{n}" for n in range(1, 7)}
    with pytest.raises(PoolExhausted):
        pool.addresses("b", "one-more.org.")


def test_a_long_answer_is_cut_by_udp_and_whole_by_tcp() -> None:
    for edns, limit in ((False, 512), (True, 1232)):
        found, reply = ask("many.alfa.example", edns=edns)
        assert reply.flags & dns.flags.TC
        assert len(found.wire) <= limit
        assert not reply.answer
    _, reply = ask("many.alfa.example", proto="tcp")
    assert len(reply.answer[0]) == 119


def test_edns_is_answered_with_edns() -> None:
    assert ask("chat.alfa.example", edns=True)[1].edns == 0
    assert ask("chat.alfa.example")[1].edns == -1


def test_hostile_names_are_safe_text() -> None:
    name = dns.name.Name([b"\x00\"'\\\n<script>", "å".encode(), b"org", b""])
    wire = dns.message.make_query(name, "A").to_wire()
    found = answer(wire, asker="host", proto="udp", zone=ZONE, pool=Pool(POOLS))
    assert found.outcome == "sinkhole"
    assert found.query.isprintable()
    assert found.query.isascii()
    assert json.loads(json.dumps(found.query)) == found.query


@pytest.mark.parametrize("wire", [b"", b"\x00", bytes(11)])
def test_too_short_is_not_answered(wire: bytes) -> None:
    found = answer(wire, asker="host", proto="udp", zone=ZONE, pool=Pool(POOLS))
    assert (found.wire, found.outcome) == (b"", "malformed")


def test_a_broken_question_is_a_format_error() -> None:
    wire = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xff"
    found = answer(wire, asker="host", proto="udp", zone=ZONE, pool=Pool(POOLS))
    reply = dns.message.from_wire(found.wire)
    assert (reply.id, reply.rcode()) == (0x1234, dns.rcode.FORMERR)
    assert found.outcome == "malformed"


def test_an_answer_is_never_answered() -> None:
    wire = dns.message.make_response(dns.message.make_query("a.org", "A")).to_wire()
    assert answer(wire, asker="host", proto="udp", zone=ZONE, pool=Pool(POOLS)).wire == b""


@given(st.binary(max_size=120))
def test_any_bytes_are_answered_or_left(wire: bytes) -> None:
    for data in (wire, wire[:2] + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + wire[2:]):
        found = answer(data, asker="host", proto="udp", zone=ZONE, pool=Pool(POOLS))
        assert len(found.wire) <= 1232
        json.dumps(found.query)


@pytest.mark.parametrize(
    "record",
    [
        ZoneRecord(name="a..b", addresses=("10.0.0.1",)),
        ZoneRecord(name="a.alfa.example", addresses=("10.0.0.300",)),
        ZoneRecord(name="a.alfa.example", srv_port=70000, target="b.alfa.example"),
        ZoneRecord(name="x" * 64 + ".alfa.example"),
    ],
)
def test_a_wrong_zone_record_is_named(record: ZoneRecord) -> None:
    with pytest.raises(BorderError) as wrong:
        Zone(["alfa.example"], [record])
    assert wrong.value.where
    assert wrong.value.cure

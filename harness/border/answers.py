"""DNS answers: a question's bytes in, the answer's bytes and its record out (RFC 1035)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from harness.border.pool import Pool, PoolExhausted
from harness.border.zone import Zone

UDP_LIMIT = 1232
"""Largest answer by UDP, in bytes: what no path has to fragment (DNS flag day 2020)."""
_PLAIN_LIMIT = 512
_TTL = 1
_HEADER = 12

Outcome = Literal["zone", "no_data", "sinkhole", "refused", "malformed"]
Proto = Literal["udp", "tcp"]


@dataclass(frozen=True)
class Answer:
    """What goes back, and what is recorded of it.

    Args:
        wire: the answer's bytes; empty when nothing is sent back.
        query: the name as it was asked, with hostile bytes escaped.
        answers: the addresses, targets or other data that were given.
    """

    wire: bytes
    query: str
    qtype: str
    rcode: str
    answers: tuple[str, ...]
    outcome: Outcome


@dataclass(frozen=True)
class _Found:
    outcome: Outcome
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    rdatas: tuple[dns.rdata.Rdata, ...] = ()


def answer(wire: bytes, *, asker: str, proto: Proto, zone: Zone, pool: Pool) -> Answer:
    """Answer one question.

    Args:
        wire: the question as it came.
        asker: who asks; a sinkhole address is one asker's alone.
    """
    try:
        question = dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, IndexError, OverflowError):
        return _malformed(wire)
    if question.flags & dns.flags.QR or len(wire) < _HEADER:
        return Answer(b"", "", "", "", (), "malformed")
    if question.opcode() != dns.opcode.QUERY:
        return _plain(question, dns.rcode.NOTIMP, "malformed", proto)
    if len(question.question) != 1:
        return _plain(question, dns.rcode.FORMERR, "malformed", proto)
    asked = question.question[0]
    if asked.rdclass != dns.rdataclass.IN:
        return _plain(question, dns.rcode.REFUSED, "refused", proto)
    return _reply(question, _look_up(asked.name, asked.rdtype, asker, zone, pool), proto)


def _look_up(
    name: dns.name.Name, rdtype: dns.rdatatype.RdataType, asker: str, zone: Zone, pool: Pool
) -> _Found:
    if zone.owns(name):
        return _from_zone(name, rdtype, zone)
    try:
        addresses = pool.addresses(asker, name.canonicalize().to_text())
    except PoolExhausted:
        return _Found("refused", dns.rcode.REFUSED)
    wanted = {dns.rdatatype.A: addresses[0], dns.rdatatype.AAAA: addresses[1]}.get(rdtype)
    if wanted is None:
        return _Found("sinkhole")
    return _Found("sinkhole", rdatas=(dns.rdata.from_text(dns.rdataclass.IN, rdtype, wanted),))


def _from_zone(name: dns.name.Name, rdtype: dns.rdatatype.RdataType, zone: Zone) -> _Found:
    found = zone.find(name)
    if found is None:
        return _Found("no_data", dns.rcode.NXDOMAIN)
    if rdtype == dns.rdatatype.ANY:
        rdatas = tuple(rdata for several in found.values() for rdata in several)
    else:
        rdatas = tuple(found.get(rdtype, ()))
    return _Found("zone" if rdatas else "no_data", rdatas=rdatas)


def _reply(question: dns.message.Message, found: _Found, proto: Proto) -> Answer:
    asked = question.question[0]
    response = _response(question, found.rcode)
    for rdtype in dict.fromkeys(rdata.rdtype for rdata in found.rdatas):
        several = [rdata for rdata in found.rdatas if rdata.rdtype == rdtype]
        response.answer.append(dns.rrset.from_rdata_list(asked.name, _TTL, several))
    return Answer(
        wire=_to_wire(response, question, proto),
        query=asked.name.to_text(),
        qtype=dns.rdatatype.to_text(asked.rdtype),
        rcode=dns.rcode.to_text(found.rcode),
        answers=_texts(found.rdatas),
        outcome=found.outcome,
    )


def _plain(question: dns.message.Message, rcode: dns.rcode.Rcode, outcome: Outcome, proto: Proto) -> Answer:
    asked = question.question[0] if question.question else None
    return Answer(
        wire=_to_wire(_response(question, rcode), question, proto),
        query=asked.name.to_text() if asked is not None else "",
        qtype=dns.rdatatype.to_text(asked.rdtype) if asked is not None else "",
        rcode=dns.rcode.to_text(rcode),
        answers=(),
        outcome=outcome,
    )


def _response(question: dns.message.Message, rcode: dns.rcode.Rcode) -> dns.message.Message:
    response = dns.message.QueryMessage(id=question.id)
    response.flags = dns.flags.QR | dns.flags.AA | dns.flags.RA | (question.flags & dns.flags.RD)
    response.question = list(question.question)
    if question.edns >= 0:
        response.use_edns(0, payload=UDP_LIMIT)
        if question.edns > 0:
            rcode = dns.rcode.BADVERS
    response.set_rcode(rcode)
    return response


def _to_wire(response: dns.message.Message, question: dns.message.Message, proto: Proto) -> bytes:
    limit = 65535
    if proto == "udp":
        limit = min(UDP_LIMIT, max(_PLAIN_LIMIT, question.payload if question.edns >= 0 else 0))
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        for section in (response.answer, response.authority, response.additional):
            section.clear()
        response.flags |= dns.flags.TC
        return response.to_wire(max_size=65535)


def _malformed(wire: bytes) -> Answer:
    # Header only: the same number, QR set, opcode and RD kept, FORMERR.
    if len(wire) < _HEADER or wire[2] & 0x80:
        return Answer(b"", "", "", "", (), "malformed")
    head = wire[:2] + bytes(((wire[2] & 0x79) | 0x80, 0x80 | dns.rcode.FORMERR)) + bytes(8)
    return Answer(head, "", "", "FORMERR", (), "malformed")


def _texts(rdatas: Iterable[dns.rdata.Rdata]) -> tuple[str, ...]:
    return tuple(rdata.to_text() for rdata in rdatas)

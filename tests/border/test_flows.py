"""Connections: one first record each, with the name joined, and one end."""

from __future__ import annotations

import struct

from harness.border.conntrack import Connection, Tuple
from harness.border.flows import Flows
from harness.border.journal import Journal
from harness.border.nflog import LoggedPacket
from harness.model.base import Record
from harness.model.evidence import FlowRecord

FLOW = Tuple("10.1.0.2", 40000, "203.0.113.7", 80, "tcp")


class Sink:
    def __init__(self) -> None:
        self.records: list[FlowRecord] = []

    def append(self, stem: str, record: Record) -> None:
        assert isinstance(record, FlowRecord)
        self.records.append(record)


def packet(flags: int, payload: bytes = b"", *, ts: float) -> LoggedPacket:
    body = struct.pack("!HHIIBBHHH", 40000, 80, 0, 0, 0x50, flags, 0, 0, 0) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, 6, 0)
    return LoggedPacket(7, head + bytes((10, 1, 0, 2, 203, 0, 113, 7)) + body, ts)


def flows() -> tuple[Flows, Sink, Journal]:
    sink = Sink()
    journal = Journal(sink)
    made = Flows("alfa", journal, host={7: "chat"}.get, host_of=lambda _: "", own=("10.1.0.1",))  # type: ignore[arg-type]
    return made, sink, journal


def test_first_packets_make_one_record_with_the_name() -> None:
    made, sink, journal = flows()
    now = journal.now()
    made.logged(packet(0x02, ts=now))
    assert sink.records == []
    made.logged(packet(0x18, b"GET / HTTP/1.1\r\nHost: out.exa", ts=now))
    made.logged(packet(0x18, b"mple\r\n\r\n", ts=now))
    (record,) = sink.records
    assert (record.event, record.host, record.service) == ("first", "chat", "http")
    assert record.server_name.startswith("out.exa")
    made.logged(packet(0x18, b"more", ts=now))
    assert len(sink.records) == 1


def test_a_connection_that_says_nothing_is_written_after_its_wait() -> None:
    made, sink, _ = flows()
    made.logged(packet(0x02, ts=100.0))
    made.flush(99.0)
    assert sink.records == []
    made.flush(100.0)
    assert [record.ts for record in sink.records] == [100.0]


def test_a_packet_told_of_late_belongs_to_its_own_window() -> None:
    made, sink, journal = flows()
    before = journal.now()
    journal.begin_window("next")
    made.logged(packet(0x02, ts=before))
    made.flush(journal.now())
    assert sink.records[0].window == "start"


def test_an_end_has_the_same_uid_and_the_host_that_has_gone() -> None:
    made, sink, _ = flows()
    made.logged(packet(0x02, ts=100.0))
    made.ended(Connection(1, FLOW, (5, 500), (4, 400), 100.0, 102.5))
    first, end = sink.records
    assert (end.uid, end.host, end.duration) == (first.uid, "chat", 2.5)
    assert (end.orig_pkts, end.orig_bytes, end.resp_pkts, end.resp_bytes) == (5, 500, 4, 400)


def test_the_same_ports_again_are_another_connection() -> None:
    made, sink, journal = flows()
    made.logged(packet(0x02, ts=journal.now() - 100))
    made.flush(journal.now())
    made.logged(packet(0x02, ts=journal.now()))
    made.flush(journal.now())
    assert len({record.uid for record in sink.records}) == 2


def test_another_borders_connections_and_look_ups_are_left_out() -> None:
    made, sink, _ = flows()
    made.ended(Connection(1, Tuple("10.2.0.2", 1, "10.1.0.2", 2, "tcp"), None, None, None, None))
    made.ended(Connection(1, Tuple("10.1.0.2", 1, "10.1.0.1", 53, "udp"), None, None, None, None))
    assert sink.records == []

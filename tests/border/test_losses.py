"""Losses are told when they grow; what was dropped is summed up at the end."""

from __future__ import annotations

from harness.border.journal import Journal
from harness.border.losses import (
    DROPPED,
    LOST,
    Losses,
    conntrack_statistics,
    dropped_datagrams,
)
from harness.model.base import Record
from harness.model.evidence import CoverageRecord


class Sink:
    def __init__(self) -> None:
        self.records: list[CoverageRecord] = []

    def append(self, stem: str, record: Record) -> None:
        assert isinstance(record, CoverageRecord)
        self.records.append(record)


def test_a_loss_is_told_when_it_grows_and_by_how_much() -> None:
    sink = Sink()
    losses = Losses(Journal(sink), "alfa")
    for value in (0, 3, 3, 7):
        losses.conntrack({"insert_failed": value, "found": 9})
    assert [(r.name, r.lost, r.listed) for r in sink.records] == [
        ("conntrack_insert_failed", 3, False),
        ("conntrack_insert_failed", 4, False),
    ]


def test_two_ports_losses_are_not_mixed() -> None:
    sink = Sink()
    losses = Losses(Journal(sink), "alfa")
    for port in ("h1", "h2"):
        losses.port_counters(port, f"host-{port}", {f"{port}_full": (5, 500), f"{port}_spoofed": (2, 20)})
    assert [(r.lost, r.params["host"]) for r in sink.records] == [(5, "host-h1"), (5, "host-h2")]
    assert losses.dropped() == {"dropped_spoofed": "4"}


def test_conntrack_statistics_are_summed_over_processors() -> None:
    table = "entries  found insert_failed drop\n0000000a 00000001 00000010 00000000\n0000000a 0 00000001 2\n"
    assert conntrack_statistics(table) == {"entries": 20, "found": 1, "insert_failed": 17, "drop": 2}
    assert conntrack_statistics("") == {}


def test_packets_that_are_in_no_ledger_are_lost_and_dropped_ones_are_not() -> None:
    sink = Sink()
    losses = Losses(Journal(sink), "alfa")
    counters = {name: (number, 100 * number) for number, name in enumerate((*LOST, *DROPPED))}
    losses.border_counters(counters)
    losses.border_counters(counters)
    told = [(record.name, record.lost) for record in sink.records]
    assert told == [(name, counters[name][0]) for name in LOST if counters[name][0]]
    assert losses.dropped() == {f"dropped_{name}": str(counters[name][0]) for name in DROPPED}


def test_a_loss_of_detail_alone_says_that_the_rows_are_whole() -> None:
    sink = Sink()
    Losses(Journal(sink), "alfa").note("events", 2, listed=True, group="5")
    (record,) = sink.records
    assert (record.border, record.lost, record.listed, record.params["group"]) == ("alfa", 2, True, "5")


def test_datagrams_that_full_sockets_dropped_are_summed() -> None:
    head = "  sl  local_address rem_address st tx_queue rx_queue … inode ref pointer drops"
    rows = [
        f"  {n}: 00000000:0035 00000000:0000 07 0:0 00:0 0 0 0 {n} 2 0 {drops}"
        for n, drops in ((1, 0), (2, 7), (3, 4))
    ]
    assert dropped_datagrams("\n".join([head, *rows, ""])) == 11
    assert dropped_datagrams(head) == dropped_datagrams("") == 0

"""Ledgers: a group of kernel sets whose rows add up to one plain counter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.border.counters import Count, TableReader
from harness.border.rows import RowKind, Value

Counters = Mapping[str, Count]
ZERO: Count = (0, 0)


@dataclass(frozen=True)
class Growth:
    """What one row grew by since it was last read.

    Args:
        values: the row's key, by the ledger record's field names.
    """

    values: Mapping[str, Value]
    packets: int
    bytes: int


def growth(kind: RowKind, before: dict[bytes, Count], now: Mapping[bytes, Count]) -> Iterator[Growth]:
    """Yield each row that grew, and bring ``before`` up to date.

    A row that one dump misses keeps its old count, so it is never counted twice.
    """
    for key, (packets, size) in now.items():
        old_packets, old_size = before.get(key, ZERO)
        if packets != old_packets or size != old_size:
            before[key] = (packets, size)
            yield Growth(kind.read(key), packets - old_packets, size - old_size)


class Ledger:
    """One ledger: its sets, and the counter of all that its sets must hold.

    Args:
        reader: reads the border's tables.
        family: the table's family, as netfilter numbers it.
        table: the table's name.
        prefix: what stands before each set's name.
        kinds: its sets.
        all: name of the counter of all packets.
        unlisted: names of the counters of packets that were dropped, not listed.
    """

    def __init__(
        self,
        reader: TableReader,
        family: int,
        table: str,
        prefix: str,
        kinds: Sequence[RowKind],
        *,
        all: str,
        unlisted: Sequence[str],
    ) -> None:
        self._reader = reader
        self._place = (family, table)
        self._prefix = prefix
        self._rows: dict[str, dict[bytes, Count]] = {kind.name: {} for kind in kinds}
        self._kinds = kinds
        self._all = all
        self._unlisted = unlisted
        self._seen = ZERO
        self.packets = 0
        self.bytes = 0

    def read(self, counters: Counters, *, always: bool = False) -> Iterator[Growth]:
        """Yield what grew since the last time; reads no set while the counter stands still.

        Args:
            counters: the table's counters, read before this call.
        """
        total = counters.get(self._all, ZERO)
        if total == self._seen and not always:
            return
        self._seen = total
        for kind in self._kinds:
            now = self._reader.rows(*self._place, self._prefix + kind.name)
            for grown in growth(kind, self._rows[kind.name], now):
                self.packets += grown.packets
                self.bytes += grown.bytes
                yield grown

    def rows(self) -> Iterator[Mapping[str, Value]]:
        """Yield the key of every row that was read so far."""
        for kind in self._kinds:
            yield from map(kind.read, self._rows[kind.name])

    def missing(self, counters: Counters) -> int:
        """Return how many packets are in the counter but in no row; 0 at rest when whole."""
        total = counters.get(self._all, ZERO)[0]
        return total - self.packets - sum(counters.get(name, ZERO)[0] for name in self._unlisted)

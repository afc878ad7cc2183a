"""What a border dropped or could not record, told whenever it grew."""

from __future__ import annotations

from collections.abc import Mapping

from harness.border.journal import Journal
from harness.border.ledger import Counters

LOST = ("stranger", "passed_full", "own_full")
"""A border's counters of packets that are in no ledger of tries, or not in the right one."""

PORT_LOST = ("full", "unlisted")
"""A port's counters of frames that are in no row."""

DROPPED = ("martian", "refused", "bounced", "options", "protocol", "invalid", "untracked", "quiet")
"""A border's counters of packets that it dropped, and that a ledger of tries holds."""

PORT_DROPPED = ("spoofed", "unrouted", "late")
"""The same for one port; late is what came when its host had ended: its kernel's own repeats."""

_CONNTRACK = ("insert_failed", "drop", "early_drop")


class Losses:
    """Compares counters with what they were, for one border."""

    def __init__(self, journal: Journal, border: str) -> None:
        self._journal = journal
        self._border = border
        self._before: dict[str, int] = {}
        self._dropped: dict[str, int] = {}

    def note(self, name: str, value: int, *, listed: bool = False, **params: str) -> None:
        """Record a loss when the counter ``name`` grew.

        Args:
            listed: whether ledger rows hold what was lost, so that only detail is.
        """
        key = "|".join((name, *params.values()))
        growth = value - self._before.get(key, 0)
        self._before[key] = value
        if growth > 0:
            self._journal.lost(self._border, name, growth, listed=listed, **params)

    def border_counters(self, counters: Counters) -> None:
        """Compare the border's own counters."""
        for name in LOST:
            self.note(name, counters[name][0])
        for name in DROPPED:
            self._dropped[name] = counters[name][0]

    def port_counters(self, port: str, host: str, counters: Counters) -> None:
        """Compare the counters of one port."""
        for name in PORT_LOST:
            count = counters.get(f"{port}_{name}")
            if count is not None:
                self.note(name, count[0], host=host, port=port)
        for name in PORT_DROPPED:
            count = counters.get(f"{port}_{name}")
            if count is not None:
                self._dropped[f"{name}|{port}"] = count[0]

    def conntrack(self, statistics: Mapping[str, int]) -> None:
        """Compare conntrack's own statistics."""
        for name in _CONNTRACK:
            self.note(f"conntrack_{name}", statistics.get(name, 0))

    def dropped(self) -> dict[str, str]:
        """Return how many listed packets were dropped since the start, by reason."""
        sums: dict[str, int] = {}
        for key, value in self._dropped.items():
            name = key.partition("|")[0]
            sums[name] = sums.get(name, 0) + value
        return {f"dropped_{name}": str(value) for name, value in sorted(sums.items()) if value}


def dropped_datagrams(table: str) -> int:
    """Return how many datagrams full sockets dropped, from ``/proc/net/udp`` (last column, proc(5))."""
    rows = (line.split() for line in table.splitlines()[1:])
    return sum(int(row[-1]) for row in rows if row)


def conntrack_statistics(table: str) -> dict[str, int]:
    """Return the sums over all processors of ``/proc/net/stat/nf_conntrack``."""
    lines = table.splitlines()
    if not lines:
        return {}
    names = lines[0].split()
    sums = dict.fromkeys(names, 0)
    for line in lines[1:]:
        for name, value in zip(names, line.split(), strict=False):
            sums[name] += int(value, 16)
    return sums

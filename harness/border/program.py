"""The border program's commands: what each does, for all borders of a world."""

from __future__ import annotations

import asyncio
from pathlib import Path

from harness.border import rules
from harness.border.agency import AgencyBorder
from harness.border.certificates import CertificateMaker
from harness.border.counters import TableReader
from harness.border.journal import Journal
from harness.border.netns import Namespace
from harness.border.nftables import load_rules
from harness.border.pool import Pool
from harness.border.resolver import World
from harness.border.sinkhole import TCP_PORT, UDP_PORT, Sinkhole
from harness.border.zone import Zone
from harness.errors import BorderError
from harness.model.border import (
    AddPort,
    AnyCommand,
    Fault,
    Finish,
    Mark,
    Open,
    Probe,
    RemovePort,
    Secure,
    SetZone,
    WorldPlan,
)

DUMP_SECONDS = 2.0
_REST_SECONDS = 0.05
_REST_TRIES = 40


class Program:
    """All borders of a world, and the simulated internet.

    Args:
        plan: the world, whose namespaces and links are there, still down.
        journal: where records go.

    Raises:
        BorderError: a namespace or the sinkhole's CA is missing.
    """

    def __init__(self, plan: WorldPlan, journal: Journal) -> None:
        self._plan = plan
        self._journal = journal
        self._networks = tuple(network for border in plan.borders for network in border.networks)
        self._world = World(Zone(plan.domains, (), self._networks), Pool(plan.pools))
        self._far = {path: Namespace(path) for path in dict.fromkeys(b.far_namespace for b in plan.borders)}
        readers = {path: TableReader(namespace) for path, namespace in self._far.items()}
        self._readers = readers
        self._borders = {
            border.agency: AgencyBorder(
                border, plan.port_rows, readers[border.far_namespace], self._world, journal
            )
            for border in plan.borders
        }
        self._internet = Namespace(plan.internet)
        self._sinkhole = Sinkhole(self._internet, CertificateMaker(Path(plan.sinkhole_ca)), journal)
        self._secured = self._opened = self._finished = False

    async def obey(self, command: AnyCommand) -> None:
        """Carry one command out.

        Raises:
            BorderError: it cannot be done.
            HarnessError: evidence could not be written.
        """
        match command:
            case Secure():
                self._secure()
            case Open():
                await self._open()
            case AddPort():
                self._border(command.agency).add_port(command)
            case RemovePort():
                self._border(command.agency).remove_port(command.port)
            case SetZone():
                self._world.zone = Zone(self._plan.domains, command.records, self._networks)
            case Mark():
                self._mark(command.window)
            case Probe():
                self._border(command.agency).probe(command)
            case Fault():
                self._border(command.agency).fault(command.kind, self._networks)
            case Finish():
                await self.finish()
        if self._journal.failure is not None:
            raise self._journal.failure

    def dump(self) -> int:
        """Write what every ledger grew by since the last dump; return how many rows did."""
        if not self._secured or self._finished:
            return 0
        return sum(border.dump() for border in self._borders.values())

    async def finish(self) -> None:
        """Dump until two dumps agree, then record the end; once."""
        if not self._secured or self._finished:
            return
        await self._rest()
        for border in self._borders.values():
            border.end()
        self._finished = True

    async def close(self) -> None:
        """Stop answering, and let go of every namespace; the rules stay, and drop."""
        if self._opened:
            await self._sinkhole.close()
        for border in self._borders.values():
            border.close()
        for reader in self._readers.values():
            reader.close()
        for namespace in (*self._far.values(), self._internet):
            namespace.close()

    def _secure(self) -> None:
        if self._secured:
            raise BorderError("the borders are secured already", where="border", cure="secure them once")
        for border in self._plan.borders:
            load_rules(self._far[border.far_namespace], rules.far_rules(border.far_port))
        load_rules(self._internet, rules.sinkhole_rules(TCP_PORT, UDP_PORT))
        for live in self._borders.values():
            live.secure()
        self._secured = True

    async def _open(self) -> None:
        if not self._secured:
            raise BorderError("the borders are not secured", where="border", cure="secure them first")
        self._sinkhole.start()
        self._opened = True
        for border in self._borders.values():
            await border.open()

    def _mark(self, window: str) -> None:
        for border in self._borders.values():
            border.mark()
        self._journal.begin_window(window)

    async def _rest(self) -> None:
        for _ in range(_REST_TRIES):
            if self.dump() == 0:
                return
            await asyncio.sleep(_REST_SECONDS)
        self._journal.lost("border", "not_at_rest", 1, listed=True)

    def _border(self, agency: str) -> AgencyBorder:
        try:
            return self._borders[agency]
        except KeyError:
            raise BorderError("there is no such border", where=agency, cure="name an agency") from None

"""The live federation, as scenarios see it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from harness.errors import NotTested
from harness.federation.agency import Agency, LiveService
from harness.federation.person import Person
from harness.federation.starting import wait_ready
from harness.federation.steps import StepLog
from harness.model.federation import Federation
from harness.protocols import Reconnectable, Runtime

Sweep = Callable[[str], Awaitable[None]]
_PLACES = "abcdefghijklmnopqrstuvwxyz"
_GIVEN_NAMES = ("alva", "bo", "cleo", "dag", "elsa", "finn", "gry", "hugo", "iris", "jon", "kaj", "liv")


class LiveFederation:
    """Agencies with running services; what a scenario acts on.

    Scenarios name agencies by place: ``a``, ``b``, ``c`` are the first, second and third
    of the agencies that all list one another and offer the function in question.
    """

    def __init__(
        self,
        federation: Federation,
        runtime: Runtime,
        agencies: dict[str, Agency],
        log: StepLog,
        sweep: Sweep,
    ) -> None:
        self._federation = federation
        self._runtime = runtime
        self._log = log
        self._sweep = sweep
        self._people: list[Person] = []
        self._numbers = itertools.count(1)
        self.agencies = agencies
        self.function = "chat"

    # --- agencies -----------------------------------------------------------------------

    def agency(self, place: str) -> Agency:
        """Return the agency at a place (``a``, ``b``, …), or with that id.

        Raises:
            NotTested: the federation has no such place for this function.
        """
        if place in self.agencies and len(place) > 1:
            return self.agencies[place]
        circle = self._circle()
        index = _PLACES.index(place[0])
        if index >= len(circle):
            raise self._too_few(index + 1, len(circle))
        return circle[index]

    def places(self, most: int, *, least: int = 2) -> list[str]:
        """Return the places that there are, at most ``most`` of them.

        Raises:
            NotTested: there are fewer than ``least``.
        """
        found = len(self._circle())
        if found < least:
            raise self._too_few(least, found)
        return list(_PLACES[: min(most, found)])

    def require(self, needs: Sequence[str], agencies: int) -> None:
        """Refuse a question that this federation cannot be asked at all.

        Raises:
            NotTested: there are fewer agencies, or none offers one of the capabilities.
        """
        if len(self.agencies) < agencies:
            raise NotTested("agencies", needed=str(agencies), found=str(len(self.agencies)))
        for need in needs:
            if not self._offered_at_all(need):
                raise NotTested("capability", capability=need)

    def _too_few(self, needed: int, found: int) -> NotTested:
        if not self._offered_at_all(self.function):
            return NotTested("capability", capability=self.function)
        return NotTested("agencies", needed=str(needed), found=str(found))

    def _offered_at_all(self, function: str) -> bool:
        return any(agency.offering(function) for agency in self.agencies.values())

    def _circle(self) -> list[Agency]:
        """The agencies that offer the function and all list one another, in file order."""
        circle: list[Agency] = []
        for agency in self.agencies.values():
            if agency.offering(self.function) and all(self._mutual(agency, other) for other in circle):
                circle.append(agency)
        return circle

    def _mutual(self, one: Agency, other: Agency) -> bool:
        lists = self._federation.partners
        return other.id in lists(one.id) and one.id in lists(other.id)

    # --- people -------------------------------------------------------------------------

    async def users(self, *places: str) -> tuple[Person, ...]:
        """Return one fresh person for each place, logged in on a host of their own.

        Raises:
            NotTested: the federation has fewer agencies than that.
        """
        agencies = [self.agency(place) for place in places]
        people = await asyncio.gather(*(self._person(agency) for agency in agencies))
        return tuple(people)

    async def outsider(self, place: str = "a") -> Person:
        """Return a fresh person at an agency that the one at ``place`` does not list.

        Raises:
            NotTested: the federation file has no such agency.
        """
        inside = {agency.id for agency in self._circle()}
        listed = set(self._federation.partners(self.agency(place).id))
        for agency in self.agencies.values():
            if agency.id not in listed | inside and agency.offering(self.function):
                return await self._person(agency)
        raise NotTested("agencies", needed="an agency that is not listed", found="none")

    async def _person(self, agency: Agency) -> Person:
        service = self._offered(agency)
        number = next(self._numbers)
        name = f"{_GIVEN_NAMES[(number - 1) % len(_GIVEN_NAMES)]}{number}"
        self._log.take_part(agency.id)
        account, host = await asyncio.gather(
            service.driver.account(service.main, name),
            self._runtime.add_person(agency.id, name, scenario=self._log.scenario),
        )
        client = await service.driver.client(service.main, account, host)
        person = Person(name, agency.id, host, account, client)
        self._people.append(person)
        return person

    async def send_home(self) -> None:
        """End every person of the scenario that has run: client first, then host."""
        people, self._people = self._people, []
        await asyncio.gather(*(person.client.close() for person in people), return_exceptions=True)
        await asyncio.gather(*(self._runtime.remove_person(person.host) for person in people))

    # --- planted words and expectations ---------------------------------------------------

    def canary(self, data_class: str = "content", *, owner: Person) -> str:
        """Return a fresh planted word; all that a scenario writes should carry one."""
        return self._log.plant(owner.agency, data_class)

    def canaries(self, count: int, *, owner: Person, data_class: str = "content") -> list[str]:
        """Return ``count`` fresh planted words."""
        return [self.canary(data_class, owner=owner) for _ in range(count)]

    def expect_absent(self, canary: str, *, at: Sequence[str]) -> None:
        """Expect that no store of the agencies holds the word when the run ends."""
        self._expect("absent", at, canary=canary)

    def expect_present(self, canary: str, *, at: Sequence[str]) -> None:
        """Expect that each of the agencies holds the word when the run ends.

        It is then also the positive control of the stores that hold its data class.
        """
        for agency in at:
            self._log.given_back(canary, agency)
        self._expect("present", at, canary=canary)

    def expect_redacted(self, canary: str, *, at: Sequence[str]) -> None:
        """Expect that the agencies' stores no longer hold a text that was taken back.

        Where the policy lets such a text rest on (data class ``redacted``), the answer says so.
        """
        self._expect("redacted", at, canary=canary)

    def expect_logged(self, text: str, *, at: Sequence[str]) -> None:
        """Expect that a service of each agency writes ``text`` to its log in this scenario."""
        self._expect("logged", at, text=text)

    def expect_no_contact(self, of: str, *, to: str) -> None:
        """Expect no packet and no look-up from agency ``of`` to agency ``to`` in this scenario."""
        self._expect("no_contact", [of, to], **{"from": of, "to": to})

    def _expect(self, name: str, agencies: Sequence[str], **params: str) -> None:
        self._log.write("expectation", name, agencies=tuple(agencies), params=params)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Record what the scenario does, and whether and how fast it could."""
        with self._log.timed("action", text):
            yield

    # --- faults ---------------------------------------------------------------------------

    @asynccontextmanager
    async def internet_cut(self) -> AsyncIterator[None]:
        """Cut every agency off from the simulated internet while the block runs."""
        borders = self._runtime.borders
        with self._log.timed("fault", "internet_cut"):
            await asyncio.gather(*(border.cut_internet() for border in borders.values()))
            try:
                yield
            finally:
                await asyncio.gather(*(border.heal() for border in borders.values()))

    @asynccontextmanager
    async def partitioned(self, place: str) -> AsyncIterator[None]:
        """Cut one agency off from all the others and the internet while the block runs."""
        agency = self.agency(place)
        with self._log.timed("fault", "partition", agency=agency.id):
            await self._runtime.borders[agency.id].partition()
            try:
                yield
            finally:
                await self._runtime.borders[agency.id].heal()
                await self._reconnect_all()

    @asynccontextmanager
    async def stopped(self, place: str) -> AsyncIterator[None]:
        """Have one agency's service stopped while the block runs, and ready again after."""
        agency = self.agency(place)
        service = self._offered(agency)
        with self._log.timed("fault", "stopped", agency=agency.id):
            await self._runtime.stop_service(service.main)
            try:
                yield
            finally:
                await self._start_again(service)
                await self._reconnect_all()

    async def restart(self, *places: str) -> None:
        """Stop the services of these agencies and start them again; return when all are ready."""
        async with asyncio.TaskGroup() as group:
            for place in places:
                group.create_task(self._restart(self.agency(place)))
        await self._reconnect_all()

    async def _restart(self, agency: Agency) -> None:
        with self._log.timed("fault", "restart", agency=agency.id):
            service = self._offered(agency)
            await self._runtime.stop_service(service.main)
            await self._start_again(service)

    async def _start_again(self, service: LiveService) -> None:
        await self._runtime.restart_service(service.main)
        await wait_ready(service.driver, service.main)

    async def _reconnect_all(self) -> None:
        """Heal is not recovery: products back off, so tell each to try the others again.

        A step of its own in evidence, since a product left alone would take longer.
        """
        domains = {agency.id: agency.domain for agency in self.agencies.values()}
        async with asyncio.TaskGroup() as group:
            for agency in self.agencies.values():
                service = agency.offering(self.function)
                if service is None or not isinstance(service.driver, Reconnectable):
                    continue
                if service.main.process.returncode is None:
                    partners = [domains[name] for name in self._federation.partners(agency.id)]
                    self._log.write("action", "asked_to_reconnect", agency=agency.id)
                    group.create_task(service.driver.reconnect(service.main, partners))

    def _offered(self, agency: Agency) -> LiveService:
        service = agency.offering(self.function)
        if service is None:
            raise NotTested("capability", capability=self.function, agency=agency.id)
        return service

    # --- sweeps -----------------------------------------------------------------------------

    async def sweep(self, label: str) -> None:
        """Search every store of every agency for what was planted so far."""
        await self._sweep(label)

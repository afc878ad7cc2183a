"""``fedharness up``: keep a federation running, to be opened from the host's own browser."""

from __future__ import annotations

import asyncio
import signal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.federation.agency import Agency, LiveService
from harness.federation.opening import Opened, open_federation
from harness.plugin.doorway import Doorway, Target
from harness.plugin.finish import judge
from harness.plugin.outer import Request, prepare_run
from harness.plugin.progress import Progress
from harness.plugin.runtimes import runtime_maker
from harness.plugin.setup import RunSetup
from harness.protocols import Account, RunningService
from harness.runtimes.embedded.enter import enter
from harness.runtimes.redact import Redactor

_DEFAULT_USERS = ("alva", "bo")
_NOTES = (
    "Your own browser is outside the border: what it sends elsewhere is not recorded.",
    "A link or redirect to a name such as https://matrix.alfa.example leads nowhere on this machine;"
    " give clients the address above as the homeserver's address.",
    "Ctrl-C takes everything down.",
)


def up(request: Request) -> int:
    """Bring the federation up and keep it until Ctrl-C; return the exit status.

    Raises:
        HarnessError: it could not be prepared or started.
    """
    setup = prepare_run(request)
    agencies = setup.inputs.federation.agencies
    doorway = Doorway([name for name, agency in agencies.items() if agency.services])
    enter(lambda: asyncio.run(_within(setup, doorway)), beside=doorway.attend)
    judge(setup.folder, request.lang)
    Console().print(f"recorded in {setup.folder.path}", highlight=False)
    return 0


async def _within(setup: RunSetup, doorway: Doorway) -> int:
    redactor, writer = Redactor(), setup.folder.writer()
    progress = Progress(plain=setup.plain)
    make = runtime_maker(setup, writer, redactor)
    opening = open_federation(setup.inputs.federation, make, setup.drivers, writer, progress.service)
    asked_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, asked_to_end.set)
    async with opening as opened:
        targets, accounts = {}, {}
        for agency in opened.live.agencies.values():
            service = agency.offering("chat")
            if service is not None:
                targets[agency.id] = await _target(opened, agency, service.main)
                accounts[agency.id] = await _accounts(agency, service, redactor)
        _show(doorway.ports, accounts)
        door = asyncio.create_task(doorway.serve(targets))
        await asked_to_end.wait()
        door.cancel()
        await asyncio.gather(door, return_exceptions=True)
    return 0


async def _target(opened: Opened, agency: Agency, service: RunningService) -> Target:
    visitor = await opened.runtime.add_person(agency.id, "visitor", role="visitor")
    port = next(port.port for port in service.spec.ports if port.audience == "own")
    return Target(
        address=service.host.addresses[0],
        port=port,
        server_name=agency.domain,
        visitor=visitor,
        ca=service.plan.ca,
    )


async def _accounts(agency: Agency, service: LiveService, redactor: Redactor) -> list[Account]:
    names = agency.entry.users or _DEFAULT_USERS
    accounts = [await service.driver.account(service.main, name) for name in names]
    for account in accounts:
        redactor.add(account.password)
    return accounts


def _show(ports: dict[str, int], accounts: dict[str, list[Account]]) -> None:
    console = Console(highlight=False)
    table = Table("agency", "homeserver address", "user", "password")
    for agency, people in accounts.items():
        for account in people:
            table.add_row(agency, f"http://127.0.0.1:{ports[agency]}", account.user_id, account.password)
    console.print(table)
    for note in _NOTES:
        console.print(escape(note), soft_wrap=True)

"""``fedharness up``: keep a federation running, to be opened from the host's own browser."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any

from rich.console import Console

from harness.errors import BorderError, CannotRun, HarnessError
from harness.federation.agency import Agency, LiveService
from harness.federation.naming import host_name
from harness.federation.opening import Opened, first_cause, open_federation
from harness.model.evidence import StepRecord
from harness.plugin.doorway import Doorway, Target
from harness.plugin.finish import judge
from harness.plugin.outer import Request, prepare_run
from harness.plugin.progress import Progress
from harness.plugin.runtimes import runtime_maker
from harness.plugin.setup import RunSetup
from harness.plugin.watching import Watching
from harness.plugin.welcome import Visited, welcome
from harness.products import load_product
from harness.protocols import Account, RunningService, ServiceSpec
from harness.reports.texts import Texts
from harness.runtimes.embedded.enter import enter
from harness.runtimes.redact import Redactor

_DEFAULT_USERS = ("alva", "bo")
_PERSONS = ("own", "partners", "public")
_INTERRUPTED = 130
_LOOK_SECONDS = 1.0
_TOLD = (0, 2, CannotRun.exit_status, _INTERRUPTED)
"""Exit statuses from within the world that stand for themselves."""


def up(request: Request) -> int:
    """Bring the federation up and keep it until Ctrl-C; return the exit status.

    Raises:
        HarnessError: it could not be prepared.
    """
    setup, texts = prepare_run(request), Texts(request.lang)
    doorway = Doorway(_doors(setup))
    status = enter(lambda: asyncio.run(_within(setup, doorway, texts)), beside=doorway.attend)
    judge(setup.folder, request.lang)
    _say(texts.text("up.recorded", folder=setup.folder.path))
    return status if status in _TOLD else CannotRun.exit_status


def persons_port(spec: ServiceSpec) -> int | None:
    """Return the port that persons use: the first TCP port that is not for the harness alone."""
    return next((port.port for port in spec.ports if port.proto == "tcp" and port.audience in _PERSONS), None)


def _doors(setup: RunSetup) -> list[str]:
    """Return the services that have a client capability, as ``agency/key``."""
    return [
        f"{name}/{key}"
        for name, agency in setup.inputs.federation.agencies.items()
        for key, service in agency.services.items()
        if setup.drivers.get(service.product).functions
    ]


async def _within(setup: RunSetup, doorway: Doorway, texts: Texts) -> int:
    progress = Progress(plain=setup.plain, lang=texts.lang)
    try:
        await _keep(setup, doorway, texts, progress)
    except asyncio.CancelledError:
        return _INTERRUPTED
    except Exception as error:
        cause = first_cause(error)
        if not isinstance(cause, HarnessError):
            raise
        progress.trouble(cause)
        return cause.exit_status
    return 0


async def _keep(setup: RunSetup, doorway: Doorway, texts: Texts, progress: Progress) -> None:
    ending, redactor = _Ending(), Redactor()
    recorder = Watching(setup.folder.writer(), partial(_tell_end, progress))
    make = runtime_maker(setup, recorder, redactor)
    opening = open_federation(setup.inputs.federation, make, setup.drivers, recorder, progress.service)
    async with opening as opened:
        targets, visited = {}, []
        for agency, service in _visitable(opened):
            name = f"{agency.id}/{service.key}"
            port = persons_port(service.main.spec)
            if port is not None:
                targets[name] = await _target(opened, agency, service.main, port)
            url = f"http://127.0.0.1:{doorway.ports[name]}" if port is not None else ""
            accounts = await _accounts(agency, service, redactor)
            visited.append(_visited(agency, name, service.main, url, accounts))
        for line in welcome(visited, texts):
            _say(line)
        await ending.asked(doorway.serve(targets), _recorded(opened))


class _Ending:
    """Somebody's wish to end, by a signal: it breaks the start off, and later it is waited for."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._starting = asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # What it was started to ignore, as nohup(1) does, it goes on to ignore.
            if signal.getsignal(number) != signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, self._ask)

    def _ask(self) -> None:
        if self._starting is not None and not self._asked.is_set():
            self._starting.cancel()
        self._asked.set()

    async def asked(self, *meanwhile: Coroutine[Any, Any, None]) -> None:
        """Do ``meanwhile`` until somebody asks for the end.

        Raises:
            BaseExceptionGroup: what is done meanwhile failed.
        """
        self._starting = None
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in meanwhile]
            await self._asked.wait()
            for task in tasks:
                task.cancel()


def _visitable(opened: Opened) -> Iterator[tuple[Agency, LiveService]]:
    for agency in opened.live.agencies.values():
        for service in agency.services.values():
            if service.driver.functions:
                yield agency, service


async def _target(opened: Opened, agency: Agency, service: RunningService, port: int) -> Target:
    spec = service.spec
    return Target(
        address=service.host.addresses[0],
        port=port,
        server_name=agency.domain if "" in spec.names else host_name(agency.domain, spec),
        visitor=await opened.runtime.add_person(agency.id, "visitor", role="visitor"),
        ca=service.plan.ca,
    )


async def _accounts(agency: Agency, service: LiveService, redactor: Redactor) -> list[Account]:
    names = agency.entry.users or _DEFAULT_USERS
    accounts = [await service.driver.account(service.main, name) for name in names]
    for account in accounts:
        redactor.add(account.password)
    return accounts


def _visited(
    agency: Agency, name: str, service: RunningService, url: str, accounts: list[Account]
) -> Visited:
    return Visited(
        agency=agency.entry.name or agency.id,
        name=name,
        domain=agency.domain,
        clients=load_product(service.spec.product).clients,
        url=url,
        accounts=accounts,
    )


def _tell_end(progress: Progress, step: StepRecord) -> None:
    name = f"{step.agency}/{step.params.get('service', '')}"
    progress.service_ended(name, step.params.get("status", "?"), step.text.splitlines())


async def _recorded(opened: Opened) -> None:
    """Look from time to time whether all is recorded; there is nothing to wait for.

    Raises:
        BorderError: nothing is recorded any more.
    """
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if not opened.runtime.recording:
            break
    await opened.recorded()
    raise BorderError(
        "nothing is recorded any more, so everything is taken down",
        where="border",
        cure="start again; what was recorded until then is kept",
        detail=str(opened.recorder_ended or ""),
    )


def _say(line: str) -> None:
    """Write a line as it is: nothing is wrapped, cut or read as markup."""
    Console(highlight=False, soft_wrap=True, markup=False, emoji=False).print(line)

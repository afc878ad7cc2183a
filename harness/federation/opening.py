"""Opening a federation for a run: world, services, sweeps at the end, and a record of it all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from harness.errors import BorderError, HarnessError
from harness.federation.authority import Authority
from harness.federation.live import LiveFederation
from harness.federation.starting import Progress, Starter
from harness.federation.steps import StepLog
from harness.federation.sweeping import Sweeper
from harness.model.federation import Federation
from harness.protocols import Drivers, Recorder, Runtime

MakeRuntime = Callable[[str], Runtime]
"""Makes the run's runtime, given the PEM text of the run's CA."""


RECORDER_ENDED = "recorder_ended"
"""Code of the trouble, and of every scenario, from where the recorder ended on."""


class Opened:
    """An open federation with the controls that a run needs and a scenario does not.

    Args:
        live: what scenarios act on.
        runtime: what it stands on.
        log: the record of steps.
    """

    def __init__(self, live: LiveFederation, runtime: Runtime, log: StepLog) -> None:
        self.live = live
        self.runtime = runtime
        self.log = log
        self.recorder_ended: BorderError | None = None
        """Why nothing is recorded any more, from when that was noticed."""

    async def begin(self, scenario: str) -> None:
        """Begin a scenario: everything from here on falls in its window.

        Raises:
            BorderError: nothing is recorded any more, so nothing may be put to the products.
        """
        if self.recorder_ended is not None:
            raise BorderError("nothing is recorded any more, so the scenario is not run", where="border")
        self.log.scenario = self.log.window = scenario
        self.log.participants = []
        await self.runtime.mark(scenario)
        self.log.write("scenario", scenario, outcome="started")

    async def end(self) -> None:
        """End the scenario that ran: send its people home and close its window.

        Raises:
            BorderError: the recorder ended, which nobody had noticed until now.
        """
        noticed = self.recorder_ended is not None
        try:
            await self.live.send_home()
            self.log.scenario, self.log.window = "", "between"
            await self.runtime.mark("between")
        except BorderError:
            await self.recorded()
            if not noticed:
                raise
        finally:
            self.log.scenario, self.log.window = "", "between"

    async def recorded(self) -> bool:
        """Say whether everything is recorded, by having the recorder dump now.

        It may have ended without anybody having noticed yet. That is written down once.
        """
        if self.recorder_ended is None:
            self.recorder_ended = await self._recorder_trouble()
            if self.recorder_ended is not None:
                text = str(self.recorder_ended)[:4000]
                self.log.write("trouble", RECORDER_ENDED, code=RECORDER_ENDED, text=text)
        return self.recorder_ended is None

    async def _recorder_trouble(self) -> BorderError | None:
        try:
            await self.runtime.mark(self.log.window)
        except BorderError as error:
            return error
        return None if self.runtime.recording else BorderError("the recorder has ended", where="border")


@asynccontextmanager
async def open_federation(
    federation: Federation,
    make_runtime: MakeRuntime,
    drivers: Drivers,
    recorder: Recorder,
    progress: Progress,
) -> AsyncIterator[Opened]:
    """Bring a federation up, and take it down again so that no evidence is lost.

    The order of the end: sweep with services up, stop every service, sweep what is left,
    then let the runtime dump its ledgers and go.

    Raises:
        HarnessError: something could not be started; what was recorded is kept.
    """
    log = StepLog(recorder)
    log.write("run", "start", outcome="started")
    authority = Authority()
    try:
        async with make_runtime(authority.pem) as runtime:
            agencies = await Starter(federation, runtime, drivers, authority, progress).start_all()
            sweeper = Sweeper(runtime, recorder, log)
            live = LiveFederation(federation, runtime, agencies, log, sweeper.sweep)
            log.window = "between"
            await runtime.mark("between")
            opened = Opened(live, runtime, log)
            try:
                yield opened
            finally:
                log.scenario, log.window = "", "stop"
                # Marks the window as well. Stores are swept even where the recorder has ended.
                await opened.recorded()
                await sweeper.sweep("end-running")
            for agency in agencies.values():
                for service in agency.services.values():
                    for part in reversed(service.parts):
                        await runtime.stop_service(part)
            await sweeper.sweep("end-stopped")
    except BaseException as error:
        cause = first_cause(error)
        code = "interrupted" if isinstance(cause, _ENDED_BY_HAND) else "could_not_run"
        log.write("trouble", "run", code=code, text=f"{type(cause).__name__}: {cause}"[:4000])
        if isinstance(cause, HarnessError) and cause is not error:
            raise cause from None
        raise
    log.write("run", "stop", outcome="interrupted" if log.interrupted else "passed")


_ENDED_BY_HAND = (KeyboardInterrupt, asyncio.CancelledError)


def first_cause(error: BaseException) -> BaseException:
    """Return the first exception within nested groups, the harness's own errors before others."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    causes = [first_cause(inner) for inner in error.exceptions]
    return next((cause for cause in causes if isinstance(cause, HarnessError)), causes[0])

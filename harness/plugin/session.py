"""Within a run: the fixtures of scenarios, and a step in the record for each outcome."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace

import pytest

from harness.errors import EvidenceError, HarnessError, NotTested
from harness.federation.opening import RECORDER_ENDED, Opened, first_cause, open_federation
from harness.model.evidence import StepRecord
from harness.model.inputs import Inputs, Selected
from harness.model.result import Reason
from harness.plugin.collection import Collection, question_of
from harness.plugin.outcomes import Outcome, outcome_of
from harness.plugin.own_questions import id_of
from harness.plugin.progress import Progress
from harness.plugin.recorded import Recorded
from harness.plugin.runtimes import runtime_maker
from harness.plugin.setup import RunSetup
from harness.plugin.watching import Watching
from harness.reports.texts import Texts
from harness.runtimes.redact import Redactor

SESSION = pytest.StashKey["SessionPlugin"]()


class SessionPlugin:
    """The hooks of one run, and the way to its federation.

    Args:
        setup: the prepared run.
        on_begin: called when the run begins, that is, when nothing is wrong with the call.
    """

    def __init__(self, setup: RunSetup, on_begin: Callable[[], None] = lambda: None) -> None:
        self._setup = setup
        self._on_begin = on_begin
        self._inputs: Inputs = setup.inputs
        self._opened: Opened | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told: dict[str, str] = {}
        self._told_recorder = self._told_unwritable = False
        self._redactor = Redactor()
        self._texts = Texts(setup.lang)
        self.progress = Progress(
            quiet=not setup.quiet,
            plain=setup.plain,
            lang=setup.lang,
            recorded=Recorded(setup.folder.evidence),
        )
        self.collection = Collection(setup.inputs.questions, self.progress)
        self.begun = self.interrupted = self.could_not_run = False
        self.problem: HarnessError | None = None

    # --- life of the session --------------------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        """Watch what is collected, and end in good order when asked to end."""
        config.pluginmanager.register(self.collection, "fedharness-collection")
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) == signal.SIG_IGN:
                continue
            # As an interrupt: the event loop then cancels what runs, and ends in good order.
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Put the run's own progress in the place of pytest's terminal output.

        A debugger asks through pytest's, and what `-s` lets through would break a live line.
        """
        option = session.config.option
        if option.usepdb or option.capture == "no":
            self.progress.keep_to_lines()
        if self._setup.quiet and not (option.usepdb or option.collectonly):
            session.config.pluginmanager.unregister(name="terminalreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> object:
        """Begin the run, now that nothing is wrong with the call and with what was found."""
        if session.config.option.collectonly:
            return None
        self.problem = self.collection.problem(session.config, session.items)
        if self.problem is not None:
            return True
        self._begin(session.items)
        return None

    def _begin(self, items: list[pytest.Item]) -> None:
        """Make the run folder, with the questions that this run sets out to answer."""
        selected = tuple(_selected(item) for item in items)
        run = self._setup.inputs.run.model_copy(update={"selected": selected})
        self._inputs = replace(self._setup.inputs, run=run, questions=self.collection.catalogue)
        try:
            self._setup.make_folder(self._inputs)
        except HarnessError as error:
            self.problem = error
            pytest.exit(str(error), returncode=error.exit_status)
        self.begun = True
        self._on_begin()
        self.progress.planned(len(selected))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Opened]:
        """Open the federation; at the end, sweep and take it down."""
        setup, self._loop = self._setup, asyncio.get_running_loop()
        recorder = Watching(setup.folder.writer(), self._tell_end)
        opening = open_federation(
            self._inputs.federation,
            runtime_maker(setup, recorder, self._redactor),
            setup.drivers,
            recorder,
            self.progress.service,
        )
        try:
            async with opening as opened:
                self._opened = opened
                yield opened
                self.progress.closing()
        except Exception as error:
            self._tell_trouble(first_cause(error))
            self.could_not_run = self._opened is None
            raise
        finally:
            self.progress.stop()

    def _tell_end(self, step: StepRecord) -> None:
        name = f"{step.agency}/{step.params.get('service', '')}"
        self.progress.service_ended(name, step.params.get("status", "?"), step.text.splitlines())

    # --- outcomes ---------------------------------------------------------------------------

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that somebody ended the run before its end; its evidence says so."""
        if isinstance(excinfo.value, pytest.Session.Interrupted | pytest.exit.Exception):
            return
        self.interrupted = True
        if self._opened is not None:
            self._opened.log.interrupted = True
        self.progress.note("ending")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record what a scenario came to, and turn `NotTested` into a skip with its reason."""
        report = yield
        error = call.excinfo.value if call.excinfo else None
        outcome = outcome_of(call.when, error, item.path)
        if error is not None and isinstance(first_cause(error), NotTested) and call.when != "teardown":
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, f"Skipped: {self._reason(outcome)}")
        if question_of(item) is not None and (call.when == "call" or error is not None):
            self._record(item, call, outcome)
        return report

    def _reason(self, outcome: Outcome) -> str:
        if outcome.outcome != "not_tested":
            return outcome.text
        return self._texts.reason(Reason(code=outcome.code, params=outcome.params))

    def _tell_trouble(self, error: BaseException) -> None:
        """Tell what went wrong with the run itself; a disk that is full is full for every line."""
        if isinstance(error, EvidenceError) and self._told_unwritable:
            return
        self._told_unwritable |= isinstance(error, EvidenceError)
        self.progress.trouble(error)

    def _record(self, item: pytest.Item, call: pytest.CallInfo[None], outcome: Outcome) -> None:
        if self._opened is not None:
            outcome = self._as_recorded(self._opened, outcome)
            outcome = replace(outcome, text=self._redactor.clean(outcome.text))
            try:
                self._write(self._opened, id_of(item), call.duration, outcome)
            except EvidenceError as error:
                self._tell_trouble(error)
                return
        if not self.could_not_run:
            self._tell(item, outcome)

    def _write(self, opened: Opened, scenario: str, seconds: float, outcome: Outcome) -> None:
        opened.log.scenario = scenario
        opened.log.write("scenario", scenario, seconds=round(seconds, 3), **asdict(outcome))

    def _as_recorded(self, opened: Opened, outcome: Outcome) -> Outcome:
        """Return the outcome, or `error` where the recorder ended: that is no product's failure.

        A failure alone may come from the network that ended with the recorder, unnoticed.
        """
        if outcome.outcome == "failed" and self._loop is not None and not self._loop.is_closed():
            self._loop.run_until_complete(opened.recorded())
        why = opened.recorder_ended
        if why is None or outcome.outcome in ("not_tested", "interrupted"):
            return outcome
        if not self._told_recorder:
            self._told_recorder = True
            self.progress.note("recorder_ended", why=why.what)
        seen = f"; {outcome.text}" if outcome.outcome == "failed" else ""
        return Outcome("error", RECORDER_ENDED, text=f"{why.what}{seen}")

    def _tell(self, item: pytest.Item, outcome: Outcome) -> None:
        """Tell what came of a scenario; again only where its end made something else of it."""
        reason = self._reason(outcome)
        told, self._told[item.nodeid] = self._told.get(item.nodeid), outcome.outcome
        if told is None:
            self.progress.outcome(id_of(item), outcome.outcome, reason)
        elif told != outcome.outcome:
            self.progress.again(id_of(item), outcome.outcome, reason)


def _selected(item: pytest.Item) -> Selected:
    marker = question_of(item)
    assert marker is not None
    return Selected(
        id=id_of(item),
        scenario=f"{item.path.name}::{item.name}",
        needs=tuple(marker.kwargs.get("needs", ())),
        agencies=marker.kwargs.get("agencies", 1),
    )

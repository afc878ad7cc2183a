"""Within a run: the fixtures of scenarios, and a step in the record for each outcome."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from harness.errors import HarnessError, NotTested
from harness.federation.opening import Opened, first_cause, open_federation
from harness.model.inputs import Selected
from harness.plugin.own_questions import with_own_questions
from harness.plugin.progress import Progress
from harness.plugin.runtimes import runtime_maker
from harness.plugin.setup import RunSetup
from harness.runtimes.redact import Redactor

SESSION = pytest.StashKey["SessionPlugin"]()


class SessionPlugin:
    """The hooks of one run, and the way to its federation.

    Args:
        setup: the prepared run.
    """

    def __init__(self, setup: RunSetup) -> None:
        self._setup = setup
        self._opened: Opened | None = None
        self._tried = False
        self._trouble: BaseException | None = None
        self._redactor = Redactor()
        self._writer = setup.folder.writer()
        self.progress = Progress(quiet=not setup.quiet, plain=setup.plain)

    @property
    def could_not_run(self) -> bool:
        """Say whether the federation could not be brought up."""
        return self._tried and self._opened is None

    # --- life of the session --------------------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        """Refuse what would break attribution, and end in good order when asked to end."""
        if getattr(config.option, "numprocesses", None):
            raise pytest.UsageError(
                "scenarios of one federation run one after another: leave out `-n` (pytest-xdist);"
                " parallel runs are parallel federations"
            )
        for number in (signal.SIGTERM, signal.SIGHUP):
            # As an interrupt: the event loop then cancels what runs, and ends in good order.
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Put the run's own progress in the place of pytest's terminal output."""
        if self._setup.quiet:
            session.config.pluginmanager.unregister(name="terminalreporter")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write down which questions this run set out to answer."""
        items = [item for item in session.items if question_of(item) is not None]
        selected = [_selected(item) for item in items]
        catalogue = self._setup.inputs.questions
        self._setup.folder.update_questions(with_own_questions(catalogue, items))
        run = self._setup.inputs.run.model_copy(update={"selected": tuple(selected)})
        self._setup.folder.update_run(run)
        self.progress.planned(len(selected))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Opened]:
        """Open the federation; at the end, sweep and take it down."""
        setup, self._tried = self._setup, True
        opening = open_federation(
            setup.inputs.federation,
            runtime_maker(setup, self._writer, self._redactor),
            setup.drivers,
            self._writer,
            self.progress.service,
        )
        try:
            async with opening as opened:
                self._opened = opened
                yield opened
                self.progress.closing()
        except Exception as error:
            self._trouble = first_cause(error)
            raise
        finally:
            self.progress.stop()

    # --- outcomes ---------------------------------------------------------------------------

    def pytest_keyboard_interrupt(self) -> None:
        """Remember that somebody ended the run before its end; its evidence says so."""
        if self._opened is not None:
            self._opened.log.interrupted = True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record what a scenario came to, and turn `NotTested` into a skip with its reason."""
        report = yield
        marker = question_of(item)
        error = first_cause(call.excinfo.value) if call.excinfo else None
        self._tell_trouble()
        if isinstance(error, NotTested) and call.when == "call":
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, f"Skipped: {error}")
        if marker is not None and (call.when == "call" or error is not None):
            self._record(marker.args[0], call, error, report)
        return report

    def _tell_trouble(self) -> None:
        """Tell once what went wrong with the run: within a fixture, pytest holds output back."""
        if self._trouble is not None:
            self.progress.trouble(self._trouble)
            self._trouble = None

    def _record(
        self,
        scenario: str,
        call: pytest.CallInfo[None],
        error: BaseException | None,
        report: pytest.TestReport,
    ) -> None:
        fields = _outcome(call.when, error)
        if self._opened is not None:
            self._opened.log.scenario = scenario
            text = self._redactor.clean(fields.pop("text", ""))
            self._opened.log.write("scenario", scenario, seconds=round(call.duration, 3), text=text, **fields)
        if not self.could_not_run:
            self.progress.outcome(scenario, str(fields["outcome"]), error)


def question_of(item: pytest.Item) -> pytest.Mark | None:
    """Return the mark that ties a scenario to its question, if it has one."""
    return item.get_closest_marker("question")


def _selected(item: pytest.Item) -> Selected:
    marker = question_of(item)
    assert marker is not None
    return Selected(
        id=marker.args[0],
        scenario=f"{item.path.name}::{item.name}",
        needs=tuple(marker.kwargs.get("needs", ())),
        agencies=marker.kwargs.get("agencies", 1),
    )


def _outcome(when: str, error: BaseException | None) -> dict[str, Any]:
    if error is None:
        return {"outcome": "passed"}
    if isinstance(error, NotTested):
        return {"outcome": "not_tested", "code": error.code, "params": error.params}
    text = f"{type(error).__name__}: {error}"[:4000]
    if isinstance(error, KeyboardInterrupt | asyncio.CancelledError):
        return {"outcome": "interrupted", "code": "interrupted", "text": text}
    if when != "call" or isinstance(error, HarnessError):
        return {"outcome": "error", "code": "scenario_error", "text": text}
    code = "deadline" if isinstance(error, TimeoutError) else "assertion"
    return {"outcome": "failed", "code": code, "text": text}

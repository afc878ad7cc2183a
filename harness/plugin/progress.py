"""What a person sees while a run goes on: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from harness.errors import HarnessError
from harness.plugin.recorded import Recorded
from harness.reports.escape import shortened, visible
from harness.reports.texts import Texts

_SIGNS = {"passed": "✓", "failed": "✗", "error": "!", "not_tested": "–", "interrupted": "!"}
_STATES = {"starting": "progress.starting", "ready": "progress.ready"}
_LONGEST_REASON = 240
_LONGEST_LINE = 200
_LAST_LINES = 8


class Progress:
    """Prints what starts, what runs, and what each scenario came to.

    Args:
        quiet: print only what must not be missed, for runs where pytest's own terminal
            output shows.
        plain: plain lines even on a terminal.
        lang: ``en`` or ``sv``.
        recorded: what the live line tells of the record; ``None``: nothing.
        out: where to print; the process's standard output as it is now, so that pytest's
            capturing of what scenarios print holds nothing back.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        plain: bool = False,
        lang: str = "en",
        recorded: Recorded | None = None,
        out: TextIO | None = None,
    ) -> None:
        self._quiet = quiet
        self._texts = Texts(lang)
        self._console = Console(
            file=out or standard_output(),
            highlight=False,
            soft_wrap=True,
            force_terminal=False if plain else None,
        )
        self._recorded = recorded
        self._live: Live | None = None
        self._spinner = Spinner("dots")
        self._goes_on = ""
        self._may_live = self._console.is_terminal
        self._begin = time.monotonic()
        self._planned = self._done = 0

    # --- what goes on -----------------------------------------------------------------------

    def planned(self, count: int) -> None:
        """Tell how many scenarios there will be."""
        self._planned = count
        self._now(self._texts.counted("progress.planned", count))

    def service(self, service: str, state: str) -> None:
        """Tell what happens to a service."""
        code = _STATES.get(state)
        self._line(f"{service}: {self._texts.text(code) if code else state}")

    def scenario(self, name: str) -> None:
        """Tell which scenario runs now."""
        self._now(f"[{self._done + 1}/{self._planned}] {name}")

    def outcome(self, name: str, outcome: str, reason: str = "") -> None:
        """Tell what a scenario came to, and why."""
        self._done += 1
        self.again(name, outcome, reason)

    def again(self, name: str, outcome: str, reason: str) -> None:
        """Tell what became of a scenario after its outcome was told."""
        word = self._texts.label("progress", outcome)
        why = f": {shortened(' '.join(reason.split()), _LONGEST_REASON)}" if reason else ""
        self._line(f"{_SIGNS.get(outcome, '?')} {name}: {word}{why}")

    def closing(self) -> None:
        """Tell that the scenarios are over and the stores are swept."""
        self._now(self._texts.text("progress.closing"))

    # --- what must not be missed --------------------------------------------------------------

    def note(self, code: str, **params: object) -> None:
        """Tell something by its code in the texts' group ``progress``."""
        self._always(self._texts.text(f"progress.{code}", **params))

    def service_ended(self, service: str, status: str, last_lines: Sequence[str]) -> None:
        """Tell at once that a product ended by itself, with the last lines that it wrote."""
        self.note("service_ended", service=service, status=status)
        for line in last_lines[-_LAST_LINES:]:
            self._always(f"    {shortened(line, _LONGEST_LINE)}")

    def trouble(self, error: BaseException) -> None:
        """Tell what went wrong with the run itself, where, and the cure."""
        self.stop()
        text = str(error) if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"
        for line in text.splitlines():
            self._print(visible(line))

    def keep_to_lines(self) -> None:
        """Draw no live line: somebody else writes to this terminal too."""
        self._may_live = False

    def stop(self) -> None:
        """Take the live line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    # --- lines --------------------------------------------------------------------------------

    def _now(self, text: str) -> None:
        if self._quiet:
            return
        if not self._may_live:
            self._line(text)
            return
        self._goes_on = visible(text)
        if self._live is None:
            # Standard output stays pytest's: only this console's own lines go above the live one.
            self._live = Live(
                console=self._console,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
                get_renderable=self._drawn,
            )
            self._live.start()
        self._live.refresh()

    def _drawn(self) -> Spinner:
        """Return the live line as it is at this moment."""
        parts = [self._goes_on]
        if self._recorded is not None and self._recorded.connections:
            lookups, connections = self._recorded.lookups, self._recorded.connections
            parts.append(self._texts.text("progress.recorded", connections=connections, lookups=lookups))
        self._spinner.update(text=Text(" · ".join(parts)))
        return self._spinner

    def _line(self, text: str) -> None:
        if not self._quiet:
            self._always(text)

    def _always(self, text: str) -> None:
        self._print(f"{time.monotonic() - self._begin:6.1f} s  {visible(text)}")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, emoji=False)


def standard_output() -> TextIO:
    """Return what is the process's standard output now, whatever takes its place later."""
    return os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8", errors="backslashreplace")

"""What a person sees while a run goes on: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from harness.errors import HarnessError

_SIGNS = {"passed": "✓", "failed": "✗", "error": "!", "not_tested": "–", "interrupted": "!"}


class Progress:
    """Prints what starts, what runs, and what each scenario came to.

    Args:
        quiet: print nothing, for runs where pytest's own terminal output shows.
        plain: plain lines even on a terminal.
    """

    def __init__(self, *, quiet: bool = False, plain: bool = False) -> None:
        self._quiet = quiet
        self._console = Console(highlight=False, soft_wrap=True, force_terminal=False if plain else None)
        self._status: Status | None = None
        self._begin = time.monotonic()
        self._planned = self._done = 0

    def planned(self, count: int) -> None:
        """Tell how many scenarios there will be."""
        self._planned = count
        self._now(f"{count} scenarios; bringing the world up")

    def service(self, service: str, state: str) -> None:
        """Tell what happens to a service."""
        self._line(f"{service}: {state}")

    def scenario(self, name: str) -> None:
        """Tell which scenario runs now."""
        self._now(f"[{self._done + 1}/{self._planned}] {name}")

    def outcome(self, name: str, outcome: str, error: BaseException | None) -> None:
        """Tell what a scenario came to."""
        self._done += 1
        reason = f"  {type(error).__name__}: {error}".split("\n")[0][:200] if error else ""
        self._line(f"{_SIGNS.get(outcome, '?')} {name}: {outcome.replace('_', ' ')}{reason}")

    def trouble(self, error: BaseException) -> None:
        """Tell what went wrong with the run itself, where, and the cure."""
        self.stop()
        if not self._quiet:
            text = str(error) if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"
            self._console.print(escape(text))

    def closing(self) -> None:
        """Tell that the scenarios are over and the stores are swept."""
        self._now("sweeping stores, closing the ledgers")

    def _now(self, text: str) -> None:
        if self._quiet:
            return
        if not self._console.is_terminal:
            self._line(text)
            return
        if self._status is None:
            self._status = self._console.status(escape(text))
            self._status.start()
        self._status.update(escape(text))

    def _line(self, text: str) -> None:
        if not self._quiet:
            seconds = time.monotonic() - self._begin
            self._console.print(f"{seconds:6.1f} s  {escape(text)}")

    def stop(self) -> None:
        """Take the live line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

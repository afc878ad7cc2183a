"""Errors that a user can act on: each says what happened, where, and the cure."""

from __future__ import annotations


class HarnessError(Exception):
    """The base of every error that fedharness raises on purpose.

    Args:
        what: what went wrong, as one sentence without a full stop.
        where: the file, line, agency, service or address concerned.
        cure: what the user can do about it, as an imperative.
        detail: further lines to quote, such as a product's last log lines.
    """

    exit_status = 4

    def __init__(self, what: str, *, where: str = "", cure: str = "", detail: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.cure = cure
        self.detail = detail

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.detail:
            parts.append("\n".join(f"    {line}" for line in self.detail.splitlines()))
        if self.cure:
            parts.append(f"  cure: {self.cure}")
        return "\n".join(parts)


class UsageError(HarnessError):
    """A command line, configuration or input file is wrong (exit status 2)."""

    exit_status = 2


class FederationFileError(UsageError):
    """A federation file is wrong; ``problems`` holds one error for each place."""

    def __init__(self, problems: list[HarnessError]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    def __str__(self) -> str:
        return self.what


class CannotRun(HarnessError):
    """This machine lacks something that the run needs (exit status 4)."""


class ProductError(HarnessError):
    """A product did not start, died, or refused an administrative call."""


class BorderError(HarnessError):
    """A border could not be set up or its recorder failed: the run is not trustworthy."""


class EvidenceError(HarnessError):
    """A run folder is missing, damaged or was touched after it was written."""


class NotTested(Exception):
    """Raised in a scenario when the question cannot be put to this stack.

    Args:
        code: the reason as a code of the text catalogues (``product``, ``capability``,
            ``agencies``, ``licence``, ``image`` or ``profile``).
        params: the values that the reason's text names.
    """

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(f"{code} {params}")
        self.code = code
        self.params = params

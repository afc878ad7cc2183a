"""What pytest found: scenarios to run, functions to leave out, files that cannot be read.

Nothing of a run is made before this is known to be in order: a mistake in a call or in a
scenario file ends with one message and leaves no run folder.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.errors import HarnessError, UsageError
from harness.federation.question import is_scenario
from harness.model.question import QuestionCatalogue
from harness.plugin.own_questions import id_of, place_of, relative, slips, with_own_questions
from harness.plugin.progress import Progress


def question_of(item: pytest.Item) -> pytest.Mark | None:
    """Return the mark that ties a scenario to its question, if it has one."""
    return item.get_closest_marker("question")


def refuse_without_federation(items: Sequence[pytest.Item]) -> None:
    """Refuse to run scenarios where no federation was given.

    Raises:
        pytest.UsageError: a scenario was collected; says which, and the cure.
    """
    first = next((item for item in items if is_scenario(getattr(item, "function", None))), None)
    if first is not None:
        raise pytest.UsageError(
            str(
                UsageError(
                    f"`{first.name}` is a scenario, and there is no federation to put its question to",
                    where=place_of(first),
                    cure="give --federation FILE (`fedharness init` writes one), or use `fedharness run`",
                )
            )
        )


class Collection:
    """The hooks that watch what is collected.

    Args:
        catalogue: the questions that are known.
        progress: where what is left out is told.
    """

    def __init__(self, catalogue: QuestionCatalogue, progress: Progress) -> None:
        self.catalogue = catalogue
        self._progress = progress
        self._broken: list[UsageError] = []
        self._left_out = self._deselected = 0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what asks no question, and let own questions join the catalogue."""
        self._leave_out(config, items)
        try:
            joined = with_own_questions(self.catalogue, items)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        for item, near in slips(self.catalogue, items):
            self._progress.note("did_you_mean", id=id_of(item), file=item.path.name, near=near)
        self.catalogue = joined

    def _leave_out(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        others = [item for item in items if question_of(item) is None]
        items[:] = [item for item in items if question_of(item) is not None]
        if others:
            config.hook.pytest_deselected(items=others)
        for name, file in dict.fromkeys((_function_name(item), item.path.name) for item in others):
            self._progress.note("left_out", name=name, file=file)
        self._left_out = len(others)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what the call itself left out."""
        self._deselected += len(items)

    def pytest_exception_interact(
        self, node: pytest.Collector, call: pytest.CallInfo[object], report: pytest.CollectReport
    ) -> None:
        """Remember a file that could not be read."""
        if isinstance(report, pytest.CollectReport) and call.excinfo is not None:
            self._broken.append(_unreadable(node.path, call.excinfo.value))

    def problem(self, config: pytest.Config, items: Sequence[pytest.Item]) -> UsageError | None:
        """Return why this cannot be run, if so."""
        if self._broken and not config.option.continue_on_collection_errors:
            return self._unreadable_files()
        return None if items else self._nothing(config)

    def _unreadable_files(self) -> UsageError:
        if len(self._broken) == 1:
            return self._broken[0]
        return UsageError(
            f"{len(self._broken)} scenario files cannot be read",
            detail="\n".join(f"{error.where}: {error.what}" for error in self._broken),
            cure="mend these files, or name others",
        )

    def _nothing(self, config: pytest.Config) -> UsageError:
        keyword = config.option.keyword
        if keyword and self._deselected > self._left_out:
            return UsageError(
                f"no scenario fits `{keyword}`", where="-k", cure="see `fedharness scenarios` for their names"
            )
        where = ", ".join(relative(Path(argument.split("::")[0])) for argument in config.args)
        if self._deselected > self._left_out:
            return UsageError(
                "the arguments for pytest leave no scenario", where=where, cure="give fewer of them"
            )
        return UsageError(
            "there is no scenario here",
            where=where,
            cure="a scenario is an async function `test_…` with @question in a file `test_….py`",
        )


def _function_name(item: pytest.Item) -> str:
    return str(getattr(item, "originalname", None) or item.name)


def _unreadable(path: Path, error: BaseException) -> UsageError:
    # pytest tells a file's own trouble in words of its own; the cause is what was raised.
    cause = error.__cause__ if isinstance(error, pytest.Collector.CollectError) and error.__cause__ else error
    return unreadable(*(conftest_failure(cause) or (path, cause)))


def conftest_failure(error: BaseException) -> tuple[Path, BaseException] | None:
    """Return file and cause where pytest says that a ``conftest.py`` could not be imported."""
    path, cause = getattr(error, "path", None), getattr(error, "cause", None)
    return (path, cause) if isinstance(path, Path) and isinstance(cause, BaseException) else None


def unreadable(path: Path, cause: BaseException) -> UsageError:
    """Return why a scenario file could not be read, at the line of it that was last reached."""
    if isinstance(cause, HarnessError):
        return UsageError(cause.what, where=_relative_place(cause.where), cure=cause.cure)
    line = _line(path, cause)
    return UsageError(
        f"the scenario file cannot be read: {_last_line(cause)}",
        where=f"{relative(path)}:{line}" if line else relative(path),
        cure="mend the file, or name others",
    )


def _line(path: Path, error: BaseException) -> int | None:
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename) == path:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if Path(frame.filename) == path), None)


def _last_line(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    lines = traceback.format_exception_only(error)[-1].strip().splitlines()
    return lines[-1] if lines else type(error).__name__


def _relative_place(place: str) -> str:
    path, colon, line = place.rpartition(":")
    return f"{relative(Path(path))}:{line}" if colon else place

"""Which runtime a run uses."""

from __future__ import annotations

from harness.errors import UsageError
from harness.federation.opening import MakeRuntime
from harness.plugin.setup import RunSetup
from harness.protocols import Recorder
from harness.runtimes.embedded.runtime import EmbeddedRuntime
from harness.runtimes.redact import Redactor

RUNTIMES = ("embedded",)


def require_runtime(name: str) -> None:
    """Refuse a runtime that does not exist.

    Raises:
        UsageError: names those that do.
    """
    if name not in RUNTIMES:
        raise UsageError(
            f"there is no runtime `{name}`", where="--runtime", cure=f"use one of: {', '.join(RUNTIMES)}"
        )


def runtime_maker(setup: RunSetup, recorder: Recorder, redactor: Redactor) -> MakeRuntime:
    """Return what makes the run's runtime, given the PEM text of the run's CA."""
    require_runtime(setup.runtime)
    return lambda ca: EmbeddedRuntime(setup.inputs.federation, recorder, setup.folder.evidence, ca, redactor)

"""The inner work of ``fedharness up``."""

from __future__ import annotations

from harness.cli.options import UpOptions
from harness.paths import deploy_folder
from harness.plugin.outer import Request
from harness.plugin.setup import BY_HAND
from harness.plugin.up import up

_DEFAULT = "poc.yaml"


def up_command(options: UpOptions) -> int:
    """Bring a federation up, keep it until Ctrl-C, and return the exit status.

    Raises:
        HarnessError: it could not be prepared or started.
    """
    federation = options.federation or deploy_folder() / "federations" / _DEFAULT
    return up(
        Request(
            federation=federation,
            runtime=options.runtime,
            out=options.out,
            lang=options.lang,
            suite=BY_HAND,
            quiet=True,
            plain=options.plain,
            drivers=options.drivers,
            fork=options.fork,
        )
    )

"""Where the ``fedharness`` command begins: Ctrl-C ends it without a traceback from the first moment on."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command line of this process."""
    # While modules are still loaded there is nothing to end in order; a shell shows status 130.
    heard = signal.getsignal(signal.SIGINT) == signal.default_int_handler
    if heard:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from harness.cli.main import main as command

    if heard:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    command()

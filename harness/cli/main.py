"""The ``fedharness`` command: which commands there are, and how each of them ends.

Exit status: 0 all pass, 1 a verdict failed, 2 usage or configuration, 3 unknown,
4 could not run; 130 after Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from harness.cli import again, clean, compare, doctor, init, listings, running, verify
from harness.cli.console import complain
from harness.errors import HarnessError

INTERRUPTED = 130
USAGE = 2
COULD_NOT_RUN = 4

app = typer.Typer(
    name="fedharness",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 all pass, 1 a verdict failed, 2 usage, 3 unknown, 4 could not run.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fedharness {version('fedharness')}")
        raise typer.Exit


@app.callback()
def fedharness(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Test federations of self-hosted collaboration platforms, and say where every byte went."""


app.command("doctor")(doctor.doctor)
app.command("init")(init.init)
app.command("up")(running.up)
app.command("run", context_settings={"allow_interspersed_args": True})(running.run)
app.command("check")(again.check)
app.command("report")(again.report)
app.command("verify")(verify.verify)
app.command("compare")(compare.compare)
app.command("clean")(clean.clean)
app.command("stacks")(listings.stacks)
app.command("scenarios")(listings.scenarios)


def run_app(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; a user's mistake never shows a traceback."""
    try:
        status = app(list(arguments), prog_name="fedharness", standalone_mode=False)
    except typer.TyperException as error:
        message = getattr(error, "format_message", error.__str__)()
        if not message:  # `fedharness` alone: the help that was printed says it all
            return USAGE
        complain(f"{message}\n  cure: see `fedharness --help`, or --help after a command")
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except HarnessError as error:
        complain(str(error))
        return error.exit_status
    except BrokenPipeError:
        # Whoever read the output has gone; there is nobody left to tell.
        sys.stderr.close()
        return 0
    except OSError as error:
        complain(f"{error.filename or 'the system'}: {error.strerror or error}")
        return COULD_NOT_RUN
    if status == INTERRUPTED:
        complain("interrupted")
    return status if isinstance(status, int) else 0


def main() -> None:
    """Run the command line of this process."""
    raise SystemExit(run_app(sys.argv[1:]))

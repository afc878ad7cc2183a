"""How the command ends: its exit status, and what it says of a mistake."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from harness.cli import main, running
from harness.cli.run import suites
from harness.errors import CannotRun, ProductError, UsageError
from harness.plugin.runtimes import RUNTIMES
from tests.cli.conftest import Command

COMMANDS = (
    *("check", "clean", "compare", "doctor", "init", "report"),
    *("run", "scenarios", "stacks", "up", "verify"),
)
SLOW = ("aiohttp", "docker", "jinja2", "nio", "playwright", "pyroute2", "pytest", "harness.federation")
"""What the help text has no need of."""


def test_help_names_every_command(fedharness: Command) -> None:
    done = fedharness("--help", TERM="dumb", COLUMNS="120")
    assert done.returncode == 0
    for name in COMMANDS:
        assert f" {name} " in done.stdout
    assert "0 all pass, 1 a verdict failed, 2 usage, 3 unknown, 4 could not run" in done.stdout


def test_the_command_alone_shows_its_help_and_no_error(fedharness: Command) -> None:
    done = fedharness()
    assert done.returncode == 2
    assert "Usage: fedharness" in done.stdout
    assert done.stderr == ""


def test_the_help_of_run_names_what_there_is(fedharness: Command) -> None:
    assert set(running.SUITES) == set(suites())
    assert running.RUNTIMES == RUNTIMES
    shown = fedharness("run", "--help", TERM="dumb", COLUMNS="160").stdout
    assert "One of: smoke, chat, nightly, poc" in shown
    assert "embedded" in shown
    assert "suite's own" not in fedharness("up", "--help", TERM="dumb", COLUMNS="160").stdout


def test_help_loads_little() -> None:
    code = "import json, sys, harness.cli.main; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(SLOW) & set(json.loads(done.stdout))


def test_version(fedharness: Command) -> None:
    assert fedharness("--version").stdout.startswith("fedharness 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("run", "--nonsense"),
        ("run", "--repeat", "0"),
        ("run", "--repeat", "often"),
        ("run", "--lang", "tlh"),
        ("run", "--suite", "nonsense"),
        ("run", "--runtime", "nonsense"),
        ("run", "--federation", "nowhere.yaml"),
        ("run", "--drivers", "nowhere"),
        ("up", "--federation", "nowhere.yaml"),
        ("verify",),
        ("compare", "a"),
        ("scenarios", "nowhere"),
        ("stacks", "--drivers", "nowhere"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_status_2(fedharness: Command, arguments: tuple[str, ...]) -> None:
    done = fedharness(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("fedharness: ")
    assert "cure:" in done.stderr


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (UsageError("two agencies share a domain", where="f.yaml:3", cure="rename one"), 2, "f.yaml:3: two"),
        (CannotRun("there is no kernel", cure="find one"), 4, "cure: find one"),
        (ProductError("it died", detail="last words"), 4, "    last words"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (typer.Abort(), 130, "interrupted"),
        (OSError(errno.ENOSPC, "No space left on device", "/full"), 4, "/full: No space left on device"),
    ],
)
def test_errors_end_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    said: str,
) -> None:
    app = typer.Typer()

    @app.command()
    def fails() -> None:
        raise error

    monkeypatch.setattr(main, "app", app)
    assert main.run_app([]) == status
    assert said in capsys.readouterr().err


def test_a_command_s_status_is_the_process_s(monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()
    app.command()(lambda: 3)
    monkeypatch.setattr(main, "app", app)
    monkeypatch.setattr(sys, "argv", ["fedharness"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 3


def test_an_option_that_a_driver_refuses_is_placed_in_the_file(fedharness: Command, tmp_path: Path) -> None:
    chat = {"product": "synapse", "options": {"nonsense": 1}}
    agency = {"domain": "alfa.example", "services": {"chat": chat}}
    federation = {"fedharness": 1, "name": "x", "agencies": {"alfa": agency}}
    (tmp_path / "federation.yaml").write_text(json.dumps(federation))
    done = fedharness("run", "--suite", "smoke", "--federation", "federation.yaml")
    assert done.returncode == 2
    where = "federation.yaml:1: agencies.alfa.services.chat.options"
    assert done.stderr.startswith(f"fedharness: {where}: Synapse has no option `nonsense`")
    assert "cure:" in done.stderr
    assert not (tmp_path / "results").exists()

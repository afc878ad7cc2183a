"""A wrong call or scenario file ends with status 2, one message, and no run folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.conftest import HARDENED, Command

GOOD = """
from harness import question

@question("own.greeting")
async def test_a_greeting(federation): ...
"""
NOT_IMPORTED = GOOD.replace("from harness", "import no_such_module\nfrom harness")
NOT_ASYNC = GOOD.replace("async def", "def")
TWICE = GOOD + GOOD.replace("import question", "import question ").replace("test_a_greeting", "test_another")
OTHER_RESULT = GOOD.replace('"own.greeting"', '"chat.delivery", result="survives"')
WITHOUT_QUESTION = "async def test_forgotten(federation): ...\ndef test_sync(): ...\n"


@pytest.mark.parametrize(
    ("files", "arguments", "said"),
    [
        (
            {"test_a.py": NOT_IMPORTED},
            (),
            ["s/test_a.py:2: the scenario file cannot be read", "No module named 'no_such_module'"],
        ),
        (
            {"test_a.py": NOT_IMPORTED, "test_b.py": "def (\n", "test_c.py": "1 / 0\n"},
            (),
            [
                "3 scenario files cannot be read",
                "s/test_a.py:2: the scenario file cannot be read: ModuleNotFoundError",
                "s/test_b.py:1: the scenario file cannot be read: SyntaxError: invalid syntax",
                "s/test_c.py:1: the scenario file cannot be read: ZeroDivisionError",
            ],
        ),
        (
            {"conftest.py": "import no_such_module\n", "test_a.py": GOOD},
            (),
            ["s/conftest.py:1: the scenario file cannot be read: ModuleNotFoundError"],
        ),
        ({"test_a.py": NOT_ASYNC}, (), ["s/test_a.py:4: @question of test_a_greeting", "not async"]),
        ({"test_a.py": TWICE}, (), ["`own.greeting` is the id of two scenarios", "s/test_a.py:4"]),
        ({"test_a.py": OTHER_RESULT}, (), ["`chat.delivery` of the catalogue counts towards works"]),
        ({}, (), ["s: there is no scenario here"]),
        ({"test_a.py": WITHOUT_QUESTION}, (), ["s: there is no scenario here"]),
        ({"test_a.py": GOOD}, ("-k", "nonsense"), ["-k: no scenario fits `nonsense`"]),
        ({"test_a.py": GOOD}, ("-k", "("), ["Wrong expression passed to '-k'"]),
        ({"test_a.py": GOOD}, ("--", "-n", "2"), ["-n: scenarios of one federation run one after another"]),
        ({"test_a.py": GOOD}, ("--", "--nonsense"), ["unknown options: --nonsense"]),
        ({"test_a.py": GOOD}, ("--", "--maxfail=x"), ["argument --maxfail: invalid int value: 'x'"]),
    ],
)
def test_a_run_that_cannot_begin(
    in_folder: Command, tmp_path: Path, files: dict[str, str], arguments: tuple[str, ...], said: list[str]
) -> None:
    (tmp_path / "s").mkdir()
    for name, text in files.items():
        (tmp_path / "s" / name).write_text(text)
    done = in_folder("harness", "run", "--suite", "smoke", "--scenarios", "s", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("fedharness: ")
    assert done.stderr.count("cure: ") == 1
    for words in said:
        assert words in done.stderr
    assert "exit" not in done.stdout
    assert not (tmp_path / "results").exists()


def test_an_empty_folder_is_no_matter_of_k(in_folder: Command, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    done = in_folder("harness", "run", "--suite", "smoke", "--scenarios", "s")
    assert "-k" not in done.stderr


def test_what_is_left_out_is_named(in_folder: Command, tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(WITHOUT_QUESTION)
    done = in_folder("harness", "run", "--suite", "smoke", "--scenarios", "test_a.py")
    assert "left out: test_forgotten in test_a.py has no @question" in done.stdout
    assert "left out: test_sync in test_a.py has no @question" in done.stdout


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (NOT_IMPORTED, (), "test_a.py:2: the scenario file cannot be read: ModuleNotFoundError"),
        (GOOD, ("-k", "nonsense"), "-k: no scenario fits `nonsense`"),
        (GOOD, ("-k", "("), "Wrong expression passed to '-k'"),
        (GOOD, ("-n", "2"), "-n: scenarios of one federation run one after another"),
        (GOOD, ("--nonsense",), "unknown options: --nonsense"),
        (WITHOUT_QUESTION, (), "test_a.py: there is no scenario here"),
    ],
)
def test_plain_pytest_refuses_the_same(
    in_folder: Command, tmp_path: Path, text: str, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "test_a.py").write_text(text)
    done = in_folder("pytest", "test_a.py", "--federation", HARDENED, "-p", "no:cacheprovider", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "PytestDeprecationWarning" not in done.stdout + done.stderr
    assert not (tmp_path / "results").exists()


def test_plain_pytest_needs_a_federation_for_scenarios(in_folder: Command, tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(GOOD)
    done = in_folder("pytest", "test_a.py", "-p", "no:cacheprovider")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "test_a.py:4: `test_a_greeting` is a scenario" in done.stderr
    assert "give --federation FILE" in done.stderr
    assert "fixture 'federation' not found" not in done.stdout
    assert "PytestDeprecationWarning" not in done.stdout + done.stderr


def test_scenarios_can_be_listed_without_a_federation(in_folder: Command, tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(GOOD)
    done = in_folder("pytest", "test_a.py", "--collect-only", "-p", "no:cacheprovider")
    assert done.returncode == 0
    assert "1 test collected" in done.stdout


def test_another_test_suite_is_left_alone(in_folder: Command, tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import pytest\n\n@pytest.mark.question('of another plugin')\ndef test_a(): ...\n"
    )
    done = in_folder("pytest", "test_a.py", "-p", "no:cacheprovider")
    assert done.returncode == 0
    assert "1 passed" in done.stdout
    # Somebody else's warning is somebody else's to suppress.
    assert "PytestDeprecationWarning" in done.stderr


@pytest.mark.parametrize("argument", ["--help", "--collect-only"])
def test_pytest_s_own_listings_leave_no_run_folder(in_folder: Command, tmp_path: Path, argument: str) -> None:
    (tmp_path / "test_a.py").write_text(GOOD)
    done = in_folder("pytest", "test_a.py", "--federation", HARDENED, "-p", "no:cacheprovider", argument)
    assert done.returncode == 0
    assert not (tmp_path / "results").exists()

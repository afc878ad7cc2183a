"""What pytest says of a wrong call becomes one message with place and cure."""

from __future__ import annotations

import io

import pytest

from harness.errors import UsageError
from harness.plugin.refusal import HeldBack, refuse_parallel, refuse_unknown, usage_error


@pytest.mark.parametrize("argument", ["-n", "-n2", "-nauto", "--numprocesses", "--numprocesses=4"])
def test_parallel_scenarios_are_refused(argument: str) -> None:
    with pytest.raises(UsageError, match="one after another"):
        refuse_parallel(["-x", argument])


def test_other_arguments_are_not() -> None:
    refuse_parallel(["-x", "-no-such", "-k", "new", "--maxfail=2", "--nf"])


def test_unknown_options_are_named() -> None:
    refuse_unknown([])
    with pytest.raises(UsageError, match="unknown options: --nonsense -q2"):
        refuse_unknown(["--nonsense", "-q2"])


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        (
            "ERROR: usage: pytest.main() [options] [file_or_dir] [...]\n"
            "pytest.main(): error: argument --maxfail: invalid int value: 'x'\n  inifile: None\n",
            "argument --maxfail: invalid int value: 'x'",
            "arguments for pytest",
        ),
        (
            "\x1b[31mERROR: Wrong expression passed to '-k': (: at column 2: expected x\x1b[0m\n\n",
            "Wrong expression passed to '-k': (: at column 2: expected x",
            "-k",
        ),
        (
            "ERROR: file or directory not found: test_x.py::y\n",
            "file or directory not found: test_x.py::y",
            "",
        ),
    ],
)
def test_pytest_s_own_words_get_a_place_and_a_cure(text: str, what: str, where: str) -> None:
    error = usage_error(text)
    assert (error.what, error.where) == (what, where)
    assert error.cure


def test_an_error_of_the_harness_stays_as_it_is() -> None:
    said = str(UsageError("two scenarios", where="test_a.py:3", cure="rename one"))
    assert str(usage_error(f"ERROR: {said}\n\n")) == said


def test_what_is_held_back_is_let_through_in_order() -> None:
    behind = io.StringIO()
    held = HeldBack(behind)
    held.write("one ")
    assert behind.getvalue() == ""
    held.let_through()
    held.write("two")
    assert behind.getvalue() == "one two"
    assert held.take() == ""


def test_what_was_kept_can_be_taken_instead() -> None:
    behind = io.StringIO()
    held = HeldBack(behind)
    held.write("one")
    assert held.take() == "one"
    assert behind.getvalue() == ""

"""Scenarios and drivers of a user's own, in whole runs: whose fault it was, and what is known."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from harness.model.result import QuestionResult
from harness.model.verdict import Verdict
from harness.paths import deploy_folder
from tests.plugin.conftest import write_driver
from tests.world.conftest import Ran, command, run_folder

HARDENED = deploy_folder() / "federations" / "hardened.yaml"

DYING = """
import os
import pathlib
import signal

from harness import question


@question("own.product_dies")
async def test_product_dies(federation):
    await federation.users("a")
    await federation.agency("a").offering("chat").main.process.kill()


@question("own.recorder_dies")
async def test_recorder_dies(federation):
    (bo,) = await federation.users("b")
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        if b"\\0harness.border\\0" in path.read_bytes():
            os.kill(int(path.parent.name), signal.SIGKILL)
    await bo.chat.create_room("room")


@question("own.later")
async def test_later(federation):
    raise AssertionError("this is not run")
"""


def run_own(tmp_path: Path, text: str, *arguments: str | Path) -> Ran:
    """Run one file of scenarios and return what came of it."""
    (tmp_path / "test_own.py").write_text(text)
    out = tmp_path / "out"
    done = subprocess.run(
        command("run", "--scenarios", tmp_path / "test_own.py", "--out", out, *arguments),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    return Ran(done.returncode, done.stdout + done.stderr, run_folder(out))


def answer(ran: Ran, name: str) -> QuestionResult:
    return next(question for question in ran.result.questions if question.id == name)


@pytest.fixture(scope="module")
def dying(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_own(tmp_path_factory.mktemp("dying"), DYING, "--federation", HARDENED)


def test_a_product_that_ends_by_itself_is_told_at_once(dying: Ran) -> None:
    lines = [line.partition(" s  ")[2] for line in dying.output.splitlines()]
    ended = lines.index("alfa/chat/homeserver ended by itself with status -9; its last lines:")
    assert lines[ended + 1].startswith("    ")
    assert ended < next(at for at, line in enumerate(lines) if "own.product_dies: " in line)


def test_a_recorder_that_ends_is_nobody_s_failure(dying: Ran) -> None:
    assert dying.status == 3, dying.output
    assert dying.result.verdicts.works == Verdict.UNKNOWN
    assert not dying.result.run.complete
    assert "nothing is recorded any more, so no further scenario is run" in dying.output
    assert answer(dying, "own.recorder_dies").verdict == Verdict.UNKNOWN
    reasons = [reason.params.get("name") for reason in dying.result.reasons["works"]]
    assert "recorder_ended" in reasons


def test_what_comes_after_the_recorder_s_end_is_not_run(dying: Ran) -> None:
    later = answer(dying, "own.later")
    assert later.verdict == Verdict.UNKNOWN
    assert "the border program ended" in later.reason.params["text"]
    steps = (dying.folder / "evidence" / "steps.jsonl").read_text().splitlines()
    assert len([line for line in steps if '"kind":"trouble"' in line and "recorder_ended" in line]) == 1


def test_an_author_s_own_mistake_is_not_blamed_on_the_product(tmp_path: Path) -> None:
    text = (
        "from harness import question\n\n\n"
        "@question('own.mistake')\n"
        "async def test_mistake(federation):\n"
        "    with federation.partitioned('a'):\n"
        "        pass\n\n\n"
        "@question('own.outlives', result='survives')\n"
        "async def test_outlives(federation):\n"
        "    await federation.users('a')\n\n\n"
        "@question('own.video', needs=('video',))\n"
        "async def test_video(federation): ...\n"
    )
    ran = run_own(tmp_path, text, "--federation", HARDENED)
    mistake = answer(ran, "own.mistake")
    assert mistake.verdict == Verdict.UNKNOWN
    assert mistake.reason.params["text"].startswith("test_own.py:6: TypeError: ")
    assert ran.result.verdicts.works == Verdict.UNKNOWN
    assert ran.result.verdicts.survives == Verdict.PASS
    assert "own.video: not tested: No product in this run can do what the question needs: video" in ran.output
    assert ran.status == 3


CALLING = """
import socket
import time

while True:
    try:
        socket.create_connection(("updates.notes.example", 80), timeout=1).close()
    except OSError:
        pass
    print("asked", flush=True)
    time.sleep(0.2)
"""


def test_a_finding_says_what_the_product_s_own_file_knows(tmp_path: Path) -> None:
    drivers = write_driver(tmp_path / "drivers", CALLING)
    federation = tmp_path / "federation.yaml"
    federation.write_text(
        "fedharness: 1\nagencies:\n  alfa:\n    domain: alfa.example\n"
        "    services: {notes: {product: notes}}\n"
    )
    text = (
        "import asyncio\n\nfrom harness import question\n\n\n"
        "@question('own.calls', needs=('notes',))\n"
        "async def test_calls(federation):\n"
        "    process = federation.agency('a').offering('notes').main.process\n"
        "    while 'asked' not in process.tail():\n"
        "        await asyncio.sleep(0.05)\n"
    )
    ran = run_own(tmp_path, text, "--federation", federation, "--drivers", drivers)
    assert ran.status == 1, ran.output
    (finding,) = ran.result.findings
    found = finding.destination
    assert (found.name, found.operator, found.country) == ("updates.notes.example", "Notes Foundation", "SE")
    assert (found.feature, found.switch_off) == ("update check", "updates: false")
    assert "off: updates: false" in ran.output
    assert "(0 new)" in ran.output


def test_an_interrupted_repetition_ends_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(
        command("run", "--suite", "smoke", "--federation", HARDENED, "--repeat", "3", "--out", out),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as started:
        assert started.stdout is not None
        next(line for line in started.stdout if "[1/2]" in line)
        os.killpg(started.pid, signal.SIGINT)
        rest = started.stdout.read()
    assert started.returncode == 3, rest
    assert "interrupted; taking everything down" in rest
    assert "run 2 of 3" not in rest
    assert run_folder(out).joinpath("report.html").exists()

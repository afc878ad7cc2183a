"""What goes wrong is said with what, where and cure; nothing is left; the result is readable."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.paths import deploy_folder
from harness.store import RunFolder, find_secrets

HARDENED = deploy_folder() / "federations" / "hardened.yaml"
COMMAND = [sys.executable, "-m", "harness"]

SCENARIO = '''
"""A scenario of the tests."""
import asyncio
import os
import pathlib
from harness import question

@question("chat.delivery")
async def test_scenario(federation):
    """A scenario of the tests."""
{body}
'''


def descendants_of(mark: str) -> list[str]:
    """Return the processes whose environment carries ``mark``: those that a run started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return [pid for pid in found if int(pid) != os.getpid()]


def wait_for(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class Started:
    """A run in the background."""

    def __init__(self, out: Path, mark: str) -> None:
        self.out = out
        self.mark = f"FEDHARNESS_TEST_MARK={mark}"
        self.process = subprocess.Popen(
            [*COMMAND, "run", "--suite", "smoke", "--federation", str(HARDENED), "--out", str(out)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, "FEDHARNESS_TEST_MARK": mark},
        )

    @property
    def folder(self) -> Path:
        return next(path for path in self.out.iterdir() if path.is_dir())

    def products_run(self) -> bool:
        """Say whether a product's first line is in the record."""
        return any(self.out.glob("*/evidence/logs.jsonl"))


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    background = Started(tmp_path / "out", f"{tmp_path.name}-{os.getpid()}")
    assert wait_for(background.products_run, 60)
    yield background
    if background.process.poll() is None:
        background.process.kill()
    background.process.communicate(timeout=20)


def test_kill_9_leaves_nothing_but_a_readable_incomplete_result(started: Started) -> None:
    started.process.kill()
    started.process.wait(timeout=10)
    assert wait_for(lambda: not descendants_of(started.mark), 5), descendants_of(started.mark)
    again = subprocess.run(
        [*COMMAND, "check", str(started.folder)], capture_output=True, text=True, check=False
    )
    assert again.returncode == 3, again.stdout + again.stderr
    assert "INCOMPLETE" in again.stdout
    evidence = RunFolder(started.folder).read_evidence()
    assert evidence.records["hosts"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_ends_within_seconds_and_says_incomplete(
    started: Started, number: signal.Signals
) -> None:
    begin = time.monotonic()
    if number == signal.SIGINT:
        os.killpg(started.process.pid, number)
    else:
        started.process.send_signal(number)
    output, _ = started.process.communicate(timeout=30)
    assert time.monotonic() - begin < 15
    assert "INCOMPLETE" in output
    assert "Traceback" not in output
    assert wait_for(lambda: not descendants_of(started.mark), 5)
    assert (started.folder / "report.html").exists()


def run_scenario(tmp_path: Path, body: str, *options: str, environment: dict[str, str] | None = None) -> Any:
    scenario = tmp_path / "test_own.py"
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    scenario.write_text(SCENARIO.format(body=lines))
    out = tmp_path / "out"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", str(scenario), "-p", "no:cacheprovider"),
            *("--federation", str(HARDENED), "--fedharness-out", str(out), *options),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    (folder,) = out.iterdir()
    return done, folder


def test_a_user_s_own_scenario_runs_by_plain_pytest(tmp_path: Path) -> None:
    done, folder = run_scenario(tmp_path, "alva, bo = await federation.users('a', 'b')\nassert alva.user_id")
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert (folder / "report.html").exists()


def test_a_homeserver_that_dies_in_a_scenario_is_named(tmp_path: Path) -> None:
    body = (
        "(alva,) = await federation.users('a')\n"
        "service = federation.agency('a').offering('chat').main\n"
        "await service.process.kill()\n"
        "await alva.chat.create_room('room')"
    )
    done, folder = run_scenario(tmp_path, body)
    assert done.returncode == 1
    steps = (folder / "evidence" / "steps.jsonl").read_text()
    assert '"service_ended"' in steps
    assert '"agency":"alfa"' in steps


@pytest.mark.parametrize("options", [(), ("--no-fork",)], ids=["forked", "plain"])
def test_a_homeserver_that_ends_during_start_is_quoted_within_seconds(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    path = tmp_path / "federation.yaml"
    services = "services: {chat: {product: synapse, options: {ip_range_whitelist: [no-network]}}}"
    agencies = [f"  {name}:\n    domain: {name}.example\n    {services}" for name in ("alfa", "beta")]
    path.write_text("\n".join(["fedharness: 1", "agencies:", *agencies, ""]))
    begin = time.monotonic()
    out = tmp_path / "out"
    status, output = fails("run", "--suite", "smoke", "--federation", str(path), "--out", str(out), *options)
    assert status == 4, output
    assert time.monotonic() - begin < 30
    assert re.search(r"(alfa|beta)\W.*ended with status 1 before it was ready", output), output
    assert "invalid IPNetwork no-network" in output
    assert "cure: " in output
    assert "INCOMPLETE" in output
    (folder,) = out.iterdir()
    assert "invalid IPNetwork no-network" in (folder / "evidence" / "logs.jsonl").read_text()
    assert verdicts(folder)["works"] == "unknown"


def test_no_secret_of_the_run_is_in_the_run_folder(tmp_path: Path) -> None:
    kept = tmp_path / "secrets.txt"
    body = (
        "alva, bo = await federation.users('a', 'b')\n"
        "room = await alva.chat.create_room('room', invite=[bo.user_id])\n"
        "await bo.chat.join(room)\n"
        "plans = [federation.agency(p).offering('chat').main.plan for p in 'ab']\n"
        "secrets = [plan.secret for plan in plans]\n"
        "secrets += [plan.certificates['homeserver'].key.splitlines()[1] for plan in plans]\n"
        "secrets += [person.account.password for person in (alva, bo)]\n"
        "secrets += [person.chat._client.access_token for person in (alva, bo)]\n"
        f"pathlib.Path({str(kept)!r}).write_text('\\n'.join(secrets))"
    )
    done, folder = run_scenario(tmp_path, body)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    secrets = kept.read_text().split("\n")
    assert len(secrets) == 8
    assert all(len(secret) >= 16 for secret in secrets)
    assert find_secrets(folder, secrets) == []


def verdicts(folder: Path) -> dict[str, str]:
    """Return the results of a run folder by name."""
    found: dict[str, str] = json.loads((folder / "run.json").read_text())["verdicts"]
    return found


def fails(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False)
    output = done.stdout + done.stderr
    assert "Traceback" not in output
    return done.returncode, output


def test_a_scenario_that_is_not_there_is_never_a_pass(tmp_path: Path) -> None:
    status, output = fails("run", "--suite", "smoke", "-k", "no_such_scenario", "--out", str(tmp_path))
    assert status == 2
    assert "fedharness scenarios" in output


def test_a_wrong_federation_file_names_line_key_and_cure(tmp_path: Path) -> None:
    path = tmp_path / "federation.yaml"
    path.write_text("fedharness: 1\nagencies:\n  alfa:\n    domain: alfa.example\n    servces: {}\n")
    status, output = fails("run", "--federation", str(path), "--out", str(tmp_path / "out"))
    assert status == 2
    assert "federation.yaml:5" in output
    assert "services" in output
    assert not (tmp_path / "out").exists()


def test_an_unknown_product_names_those_that_are_known(tmp_path: Path) -> None:
    path = tmp_path / "federation.yaml"
    path.write_text(
        "fedharness: 1\nagencies:\n  alfa:\n    domain: alfa.example\n"
        "    services: {chat: {product: teams}}\n"
    )
    status, output = fails("run", "--federation", str(path), "--out", str(tmp_path / "out"))
    assert status == 2
    assert "synapse" in output


def test_a_federation_without_services_never_passes(tmp_path: Path) -> None:
    path = tmp_path / "federation.yaml"
    path.write_text("fedharness: 1\nagencies:\n  alfa:\n    domain: alfa.example\n")
    status, _ = fails("run", "--suite", "smoke", "--federation", str(path), "--out", str(tmp_path / "out"))
    assert status == 3
    (folder,) = (tmp_path / "out").iterdir()
    assert (verdicts(folder)["works"], verdicts(folder)["survives"]) == ("unknown", "unknown")
    asked = json.loads((folder / "run.json").read_text())["questions"]
    works = [question["verdict"] for question in asked if question["result"] == "works"]
    assert works
    assert "pass" not in works


def test_a_full_disk_is_said_and_ends_the_run(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    script = (
        f"mount -t tmpfs -o size=600k tmpfs {place} && "
        f"{sys.executable} -m harness run --suite smoke --federation {HARDENED} --out {place}/runs"
    )
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    output = done.stdout + done.stderr
    assert done.returncode in (3, 4), output
    assert "No space left" in output or "disk" in output, output
    assert "Traceback" not in output, output

"""From a clone to a report as an ordinary user with an empty home, and nothing left running.

As root, the test makes that user and removes it again; else it runs as who runs the tests.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SECONDS = 600
_PASSED_ON = (
    "PIP_",
    "SSL_",
    "REQUESTS_",
    "CURL_",
    "HTTP_",
    "HTTPS_",
    "NO_PROXY",
    "http",
    "https",
    "no_proxy",
)
"""How this machine reaches a package index is no part of what is tested."""


@dataclass(frozen=True)
class Person:
    """Who runs the commands."""

    uid: int
    gid: int
    home: Path

    def run(self, *argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a command as this person, in an environment as after a first login."""
        environment = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
        environment |= {"HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        other: dict[str, object] = {}
        if self.uid != os.getuid():
            other = {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            argv,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            **other,
        )

    def processes(self, below: Path) -> list[int]:
        """Return this person's processes; of one who also runs the tests, those that work in ``below``."""
        mine = [path for path in Path("/proc").glob("[0-9]*") if _owner(path) == self.uid]
        if self.uid == os.getuid():
            mine = [path for path in mine if _folder(path).is_relative_to(below)]
        return [int(path.name) for path in mine]


def _owner(process: Path) -> int:
    try:
        return process.stat().st_uid
    except OSError:
        return -1


def _folder(process: Path) -> Path:
    try:
        return (process / "cwd").readlink()
    except OSError:
        return Path("/")


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """An ordinary user with an empty home folder."""
    if os.getuid() != 0:
        yield Person(os.getuid(), os.getgid(), tmp_path_factory.mktemp("home"))
        return
    name = f"fedharness-{secrets.token_hex(3)}"
    subprocess.run(["/usr/sbin/useradd", "--create-home", "--skel", "/nowhere", name], check=True)
    entry = pwd.getpwnam(name)
    made = Person(entry.pw_uid, entry.pw_gid, Path(entry.pw_dir))
    yield made
    for pid in made.processes(made.home):
        os.kill(pid, signal.SIGKILL)
    subprocess.run(["/usr/sbin/userdel", "--force", "--remove", name], check=True, capture_output=True)


@pytest.fixture(scope="module")
def clone(person: Person) -> Path:
    """A clone of this checkout in the user's home folder, owned by the user."""
    folder = person.home / "fedharness"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)], check=True)
    if person.uid != os.getuid():
        for place, folders, files in os.walk(folder):
            for name in (".", *folders, *files):
                os.chown(Path(place) / name, person.uid, person.gid, follow_symlinks=False)
    return folder


@pytest.mark.timeout(SECONDS + 60)
def test_the_main_job_goes_from_a_clone_to_a_report(person: Person, clone: Path) -> None:
    done = person.run("make", "poc", cwd=clone)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert not person.processes(clone), "processes were left running"
    runs = list((clone / "results" / "runs").iterdir())
    assert len(runs) == 1
    result = json.loads((runs[0] / "run.json").read_text())
    assert result["run"]["complete"] is True
    assert set(result["verdicts"].values()) == {"pass"}
    assert len(result["federation"]["agencies"]) >= 3
    asked = [question for question in result["questions"] if question["function"] == "chat"]
    assert sum(question["verdict"] == "pass" for question in asked) >= 10
    assert (runs[0] / "report.html").stat().st_size > 10_000
    verified = person.run(".venv/bin/fedharness", "verify", str(runs[0]), cwd=clone)
    assert verified.returncode == 0, verified.stdout
    shutil.rmtree(runs[0])


@pytest.mark.timeout(SECONDS + 60)
def test_the_next_time_nothing_is_set_up(person: Person, clone: Path) -> None:
    said = person.run("make", "setup", cwd=clone)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    doctor = person.run(".venv/bin/fedharness", "doctor", cwd=clone)
    assert doctor.returncode == 0, doctor.stdout

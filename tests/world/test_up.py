"""``fedharness up`` as a person uses it: from this machine's own side of the doors, and to its end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.world.conftest import FEDERATIONS, command, run_folder
from tests.world.test_faults import descendants_of, wait_for

HARDENED = FEDERATIONS / "hardened.yaml"
LAST_LINE = "Ctrl-C takes everything down.\n"
_PLACE = re.compile(r"^(?P<agency>.*) \((?P<service>\S+)\): (?P<url>http://127\.0\.0\.1:\d+)$", re.M)
_ACCOUNT = re.compile(r"^ +user (?P<user>@\S+) +password (?P<password>\S+)$", re.M)


class Up:
    """A federation that is kept in the background."""

    def __init__(self, out: Path, federation: Path, *options: str) -> None:
        self.out = out
        self.mark = f"FEDHARNESS_TEST_MARK={out.parent.name}-{os.getpid()}"
        name, _, value = self.mark.partition("=")
        self.process = subprocess.Popen(
            command("up", "--federation", federation, "--out", out, *options),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # As narrow as it gets: nothing that is printed may be cut.
            env={**os.environ, name: value, "COLUMNS": "20", "NO_COLOR": "1"},
        )
        self.output = ""

    def read_until(self, part: str) -> None:
        """Read its output up to a line that holds ``part``, or to the end."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if part in line:
                return

    def interrupt(self) -> int:
        """Send what Ctrl-C sends, and return the exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.ended()

    def ended(self) -> int:
        """Wait until it has ended and return its exit status."""
        rest, _ = self.process.communicate(timeout=60)
        self.output += rest
        return self.process.returncode

    def nothing_left(self) -> bool:
        return wait_for(lambda: not descendants_of(self.mark), 5)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def start(out: Path) -> Iterator[Callable[..., Up]]:
    """Return ``start(federation, *options)``; what it started is gone after the test."""
    running: list[Up] = []

    def start(federation: Path = HARDENED, *options: str) -> Up:
        running.append(Up(out, federation, *options))
        return running[-1]

    yield start
    for background in running:
        if background.process.poll() is None:
            background.process.kill()
            background.process.communicate(timeout=20)


@dataclass
class Person:
    """A person who uses the client-server API of Matrix by its HTTP, through a door."""

    url: str
    user: str
    password: str
    token: str = ""

    def ask(
        self, method: str, path: str, body: Any = None, *, kind: str = "application/json"
    ) -> tuple[bytes, str]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(
            f"{self.url}{path}", data, {**headers, "Content-Type": kind}, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read(), answer.geturl()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads(self.ask(method, f"/_matrix/client/v3{path}", body)[0])

    def log_in(self) -> Any:
        who = {"type": "m.id.user", "user": self.user}
        answer = self.call(
            "POST", "/login", {"type": "m.login.password", "identifier": who, "password": self.password}
        )
        self.token = answer["access_token"]
        return answer

    def reads(self, room: str, text: str) -> bool:
        """Synchronise, the server waiting for news, until the text is there; not for ever."""
        since, deadline = "", time.monotonic() + 30
        while time.monotonic() < deadline:
            after = f"&since={since}" if since else ""
            news = self.call("GET", f"/sync?timeout=5000{after}")
            since = news["next_batch"]
            events = news.get("rooms", {}).get("join", {}).get(room, {}).get("timeline", {}).get("events", [])
            if any(event["content"].get("body") == text for event in events):
                return True
        return False


def people(output: str) -> list[Person]:
    """Return who was printed, each at the address that stands above."""
    places = list(_PLACE.finditer(output))
    found = []
    for account in _ACCOUNT.finditer(output):
        place = [place for place in places if place.start() < account.start()][-1]
        found.append(Person(place["url"], account["user"], account["password"]))
    return found


def records(folder: Path, stem: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "evidence" / f"{stem}.jsonl").read_text().splitlines()]


def meet(alva: Person, bo: Person) -> str:
    room: str = alva.call("POST", "/createRoom", {"preset": "private_chat", "invite": [bo.user]})["room_id"]
    bo.call("POST", f"/join/{quote(room)}?server_name=alfa.example", {})
    return room


def test_a_federation_that_is_kept_can_be_used_from_outside_and_leaves_a_whole_record(
    start: Callable[..., Up], out: Path
) -> None:
    started = start()
    started.read_until(LAST_LINE)
    alva, bo = people(started.output)
    assert (alva.user, bo.user) == ("@alva:alfa.example", "@bo:beta.example")
    assert alva.url != bo.url
    assert started.output.count("Any Matrix client") == 2

    for person in (alva, bo):
        # What a client would take in place of the address that its user typed in.
        assert "well_known" not in person.log_in()
    room = meet(alva, bo)
    alva.call("PUT", f"/rooms/{quote(room)}/send/m.room.message/1", {"msgtype": "m.text", "body": "hej"})
    assert bo.reads(room, "hej")
    what_is_said_of_links_is_so(alva, bo)

    begin = time.monotonic()
    assert started.interrupt() == 0, started.output
    assert time.monotonic() - begin < 15
    assert started.nothing_left()
    assert "Traceback" not in started.output

    folder = run_folder(out)
    assert f"recorded in {folder}" in started.output
    verified = subprocess.run(command("verify", folder), capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stdout
    (one, *_) = json.loads((folder / "run.json").read_text())["coverage"]
    assert "host_browser" in [reason["code"] for reason in one["blind"]]
    visitors = {record["host"] for record in records(folder, "hosts") if record["role"] == "visitor"}
    assert len(visitors) == 2
    rows = [row for row in records(folder, "ledger") if row["port"] in visitors and row["ledger"] == "tried"]
    assert {row["port"] for row in rows} == visitors
    assert {row["dst_port"] for row in rows if row["opening"]} == {443}
    assert sum(row["bytes"] for row in rows) > 1000
    assert alva.password not in "".join(path.read_text() for path in folder.glob("evidence/*.jsonl"))


def what_is_said_of_links_is_so(alva: Person, bo: Person) -> None:
    """Media work by the address; redirects stay there; nothing is announced; there is no sign-on."""
    upload, _ = alva.ask("POST", "/_matrix/media/v3/upload", b"whole", kind="text/plain")
    media = json.loads(upload)["content_uri"].removeprefix("mxc://")
    fetched, where = bo.ask("GET", f"/_matrix/client/v1/media/download/{media}")
    assert (fetched, where.startswith(bo.url)) == (b"whole", True)
    _, where = alva.ask("GET", "/")
    assert where.startswith(alva.url)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        alva.ask("GET", "/.well-known/matrix/client")
    flows = {flow["type"] for flow in alva.call("GET", "/login")["flows"]}
    assert "m.login.password" in flows
    assert not flows & {"m.login.sso", "m.login.token"}


def test_an_interrupted_start_says_so_and_leaves_nothing(start: Callable[..., Up]) -> None:
    started = start()
    started.read_until("starting")
    assert started.interrupt() == 130
    assert started.nothing_left()
    assert "interrupted" in started.output
    assert "Traceback" not in started.output


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ("{colour: red}", 2, "no option `colour`"),
        ("{ip_range_whitelist: [no-network]}", 4, "ended with status"),
    ],
)
def test_what_cannot_be_started_is_said_without_a_traceback(
    tmp_path: Path, start: Callable[..., Up], options: str, status: int, said: str
) -> None:
    path = tmp_path / "federation.yaml"
    path.write_text(
        "fedharness: 1\nagencies:\n  alfa:\n    domain: alfa.example\n"
        f"    services: {{chat: {{product: synapse, options: {options}}}}}\n"
    )
    failing = start(path, "--plain")
    assert failing.ended() == status, failing.output
    assert said in failing.output
    assert "Traceback" not in failing.output
    assert failing.nothing_left()


def test_a_recorder_that_ends_takes_everything_down_and_is_a_failure(start: Callable[..., Up]) -> None:
    kept = start()
    kept.read_until(LAST_LINE)
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in below(kept.process.pid)}
    (border,) = [pid for pid, line in lines.items() if b"harness.border" in line]
    os.kill(border, signal.SIGKILL)
    assert kept.ended() == 4, kept.output
    assert "nothing is recorded any more" in kept.output
    assert "Traceback" not in kept.output
    assert kept.nothing_left()


def below(ancestor: int) -> list[int]:
    """Return every process that descends from one."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [ancestor]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def test_a_product_that_ends_is_told_and_the_others_are_kept(start: Callable[..., Up]) -> None:
    kept = start(HARDENED, "--no-fork")
    kept.read_until(LAST_LINE)
    alva, bo = people(kept.output)
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in below(kept.process.pid)}
    one, *_ = sorted(pid for pid, line in lines.items() if line.startswith(b"/") and b"homeserver" in line)
    os.kill(one, signal.SIGKILL)
    kept.read_until("ended by itself")
    assert re.search(r"(alfa|beta)/chat\S* ended by itself with status \d+", kept.output, re.M)
    alive = bo if re.search(r"alfa/chat\S* ended", kept.output) else alva
    alive.log_in()
    assert kept.interrupt() == 0, kept.output
    assert kept.nothing_left()

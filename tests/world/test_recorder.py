"""A recorder that missed something, or stood still, never gives a pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.model.result import RunResult
from harness.model.verdict import Verdict
from harness.paths import deploy_folder

HARDENED = deploy_folder() / "federations" / "hardened.yaml"

SCENARIO = '''
"""A scenario of the tests."""
import asyncio
import os
import pathlib
import signal
import socket
import dns.message
from harness import question

QUESTION = dns.message.make_query("homeserver.alfa.example", "A").to_wire()

def recorder():
    """Return the border program's process id, as this world sees it."""
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        if b"harness.border" in path.read_bytes():
            return int(path.parent.name)

async def border_of(person):
    (address,) = await person.host.resolve("homeserver.alfa.example", socket.AF_INET)
    return address.rsplit(".", 2)[0] + ".0.1"

@question("chat.delivery")
async def test_scenario(federation):
    """A scenario of the tests."""
    (alva,) = await federation.users("a")
{body}
'''

STANDS_STILL = """
pid = recorder()
os.kill(pid, signal.SIGSTOP)
await asyncio.sleep(12)
os.kill(pid, signal.SIGCONT)
"""
LOOK_UPS = """
border, pid = await border_of(alva), recorder()
os.kill(pid, signal.SIGSTOP)
with alva.host.open_socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
    for _ in range(20000):
        channel.sendto(QUESTION, (border, 53))
os.kill(pid, signal.SIGCONT)
"""
CONNECTIONS = """
border = await border_of(alva)
loop = asyncio.get_running_loop()
channels = [alva.host.open_socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(70)]
for channel in channels:
    await loop.sock_connect(channel, (border, 53))
await asyncio.sleep(0.5)
"""


def run(tmp_path: Path, body: str) -> RunResult:
    scenario = tmp_path / "test_own.py"
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    scenario.write_text(SCENARIO.format(body=lines))
    arguments: list[Any] = [
        "run",
        "--federation",
        HARDENED,
        "--scenarios",
        scenario,
        "--out",
        tmp_path / "out",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "harness", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 3, done.stdout + done.stderr
    (folder,) = (tmp_path / "out").iterdir()
    return RunResult.model_validate_json((folder / "run.json").read_bytes())


@pytest.mark.parametrize(
    ("body", "what"),
    [(STANDS_STILL, "stalled"), (LOOK_UPS, "lookups"), (CONNECTIONS, "lookups")],
    ids=["stands still", "look-ups by UDP", "look-ups by TCP"],
)
def test_what_a_recorder_missed_is_no_pass(tmp_path: Path, body: str, what: str) -> None:
    result = run(tmp_path, body)
    assert result.verdicts.stays == Verdict.UNKNOWN
    assert result.verdicts.stays_reference == Verdict.UNKNOWN
    lost = [why.params["what"] for why in result.reasons["stays"] if why.code == "recorder_lost"]
    assert what in lost

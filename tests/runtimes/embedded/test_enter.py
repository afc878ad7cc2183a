"""Entering the world: exit statuses pass through, and no process outlives its outer one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.runtimes.embedded.enter import entered
from harness.runtimes.embedded.forkserver import NO_CORE

SCRIPT = """
import os, subprocess, sys, time
from harness.runtimes.embedded.enter import enter
def work():
    subprocess.Popen(["setsid", "sleep", sys.argv[1]])
    print("ready", flush=True)
    time.sleep(float(sys.argv[1]))
    return 0
sys.exit(enter(work))
"""


def python(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def left_over(mark: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"sleep\0{mark}\0" in path.read_text():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_when_the_outer_process_is_ended(number: signal.Signals) -> None:
    mark = f"7{number:d}.125"
    with python(SCRIPT, mark) as outer:
        assert outer.stdout is not None
        assert outer.stdout.readline() == "ready\n"
        assert within(5, lambda: bool(left_over(mark)))
        os.kill(outer.pid, number)
        outer.wait(timeout=10)
        outer.stdout.close()
        if outer.stderr is not None:
            outer.stderr.close()
    assert within(5, lambda: not left_over(mark))


INTERRUPTED = """
import signal, sys, time
from harness.runtimes.embedded.enter import enter
def work():
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        print("ready", flush=True)
        time.sleep(30)
    except KeyboardInterrupt:
        return 7
    return 0
sys.exit(enter(work))
"""


def test_a_background_job_of_a_shell_can_be_ended_in_good_order() -> None:
    """Such a job ignores the interrupt key from the start (POSIX, "Signals and Error Handling")."""
    line = ["sh", "-c", 'trap "" INT; exec "$0" "$@"', sys.executable, "-c", INTERRUPTED]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "ready\n"
        job.terminate()
        assert job.wait(timeout=10) == 7


def test_what_nohup_ignores_stays_ignored() -> None:
    line = ["sh", "-c", 'trap "" HUP; exec "$0" "$@"', sys.executable, "-c", INTERRUPTED]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "ready\n"
        job.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            job.wait(timeout=1)
        job.terminate()
        assert job.wait(timeout=10) == 7


def test_temporary_files_go_with_the_world(tmp_path: Path) -> None:
    """Also those of programs that are started within, and when nobody is left to take them away."""
    script = (
        "import os, subprocess, sys, tempfile, time\n"
        "tempfile.gettempdir()\n"
        "from harness.runtimes.embedded.enter import enter\n"
        "def work():\n"
        "    tempfile.mkdtemp(prefix='fedharness-kept-')\n"
        "    child = 'import tempfile; print(tempfile.mkdtemp(prefix=\"fedharness-kept-\"), flush=True)'\n"
        "    subprocess.run([sys.executable, '-c', child], check=True)\n"
        "    time.sleep(30)\n"
        "    return 0\n"
        "sys.exit(enter(work))"
    )
    outside = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=outside
    ) as outer:
        assert outer.stdout is not None
        assert outer.stdout.readline().startswith("/run/fedharness/tmp/")
        outer.kill()
    assert list(tmp_path.iterdir()) == []


def test_an_exit_status_passes_through() -> None:
    script = "import sys; from harness.runtimes.embedded.enter import enter; sys.exit(enter(lambda: 7))"
    with python(script) as outer:
        outer.communicate(timeout=20)
        assert outer.returncode == 7


def test_a_crash_within_leaves_no_core_dump() -> None:
    script = (
        "import resource, sys; from harness.runtimes.embedded.enter import enter\n"
        "sys.exit(enter(lambda: max(resource.getrlimit(resource.RLIMIT_CORE))))"
    )
    with python(script) as outer:
        outer.communicate(timeout=20)
    assert outer.returncode == NO_CORE


def test_the_world_has_nothing_but_loopback() -> None:
    script = (
        "import os, socket, sys; from harness.runtimes.embedded.enter import enter\n"
        "def work():\n"
        "    print([name for _, name in socket.if_nameindex()], os.getuid(), os.listdir('/run'))\n"
        "    return 0\n"
        "sys.exit(enter(work))"
    )
    with python(script) as outer:
        output, _ = outer.communicate(timeout=20)
    assert output.strip() == "['lo'] 0 ['fedharness', 'netns']" or output.strip() == (
        "['lo'] 0 ['netns', 'fedharness']"
    )
    assert not entered()


def test_a_machine_without_user_namespaces_is_told_so() -> None:
    script = (
        "import ctypes, pathlib, os, sys\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "uid = os.getuid()\n"
        "assert libc.unshare(0x10000000) == 0\n"
        "pathlib.Path('/proc/self/setgroups').write_text('deny')\n"
        "pathlib.Path('/proc/self/uid_map').write_text(f'0 {uid} 1')\n"
        "pathlib.Path('/proc/sys/user/max_user_namespaces').write_text('0')\n"
        "from harness.runtimes.embedded.enter import enter\n"
        "from harness.errors import CannotRun\n"
        "try:\n"
        "    enter(lambda: 0)\n"
        "except CannotRun as error:\n"
        "    print(error)\n"
    )
    with python(script) as outer:
        output, errors = outer.communicate(timeout=20)
    assert "could not make a user namespace" in output, errors
    assert "fedharness doctor" in output

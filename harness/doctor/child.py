"""Runs every probe in a process of its own, and writes one outcome a line.

``python -m harness.doctor.child`` reads a question as JSON on its standard input. It has
one thread, as unshare(2) wants for user namespaces, and each probe leaves with its process.
"""

from __future__ import annotations

import os
import select
import signal
import sys

from harness.doctor.probe import Outcome, Probe, Question, Trouble
from harness.doctor.probes import PROBES

_SECONDS = 20.0


def run(probe: Probe, question: Question, seconds: float = _SECONDS) -> Outcome:
    """Run one probe in a forked process and end it after ``seconds``."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _run_and_leave(probe, question, writing)
    os.close(writing)
    try:
        answer = _read(reading, seconds)
    finally:
        os.close(reading)
        os.kill(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
    if answer:
        return Outcome.model_validate_json(answer)
    ended = os.waitstatus_to_exitcode(status)
    detail = (
        f"no answer within {seconds:g} s" if ended == -signal.SIGKILL else f"the probe ended with {ended}"
    )
    return _failed(probe, Trouble("try it", detail))


def _read(fd: int, seconds: float) -> bytes:
    """Read until the end, or until ``seconds`` have passed without a byte."""
    parts: list[bytes] = []
    while select.select([fd], [], [], seconds)[0]:
        part = os.read(fd, 65536)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return b""


def _run_and_leave(probe: Probe, question: Question, writing: int) -> None:
    try:
        outcome = _attempt(probe, question)
        os.write(writing, outcome.model_dump_json().encode())
    finally:
        os._exit(0)


def _attempt(probe: Probe, question: Question) -> Outcome:
    try:
        detail = probe.attempt(question)
    except Trouble as trouble:
        return _failed(probe, trouble)
    except Exception as error:
        # A probe that breaks says so in its own row; the others still have theirs.
        return _failed(probe, Trouble("try it", f"{type(error).__name__}: {error}", "report this"))
    return Outcome(name=probe.name, needed=probe.needed, there=True, detail=detail)


def _failed(probe: Probe, trouble: Trouble) -> Outcome:
    return Outcome(
        name=probe.name,
        needed=probe.needed,
        there=False,
        detail=trouble.detail,
        step=trouble.step,
        lost=probe.lost,
        cure=trouble.cure,
    )


def main() -> None:
    """Answer the question on standard input."""
    question = Question.model_validate_json(sys.stdin.read())
    for probe in PROBES:
        sys.stdout.write(run(probe, question).model_dump_json() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

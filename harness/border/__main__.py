"""``python -m harness.border``: commands come on standard input, replies go to standard output."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.border.journal import Journal
from harness.border.netns import signal_on_parent_death
from harness.border.program import DUMP_SECONDS, Program
from harness.errors import BorderError, HarnessError
from harness.model.border import Command, Reply, WorldPlan
from harness.store.writer import EvidenceWriter

_LINE_LIMIT = 16 << 20
_LAST_SECONDS = 10
_STALLED_SECONDS = 8.0
_WRONG_INPUT = 2


async def _commands() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    # A runtime that was killed leaves its pipe's end: the same as an end of input.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _end_input, reader)
    return reader


def _end_input(reader: asyncio.StreamReader) -> None:
    signal.alarm(_LAST_SECONDS)
    if not reader.at_eof():
        reader.feed_eof()


def _reply(reply: Reply) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), reply.model_dump_json().encode() + b"\n")


async def _obey(program: Program, line: bytes) -> Reply:
    try:
        command = Command.model_validate_json(line)
    except ValidationError as error:
        what = f"a command is not understood: {error.errors()[0]['msg']}"
        return Reply(id=0, ok=False, what=what, where="border", cure="send one Command a line")
    try:
        await program.obey(command.command)
    except HarnessError as error:
        return Reply(id=command.id, ok=False, what=error.what, where=error.where, cure=error.cure)
    except OSError as error:
        what = f"the kernel refused `{command.command.do}`: {error.strerror or error}"
        return Reply(id=command.id, ok=False, what=what, where="border", cure="run `fedharness doctor`")
    return Reply(id=command.id, ok=True)


async def _dump_regularly(program: Program, journal: Journal) -> None:
    last = time.monotonic()
    while True:
        await asyncio.sleep(DUMP_SECONDS)
        # The kernel counts on, but names and times of what came meanwhile may be gone.
        stood_still = time.monotonic() - last - DUMP_SECONDS
        if stood_still > _STALLED_SECONDS:
            journal.lost("border", "stalled", 1, listed=True, seconds=f"{stood_still:.0f}")
        last = time.monotonic()
        try:
            program.dump()
        except OSError as error:
            journal.lost("border", "dump", 1, listed=False, error=str(error))


async def _serve(reader: asyncio.StreamReader, program: Program, journal: Journal) -> None:
    dumping = asyncio.create_task(_dump_regularly(program, journal))
    dumping.add_done_callback(lambda task: _report_end(task, journal))
    try:
        while line := await reader.readline():
            _reply(await _obey(program, line))
    finally:
        dumping.cancel()
        await asyncio.gather(dumping, return_exceptions=True)
    await program.finish()


def _report_end(task: asyncio.Task[None], journal: Journal) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        journal.lost("border", "dump", 1, listed=False, error=repr(error))


def _report_stray(journal: Journal) -> Any:
    def report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        journal.lost("border", "program", 1, listed=False, error=type(error).__name__)
        loop.default_exception_handler(context)

    return report


async def _run() -> int:
    reader = await _commands()
    line = await reader.readline()
    if not line:
        return 0
    try:
        plan = WorldPlan.model_validate_json(line)
    except ValidationError as error:
        raise BorderError(
            f"the plan is not understood: {error.errors()[0]['msg']}",
            where="border",
            cure="send a WorldPlan as the first line",
        ) from error
    with EvidenceWriter(Path(plan.evidence)) as writer:
        journal = Journal(writer)
        asyncio.get_running_loop().set_exception_handler(_report_stray(journal))
        program = Program(plan, journal)
        try:
            await _serve(reader, program, journal)
        finally:
            await program.close()
    return 0


def main() -> int:
    """Serve until the input ends; return the exit status."""
    signal_on_parent_death(signal.SIGTERM)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        return asyncio.run(_run())
    except HarnessError as error:
        sys.stderr.write(f"{error}\n")
        return _WRONG_INPUT


if __name__ == "__main__":
    sys.exit(main())

"""Starting the border program and giving it commands."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
from asyncio.subprocess import PIPE
from collections import deque

from pydantic import ValidationError

from harness.errors import BorderError
from harness.model.border import AnyCommand, Command, Reply, WorldPlan

_REPLY_LIMIT = 1 << 20
_END_SECONDS = 20.0


class BorderProgram:
    """The running border program; one serves all borders of a world.

    Commands are answered in any order; each waits for its own reply.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._complaints: deque[str] = deque(maxlen=40)
        self._tasks = (asyncio.create_task(self._read_replies()), asyncio.create_task(self._read_errors()))

    @classmethod
    async def start(cls) -> BorderProgram:
        """Start the program in the calling process's namespaces; `introduce` comes next."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "harness.border"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=_REPLY_LIMIT,
            # An interrupt from the terminal is the harness's to handle: evidence comes first.
            start_new_session=True,
        )
        return cls(process)

    async def introduce(self, plan: WorldPlan) -> None:
        """Tell it the world; must come before any command."""
        await self._write(plan.model_dump_json())

    async def ask(self, command: AnyCommand, *, timeout: float = 60.0) -> None:
        """Give a command and wait until it is done.

        Raises:
            BorderError: the program refused it, ended, or did not answer in ``timeout`` seconds.
        """
        number = next(self._numbers)
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        try:
            await self._write(Command(id=number, command=command).model_dump_json())
            async with asyncio.timeout(timeout):
                answer = await reply
        except TimeoutError:
            raise BorderError(
                f"the border program did not answer `{command.do}` within {timeout:.0f} s",
                where="border",
                cure="run again on a less loaded machine; the result is incomplete",
                detail=self.tail(),
            ) from None
        finally:
            self._waiting.pop(number, None)
        if not answer.ok:
            raise BorderError(answer.what, where=answer.where, cure=answer.cure, detail=self.tail())

    async def end(self) -> None:
        """Close its input, which makes it dump and end; kill it when it does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
        await asyncio.gather(*self._tasks)

    @property
    def running(self) -> bool:
        """Say whether the program still records."""
        return self._process.returncode is None

    def tail(self) -> str:
        """Return the last lines that it wrote on its standard error."""
        return "\n".join(self._complaints)

    async def _write(self, line: str) -> None:
        stdin = self._process.stdin
        try:
            if stdin is None or self._process.returncode is not None:
                raise ConnectionResetError
            stdin.write(line.encode() + b"\n")
            await stdin.drain()
        except (ConnectionResetError, BrokenPipeError):
            raise self._ended() from None

    async def _read_replies(self) -> None:
        stream = self._process.stdout
        while stream is not None and (line := await stream.readline()):
            try:
                reply = Reply.model_validate_json(line)
            except ValidationError:
                self._complaints.append(line.decode("utf-8", "replace").rstrip())
                continue
            waiting = self._waiting.get(reply.id)
            if waiting is not None and not waiting.done():
                waiting.set_result(reply)
        await self._process.wait()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(self._ended())

    async def _read_errors(self) -> None:
        stream = self._process.stderr
        while stream is not None:
            with contextlib.suppress(ValueError):
                line = await stream.readline()
                if not line:
                    return
                self._complaints.append(line.decode("utf-8", "replace").rstrip())

    def _ended(self) -> BorderError:
        return BorderError(
            f"the border program ended with status {self._process.returncode}",
            where="border",
            cure="the run is incomplete: what it had recorded is kept; run again",
            detail=self.tail(),
        )

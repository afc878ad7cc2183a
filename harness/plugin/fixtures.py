"""The fixtures of scenarios."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from harness.federation.live import LiveFederation
from harness.federation.opening import Opened
from harness.plugin.collection import question_of
from harness.plugin.session import SESSION


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def opened_federation(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    """The open federation, once for the whole session."""
    async with request.config.stash[SESSION].open() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def federation(
    request: pytest.FixtureRequest, opened_federation: Opened
) -> AsyncIterator[LiveFederation]:
    """The live federation, with a window of evidence of its own for each scenario."""
    marker = question_of(request.node)
    assert marker is not None
    needs = marker.kwargs.get("needs", ())
    live, session = opened_federation.live, request.config.stash[SESSION]
    live.function = needs[0] if needs else "chat"
    live.require(needs, marker.kwargs.get("agencies", 1))
    await opened_federation.begin(marker.args[0])
    session.progress.scenario(marker.args[0])
    yield live
    await opened_federation.end()

"""The fixtures of scenarios."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from harness.federation.live import LiveFederation
from harness.federation.opening import Opened
from harness.plugin.session import SESSION, question_of


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
    scenario = marker.args[0] if marker else request.node.name
    needs = marker.kwargs.get("needs", ()) if marker else ()
    opened_federation.live.function = needs[0] if needs else "chat"
    await opened_federation.begin(scenario)
    request.config.stash[SESSION].progress.scenario(scenario)
    yield opened_federation.live
    await opened_federation.end()

"""What the driver asks of a running Synapse: readiness, accounts, clients, an end of its back-off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import aiohttp

from harness.drivers.http import session
from harness.drivers.matrix import MatrixChat
from harness.drivers.synapse import FEDERATION_PORT, base_url, secret
from harness.drivers.synapse_admin import SynapseAdmin
from harness.errors import ProductError
from harness.protocols import Account, Host, RunningService

_FIRST_WAIT, _LONGEST_WAIT = 0.05, 0.4


async def ready(service: RunningService) -> None:
    """Return when the client API and the federation API answer over verified TLS.

    Raises:
        ProductError: the homeserver has ended, or another version answers.
    """
    async with session(service.operator, service.plan.ca, seconds=5) as http:
        await _answers(service, http, f"{base_url(service.plan)}/_matrix/client/versions")
        federation = f"https://{service.domain}:{FEDERATION_PORT}/_matrix"
        await _answers(service, http, f"{federation}/key/v2/server")
        running = await _answers(service, http, f"{federation}/federation/v1/version")
    answered = str(running.get("server", {}).get("version", ""))
    if answered.split(" ")[0] != service.spec.version:
        raise ProductError(
            f"version {answered or 'unknown'} answers instead of {service.spec.version}",
            where=f"{service.agency}/{service.key}",
            cure="remove the product's folder from the cache and install it again",
        )


async def account(service: RunningService, name: str) -> Account:
    """Make an account, or find the one that is there.

    Raises:
        ProductError: the homeserver refused.
    """
    password = secret(service.plan, f"password {name}")
    async with session(service.operator, service.plan.ca) as http:
        await _admin(service, http).register(name, password)
    return Account(service.agency, name, f"@{name}:{service.domain}", password)


async def client(service: RunningService, account: Account, host: Host) -> MatrixChat:
    """Log a person in from ``host`` and start to synchronise.

    Raises:
        ActionRefused: the homeserver refused the login.
    """
    chat = MatrixChat(host, base_url(service.plan), service.plan.ca, account)
    await chat.open()
    return chat


async def reconnect(service: RunningService, domains: Sequence[str]) -> None:
    """Make the homeserver try partners again at once, and wait until they are caught up."""
    async with session(service.operator, service.plan.ca) as http:
        admin = _admin(service, http)
        await admin.login(secret(service.plan, "operator"))
        async with asyncio.TaskGroup() as group:
            for domain in domains:
                group.create_task(admin.catch_up(domain))


def _admin(service: RunningService, http: aiohttp.ClientSession) -> SynapseAdmin:
    return SynapseAdmin(
        http,
        base_url(service.plan),
        secret(service.plan, "registration"),
        where=f"{service.agency}/{service.key}",
    )


async def _answers(service: RunningService, http: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    """Ask until there is an answer; the caller sets the deadline."""
    wait = _FIRST_WAIT
    while True:
        try:
            async with http.get(url) as response:
                if response.status == 200:
                    answer: dict[str, Any] = await response.json()
                    return answer
        except (aiohttp.ClientConnectionError, TimeoutError):
            _still_running(service)
        await asyncio.sleep(wait)
        wait = min(wait * 1.5, _LONGEST_WAIT)


def _still_running(service: RunningService) -> None:
    status = service.process.returncode
    if status is not None:
        raise ProductError(
            f"Synapse ended with status {status} before it was ready",
            where=f"{service.agency}/{service.key}",
            cure="read its last lines above; `python -m harness.runtimes.packages` repairs an installation",
            detail=service.process.tail(20),
        )

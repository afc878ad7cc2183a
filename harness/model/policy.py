"""The rules that a run is judged by, beside the fixed reference rule."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from harness.model.base import Record

DataClass = Literal["content", "title", "file", "file_name", "name", "address", "encrypted", "redacted"]
Places = Literal["owner", "participants", "partners", "nowhere"]

_DEFAULT_RESTS: dict[DataClass, Places] = {
    "content": "participants",
    "title": "participants",
    "file": "participants",
    "file_name": "participants",
    "name": "participants",
    "address": "participants",
    "encrypted": "nowhere",
    "redacted": "participants",
}


class AcceptedDestination(Record):
    """A place outside that somebody has accepted; it stays visible in every report."""

    destination: str = Field(description="host name, *.suffix, address or network in CIDR form")
    port: int | None = Field(default=None, ge=1, le=65535, description="absent: every port")
    accepted_by: str = Field(min_length=1, description="who accepted it")
    since: date = Field(description="since when, such as 2026-01-31")
    why: str = Field(min_length=1, description="on what ground")


class Policy(Record):
    """What may travel and rest where.

    Args:
        rests: per data class, where a canary of that class may be found at rest:
            ``owner``: the owner's agency only; ``participants``: the agencies that took
            part in the scenario; ``partners``: any agency that the owner federates with;
            ``nowhere``: in no store in any readable form. ``redacted`` is what was taken back:
            products may keep it for a while.
        accepted: destinations outside that are accepted, by whom, since when and why.
        protocols: transport protocols that hosts may use towards other agencies.
        must: ids of questions that have to be tested; untested they count ``unknown``.
    """

    rests: dict[DataClass, Places] = Field(
        default_factory=lambda: dict(_DEFAULT_RESTS),
        description="per data class, at whose agency it may be found at rest; absent ones keep the default",
    )
    accepted: tuple[AcceptedDestination, ...] = Field(
        default=(), description="destinations outside that are accepted; every report shows them"
    )
    protocols: tuple[Literal["tcp", "udp"], ...] = Field(
        default=("tcp", "udp"), description="transport protocols that hosts may use towards other agencies"
    )
    must: tuple[str, ...] = Field(
        default=(), description="ids of questions that have to be tested; untested they count unknown"
    )

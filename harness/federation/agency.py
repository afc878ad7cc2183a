"""A live agency: its services, ready to be used."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.model.federation import Agency as AgencyEntry
from harness.protocols import Driver, RunningService


@dataclass
class LiveService:
    """A service of an agency with the processes that make it up, first to last."""

    key: str
    driver: Driver
    version: str
    parts: list[RunningService] = field(default_factory=list)

    @property
    def main(self) -> RunningService:
        """The process that clients and the driver speak to: the last one to start."""
        return self.parts[-1]


@dataclass
class Agency:
    """An agency of the live federation.

    Args:
        id: the agency's id in the federation file.
        entry: what the file says of it.
        services: by key.
    """

    id: str
    entry: AgencyEntry
    services: dict[str, LiveService] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The agency's domain."""
        return self.entry.domain

    def offering(self, function: str) -> LiveService | None:
        """Return the service that has the client capability ``function``, if any."""
        return next((s for s in self.services.values() if function in s.driver.functions), None)

    def version(self, function: str) -> str:
        """Return the version of the product behind ``function``; empty where there is none."""
        service = self.offering(function)
        return service.version if service else ""

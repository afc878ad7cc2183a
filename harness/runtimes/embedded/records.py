"""What the embedded runtime writes down of hosts, services and their output."""

from __future__ import annotations

import time
from collections import Counter
from typing import Literal

from harness.model.evidence import HostRecord, HostRole, LogRecord, StepRecord
from harness.protocols import Recorder
from harness.runtimes.embedded.host import EmbeddedHost
from harness.runtimes.embedded.service import EmbeddedService
from harness.runtimes.redact import Redactor

_LOG_LIMIT = 256 << 20
"""Characters of output that are kept of each service: a flood must not fill the disk."""


class Chronicle:
    """Writes ``hosts.jsonl`` and ``logs.jsonl``, and trouble to ``steps.jsonl``.

    Args:
        recorder: where evidence goes.
        redactor: masks secrets in what products write.
    """

    def __init__(self, recorder: Recorder, redactor: Redactor) -> None:
        self._recorder = recorder
        self._redactor = redactor
        self._roles: dict[str, HostRole] = {}
        self._services: dict[str, str] = {}
        self._written: Counter[str] = Counter()
        self._full: set[str] = set()
        self.window = ""

    def host_up(self, host: EmbeddedHost, role: HostRole, *, user: str = "", scenario: str = "") -> None:
        """Write that a person's or the harness's own host came to life.

        Args:
            host: the host.
            role: what it is for.
            user: whose host it is.
            scenario: the question that it was made for.
        """
        self._roles[host.name] = role
        self._recorder.append("hosts", _host(host, "up", role, user=user, scenario=scenario))

    def border_up(self, agency: str, addresses: tuple[str, ...]) -> None:
        """Write that an agency's border came to life, with its addresses towards hosts."""
        self._recorder.append(
            "hosts",
            HostRecord(
                ts=time.time(),
                event="up",
                host=f"{agency}-border",
                role="border",
                agency=agency,
                addresses=addresses,
            ),
        )

    def service_up(self, service: EmbeddedService) -> None:
        """Write that a service's host came to life, and what it offers."""
        spec, host = service.spec, service.host
        self._roles[host.name] = "service"
        self._services[host.name] = service.name
        record = _host(host, "up", "service").model_copy(
            update={
                "service": service.key,
                "product": spec.product,
                "version": spec.version,
                "ports": spec.ports,
                "declared": tuple(sorted(spec.capabilities)),
            }
        )
        self._recorder.append("hosts", record)

    def host_down(self, host: EmbeddedHost) -> None:
        """Write that a host was taken down."""
        self._recorder.append("hosts", _host(host, "down", self._roles.get(host.name, "person")))

    def line(self, host: str, agency: str, stream: str, line: str) -> None:
        """Write a line of output, secrets masked.

        Args:
            host: name of the host that wrote it.
            agency: the agency's id.
            stream: ``stdout`` or ``stderr``.
            line: the text, without its end.
        """
        kind: Literal["stdout", "stderr"] = "stderr" if stream == "stderr" else "stdout"
        service = self._services.get(host, host)
        self._written[service] += len(line)
        if self._written[service] > _LOG_LIMIT:
            self._log_is_full(service, agency)
            return
        text = self._redactor.clean(line)
        record = LogRecord(ts=time.time(), agency=agency, service=service, stream=kind, text=text)
        self._recorder.append("logs", record)

    def _log_is_full(self, service: str, agency: str) -> None:
        """Write once that no more of a service's output is kept."""
        if service in self._full:
            return
        self._full.add(service)
        params = {"service": service, "bytes": str(_LOG_LIMIT)}
        self._recorder.append(
            "steps",
            StepRecord(
                ts=time.time(),
                kind="trouble",
                name="recorder_log_full",
                agency=agency,
                window=self.window,
                code="recorder_log_full",
                params=params,
            ),
        )

    def service_ended(self, service: EmbeddedService, status: int) -> None:
        """Write that a service ended by itself, with its last lines."""
        self._recorder.append(
            "steps",
            StepRecord(
                ts=time.time(),
                kind="trouble",
                name="service_ended",
                agency=service.agency,
                window=self.window,
                code="service_ended",
                params={"service": service.name, "status": str(status)},
                text=self._redactor.clean(service.process.tail()),
            ),
        )


def _host(
    host: EmbeddedHost, event: Literal["up", "down"], role: HostRole, *, user: str = "", scenario: str = ""
) -> HostRecord:
    return HostRecord(
        ts=time.time(),
        event=event,
        host=host.name,
        role=role,
        agency=host.agency,
        addresses=host.addresses,
        mac=host.link.mac,
        user=user,
        scenario=scenario,
    )

"""One Synapse as anybody would start it: a plain process on loopback, no harness around it.

The configuration is the one that the driver writes, with paths and ports moved; the data
lie in memory, as they do in the embedded runtime.
"""

from __future__ import annotations

import secrets
import socket
import ssl
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from bench.federations import newest_synapse
from harness.drivers.synapse import ROLE, SynapseDriver
from harness.federation.authority import Authority
from harness.model.federation import Service
from harness.protocols import ServicePlan, ServiceSpec
from harness.runtimes import packages

REFERENCE_SECONDS = 1.6
"""How long a bare start takes on the machine that the absolute aims are written for."""

_POLL_SECONDS = 0.02
"""A process on loopback tells nobody when it listens: it has to be asked."""
_DEADLINE_SECONDS = 60.0
_DOMAIN = "localhost"


def bare_start() -> float:
    """Start one Synapse and end it; return the seconds until its client API answered.

    Raises:
        RuntimeError: it ended, or did not answer in a minute.
    """
    in_memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=in_memory if in_memory.is_dir() else None) as folder:
        ports = {443: _free_port(), 8448: _free_port()}
        authority = Authority()
        spec = _spec(authority)
        root = Path(folder)
        _write(root, spec, ports)
        trust = ssl.create_default_context(cadata=authority.pem)
        return _seconds_until_ready(root, spec, f"https://{_DOMAIN}:{ports[443]}", trust)


def _seconds_until_ready(root: Path, spec: ServiceSpec, url: str, trust: ssl.SSLContext) -> float:
    environment = {name: _moved(value, root) for name, value in spec.environment.items()}
    with (root / "output").open("wb") as output:
        begin = time.monotonic()
        process = subprocess.Popen(
            _command(root, spec), stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
        try:
            while not _answers(f"{url}/_matrix/client/versions", trust):
                if process.poll() is not None or time.monotonic() - begin > _DEADLINE_SECONDS:
                    raise RuntimeError((root / "output").read_text()[-2000:])
                time.sleep(_POLL_SECONDS)
            return time.monotonic() - begin
        finally:
            process.kill()
            process.wait()


def _command(root: Path, spec: ServiceSpec) -> list[str]:
    package = packages.installed(spec.product, spec.version)
    if package is None:
        raise RuntimeError(f"{spec.product} {spec.version} is not installed")
    return [_moved(word.replace("{package}", str(package)), root) for word in spec.argv]


def _spec(authority: Authority) -> ServiceSpec:
    plan = ServicePlan(
        agency="bare",
        domain=_DOMAIN,
        key="chat",
        service=Service(product="synapse", version=newest_synapse()),
        addresses={ROLE: ("127.0.0.1",)},
        partners=(),
        certificates={ROLE: authority.issue(_DOMAIN)},
        ca=authority.pem,
        secret=secrets.token_hex(24),
    )
    return SynapseDriver().services(plan)[0]


def _write(root: Path, spec: ServiceSpec, ports: dict[int, int]) -> None:
    for path in spec.data:
        Path(_moved(path, root)).mkdir(parents=True)
    for path, text in spec.files.items():
        target = Path(_moved(path, root))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".yaml":
            text = _moved(text, root)
            for port, free in ports.items():
                text = text.replace(f"port: {port},", f"port: {free},")
        target.write_text(text, encoding="utf-8")


def _moved(text: str, root: Path) -> str:
    return text.replace("/config/", f"{root}/config/").replace("/data/", f"{root}/data/")


def _answers(url: str, trust: ssl.SSLContext) -> bool:
    try:
        with urllib.request.urlopen(url, context=trust, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def scaled(values: Sequence[float], bare: Sequence[float]) -> list[float]:
    """Return times as they would be where a bare start takes `REFERENCE_SECONDS`.

    Args:
        values: times on this machine.
        bare: bare starts of the same run; their median counts.
    """
    factor = REFERENCE_SECONDS / statistics.median(bare)
    return [value * factor for value in values]

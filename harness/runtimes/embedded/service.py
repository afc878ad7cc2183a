"""A service of the embedded runtime, and how its specification becomes a jail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.protocols import Host, ServicePlan, ServiceSpec
from harness.runtimes.embedded import jail
from harness.runtimes.embedded.forking import ForkServer
from harness.runtimes.embedded.host import EmbeddedHost
from harness.runtimes.embedded.process import JailedProcess
from harness.topology.addressing import Pair


@dataclass(eq=False)
class EmbeddedService:
    """Implements `harness.protocols.RunningService`; ``fork_server`` is there where it is forked."""

    plan: ServicePlan
    spec: ServiceSpec
    host: EmbeddedHost
    operator: Host
    package: Path
    fork_server: ForkServer | None = None
    process: JailedProcess = field(init=False)

    @property
    def agency(self) -> str:
        """The agency's id."""
        return self.plan.agency

    @property
    def key(self) -> str:
        """The service's key in the federation file."""
        return self.plan.key

    @property
    def domain(self) -> str:
        """The agency's domain."""
        return self.plan.domain

    @property
    def name(self) -> str:
        """What evidence calls it: the key, and the role where a service has several."""
        return f"{self.key}/{self.spec.role}"

    async def start(self) -> None:
        """Start the process; it need not be ready on return."""
        argv, environment, stop_signal = self.argv(), self.spec.environment, self.spec.stop_signal
        if self.fork_server is None:
            self.process = await self.host.spawn(argv, environment=environment, stop_signal=stop_signal)
        else:
            self.process = await self.host.fork(self.fork_server, argv, environment, stop_signal)

    def argv(self) -> list[str]:
        """Return the command line with ``{package}`` and ``{python}`` filled in."""
        values = {"{package}": str(self.package), "{python}": str(jail.interpreter())}
        return [_fill(word, values) for word in self.spec.argv]


def service_jail(
    root: Path, plan: ServicePlan, spec: ServiceSpec, package: Path, addresses: Pair, resolvers: Pair
) -> jail.Jail:
    """Return the jail of a service: its files, its data, its package, and the run's CA.

    Args:
        root: the host's folder outside.
        plan: what the service was built from.
        spec: the process.
        package: the folder that the product is installed in.
        addresses: the host's own.
        resolvers: the border's, where it answers look-ups.
    """
    hostname = f"{spec.role}.{plan.domain}"
    files = {**base_files(plan.ca, hostname, addresses, resolvers), **spec.files}
    packages = [*jail.interpreter_package()]
    if not package.is_relative_to("/usr") and package not in packages:
        packages.append(package)
    return jail.Jail(root, hostname, files=files, data=spec.data, packages=packages)


def base_files(ca: str, hostname: str, addresses: Pair, resolvers: Pair) -> Mapping[str, str]:
    """Return the files of /etc that every host has; only the run's own CA is trusted.

    A host knows its own name without asking for it, as an installed system does.

    Args:
        ca: PEM text of the run's CA.
        hostname: the host's full name.
        addresses: the host's own.
        resolvers: the border's, where it answers look-ups.
    """
    names = " ".join(dict.fromkeys((hostname, hostname.split(".")[0])))
    own = "".join(f"{address} {names}\n" for address in addresses)
    nameservers = "".join(f"nameserver {address}\n" for address in resolvers)
    return {
        **jail.accounts(),
        jail.CA_BUNDLE: ca,
        "/etc/hosts": f"127.0.0.1 localhost\n::1 localhost\n{own}",
        "/etc/hostname": f"{hostname}\n",
        "/etc/resolv.conf": f"{nameservers}options timeout:2 attempts:2\n",
    }


def _fill(word: str, values: Mapping[str, str]) -> str:
    for mark, value in values.items():
        word = word.replace(mark, value)
    return word

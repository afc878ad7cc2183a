"""All probes, in the order in which a report shows them."""

from __future__ import annotations

from harness.doctor import confinement, extras, machine, namespaces, network
from harness.doctor.probe import Probe

_NOTHING_RUNS = "the embedded runtime cannot start"

PROBES: tuple[Probe, ...] = (
    Probe("Python", True, "fedharness does not run", machine.python),
    Probe("programs", True, _NOTHING_RUNS, machine.programs),
    Probe("user namespace", True, _NOTHING_RUNS, namespaces.user_namespace),
    Probe("other namespaces", True, _NOTHING_RUNS, namespaces.other_namespaces),
    Probe("mounts", True, _NOTHING_RUNS, namespaces.mounts),
    Probe("network links", True, "hosts cannot be connected", network.links),
    Probe("firewall", True, "borders cannot count or hold anything back", network.firewall),
    Probe("packet log", True, "connections have no times and names", network.packet_log),
    Probe("connection tracking", True, "connections have no end and no sizes", network.connection_tracking),
    Probe("network namespaces", True, "not every agency gets its hosts", network.network_namespaces),
    Probe("bubblewrap", True, "services cannot be jailed, so none is started", confinement.bubblewrap),
    Probe(
        "system call filter",
        True,
        "services cannot be jailed, so none is started",
        confinement.system_call_filter,
    ),
    Probe("jail", True, "services cannot be jailed, so none is started", confinement.jail),
    Probe("disk", True, "products cannot be installed or evidence not be written", machine.disk),
    Probe("memory", True, "products are ended by the kernel during a run", machine.memory),
    Probe("bytecode", False, "every start of a product takes some seconds longer", machine.bytecode),
    Probe("clock", False, "times in evidence cannot be compared with other logs", machine.clock),
    Probe("core dumps", False, "a crashed product's memory leaves its jail unswept", machine.core_dumps),
    Probe("swap", False, "planted words can rest in swap space, which no sweep reads", machine.swap),
    Probe("netem", False, "links cannot be made slow or lossy", extras.slow_links),
    Probe("tunnel device", False, "products that bring a VPN of their own cannot run", extras.tunnel),
    Probe("packet queue", False, "packets cannot be held or changed one by one", extras.packet_queue),
    Probe("container engine", False, "the docker runtime cannot be used", extras.docker),
    Probe("Chromium", False, "scenarios that need a browser are not tested", extras.browser),
)

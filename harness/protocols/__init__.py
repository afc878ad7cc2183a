"""The contracts between the parts: what a runtime, a host, a driver and a client promise.

Small protocols with optional capabilities beside them. A class takes part by having the
methods; nothing has to be inherited. ``tests/contract/`` puts every runtime and every driver
to theirs.
"""

from __future__ import annotations

from harness.protocols.chat import (
    ActionRefused,
    Chat,
    Message,
    Upload,
)
from harness.protocols.driver import (
    Account,
    Client,
    Double,
    Driver,
    Drivers,
    Forkable,
    Packaged,
    Reconnectable,
)
from harness.protocols.plan import (
    Certificate,
    Partner,
    ServicePlan,
    ServiceSpec,
    StoreSpec,
)
from harness.protocols.runtime import (
    Border,
    Host,
    Process,
    Recorder,
    RunningService,
    Runtime,
    SweepTarget,
)

__all__ = [
    "Account",
    "ActionRefused",
    "Border",
    "Certificate",
    "Chat",
    "Client",
    "Double",
    "Driver",
    "Drivers",
    "Forkable",
    "Host",
    "Message",
    "Packaged",
    "Partner",
    "Process",
    "Reconnectable",
    "Recorder",
    "RunningService",
    "Runtime",
    "ServicePlan",
    "ServiceSpec",
    "StoreSpec",
    "SweepTarget",
    "Upload",
]

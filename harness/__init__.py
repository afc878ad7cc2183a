"""fedharness: the federation test harness for self-hosted collaboration platforms.

The names in ``__all__`` are what scenarios import; everything else is the harness's own
affair. They are loaded when they are first used, so that the command starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.errors import NotTested
    from harness.federation.agency import Agency
    from harness.federation.live import LiveFederation as Federation
    from harness.federation.person import Person
    from harness.federation.question import question
    from harness.protocols import ActionRefused, Message, Upload

_PLACES = {
    "ActionRefused": ("harness.protocols", "ActionRefused"),
    "Agency": ("harness.federation.agency", "Agency"),
    "Federation": ("harness.federation.live", "LiveFederation"),
    "Message": ("harness.protocols", "Message"),
    "NotTested": ("harness.errors", "NotTested"),
    "Person": ("harness.federation.person", "Person"),
    "Upload": ("harness.protocols", "Upload"),
    "question": ("harness.federation.question", "question"),
}

__all__ = [
    "ActionRefused",
    "Agency",
    "Federation",
    "Message",
    "NotTested",
    "Person",
    "Upload",
    "question",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    module, attribute = _PLACES[name]
    return getattr(import_module(module), attribute)

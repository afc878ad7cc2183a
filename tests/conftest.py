"""Settings that every test shares."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

settings.register_profile("fedharness", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fedharness")
"""Generated examples have no time limit each: a busy machine is no defect. Tests have one."""

# A background job of a script is born deaf to Ctrl-C, and what it starts would be so too: tests that
# interrupt what they started would wait for ever. Those about deafness make it themselves.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

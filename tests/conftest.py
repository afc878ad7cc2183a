"""Settings that every test shares."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("fedharness", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fedharness")
"""Generated examples have no time limit each: a busy machine is no defect. Tests have one."""

"""Sweeps: what of all that was planted came to rest in which store."""

from harness.sweep.sweeping import sweep

__all__ = ["sweep"]

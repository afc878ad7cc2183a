"""Pure functions from evidence and inputs to findings and verdicts: no I/O, no clock, no locale."""

from harness.checks.evaluation import evaluate

__all__ = ["evaluate"]

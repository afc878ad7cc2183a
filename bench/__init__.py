"""What fedharness costs: programs that measure it, run as ``python -m bench.<name>``."""

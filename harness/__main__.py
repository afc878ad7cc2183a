"""``python -m harness`` is the same as ``fedharness``."""

from harness.cli.main import main

main()

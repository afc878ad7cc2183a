"""``python -m harness`` is the same as ``fedharness``."""

from harness.cli.entry import main

main()

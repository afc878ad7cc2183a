"""``python -m harness.cli`` is the ``fedharness`` command."""

from harness.cli.entry import main

main()

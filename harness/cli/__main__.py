"""``python -m harness.cli`` is the ``fedharness`` command."""

from harness.cli.main import main

main()

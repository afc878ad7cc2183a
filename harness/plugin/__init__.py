"""The pytest plugin: scenarios run as plain pytest files, inside the world of a run.

``pytest scenarios/ --federation FILE`` is enough. Without ``--federation`` the plugin
does nothing but refuse to run scenarios, so that any other test suite may have it installed.
"""

from __future__ import annotations

# Exit statuses of the process within the world, for the one that waits outside; pytest's
# own are 0 to 5.
REFUSED = 42
"""The call or a scenario file is wrong; nothing was begun."""
INTERRUPTED = 43
"""Somebody ended it."""
COULD_NOT_RUN = 44
"""The federation could not be brought up."""

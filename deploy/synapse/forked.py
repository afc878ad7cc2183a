"""Synapse for a fork server: imported once, run in each process that is forked from there.

Synapse ships the needed part for Matrix's own federation tests: a reactor that stands in
for the real one until after the fork (``synapse.app.complement_fork_proxied_reactor``).
"""

import sys

from synapse.app.complement_fork_proxied_reactor import ProxiedReactor
from twisted.internet.main import installReactor

_stand_in = ProxiedReactor()
# Before any other import of Twisted, which would install a real one.
installReactor(_stand_in)

from synapse.app import homeserver  # noqa: E402
from twisted.internet.epollreactor import EPollReactor  # noqa: E402


def run(arguments: list[str]) -> None:
    """Run the homeserver as ``python -m synapse.app.homeserver`` would with these arguments."""
    _stand_in._install_real_reactor(EPollReactor())
    sys.argv = [homeserver.__file__, *arguments[3:]]
    homeserver.main()

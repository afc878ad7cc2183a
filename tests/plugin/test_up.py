"""Which port of a service persons are led to."""

from __future__ import annotations

import pytest

from harness.model.evidence import ListeningPort
from harness.plugin.up import persons_port
from harness.protocols import ServiceSpec

ADMIN = ListeningPort(name="admin", port=1, audience="operator")
MEDIA = ListeningPort(name="media", proto="udp", port=2, audience="own")
PARTNERS = ListeningPort(name="client", port=3, audience="partners")
OWN = ListeningPort(name="web", port=4, audience="own")


@pytest.mark.parametrize(
    ("ports", "chosen"),
    [
        ((), None),
        ((ADMIN, MEDIA), None),
        ((ADMIN, MEDIA, PARTNERS, OWN), 3),
        ((OWN, PARTNERS), 4),
        ((ListeningPort(name="web", port=5, audience="public"),), 5),
    ],
)
def test_it_is_the_first_tcp_port_that_is_not_for_the_harness_alone(
    ports: tuple[ListeningPort, ...], chosen: int | None
) -> None:
    assert persons_port(ServiceSpec(role="web", product="x", version="1", ports=ports)) == chosen

"""DNS records from service specifications."""

from __future__ import annotations

from harness.federation.naming import zone_records
from harness.model.evidence import ListeningPort
from harness.protocols import ServiceSpec


def test_a_host_is_known_by_its_role_its_names_and_the_domain() -> None:
    spec = ServiceSpec(role="homeserver", product="p", version="1", names=("", "matrix"))
    records = zone_records("alfa.example", [spec], {"homeserver": ("10.1.1.1", "fd00:1::101")})
    assert [record.name for record in records] == [
        "homeserver.alfa.example",
        "alfa.example",
        "matrix.alfa.example",
    ]
    assert {record.addresses for record in records} == {("10.1.1.1", "fd00:1::101")}


def test_an_srv_record_points_at_the_named_port() -> None:
    spec = ServiceSpec(
        role="homeserver",
        product="p",
        version="1",
        ports=(ListeningPort(name="federation", port=8448, audience="partners"),),
        srv={"_matrix-fed._tcp": "federation"},
    )
    srv = zone_records("alfa.example", [spec], {"homeserver": ("10.1.1.1",)})[-1]
    assert srv.name == "_matrix-fed._tcp.alfa.example"
    assert (srv.srv_port, srv.target) == (8448, "homeserver.alfa.example")

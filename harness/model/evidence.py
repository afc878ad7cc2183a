"""The records of a run folder's ``evidence/``: what was observed, never what it means.

Each file under ``evidence/`` holds one record type, one JSON object a line. Field names
are Zeek's where Zeek has them (``id.orig_h`` is written ``id_orig_h`` in Python and
``id.orig_h`` in the file). Times are seconds since the epoch, in UTC.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from harness.model.base import Record

HostRole = Literal["service", "person", "operator", "visitor", "border", "sinkhole", "probe"]
Ledger = Literal["tried", "passed", "own"]
Audience = Literal["own", "partners", "public", "operator"]


class ListeningPort(Record):
    """A port that a service offers, and to whom."""

    name: str
    proto: Literal["tcp", "udp"] = "tcp"
    port: int = Field(ge=1, le=65535)
    audience: Audience = "own"


class HostRecord(Record):
    """``hosts.jsonl``: one line when a host comes to life and one when it is taken down."""

    ts: float
    event: Literal["up", "down"]
    host: str = Field(description="unique name within the run, also the border's port name")
    role: HostRole
    agency: str = Field(default="", description="empty for the simulated internet")
    addresses: tuple[str, ...] = ()
    mac: str = ""
    service: str = Field(default="", description="key of the service in the federation file")
    product: str = ""
    version: str = ""
    user: str = ""
    scenario: str = Field(default="", description="the question that the host was made for")
    ports: tuple[ListeningPort, ...] = ()
    declared: tuple[str, ...] = Field(default=(), description="exceptions to the jail, such as net_raw")


class LedgerRecord(Record):
    """``ledger.jsonl``: what one row of a kernel ledger grew by between two dumps.

    ``tried`` counts frames as a host's port receives them, before routing and faults;
    ``passed`` counts what the border forwarded; ``own`` what the border itself sent.
    """

    since: float
    ts: float
    border: str
    ledger: Ledger
    port: str = Field(description="the host whose port it came in by; `uplink` for the backbone side")
    out_port: str = Field(default="", description="passed and own: where it went out")
    opening: bool = Field(
        default=False, description="TCP SYN without ACK, or (passed) conntrack's original direction"
    )
    ether_src: str = ""
    ether_type: str = Field(default="", description="0x…, for frames that are not IP")
    src: str = ""
    dst: str = ""
    proto: str = Field(
        default="",
        description="tcp, udp, icmp, icmpv6, or the IP protocol number (IPv6: next header); `options`: "
        "IPv4 with options",
    )
    src_port: int | None = Field(
        default=None, description="where it tells the service: the one below 32768; both where none is alone"
    )
    dst_port: int | None = None
    icmp_type: int | None = Field(default=None, description="icmp and icmpv6: the message's type")
    packets: int
    bytes: int
    window: str = Field(default="", description="the scenario that ran, `start`, `between` or `stop`")


class FlowRecord(Record):
    """``flows.jsonl``: single connections, Zeek's conn.log names; may have gaps, and counts them."""

    model_config = ConfigDict(populate_by_name=True)

    ts: float
    uid: str
    id_orig_h: str = Field(alias="id.orig_h")
    id_orig_p: int = Field(alias="id.orig_p")
    id_resp_h: str = Field(alias="id.resp_h")
    id_resp_p: int = Field(alias="id.resp_p")
    proto: str
    service: str = Field(default="", description="tls, http, dns, stun, quic where the first bytes tell")
    duration: float | None = None
    orig_bytes: int | None = None
    resp_bytes: int | None = None
    orig_pkts: int | None = None
    resp_pkts: int | None = None
    event: Literal["first", "end"] = Field(description="the first packet, or conntrack's end of it")
    border: str
    host: str = ""
    server_name: str = Field(default="", description="TLS SNI or HTTP Host; a label, never softens a class")
    window: str = ""


class DnsRecord(Record):
    """``dns.jsonl``: every question that a border's resolver was asked; Zeek's dns.log names."""

    model_config = ConfigDict(populate_by_name=True)

    ts: float
    id_orig_h: str = Field(alias="id.orig_h")
    id_orig_p: int = Field(alias="id.orig_p")
    proto: Literal["udp", "tcp"]
    query: str
    qtype_name: str
    rcode_name: str
    answers: tuple[str, ...] = ()
    border: str
    host: str = Field(default="", description="the asker, by its address; empty where unknown")
    outcome: Literal["zone", "no_data", "sinkhole", "refused", "malformed"]
    request_bytes: int = Field(default=0, description="size of the question, without headers below DNS")
    window: str = ""


class SinkholeRecord(Record):
    """``sinkhole.jsonl``: what a product would have sent to the outside."""

    model_config = ConfigDict(populate_by_name=True)

    ts: float
    id_orig_h: str = Field(alias="id.orig_h")
    id_orig_p: int = Field(alias="id.orig_p")
    id_resp_h: str = Field(alias="id.resp_h")
    id_resp_p: int = Field(alias="id.resp_p")
    proto: str
    service: Literal["tls", "http", "raw", "stun", "none"]
    server_name: str = ""
    established: bool = Field(default=False, description="TLS: the product accepted the certificate")
    method: str = ""
    uri: str = ""
    host: str = ""
    headers: dict[str, str] = Field(default_factory=dict, description="secrets redacted")
    request_bytes: int = 0
    canaries: tuple[str, ...] = ()
    window: str = ""


class CanaryRecord(Record):
    """``canaries.jsonl``: a planted word and whose it is."""

    ts: float
    canary: str
    data_class: str
    owner: str = Field(description="agency")
    scenario: str
    participants: tuple[str, ...] = Field(default=(), description="agencies that take part")


class StepRecord(Record):
    """``steps.jsonl``: what a scenario did and expected, and how the run itself went on.

    ``kind``: ``run`` (start, stop), ``scenario`` (start, end with outcome), ``action``,
    ``expectation`` (checked later against stores), ``fault`` (cut, partition, heal,
    restart), ``sweep``, ``trouble`` (a product died, a recorder failed).
    """

    ts: float
    kind: Literal["run", "scenario", "action", "expectation", "fault", "sweep", "trouble"]
    name: str
    scenario: str = ""
    window: str = ""
    agency: str = ""
    actor: str = ""
    outcome: Literal["", "started", "passed", "failed", "error", "not_tested", "interrupted"] = ""
    code: str = Field(default="", description="reason code of the text catalogues")
    params: dict[str, str] = Field(default_factory=dict)
    seconds: float | None = None
    text: str = Field(default="", description="free text of a product or an assertion; quoted, never trusted")
    agencies: tuple[str, ...] = ()


class StorageRecord(Record):
    """``storage.jsonl``: what a sweep of one store found, or why it could not be read.

    ``kind`` ``hit``: a canary in a form. ``coverage``: what was read, skipped, unreadable.
    ``control``: the positive control of a store.
    """

    ts: float
    sweep: str = Field(description="label of the sweep, unique within the run")
    kind: Literal["hit", "coverage", "control"]
    agency: str
    service: str
    store: str
    canary: str = ""
    form: str = Field(default="", description="plain, name, xattr, sqlite, …")
    place: Literal["", "live", "freed_page", "wal", "deleted_open", "log", "name", "backup"] = ""
    path: str = Field(default="", description="relative to the store")
    count: int = 0
    files_read: int = 0
    bytes_read: int = 0
    skipped: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    readable: bool | None = Field(default=None, description="control: the planted word was found")


class CoverageRecord(Record):
    """``coverage.jsonl``: from when to when each border recorded, and what proves it whole.

    ``kind`` ``begin`` and ``end`` frame a recorder's life; ``count`` is the independent
    count at the uplink's far end beside *passed* and *own*; ``probe`` the packets that
    were sent before the first product; ``loss`` anything that was not recorded;
    ``blind`` a named blind spot.
    """

    ts: float
    border: str
    kind: Literal["begin", "end", "count", "probe", "loss", "blind"]
    name: str = ""
    listed: bool | None = None
    passed_packets: int = 0
    passed_bytes: int = 0
    own_packets: int = 0
    own_bytes: int = 0
    far_packets: int = 0
    far_bytes: int = 0
    lost: int = 0
    params: dict[str, str] = Field(default_factory=dict)


class LogRecord(Record):
    """``logs.jsonl``: lines that a service wrote to its standard output and error."""

    ts: float
    agency: str
    service: str
    stream: Literal["stdout", "stderr", "file"]
    text: str


RECORD_TYPES: dict[str, type[Record]] = {
    "hosts": HostRecord,
    "ledger": LedgerRecord,
    "flows": FlowRecord,
    "dns": DnsRecord,
    "sinkhole": SinkholeRecord,
    "canaries": CanaryRecord,
    "steps": StepRecord,
    "storage": StorageRecord,
    "coverage": CoverageRecord,
    "logs": LogRecord,
}
"""The evidence files, by stem."""

"""The real border program in a tiny real world: what hosts send is listed, and adds up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from harness.store.chain import read_chain

Row = dict[str, Any]
OWN = ("10.1.0.2", "fd00:1::2")
OUT = ("203.0.113.7", "2001:db8::7")
PARTNER = "10.2.0.2"


@dataclass
class Seen:
    """What the world's script reported, and the evidence."""

    facts: dict[str, Any]
    evidence: Path

    def records(self, stem: str, **wanted: Any) -> list[Row]:
        lines = [line.fields for line in read_chain(self.evidence / f"{stem}.jsonl").lines]
        return [line for line in lines if all(line[key] == value for key, value in wanted.items())]

    def tried(self, **wanted: Any) -> list[Row]:
        return self.records("ledger", ledger="tried", port="host-h1", **wanted)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("world")
    for name in ("ca", "other"):
        ca = trustme.CA()
        ca.cert_pem.write_to_path(str(folder / f"{name}.pem"))
        ca.private_key_pem.write_to_path(str(folder / f"{name}.key"))
    evidence = folder / "evidence"
    evidence.mkdir()
    script = Path(__file__).with_name("world_script.py")
    inner = 'mount -t tmpfs run /run && exec "$@"'
    command = ("unshare", "-Urnmpf", "--kill-child", "--mount-proc", "sh", "-c", inner, "sh", sys.executable)
    done = subprocess.run(
        (*command, str(script), str(evidence), str(folder)),
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr.decode()
    return Seen(json.loads(done.stdout), evidence)


def test_evidence_is_whole_and_the_program_ends_well(seen: Seen) -> None:
    assert seen.facts["status"] == 0
    for stem in ("ledger", "flows", "dns", "sinkhole", "coverage"):
        assert read_chain(seen.evidence / f"{stem}.jsonl").state == "whole", stem


@pytest.mark.parametrize("version", [0, 1], ids=["ipv4", "ipv6"])
def test_ordinary_traffic_is_tried_and_passed(seen: Seen, version: int) -> None:
    icmp = ("icmp", "icmpv6")[version]
    assert seen.facts[f"ping{version}"]
    common = {"src": OWN[version], "dst": OUT[version], "window": "traffic"}
    assert seen.tried(**common, proto="tcp", dst_port=81, opening=True)
    assert seen.tried(**common, proto="tcp", dst_port=81, opening=False)
    assert seen.tried(**common, proto="udp", dst_port=9000)[0]["bytes"] == (33, 53)[version]
    assert seen.tried(**common, proto=icmp, src_port=None, dst_port=None)
    passed = {"ledger": "passed", "port": "host-h1", "out_port": "uplink", **common}
    for proto, port in (("tcp", 81), ("udp", 9000), (icmp, None)):
        assert seen.records("ledger", **passed, proto=proto, dst_port=port), proto
    back = {"ledger": "passed", "port": "uplink", "out_port": "host-h1", "src": OUT[version]}
    assert seen.records("ledger", **back, proto="tcp", src_port=81, dst_port=None, opening=False)


TRICKS: dict[str, Row] = {
    "a sibling's address": {"src": "10.1.0.3", "dst_port": 2001, "ether_src": "02:00:00:00:02:01"},
    "a sibling's MAC": {"src": OWN[0], "dst_port": 2002, "ether_src": "02:00:00:00:02:02"},
    "TTL 1": {"src": OWN[0], "dst_port": 2003},
    "a first fragment alone": {"src": OWN[0], "dst_port": 2004},
    "a later fragment": {"dst": OUT[0], "proto": "udp", "src_port": None, "dst_port": None},
    "a later IPv6 fragment": {"dst": OUT[1], "proto": "udp", "src_port": None, "dst_port": None},
    "a broken IPv6 header chain": {"dst": OUT[1], "src_port": None, "dst_port": None, "bytes": 48},
    "a frame that is not IP": {"ether_type": "0x88b5"},
    "a VLAN": {"ether_type": "0x8100"},
    "multicast": {"dst": "239.1.2.3", "dst_port": 2006},
    "SYN and FIN": {"proto": "tcp", "dst_port": 2007, "opening": True},
    "data without a handshake": {"proto": "tcp", "dst_port": 2008, "opening": False},
    "GRE": {"proto": "47", "dst": OUT[0]},
    "SCTP": {"proto": "132", "dst": OUT[0]},
    "a reflection": {"src": OUT[0], "dst": "10.1.0.1", "dst_port": 2010},
}


@pytest.mark.parametrize("wanted", TRICKS.values(), ids=TRICKS.keys())
def test_every_trick_is_listed_at_its_port_and_goes_nowhere(seen: Seen, wanted: Row) -> None:
    rows = seen.tried(window="tricks", **wanted)
    assert [row["packets"] for row in rows] == [1]
    left = [row for row in seen.records("ledger", window="tricks", out_port="uplink") if row["src"] != "::"]
    assert left == []


def test_what_was_dropped_is_told_by_reason(seen: Seen) -> None:
    params = seen.records("coverage", kind="count", border="alfa")[-1]["params"]
    told = {name: int(params[f"dropped_{name}"]) for name in ("spoofed", "invalid", "protocol", "options")}
    assert told == {"spoofed": 3, "invalid": 2, "protocol": 2, "options": 1}
    assert int(params["dropped_late"]) >= 1


@pytest.mark.parametrize("border", ["alfa", "beta"])
def test_the_far_end_agrees_to_the_byte(seen: Seen, border: str) -> None:
    counts = seen.records("coverage", kind="count", border=border)
    assert {"bulk", "stop"} <= {count["params"]["window"] for count in counts}
    assert counts[-1]["passed_bytes"] > 16 << 20
    assert int(counts[-1]["params"]["frames"]) > counts[-1]["far_packets"], "no fragment was sent"
    for count in counts:
        assert count["far_packets"] == count["passed_packets"] + count["own_packets"]
        assert count["far_bytes"] == count["passed_bytes"] + count["own_bytes"]
    assert seen.facts["big_ping"] == [True, True, True]


def test_rows_to_the_uplink_add_up_to_the_count(seen: Seen) -> None:
    rows = seen.records("ledger", border="alfa", out_port="uplink")
    last = seen.records("coverage", kind="count", border="alfa")[-1]
    assert sum(row["packets"] for row in rows) == last["far_packets"]
    assert sum(row["bytes"] for row in rows) == last["far_bytes"]


def test_an_attempt_is_listed_while_the_internet_is_cut(seen: Seen) -> None:
    for version in (0, 1):
        (row,) = seen.tried(window="cut", dst=OUT[version], dst_port=4001)
        assert row["packets"] == 1
        assert seen.records("ledger", window="cut", ledger="passed", dst=OUT[version]) == []


def test_faults_stop_what_they_should_and_no_more(seen: Seen) -> None:
    facts = seen.facts
    assert facts["partner_while_cut"]
    assert not facts["partner_while_parted"]
    assert facts["partner_after_heal"]
    assert seen.tried(window="cut", dst=PARTNER, proto="icmp")[0]["packets"] == 3


def test_a_full_set_drops_counts_and_costs_only_its_author(seen: Seen) -> None:
    (lost,) = seen.records("coverage", kind="loss")
    assert (lost["name"], lost["params"]["host"], lost["listed"]) == ("full", "host-h2", False)
    flood = seen.records("ledger", ledger="tried", port="host-h2", window="flood", proto="udp")
    assert sum(row["packets"] for row in flood) + lost["lost"] == 400
    assert seen.facts["sibling_during_flood"]


def test_questions_are_answered_and_recorded(seen: Seen) -> None:
    zone, pool = (seen.records("dns", query=name) for name in ("chat.beta.example.", "Matrix.Org."))
    assert (zone[0]["outcome"], zone[0]["answers"], zone[0]["host"]) == ("zone", [PARTNER], "host-h1")
    assert (pool[0]["outcome"], pool[0]["answers"]) == ("sinkhole", [seen.facts["pool"]])


def test_the_sinkhole_records_a_request_by_tls(seen: Seen) -> None:
    (record,) = seen.records("sinkhole", server_name="matrix.org")
    assert (record["service"], record["established"], record["method"]) == ("tls", True, "PUT")
    assert (record["id.resp_h"], record["id.resp_p"]) == (seen.facts["pool"], 8448)
    assert record["headers"]["authorization"] == "[redacted]"
    assert record["canaries"] == [seen.facts["canary"]]
    assert seen.facts["tls"].startswith("HTTP/1.1 404")


def test_the_sinkhole_says_when_its_certificate_was_refused(seen: Seen) -> None:
    (record,) = seen.records("sinkhole", server_name="distrusted.example")
    assert (record["service"], record["established"]) == ("tls", False)


def test_the_sinkhole_answers_stun_with_the_askers_address(seen: Seen) -> None:
    (record,) = seen.records("sinkhole", service="stun")
    answer = bytes.fromhex(seen.facts["stun"])
    port = int.from_bytes(answer[26:28], "big") ^ 0x2112
    assert (answer[:2], port) == (b"\x01\x01", record["id.orig_p"])
    assert (record["id.resp_h"], record["id.resp_p"]) == (OUT[0], 3478)


def test_no_secret_enters_evidence(seen: Seen) -> None:
    text = "".join(path.read_text() for path in seen.evidence.iterdir())
    assert "s3cret" not in text
    assert "access_token=abc" not in text


def test_connections_have_names_and_ends(seen: Seen) -> None:
    (first,) = seen.records("flows", event="first", server_name="matrix.org")
    (end,) = seen.records("flows", event="end", uid=first["uid"])
    assert (first["service"], first["host"], first["window"]) == ("tls", "host-h1", "traffic")
    assert end["orig_pkts"] > 3
    assert end["duration"] > 0
    uids = [flow["uid"] for flow in seen.records("flows", event="first")]
    assert len(uids) == len(set(uids))


def test_invalid_packets_have_detail_too(seen: Seen) -> None:
    ports = {flow["id.resp_p"] for flow in seen.records("flows", event="first", window="tricks")}
    assert {2007, 2008} <= ports


def test_a_wrong_command_is_refused_with_a_cure(seen: Seen) -> None:
    refused = seen.facts["refused"]
    assert not refused["ok"]
    assert refused["what"]
    assert refused["cure"]


def test_each_border_begins_and_ends_once(seen: Seen) -> None:
    for border in ("alfa", "beta"):
        kinds = [record["kind"] for record in seen.records("coverage", border=border)]
        assert kinds.count("begin") == kinds.count("end") == 1
        assert (kinds[0], kinds[-1]) == ("begin", "end")


def test_a_probe_is_listed_or_refused(seen: Seen) -> None:
    sent, unsent = seen.facts["probe"]
    assert sent["ok"]
    assert not unsent["ok"]
    assert "dns A, dns AAAA" in unsent["what"]
    probes = seen.records("coverage", kind="probe", border="beta")
    assert len({probe["name"] for probe in probes}) == 8
    assert [probe["name"] for probe in probes if not probe["listed"]] == ["dns A", "dns AAAA"]

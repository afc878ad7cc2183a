"""Evidence files: every line is chained, and a touched or cut-off one is named."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import EvidenceError
from harness.model.evidence import DnsRecord, LogRecord
from harness.store.chain import ChainWriter, read_chain

ROOT = Path(__file__).parent.parent.parent

WRITE_FOREVER = """
import sys
from pathlib import Path
from harness.model.evidence import LogRecord
from harness.store.chain import ChainWriter
writer = ChainWriter(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    writer.append(LogRecord(ts=number, agency="alfa", service="chat", stream="stdout", text="x" * 3000))
"""

WRITE_UNTIL_FULL = """
import sys
from pathlib import Path
from harness.errors import EvidenceError
from harness.model.evidence import LogRecord
from harness.store.chain import ChainWriter
path = Path(sys.argv[1])
writer = ChainWriter(path)
record = LogRecord(ts=1, agency="alfa", service="chat", stream="stdout", text="x" * 3000)
failures = 0
for _ in range(100):
    try:
        writer.append(record)
    except EvidenceError as error:
        assert error.where == str(path) and "disk" in error.cure, error
        failures += 1
        (path.parent / "filler").unlink(missing_ok=True)
print(failures)
sys.stdout.flush()
sys.stdout.buffer.write(path.read_bytes())
"""


def log(number: int, text: str = "hello") -> LogRecord:
    return LogRecord(ts=float(number), agency="alfa", service="chat", stream="stdout", text=text)


def write(path: Path, texts: list[str]) -> bytes:
    with ChainWriter(path) as writer:
        for number, text in enumerate(texts):
            writer.append(log(number, text))
    return path.read_bytes()


def python(program: str, path: Path, *before: str) -> list[str]:
    return [*before, sys.executable, "-c", program, str(path)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_the_chain_can_be_followed_from_its_description_alone(tmp_path: Path) -> None:
    write(tmp_path / "logs.jsonl", ["one", "två \u2028 \n", "three"])
    chain = hashlib.sha256(b"logs").hexdigest()
    lines = (tmp_path / "logs.jsonl").read_bytes().split(b"\n")
    assert lines.pop() == b""
    for seq, raw in enumerate(lines, start=1):
        fields = json.loads(raw)
        stated = fields.pop("_chain")
        body = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        chain = hashlib.sha256(f"{chain}\n{body}".encode()).hexdigest()
        assert (fields["_seq"], stated) == (seq, chain)


def test_lines_come_back_as_they_were_written(tmp_path: Path) -> None:
    texts = ["", "två", '{"_chain":"x"}', "a\nb\r\u0085\u2028", "\x00\x1b[31m"]
    write(tmp_path / "logs.jsonl", texts)
    content = read_chain(tmp_path / "logs.jsonl")
    assert (content.state, content.whole_lines) == ("whole", len(texts))
    assert [LogRecord.model_validate(line.fields).text for line in content.lines] == texts
    assert [line.seq for line in content.lines] == [1, 2, 3, 4, 5]


def test_fields_are_written_under_their_published_names(tmp_path: Path) -> None:
    record = DnsRecord(
        ts=1.0,
        id_orig_h="10.1.16.1",
        id_orig_p=5353,
        proto="udp",
        query="a.example",
        qtype_name="A",
        rcode_name="NOERROR",
        border="alfa",
        outcome="zone",
    )
    with ChainWriter(tmp_path / "dns.jsonl") as writer:
        writer.append(record)
    fields = json.loads((tmp_path / "dns.jsonl").read_bytes())
    assert fields["id.orig_h"] == "10.1.16.1"
    assert list(fields) == sorted(fields)


def test_an_empty_file_is_whole(tmp_path: Path) -> None:
    write(tmp_path / "logs.jsonl", [])
    assert read_chain(tmp_path / "logs.jsonl").state == "whole"


def test_a_file_is_continued_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    write(path, ["one"])
    write(path, ["two", "three"])
    content = read_chain(path)
    assert (content.state, content.whole_lines) == ("whole", 3)


def test_a_damaged_file_is_not_continued(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    path.write_bytes(write(path, ["one", "two"])[:-5])
    with pytest.raises(EvidenceError, match="after line 1"):
        ChainWriter(path)


def test_two_writers_of_one_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    with ChainWriter(path):
        with pytest.raises(EvidenceError) as caught:
            ChainWriter(path)
        assert caught.value.where == str(path)
        assert caught.value.cure
    ChainWriter(path).close()


def test_a_closed_writer_writes_nothing(tmp_path: Path) -> None:
    writer = ChainWriter(tmp_path / "logs.jsonl")
    writer.close()
    writer.close()
    with pytest.raises(EvidenceError):
        writer.append(log(1))


def test_threads_may_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    with ChainWriter(path) as writer:
        threads = [
            threading.Thread(target=lambda: [writer.append(log(number)) for number in range(100)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    content = read_chain(path)
    assert (content.state, content.whole_lines) == ("whole", 400)


def test_a_folder_that_is_missing_is_an_error_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError) as caught:
        ChainWriter(tmp_path / "nowhere" / "logs.jsonl")
    assert caught.value.where.endswith("logs.jsonl")
    assert caught.value.cure


lines_of_text = st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=20), min_size=2, max_size=5)


@settings(max_examples=200)
@given(texts=lines_of_text, data=st.data())
def test_any_changed_byte_is_found_and_placed(texts: list[str], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "logs.jsonl"
        content = bytearray(write(path, texts))
        place = data.draw(st.integers(0, len(content) - 2), label="place")
        other = data.draw(st.integers(1, 255), label="xor")
        line = content[:place].count(b"\n") + 1
        content[place] ^= other
        path.write_bytes(content)
        read = read_chain(path)
    assert read.state == "broken"
    assert read.whole_lines == line - 1


@settings(max_examples=100)
@given(texts=lines_of_text, data=st.data())
def test_a_cut_off_file_keeps_its_whole_lines(texts: list[str], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "logs.jsonl"
        content = write(path, texts)
        kept = content[: data.draw(st.integers(0, len(content)), label="length")]
        path.write_bytes(kept)
        read = read_chain(path)
    assert read.whole_lines == kept.count(b"\n")
    assert read.state == ("whole" if not kept or kept.endswith(b"\n") else "torn")


@settings(max_examples=100)
@given(texts=lines_of_text, data=st.data())
def test_lost_swapped_and_added_lines_are_found(texts: list[str], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "logs.jsonl"
        lines = write(path, texts).splitlines(keepends=True)
        lines = [line for line in lines if line]
        place = data.draw(st.integers(0, len(texts) - 2), label="place")
        whole = b"".join(lines)
        rows = whole.split(b"\n")[:-1]
        change = data.draw(st.sampled_from(["lose", "swap", "double"]), label="change")
        if change == "lose":
            del rows[place]
        elif change == "swap":
            rows[place], rows[place + 1] = rows[place + 1], rows[place]
        else:
            rows.insert(place, rows[place])
        path.write_bytes(b"\n".join(rows) + b"\n")
        read = read_chain(path)
    assert read.state == "broken"
    assert read.whole_lines == (place + 1 if change == "double" else place)


def test_what_was_written_before_kill_9_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "logs.jsonl"
    process = subprocess.Popen(python(WRITE_FOREVER, path), env=environment())
    try:
        while not path.exists() or path.stat().st_size < 300_000:
            assert process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    content = read_chain(path)
    assert content.state in ("whole", "torn")
    assert content.whole_lines >= 90
    assert [line.fields["ts"] for line in content.lines[:90]] == list(range(1, 91))


def test_a_full_disk_leaves_no_half_line_in_the_middle(tmp_path: Path) -> None:
    """Fills a small file system of its own, then makes room: nothing may follow the torn line."""
    mount = (
        f'mount -t tmpfs -o size=64k none {tmp_path} && head -c 20000 /dev/zero >{tmp_path}/filler && "$@"'
    )
    command = python(WRITE_UNTIL_FULL, tmp_path / "logs.jsonl", "unshare", "-rm", "sh", "-ec", mount, "sh")
    done = subprocess.run(command, env=environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    failures, _, content = done.stdout.partition(b"\n")
    assert int(failures) > 80
    copy = tmp_path / "logs.jsonl"
    copy.write_bytes(content)
    read = read_chain(copy)
    assert read.state in ("whole", "torn")
    assert read.whole_lines == 100 - int(failures) == content.count(b"\n")
    assert read.whole_lines > 5

"""A sweep records what it found where, and what it could not read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from harness.model.canary import new_canary
from harness.model.evidence import StorageRecord
from harness.protocols import SweepTarget
from harness.sweep import sweep

WORD, OTHER = new_canary(), new_canary()


async def swept(
    path: Path,
    *,
    is_log: bool = False,
    exclude: tuple[Path, ...] = (),
    controls: Mapping[tuple[str, str, str], Collection[str]] | None = None,
) -> list[StorageRecord]:
    records: list[StorageRecord] = []
    target = SweepTarget("alfa", "chat", "data", path, is_log=is_log, exclude=exclude)
    await sweep([target], [WORD, OTHER], "end", records.append, controls)
    return records


def hits(records: list[StorageRecord]) -> set[tuple[str, str, str, str]]:
    return {(r.canary, r.form, r.place, r.path) for r in records if r.kind == "hit"}


def coverage(records: list[StorageRecord]) -> StorageRecord:
    (found,) = [record for record in records if record.kind == "coverage"]
    return found


async def test_contents_and_names_are_searched(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / f"{WORD}.bin").write_text(f"a {OTHER}")
    records = await swept(tmp_path)
    name = f"media/{WORD}.bin"
    assert hits(records) == {(WORD, "name", "name", name), (OTHER, "plain", "", name)}
    assert coverage(records).files_read == 1
    assert coverage(records).bytes_read == 2 + len(OTHER)


async def test_extended_attributes_and_link_targets_are_searched(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    try:
        os.setxattr(tmp_path / "file", "user.note", WORD.encode())
    except OSError:
        pytest.skip("the file system has no user attributes")
    (tmp_path / "link").symlink_to(f"/nowhere/{OTHER}")
    records = await swept(tmp_path)
    assert hits(records) == {(WORD, "xattr", "", "file"), (OTHER, "name", "name", "link")}


async def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text(WORD)
    store = tmp_path / "store"
    store.mkdir()
    (store / "folder").symlink_to(outside)
    (store / "file").symlink_to(outside / "file")
    assert hits(await swept(store)) == set()


async def test_special_files_are_named_as_skipped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert coverage(await swept(tmp_path)).skipped == ("pipe (no regular file)",)


async def test_a_missing_store_is_named(tmp_path: Path) -> None:
    assert coverage(await swept(tmp_path / "gone")).skipped == ("gone (absent)",)


async def test_an_excluded_store_is_left_to_its_own_target(tmp_path: Path) -> None:
    (tmp_path / "db").write_text(WORD)
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "file").write_text(OTHER)
    assert hits(await swept(tmp_path, exclude=(tmp_path / "db", tmp_path / "media"))) == set()


async def test_hits_in_logs_are_named_so(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text(WORD)
    (tmp_path / "output").write_text(OTHER)
    assert hits(await swept(tmp_path)) == {
        (WORD, "plain", "log", "server.log"),
        (OTHER, "plain", "", "output"),
    }
    assert {place for _, _, place, _ in hits(await swept(tmp_path, is_log=True))} == {"log"}


def database(path: Path, *, wal: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute(f"PRAGMA journal_mode = {'wal' if wal else 'delete'}")
    connection.execute("CREATE TABLE events (body TEXT)")
    return connection


async def test_rows_and_freed_pages_of_a_database_are_told_apart(tmp_path: Path) -> None:
    connection = database(tmp_path / "db")
    connection.execute("INSERT INTO events VALUES (?)", (WORD,))
    connection.execute("INSERT INTO events VALUES (?)", (OTHER,))
    connection.execute("DELETE FROM events WHERE body = ?", (OTHER,))
    connection.close()
    found = hits(await swept(tmp_path / "db"))
    assert found == {(WORD, "plain", "live", "db"), (OTHER, "plain", "freed_page", "db")}


async def test_a_row_in_the_write_ahead_log_is_live(tmp_path: Path) -> None:
    connection = database(tmp_path / "db", wal=True)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("INSERT INTO events VALUES (?)", (WORD,))
    before = {path.name for path in tmp_path.iterdir()}
    found = hits(await swept(tmp_path))
    connection.close()
    assert (WORD, "sqlite", "live", "db") in found
    assert (WORD, "plain", "wal", "db-wal") in found
    assert {path.name for path in tmp_path.iterdir()} <= before


async def test_a_word_split_over_database_pages_is_found_in_its_row(tmp_path: Path) -> None:
    connection = database(tmp_path / "db")
    for fill in range(4060, 4110):
        connection.execute("INSERT INTO events VALUES (?)", ("x" * fill + WORD + "y" * 5000,))
    connection.close()
    assert WORD in {word for word, *_ in hits(await swept(tmp_path / "db"))}


async def test_a_damaged_database_is_still_searched_as_bytes(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"SQLite format 3\0" + b"\xff" * 500 + WORD.encode())
    records = await swept(tmp_path)
    assert hits(records) == {(WORD, "plain", "", "db")}
    assert coverage(records).skipped[0].startswith("db (rows: ")


async def test_a_control_says_whether_every_expected_word_was_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(WORD)
    store = ("alfa", "chat", "data")
    found = (await swept(tmp_path, controls={store: [WORD]}))[-1]
    assert (found.kind, found.canary, found.readable) == ("control", WORD, True)
    opaque = (await swept(tmp_path, controls={store: [WORD, OTHER]}))[-1]
    assert (opaque.kind, opaque.canary, opaque.readable) == ("control", OTHER, False)


async def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text(WORD)

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "pread", refuse)
    assert coverage(await swept(tmp_path)).unreadable == ("file (Permission denied)",)


async def test_a_database_whose_table_has_no_text_for_a_name_is_read_as_bytes(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "data.db") as connection:
        connection.execute("CREATE TABLE plainname (body TEXT)")
        connection.execute("INSERT INTO plainname VALUES (?)", (WORD,))
    connection.close()
    raw = (tmp_path / "data.db").read_bytes().replace(b"plainname", b"plain\xffame")
    (tmp_path / "data.db").write_bytes(raw)
    records = await swept(tmp_path)
    assert {(word, form) for word, form, _, _ in hits(records)} == {(WORD, "plain")}
    assert any("rows" in one for one in coverage(records).skipped)


async def test_a_value_that_would_take_all_memory_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "data.db") as connection:
        connection.execute("CREATE TABLE t (a, b GENERATED ALWAYS AS (zeroblob(900000000)) VIRTUAL)")
        connection.execute("INSERT INTO t (a) VALUES (?)", (WORD,))
    connection.close()
    records = await swept(tmp_path)
    assert (WORD, "plain") in {(word, form) for word, form, _, _ in hits(records)}
    assert any("rows" in one for one in coverage(records).skipped)


async def test_a_link_on_the_way_to_a_store_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text(WORD)
    (tmp_path / "own").symlink_to(tmp_path / "other")
    records = await swept(tmp_path / "own" / "file")
    assert hits(records) == set()
    assert coverage(records).unreadable

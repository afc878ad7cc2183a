"""Every place that a service can write is a target of a sweep, each once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from harness.protocols import ServiceSpec, StoreSpec
from harness.runtimes.embedded.jail import Jail
from harness.runtimes.embedded.stores import targets


def service(root: Path, *stores: StoreSpec, data: tuple[str, ...] = ("/data",)) -> Any:
    spec = ServiceSpec("app", "tiny", "1", data=data, stores=stores)
    host = SimpleNamespace(jail=Jail(root, "app", data=data))
    return SimpleNamespace(agency="alfa", key="chat", spec=spec, host=host)


def test_all_that_is_writable_is_swept_though_no_store_is_named(tmp_path: Path) -> None:
    found = targets(service(tmp_path))
    assert {target.store for target in found} == {
        *("/data", "/tmp", "/var/tmp", "/run", "/dev/shm", "/home/user")
    }
    assert {target.path for target in found} == set(service(tmp_path).host.jail.writable().values())
    assert {(target.agency, target.service) for target in found} == {("alfa", "chat")}


def test_a_named_store_has_its_name_and_what_it_holds(tmp_path: Path) -> None:
    store = StoreSpec("database", "/data/db", holds=("content",))
    found = {target.store: target for target in targets(service(tmp_path, store))}
    assert found["database"].path == tmp_path / "data" / "data" / "db"
    assert found["database"].holds == ("content",)
    assert found["/data"].holds == ()


def test_what_a_named_store_covers_is_not_read_twice(tmp_path: Path) -> None:
    inner, whole = StoreSpec("database", "/data/db"), StoreSpec("media", "/media")
    found = {
        target.store: target for target in targets(service(tmp_path, inner, whole, data=("/data", "/media")))
    }
    assert found["/data"].exclude == (found["database"].path,)
    assert found["media"].exclude == ()
    assert "/media" not in found, "the named store is the whole folder"


def test_a_store_in_a_place_of_every_host_is_found(tmp_path: Path) -> None:
    found = {
        target.store: target for target in targets(service(tmp_path, StoreSpec("cache", "/home/user/.cache")))
    }
    assert found["cache"].path == tmp_path / "home" / ".cache"
    assert found["/home/user"].exclude == (found["cache"].path,)

"""Products' own environments: made once, at their place, and only when whole."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import products
from harness.errors import CannotRun, UsageError
from harness.products import add_product_folder, load_product
from harness.runtimes import leash, packages

DESCRIBED = """
product: toy
title: Toy
versions:
  - {version: "2", install: {kind: python, requirements: two.txt}}
  - {version: "1", install: {kind: python, requirements: one.txt}}
  - {version: "0", install: {kind: system}}
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A product whose version 2 needs nothing and whose version 1 cannot be had."""
    monkeypatch.setattr(products, "_OWN_FOLDERS", {})
    monkeypatch.setenv("FEDHARNESS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "product.yaml").write_text(DESCRIBED)
    (folder / "two.txt").write_text("# nothing\n")
    (folder / "one.txt").write_text(f"no-such-package-{'x' * 20}==1 --hash=sha256:{'0' * 64}\n")
    add_product_folder("toy", folder)
    yield folder
    load_product.cache_clear()


async def test_two_at_once_make_one_environment(toy: Path) -> None:
    assert packages.installed("toy", "2") is None
    first, second = await asyncio.gather(packages.ensure("toy", "2"), packages.ensure("toy", "2"))
    assert first == second == packages.installed("toy", "2")
    assert (first / "bin" / "python").exists()
    made = [found for found in first.parent.iterdir() if found.is_dir()]
    assert made == [first]


async def test_a_build_that_was_cut_off_is_made_again(toy: Path) -> None:
    folder = await packages.ensure("toy", "2")
    (folder / "complete").unlink()
    (folder / "left-over").touch()
    assert packages.installed("toy", "2") is None
    assert await packages.ensure("toy", "2") == folder
    assert not (folder / "left-over").exists()


async def test_another_lock_file_is_another_environment(toy: Path) -> None:
    folder = await packages.ensure("toy", "2")
    (toy / "two.txt").write_text("# something else\n")
    assert packages.installed("toy", "2") is None
    assert await packages.ensure("toy", "2") != folder


async def test_a_failing_install_quotes_pip_and_names_the_cure(toy: Path) -> None:
    with pytest.raises(CannotRun, match="toy 1 could not be installed") as raised:
        await packages.ensure("toy", "1")
    assert "no-such-package" in raised.value.detail
    assert "package index" in raised.value.cure
    assert packages.installed("toy", "1") is None


async def test_a_cache_that_cannot_be_written_says_so(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDHARNESS_CACHE", str(toy / "product.yaml"))
    with pytest.raises(CannotRun, match="cache folder cannot be written") as raised:
        await packages.ensure("toy", "2")
    assert "FEDHARNESS_CACHE" in raised.value.cure


async def test_a_system_product_runs_on_the_harness_own_python(toy: Path) -> None:
    assert await packages.ensure("toy", "0") == Path(sys.base_prefix).resolve()


def test_an_unknown_version_is_a_users_mistake(toy: Path) -> None:
    with pytest.raises(UsageError, match="version `3` of toy"):
        packages.installed("toy", "3")


def test_every_lock_file_has_hashes_and_no_index() -> None:
    for name in products.known_products():
        for known in load_product(name).versions:
            if known.install.kind != "python":
                continue
            lines = (load_product(name).folder / known.install.requirements).read_text().splitlines()
            pinned = [line for line in lines if line and line[0].isalnum()]
            assert pinned
            assert all("==" in line and line.endswith("\\") for line in pinned)
            assert not [line for line in lines if line.startswith("-") or "://" in line]


def make_wheel(folder: Path) -> Path:
    """Write a wheel of one module, `toydep` 1."""
    wheel = folder / "toydep-1-py3-none-any.whl"
    texts = {
        "toydep.py": "",
        "toydep-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: toydep\nVersion: 1\n",
        "toydep-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    texts["toydep-1.dist-info/RECORD"] = "".join(f"{name},,\n" for name in texts)
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return wheel


async def test_nothing_is_borrowed_from_the_caller_s_python(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(tmp_path)
    zipfile.ZipFile(wheel).extractall(tmp_path / "elsewhere")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (toy / "two.txt").write_text(f"toydep==1 --hash=sha256:{digest}\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    folder = await packages.ensure("toy", "2")
    assert list(folder.glob("lib/python3*/site-packages/toydep.py"))


INSTALLS = """
import asyncio, pathlib, sys
from harness.products import add_product_folder
from harness.runtimes import packages
add_product_folder("toy", pathlib.Path(sys.argv[1]))
asyncio.run(packages.ensure("toy", "1"))
"""


def carrying(mark: str) -> list[str]:
    """Return the processes that have ``mark`` in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_installation_ends_with_who_asked_for_it(
    toy: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Ended while pip waits for an index that does not answer."""
    mark = f"FEDHARNESS_TEST_MARK={tmp_path.name}-{number}"
    with socket.create_server(("127.0.0.1", 0)) as index:
        index.settimeout(60)
        environment = {
            **os.environ,
            **dict([mark.split("=")]),
            "PIP_INDEX_URL": f"http://127.0.0.1:{index.getsockname()[1]}/",
        }
        with subprocess.Popen(
            [sys.executable, "-c", INSTALLS, str(toy)], env=environment, stderr=subprocess.DEVNULL
        ) as asking:
            asked, _ = index.accept()
            assert len(carrying(mark)) > 1
            asking.send_signal(number)
        asked.close()
    deadline = time.monotonic() + 5
    while carrying(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert carrying(mark) == []


def test_a_command_on_the_leash_takes_its_children_along() -> None:
    script = (
        "import os, subprocess, sys\n"
        f"line = [sys.executable, {leash.__file__!r}, str(os.getpid())]\n"
        "line += ['sh', '-c', 'sleep 61.25 & echo $!; wait']\n"
        "subprocess.run(line, start_new_session=True)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
        # The pipe is closed by the last one that holds it.
        assert parent.stdout.read() == ""
    # What is left of it, if anything, is an entry that nobody has taken note of yet.
    with contextlib.suppress(OSError):
        assert Path(f"/proc/{child}/cmdline").read_bytes() == b""


@pytest.mark.parametrize("status", [0, 3])
def test_a_command_on_the_leash_has_its_own_status(status: int) -> None:
    line = [sys.executable, leash.__file__, str(os.getpid()), "sh", "-c", f"exit {status}"]
    assert subprocess.run(line, check=False, start_new_session=True).returncode == status


def test_a_command_whose_parent_is_gone_is_not_started() -> None:
    line = [sys.executable, leash.__file__, "1", "echo", "started"]
    done = subprocess.run(line, check=False, start_new_session=True, capture_output=True)
    assert (done.returncode, done.stdout) == (1, b"")

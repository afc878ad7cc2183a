"""The doctor on this machine, and on machines that lack something."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harness.doctor import machine
from harness.doctor.diagnose import can_run, diagnose
from harness.doctor.probe import Outcome, Question, Trouble
from harness.doctor.probes import PROBES

FILTERED = """
import errno, os, sys, pyseccomp
rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "unshare")
rules.load()
os.execv(sys.argv[1], sys.argv[1:])
"""


def within(setting: str, *options: str) -> list[str]:
    """Return a command line that runs another one in a user namespace, after a shell line."""
    return ["unshare", "--user", "--map-root-user", *options, "sh", "-c", f'{setting}; exec "$@"', "sh"]


def by_name(outcomes: list[Outcome]) -> dict[str, Outcome]:
    return {outcome.name: outcome for outcome in outcomes}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What this machine answers."""
    folder = str(tmp_path_factory.mktemp("doctor"))
    return by_name(diagnose(Question(cache=folder, results=folder)))


def test_every_probe_answers_once(here: dict[str, Outcome]) -> None:
    assert list(here) == [probe.name for probe in PROBES]


def test_all_that_is_needed_is_here(here: dict[str, Outcome]) -> None:
    missing = [outcome for outcome in here.values() if outcome.needed and not outcome.there]
    assert not missing
    assert can_run(list(here.values()))


def test_what_is_missing_says_step_loss_and_cure(here: dict[str, Outcome]) -> None:
    for outcome in here.values():
        if not outcome.there:
            assert outcome.step
            assert outcome.detail
            assert outcome.lost
            assert outcome.cure


def test_no_user_namespaces() -> None:
    through = within("echo 0 > /proc/sys/user/max_user_namespaces")
    outcomes = diagnose(Question(), through=through)
    found = by_name(outcomes)["user namespace"]
    assert (found.there, found.step) == (False, "make a user namespace")
    assert "ENOSPC" in found.detail
    assert "user.max_user_namespaces=" in found.cure
    assert "it is 0" in found.cure
    assert not can_run(outcomes)


def test_unshare_is_forbidden() -> None:
    through = [sys.executable, "-c", FILTERED]
    found = by_name(diagnose(Question(), through=through))["user namespace"]
    assert (found.there, found.step) == (False, "make a user namespace")
    assert "EPERM" in found.detail
    assert "seccomp" in found.cure


def test_too_few_network_namespaces() -> None:
    through = within("echo 20 > /proc/sys/user/max_net_namespaces")
    found = by_name(diagnose(Question(agencies=3), through=through))["network namespaces"]
    assert not found.there
    assert found.detail == "user.max_net_namespaces is 20"
    assert "user.max_net_namespaces=" in found.cure


def test_no_network_namespace_at_all() -> None:
    through = within("echo 0 > /proc/sys/user/max_net_namespaces")
    outcomes = by_name(diagnose(Question(), through=through))
    assert outcomes["user namespace"].there
    assert outcomes["other namespaces"].step == "make a network namespace"
    assert outcomes["network links"].step == "make a network namespace"
    assert not outcomes["jail"].there


def test_a_program_is_not_installed() -> None:
    hide = 'for name in /usr/bin/bwrap /bin/bwrap; do mount --bind /dev/null "$name"; done'
    outcomes = by_name(diagnose(Question(), through=within(hide, "--mount")))
    assert outcomes["programs"].detail == "not installed: bwrap"
    assert outcomes["programs"].cure == "sudo apt-get install -y bubblewrap"
    assert not outcomes["bubblewrap"].there
    assert not outcomes["jail"].there


def test_the_firewall_is_tried_by_the_library_that_borders_use() -> None:
    hide = (
        "for f in $(ldconfig -p | sed -n 's/.*libnftables.so.1.*=> //p'); do mount --bind /dev/null $f; done"
    )
    outcomes = by_name(diagnose(Question(), through=within(hide, "--mount")))
    for name in ("firewall", "packet log", "connection tracking"):
        assert not outcomes[name].there
        assert outcomes[name].detail == "libnftables.so.1 is missing"
        assert outcomes[name].cure == "sudo apt-get install -y nftables"
    without_program = 'for name in /usr/sbin/nft /sbin/nft; do mount --bind /dev/null "$name"; done'
    assert by_name(diagnose(Question(), through=within(without_program, "--mount")))["firewall"].there


def test_a_crash_in_a_jail_goes_to_no_program_of_the_machine(
    here: dict[str, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert here["core dumps"].there
    monkeypatch.setattr(os, "WCOREDUMP", lambda status: True)
    with pytest.raises(Trouble) as raised:
        machine.core_dumps(Question())
    assert "kernel.core_pattern" in raised.value.cure


def test_programs_are_found_beside_the_path() -> None:
    through = ["env", "PATH=/usr/bin"]
    assert by_name(diagnose(Question(), through=through))["firewall"].there


@pytest.mark.parametrize(
    ("place", "content", "name", "words"),
    [
        ("/proc/swaps", "Filename Type Size\n/dev/sda2 partition 1\n", "swap", "/dev/sda2"),
        ("/proc/meminfo", "MemTotal: 1 kB\nMemAvailable: 204800 kB\n", "memory", "200 MiB are available"),
    ],
)
def test_the_machine_differs(tmp_path: Path, place: str, content: str, name: str, words: str) -> None:
    pretended = tmp_path / "pretended"
    pretended.write_text(content)
    through = within(f"mount --bind {pretended} {place}", "--mount")
    found = by_name(diagnose(Question(), through=through))[name]
    assert not found.there
    assert words in found.detail


def test_disk_is_full(tmp_path: Path) -> None:
    through = within(f"mount -t tmpfs -o size=8m none {tmp_path}", "--mount")
    question = Question(cache=str(tmp_path / "cache"), results=str(tmp_path))
    found = by_name(diagnose(question, through=through))["disk"]
    assert not found.there
    assert found.step == f"find 1536 MiB at {tmp_path}"


def test_bytecode_is_missing(tmp_path: Path) -> None:
    package = tmp_path / "packages/notes-1/lib/python3.11/site-packages/notes"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("x = 1\n")
    through = ["env", "--unset=PYTHONDONTWRITEBYTECODE"]
    found = by_name(diagnose(Question(cache=str(tmp_path)), through=through))["bytecode"]
    assert str(package.parent) in found.detail
    assert "compileall" in found.cure
    assert not found.needed


def test_bytecode_is_switched_off(tmp_path: Path) -> None:
    through = ["env", "PYTHONDONTWRITEBYTECODE=1"]
    found = by_name(diagnose(Question(cache=str(tmp_path)), through=through))["bytecode"]
    assert "PYTHONDONTWRITEBYTECODE" in found.detail

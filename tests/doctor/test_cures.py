"""Cures that depend on settings of systems other than this one."""

from __future__ import annotations

import errno

import pytest

from harness.doctor import namespaces


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The sysctls that the probes are told."""
    values: dict[str, str] = {}
    monkeypatch.setattr(namespaces, "kernel_setting", lambda name: values.get(name, ""))
    return values


def test_apparmor_restricts_user_namespaces(settings: dict[str, str]) -> None:
    settings["kernel.apparmor_restrict_unprivileged_userns"] = "1"
    for cure in (namespaces._map_cure(errno.EPERM), namespaces._user_namespace_cure(errno.EPERM)):
        assert "kernel.apparmor_restrict_unprivileged_userns=0" in cure
        assert "userns," in cure


def test_debian_switches_user_namespaces_off(settings: dict[str, str]) -> None:
    settings["kernel.unprivileged_userns_clone"] = "0"
    assert "kernel.unprivileged_userns_clone=1" in namespaces._user_namespace_cure(errno.EPERM)


def test_a_container_forbids_them(settings: dict[str, str]) -> None:
    assert "seccomp" in namespaces._user_namespace_cure(errno.EPERM)


def test_a_second_thread_is_our_own_fault(settings: dict[str, str]) -> None:
    assert "report it" in namespaces._user_namespace_cure(errno.EINVAL)

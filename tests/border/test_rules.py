"""Rules as text: each class has its own drop, and nothing hostile enters them."""

from __future__ import annotations

import re

import pytest

from harness.border import rules
from harness.border.rows import TRIED
from harness.errors import BorderError
from harness.model.border import AddPort

PORT = AddPort(
    agency="alfa", port="h1", host="chat", mac="02:00:00:00:00:01", addresses=("10.1.0.2", "fd00:1::2")
)


def test_every_class_is_followed_by_its_own_drop() -> None:
    text = rules.port_rules(PORT, 7, 64) + rules.border_rules(("10.1.0.1", "fd00:1::1"), 64)
    chains = re.findall(r"chain \S+_row \{\n(.*?)\n\}", text, re.S)
    assert len(chains) > len(TRIED)
    for chain in chains:
        listing, drop = chain.split("\n")
        assert listing.startswith("add @")
        assert re.fullmatch(r"counter name \w+_full drop", drop)


def test_a_set_is_bounded_by_the_plan() -> None:
    sizes = [int(size) for size in re.findall(r"size (\d+)", rules.port_rules(PORT, 7, 1024))]
    assert max(sizes) == 1024
    assert min(sizes) >= 16


def test_forwarding_and_input_drop_unless_listed() -> None:
    text = rules.border_rules(("10.1.0.1", "fd00:1::1"), 64)
    for hook in ("forward priority 10", "input priority 0", "output priority 10"):
        assert f"hook {hook}; policy drop;" in text


def test_a_port_without_ipv6_may_not_send_it() -> None:
    only4 = PORT.model_copy(update={"addresses": ("10.1.0.2",)})
    assert "meta protocol ip6 counter name h1_spoofed drop" in rules.port_rules(only4, 7, 64)


def test_faults_are_flushed_first() -> None:
    networks = ("10.1.0.0/16", "fd00:1::/64", "10.2.0.0/16")
    for kind in ("cut", "partition", "heal"):
        assert rules.fault_rules(kind, networks).startswith("flush chain inet faults cut\n")
    cut = rules.fault_rules("cut", networks)
    assert 'oifname "up0" ip daddr != { 10.1.0.0/16, 10.2.0.0/16 } drop' in cut
    assert 'iifname "up0" ip6 saddr != { fd00:1::/64 } drop' in cut
    assert "drop" not in rules.fault_rules("heal", networks)


@pytest.mark.parametrize("name", ["h1; flush ruleset", 'h1"', "", "h" * 16, "h 1", "h\n1"])
def test_a_hostile_port_name_is_refused(name: str) -> None:
    with pytest.raises(BorderError) as refused:
        rules.checked_port(name)
    assert refused.value.cure

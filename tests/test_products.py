"""Products as data, and where their files lie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import products
from harness.errors import UsageError
from harness.paths import deploy_folder, scenarios_folder
from harness.products import add_product_folder, known_products, load_product


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(products, "_OWN_FOLDERS", {})
    add_product_folder("own", tmp_path)
    yield tmp_path / "product.yaml"
    load_product.cache_clear()


def test_the_shipped_folders_are_found() -> None:
    assert (deploy_folder() / "synapse" / "product.yaml").is_file()
    assert (scenarios_folder() / "chat").is_dir()
    assert {"synapse", "leaker"} <= set(known_products())


@pytest.mark.parametrize("name", known_products())
def test_every_shipped_product_is_whole(name: str) -> None:
    product = load_product(name)
    assert product.product == name
    for known in product.versions:
        if known.install.kind == "python":
            assert (product.folder / known.install.requirements).is_file()
    assert len({home.id for home in product.calls_home}) == len(product.calls_home)


def test_who_calls_home_can_be_switched_off() -> None:
    assert all(home.switch_off for home in load_product("synapse").calls_home)


def test_an_own_product_is_read_from_its_own_folder(own: Path) -> None:
    own.write_text("product: own\ntitle: Own\nversions: [{version: '1', install: {kind: system}}]\n")
    assert "own" in known_products()
    assert load_product("own").folder == own.parent


@pytest.mark.parametrize(
    "text",
    ["product: [", "product: own\n", "product: own\ntitle: Own\nversions: []\n", "- own\n"],
)
def test_a_broken_file_says_which(own: Path, text: str) -> None:
    own.write_text(text)
    with pytest.raises(UsageError, match="file is wrong") as raised:
        load_product("own")
    assert raised.value.where == str(own)


def test_an_unknown_product_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="`nonesuch` is not known") as raised:
        load_product("nonesuch")
    assert "synapse" in raised.value.cure

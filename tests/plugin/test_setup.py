"""What a run is given besides its federation file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import data
from harness.drivers.registry import DriverRegistry
from harness.errors import FederationFileError
from harness.plugin.setup import load_federation, prepare, refuse_mistakes, with_products
from tests.plugin.conftest import write_driver

FILE = """
fedharness: 1
agencies:
  alfa:
    domain: alfa.example
    services:
      notes:
        product: notes
        options: {motd: hello}
"""


@pytest.fixture
def drivers(tmp_path: Path) -> DriverRegistry:
    """The drivers that come with fedharness, and one of a user's own."""
    registry = DriverRegistry()
    registry.add_folder(write_driver(tmp_path / "drivers"))
    return registry


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "federation.yaml"
    path.write_text(FILE)
    return path


def test_what_a_product_says_of_itself_joins_the_known_destinations(
    drivers: DriverRegistry, file: Path
) -> None:
    shipped = data.destinations()
    joined = with_products(shipped, load_federation(file, drivers))
    assert joined.entries[: len(shipped.entries)] == shipped.entries
    (added,) = joined.entries[len(shipped.entries) :]
    assert (added.id, added.product, added.hosts) == ("notes-updates", "notes", ("updates.notes.example",))
    assert (added.operator, added.country) == ("Notes Foundation", "SE")
    assert (added.feature, added.switch_off) == ("update check", "updates: false")


def test_an_entry_of_the_catalogue_is_not_replaced(drivers: DriverRegistry, file: Path) -> None:
    federation = load_federation(file, drivers)
    once = with_products(data.destinations(), federation)
    assert with_products(once, federation) == once


def test_preparing_writes_nothing(drivers: DriverRegistry, file: Path, tmp_path: Path) -> None:
    federation = load_federation(file, drivers)
    setup = prepare(
        federation, drivers, runtime="embedded", suite="own", out=tmp_path / "out", quiet=True, lang="sv"
    )
    assert not (tmp_path / "out").exists()
    assert setup.lang == "sv"
    setup.make_folder(setup.inputs)
    assert setup.folder.read_inputs() == setup.inputs


def test_a_driver_s_refusal_names_file_line_and_key(drivers: DriverRegistry, file: Path) -> None:
    refuse_mistakes(file, load_federation(file, drivers), drivers)
    file.write_text(FILE.replace("motd", "mottd"))
    with pytest.raises(FederationFileError) as caught:
        refuse_mistakes(file, load_federation(file, drivers), drivers)
    (problem,) = caught.value.problems
    assert problem.where == f"{file}:7: agencies.alfa.services.notes"
    assert problem.what == "notes has no option `mottd`"
    assert problem.cure == "choose from: motd"

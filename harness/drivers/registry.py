"""Finds drivers by product: the harness's own, installed ones, and a user's own."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from harness.drivers.folder import drivers_in
from harness.drivers.leaker import LeakerDriver
from harness.drivers.synapse import SynapseDriver
from harness.errors import UsageError
from harness.products import add_product_folder, load_product
from harness.protocols import Driver, Packaged

GROUP = "fedharness.drivers"


class DriverRegistry:
    """Implements `harness.protocols.Drivers`.

    Installed packages take part by an entry point of the group ``fedharness.drivers`` that
    names a class without arguments; ``add`` takes one that is not installed. A driver that
    has ``deploy`` (`harness.protocols.Packaged`) brings its ``product.yaml`` along.
    """

    def __init__(self) -> None:
        self._drivers: dict[str, Driver] = {}
        for own in (SynapseDriver(), LeakerDriver()):
            self.add(own)
        for point in entry_points(group=GROUP):
            if point.name not in self._drivers:
                self.add(_load(point))

    def add(self, driver: Driver) -> None:
        """Register a driver; one of the same product is replaced."""
        if isinstance(driver, Packaged):
            add_product_folder(driver.product, driver.deploy)
        self._drivers[driver.product] = driver

    def add_folder(self, folder: Path) -> None:
        """Register every driver in a folder of the user's own.

        Raises:
            UsageError: the folder holds none, or a file cannot be loaded.
        """
        for driver in drivers_in(folder):
            self.add(driver)

    def get(self, product: str) -> Driver:
        """Return the driver of a product.

        Raises:
            UsageError: there is none.
        """
        try:
            return self._drivers[product]
        except KeyError:
            raise UsageError(
                f"product `{product}` is not known",
                cure=f"choose one of: {', '.join(sorted(self._drivers))}; or install its driver",
            ) from None

    def products(self) -> Mapping[str, tuple[str, ...]]:
        """Return every product with its versions, newest first.

        Raises:
            UsageError: a product's file is wrong.
        """
        return {
            name: tuple(known.version for known in load_product(name).versions)
            for name in sorted(self._drivers)
        }


def _load(point: EntryPoint) -> Driver:
    try:
        made: Driver = point.load()()
    except (ImportError, AttributeError, TypeError) as error:
        raise UsageError(
            f"the driver `{point.name}` cannot be loaded: {error}",
            where=f"entry point {point.group}: {point.value}",
            cure="repair or uninstall the package that brings it",
        ) from error
    return made

"""``deploy/<product>/product.yaml``: what a product is, as data. Python holds the logic."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError

from harness.errors import UsageError
from harness.model.base import Record
from harness.model.policy import DataClass
from harness.model.yaml_text import parse_yaml
from harness.paths import deploy_folder

_OWN_FOLDERS: dict[str, Path] = {}


class Install(Record):
    """How a version comes onto this machine.

    ``python``: an environment of its own from a hash-locked requirements file.
    ``system``: nothing to install; it runs on the Python that the harness runs on.
    """

    kind: Literal["python", "system"]
    requirements: str = Field(default="", description="file name in the product's folder")


class ProductVersion(Record):
    """One version that can be deployed."""

    version: str
    install: Install
    image: str = Field(default="", description="container image reference, for runtimes that run images")
    image_package: str = Field(default="", description="folder in the image that ``{package}`` stands for")


class OffSwitch(Record):
    """A documented setting that stops a product from contacting somebody."""

    setting: str
    value: str
    stops: str = Field(description="what is no longer contacted or sent")
    source: str = Field(default="", description="where the product documents or implements it")


class CallsHome(Record):
    """A destination outside the agencies that the product contacts."""

    id: str
    hosts: tuple[str, ...]
    feature: str
    default: Literal["on", "optional", "asked", "configured"]
    trigger: str = ""
    data: str = ""
    data_classes: tuple[DataClass, ...] = ()
    switch_off: str = ""
    operator: str = ""
    country: str = Field(default="", description="ISO 3166-1 alpha-2, empty where not known")
    source: str = ""
    unverified: bool = False


class Product(Record):
    """The whole of a ``product.yaml``; ``versions`` has the newest first."""

    product: str
    title: str
    licence: str = Field(default="", description="SPDX expression")
    clients: str = Field(default="", description="whose clients persons may use it with, such as ``Matrix``")
    versions: tuple[ProductVersion, ...] = Field(min_length=1)
    off_switches: tuple[OffSwitch, ...] = ()
    calls_home: tuple[CallsHome, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the product's templates and lock files."""
        return _folder(self.product)

    def version(self, wanted: str) -> ProductVersion:
        """Return one version's data.

        Raises:
            UsageError: the product has no such version.
        """
        for known in self.versions:
            if known.version == wanted:
                return known
        raise UsageError(
            f"version `{wanted}` of {self.product} is not known",
            where=str(self.folder / "product.yaml"),
            cure=f"choose one of: {', '.join(known.version for known in self.versions)}",
        )


def known_products() -> tuple[str, ...]:
    """Return the names of all products that have a ``product.yaml``, sorted."""
    shipped = (found.parent.name for found in deploy_folder().glob("*/product.yaml"))
    return tuple(sorted({*shipped, *_OWN_FOLDERS}))


def add_product_folder(name: str, folder: Path) -> None:
    """Let a product's files lie in a folder of the user's own."""
    _OWN_FOLDERS[name] = folder
    load_product.cache_clear()


@cache
def load_product(name: str) -> Product:
    """Read and check a product's ``product.yaml``.

    Raises:
        UsageError: there is no such product, or its file is wrong.
    """
    path = _folder(name) / "product.yaml"
    try:
        return Product.model_validate(parse_yaml(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UsageError(
            f"product `{name}` is not known",
            where=str(path),
            cure=f"choose one of: {', '.join(known_products())}",
        ) from error
    except (yaml.YAMLError, ValidationError) as error:
        raise UsageError("the product's file is wrong", where=str(path), detail=str(error)) from error


def _folder(name: str) -> Path:
    return _OWN_FOLDERS.get(name, deploy_folder() / name)

"""Drivers in a folder of the user's own: every class there that looks like one."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import cast

from harness.errors import UsageError
from harness.protocols import Driver


def drivers_in(folder: Path) -> list[Driver]:
    """Return an instance of each driver class in the folder's Python files.

    A driver class is defined in the file itself, has a ``product`` and a ``services``
    method, and can be made without arguments.

    Raises:
        UsageError: the folder does not exist, holds no driver, or a file cannot be loaded.
    """
    if not folder.is_dir():
        raise UsageError("there is no such folder", where=f"--drivers {folder}", cure="name a folder")
    modules = [_load(path.resolve()) for path in sorted(folder.glob("*.py"))]
    found = [made for module in modules for made in _drivers_of(module)]
    if not found:
        raise UsageError(
            "there is no driver in this folder",
            where=f"--drivers {folder}",
            cure="a driver is a class with `product` and `services`; see docs/writing-a-driver.md",
        )
    return found


def _load(path: Path) -> ModuleType:
    name = f"fedharness_drivers_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError("this file cannot be loaded", where=str(path), cure="name Python files `*.py`")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(
            f"{type(error).__name__}: {error}", where=str(path), cure="correct the driver's file"
        ) from error
    return module


def _drivers_of(module: ModuleType) -> list[Driver]:
    return [
        cast(Driver, value())
        for _, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__
        and isinstance(getattr(value, "product", None), str)
        and callable(getattr(value, "services", None))
    ]

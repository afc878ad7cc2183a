"""Writes federation files: a resolved federation, and the commented one to begin with."""

from __future__ import annotations

from importlib.resources import files

import yaml

from harness.model.federation import Federation


def dump(federation: Federation) -> str:
    """Return a federation as YAML that ``load`` reads back to an equal one."""
    data = federation.model_dump(mode="json")
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)


def template() -> str:
    """Return the commented federation file that ``fedharness init`` writes."""
    return files("harness.topology").joinpath("template.yaml").read_text(encoding="utf-8")

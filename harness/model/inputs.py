"""What a run was given: everything a check may read besides the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from pydantic import Field

from harness.model.base import Record
from harness.model.federation import Federation
from harness.model.question import QuestionCatalogue

R = TypeVar("R", bound=Record)


class DestinationEntry(Record):
    """One known destination of a product, from the dated catalogue."""

    id: str
    product: str
    hosts: tuple[str, ...] = Field(description="host names; `*.` in front for all below")
    feature: str
    data: str = ""
    switch_off: str = ""
    operator: str = ""
    country: str = Field(default="", description="ISO 3166-1 alpha-2, empty where not known")
    source: str = ""
    unverified: bool = False


class DestinationCatalogue(Record):
    """Known destinations; ``date`` is when it was last checked as a whole."""

    date: str
    entries: tuple[DestinationEntry, ...]


class ProductInfo(Record):
    """What a driver says of itself."""

    functions: tuple[str, ...] = ()
    test_double: bool = False


class Selected(Record):
    """A question that this run set out to answer, and the scenario that puts it."""

    id: str
    scenario: str = Field(description="file and function, such as chat/test_delivery.py::test_…")
    needs: tuple[str, ...] = ()
    agencies: int = 1


class RunInputs(Record):
    """``inputs/run.json``."""

    id: str
    started: float
    harness_version: str
    runtime: str
    suite: str = ""
    number: int = 1
    of: int = 1
    timezone: str = "UTC"
    selected: tuple[Selected, ...] = ()
    products: dict[str, ProductInfo] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict, description="python, kernel, nft, …")
    blind: tuple[str, ...] = Field(default=(), description="codes of this runtime's blind spots")


@dataclass(frozen=True)
class Inputs:
    """All files of ``evidence/inputs/``, parsed."""

    run: RunInputs
    federation: Federation
    questions: QuestionCatalogue
    destinations: DestinationCatalogue


class Numbered(NamedTuple):
    """A record with its sequence number in its file, counted from 1."""

    seq: int
    record: Record


@dataclass(frozen=True)
class Evidence:
    """All evidence files, parsed.

    Args:
        records: by file stem, such as ``ledger``; a missing file is an empty sequence.
        damaged: file stems whose hash chain broke or whose last line was cut off.
    """

    records: Mapping[str, Sequence[Numbered]]
    damaged: tuple[str, ...] = field(default=())

    def of(self, stem: str, kind: type[R]) -> list[tuple[int, R]]:
        """Return the records of one file with their sequence numbers."""
        return [(seq, record) for seq, record in self.records.get(stem, ()) if isinstance(record, kind)]

"""``run.json``: the contract that tools read. Texts are codes with parameters."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from harness.model.base import Record
from harness.model.federation import Case, Operator
from harness.model.policy import AcceptedDestination
from harness.model.verdict import Verdict

SCHEMA = "https://fedharness.invalid/schema/run-1.json"

DestinationClass = Literal["own", "partner", "unlisted-partner", "own-by-supplier", "outside", "local"]
Cause = Literal["host", "canary", "window", "none"]


class Reason(Record):
    """Why a verdict is what it is: a code of the text catalogues and its parameters."""

    code: str
    params: dict[str, str] = Field(default_factory=dict)


class RunInfo(Record):
    """Which run it was, and whether it came to its end."""

    id: str
    started: float
    ended: float | None
    complete: bool
    harness_version: str
    runtime: str
    suite: str = ""
    number: int = Field(default=1, description="run k …")
    of: int = Field(default=1, description="… of n")
    timezone: str = "UTC"
    catalogue_date: str = Field(default="", description="date of the destination catalogue")
    question_list: str = Field(default="", description="version of the question catalogue")


class ServiceInfo(Record):
    """A service as it ran."""

    service: str
    product: str
    version: str
    runtime: str
    setting: str
    operated_by: Operator
    test_double: bool = False


class AgencyInfo(Record):
    """An agency as it ran."""

    name: str
    title: str
    domain: str
    partners: tuple[str, ...]
    services: tuple[ServiceInfo, ...]


class FederationInfo(Record):
    """The federation as it ran."""

    name: str
    agencies: tuple[AgencyInfo, ...]
    case: Case | None = None


class Verdicts(Record):
    """The three results; ``stays`` by the run's policy and by the reference rule."""

    works: Verdict
    stays: Verdict
    stays_reference: Verdict
    survives: Verdict


class QuestionResult(Record):
    """What one question came to."""

    id: str
    number: int
    title: dict[str, str]
    function: str
    result: str
    verdict: Verdict
    reason: Reason
    seconds: float | None = None
    agencies: tuple[str, ...] = ()
    evidence: tuple[str, ...] = Field(default=(), description="file:first-last sequence numbers")


class Destination(Record):
    """Where something went, or tried to."""

    name: str = ""
    name_source: str = Field(default="", description="dns, sni, host; a claim of the sender")
    address: str = ""
    port: int | None = None
    proto: str = ""
    destination_class: DestinationClass = "outside"
    operator: str = ""
    country: str = ""
    feature: str = ""
    switch_off: str = ""
    catalogue_id: str = ""


class Attribution(Record):
    """Who caused it, and how that is known."""

    how: Cause
    host: str = ""
    scenarios: tuple[str, ...] = ()


class Finding(Record):
    """Something that a reader has to know; the id is stable between runs of the same file."""

    id: str
    kind: str
    verdict: Verdict
    agency: str
    service: str = ""
    user: str = ""
    product: str = ""
    destination: Destination
    packets: int = 0
    bytes: int = 0
    first_seen: float
    last_seen: float
    count: int = 1
    passed: bool = Field(default=False, description="it left the border, rather than only tried to")
    questions: tuple[str, ...] = ()
    attribution: Attribution
    trigger: str = Field(default="", description="seen during: a question id, start, between or stop")
    accepted: str = Field(default="", description="by whom, where policy accepts it")
    reference_verdict: Verdict = Verdict.FAIL
    detail: Literal["", "lost"] = ""
    would_have_sent: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class Residency(Record):
    """Where a planted word came to rest."""

    canary: str
    data_class: str = Field(alias="class")
    owner: str
    agency: str
    service: str
    store: str
    form: str
    place: str = ""
    sweep: str
    verdict: Verdict
    scenario: str = ""

    model_config = ConfigDict(populate_by_name=True)


class Disclosure(Record):
    """What a partner or a supplier received in allowed flows and copies."""

    giver: str
    receiver: str
    kind: Literal["partner", "unlisted-partner", "supplier"]
    bytes: int
    packets: int
    ports: tuple[str, ...] = ()
    data_classes: tuple[str, ...] = ()
    copies: int = 0


class FlowSum(Record):
    """Traffic between two places, for the picture and its table."""

    source: str
    target: str
    kind: Literal["partner", "unlisted-partner", "outside"]
    bytes: int
    packets: int
    names: tuple[str, ...] = ()


class Coverage(Record):
    """From when to when a border recorded, whether all was listed, and what was not seen."""

    border: str
    begin: float | None = Field(alias="from")
    end: float | None = Field(alias="to")
    listed: Verdict
    lost: int
    blind: tuple[Reason, ...] = ()
    reasons: tuple[Reason, ...] = ()

    model_config = ConfigDict(populate_by_name=True)


class Counts(Record):
    """How many questions came to what."""

    passed: int = 0
    unknown: int = 0
    failed: int = 0
    not_tested: int = 0
    not_applicable: int = 0


class RunResult(Record):
    """The whole of ``run.json``."""

    schema_: str = Field(default=SCHEMA, alias="schema")
    run: RunInfo
    federation: FederationInfo
    verdicts: Verdicts
    reasons: dict[str, tuple[Reason, ...]] = Field(
        default_factory=dict, description="per result, why it is not a pass"
    )
    counts: Counts
    questions: tuple[QuestionResult, ...]
    findings: tuple[Finding, ...]
    residency: tuple[Residency, ...]
    disclosures: tuple[Disclosure, ...]
    flows: tuple[FlowSum, ...]
    coverage: tuple[Coverage, ...]
    exceptions: tuple[AcceptedDestination, ...] = Field(
        default=(), description="what policy accepts outside, used in this run or not"
    )

    model_config = ConfigDict(populate_by_name=True)

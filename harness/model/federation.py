"""The federation file as data: agencies, the services they run, and who may meet whom."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from harness.model.base import Record
from harness.model.policy import Policy

AgencyId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]
ServiceKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]
UserName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{0,39}$")]
Domain = Annotated[
    str,
    Field(
        min_length=4,
        max_length=200,
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$",
    ),
]
Setting = Literal["hardened", "as_shipped"]


class Operator(Record):
    """Who operates a service: a fact that decides who could read what it stores.

    ``kind`` ``own`` is the agency itself, ``agency`` another one, ``supplier`` a company;
    ``not_stated`` is what a report says where the file is silent.
    """

    kind: Literal["own", "agency", "supplier", "not_stated"] = "not_stated"
    name: str = Field(default="", description="the operator's name")
    country: str = Field(default="", pattern=r"^([A-Z]{2})?$", description="ISO 3166-1 alpha-2")


class Service(Record):
    """One product that an agency runs for one function."""

    product: str = Field(description="the driver's name, as `fedharness stacks` lists it")
    version: str = Field(default="", description="empty: the newest version of deploy/<product>/product.yaml")
    setting: Setting = Field(default="hardened", description="documented off switches set, or as shipped")
    operated_by: Operator = Field(default=Operator(), description="who operates it; absent: not stated")
    options: dict[str, Any] = Field(default_factory=dict, description="passed to the driver as they are")


class Agency(Record):
    """A simulated agency with its own border."""

    name: str = Field(default="", description="as shown in reports; empty: the agency's id")
    domain: Domain = Field(description="DNS domain, such as `alfa.example`, apart from every other agency's")
    federates_with: tuple[AgencyId, ...] | None = Field(
        default=None, description="whom this agency contacts and lets in; absent: all the others"
    )
    users: tuple[UserName, ...] = Field(default=(), description="accounts that `up` makes and prints")
    services: dict[ServiceKey, Service] = Field(
        default_factory=dict, description="by a key of your own, such as `chat`"
    )


class Case(Record):
    """The matter that a run belongs to, as page one of a report shows it."""

    number: str = Field(default="", description="case number in the register")
    responsible: str = Field(default="", description="who answers for the test")
    ordered_by: str = Field(default="", description="for whom the test was made")
    purpose: str = Field(default="", description="what the test is to show")
    information_class: str = Field(default="", description="class of the information handled")
    reviewed_by: str = Field(default="", description="who has read the result")
    keep_until: str = Field(default="", description="when the result may be thrown away")


class Federation(Record):
    """A whole federation file, resolved: every default filled in."""

    fedharness: Literal[1] = Field(description="version of the file format: 1")
    name: str = Field(
        default="federation",
        pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$",
        description="short name, a part of the run folder's name",
    )
    case: Case | None = Field(default=None, description="the matter, as page one of a report shows it")
    agencies: dict[AgencyId, Agency] = Field(
        min_length=1, max_length=200, description="by a short id of your own, such as `alfa`"
    )
    policy: Policy = Field(default=Policy(), description="what may travel and rest where")

    def partners(self, agency: str) -> tuple[str, ...]:
        """Return the agencies that ``agency`` contacts and lets in, in file order."""
        listed = self.agencies[agency].federates_with
        if listed is None:
            return tuple(name for name in self.agencies if name != agency)
        return tuple(name for name in self.agencies if name in listed and name != agency)

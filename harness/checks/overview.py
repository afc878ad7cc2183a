"""What a run was: taken over from the inputs, beside what the evidence says of its end."""

from __future__ import annotations

from harness.model.federation import Agency
from harness.model.inputs import Inputs
from harness.model.result import AgencyInfo, FederationInfo, RunInfo, ServiceInfo


def run_info(inputs: Inputs, *, complete: bool, ended: float | None) -> RunInfo:
    """Return which run it was."""
    run = inputs.run
    return RunInfo(
        id=run.id,
        started=run.started,
        ended=ended,
        complete=complete,
        harness_version=run.harness_version,
        runtime=run.runtime,
        suite=run.suite,
        number=run.number,
        of=run.of,
        timezone=run.timezone,
        catalogue_date=inputs.destinations.date,
        question_list=inputs.questions.version,
    )


def federation_info(inputs: Inputs) -> FederationInfo:
    """Return the federation as it ran."""
    federation = inputs.federation
    return FederationInfo(
        name=federation.name,
        agencies=tuple(_agency(inputs, name, agency) for name, agency in federation.agencies.items()),
        case=federation.case,
    )


def _agency(inputs: Inputs, name: str, agency: Agency) -> AgencyInfo:
    return AgencyInfo(
        name=name,
        title=agency.name or name,
        domain=agency.domain,
        partners=inputs.federation.partners(name),
        services=_services(inputs, agency),
    )


def _services(inputs: Inputs, agency: Agency) -> tuple[ServiceInfo, ...]:
    return tuple(
        ServiceInfo(
            service=key,
            product=service.product,
            version=service.version,
            runtime=inputs.run.runtime,
            setting=service.setting,
            operated_by=service.operated_by,
            test_double=service.product in inputs.run.products
            and inputs.run.products[service.product].test_double,
        )
        for key, service in agency.services.items()
    )

"""Every code that checks put into ``run.json``, with the parameters of its text.

Reports hold one text per code and language; a code that is missing here cannot be written.
"""

from __future__ import annotations

from enum import StrEnum

from harness.model.result import Reason


class Kind(StrEnum):
    """What a finding is about."""

    OUTSIDE = "outside"
    """An address that is nobody's within the federation was tried or reached."""
    LOOKUP = "lookup"
    """A name was asked for, and no traffic to its address followed."""
    UNLISTED_PARTNER = "unlisted_partner"
    """Traffic to an agency that the source's agency does not federate with."""
    PARTNER_PORT = "partner_port"
    """Traffic to a listed agency, to a port that is not offered to partners."""
    MID_STREAM = "mid_stream"
    """Traffic to a listed agency that belongs to no connection whose start was seen."""
    PROTOCOL = "protocol"
    """Traffic to another agency by a protocol that the policy does not name."""
    FRAME = "frame"
    """A frame that is neither IP nor ARP."""
    MULTICAST = "multicast"
    """Multicast or broadcast beyond IPv6 neighbour discovery."""
    LINK_LOCAL = "link_local"
    """A link-local address, such as a cloud provider's metadata service."""
    FORGED_SOURCE = "forged_source"
    """A source address that does not belong to the port it came in by."""
    BORDER_SENT = "border_sent"
    """The border itself sent something that it has no named purpose for."""
    RESIDENCY = "residency"
    """A planted word rests where the policy does not let its data class rest."""


class Code(StrEnum):
    """Why a verdict is what it is."""

    # A run as a whole
    RUN_NOT_STOPPED = "run_not_stopped"
    RUN_INTERRUPTED = "run_interrupted"
    RUN_INCOMPLETE = "run_incomplete"
    EVIDENCE_MISSING = "evidence_missing"
    EVIDENCE_DAMAGED = "evidence_damaged"
    RECORDER_TROUBLE = "recorder_trouble"
    UNATTRIBUTED_ROWS = "unattributed_rows"
    SERVICE_ENDED = "service_ended"
    # A border's coverage
    NO_BORDER_RECORD = "no_border_record"
    NO_BEGIN = "no_begin"
    NO_END = "no_end"
    BEGIN_LATE = "begin_late"
    END_EARLY = "end_early"
    NO_PROBE = "no_probe"
    PROBE_NOT_LISTED = "probe_not_listed"
    NO_COUNT = "no_count"
    COUNT_DIFFERS = "count_differs"
    RECORDER_LOST = "recorder_lost"
    DECLARED_EXCEPTION = "declared_exception"
    # A question
    SCENARIO_PASSED = "scenario_passed"
    SCENARIO_FAILED = "scenario_failed"
    SCENARIO_DEADLINE = "scenario_deadline"
    SCENARIO_ERROR = "scenario_error"
    SCENARIO_INTERRUPTED = "scenario_interrupted"
    SCENARIO_NO_END = "scenario_no_end"
    SCENARIO_NOT_RUN = "scenario_not_run"
    NO_SCENARIO = "no_scenario"
    TOO_FEW_AGENCIES = "too_few_agencies"
    MUST_BE_TESTED = "must_be_tested"
    NO_OUTSIDE_TRAFFIC = "no_outside_traffic"
    OUTSIDE_TRAFFIC = "outside_traffic"
    NO_OUTSIDE_LOOKUPS = "no_outside_lookups"
    OUTSIDE_LOOKUPS = "outside_lookups"
    COVERAGE_UNPROVED = "coverage_unproved"
    EVIDENCE_WHOLE = "evidence_whole"
    # Why a question could not be put to this stack (``NotTested``)
    PRODUCT = "product"
    CAPABILITY = "capability"
    AGENCIES = "agencies"
    LICENCE = "licence"
    IMAGE = "image"
    PROFILE = "profile"
    # An expectation that a scenario recorded for stores or borders
    EXPECTED_ABSENT = "expected_absent"
    EXPECTED_PRESENT = "expected_present"
    EXPECTED_NO_CONTACT = "expected_no_contact"
    EXPECTED_LOGGED = "expected_logged"
    REDACTED_KEPT = "redacted_kept"
    EXPECTATION_NOT_SWEPT = "expectation_not_swept"
    EXPECTATION_OPAQUE = "expectation_opaque"
    EXPECTATION_UNCOVERED = "expectation_uncovered"
    EXPECTATION_MALFORMED = "expectation_malformed"
    # A store
    STORE_OPAQUE = "store_opaque"
    STORE_NO_CONTROL = "store_no_control"
    STORE_UNREADABLE = "store_unreadable"
    STORE_NOT_SWEPT = "store_not_swept"
    # One of the three results
    NOTHING_TESTED = "nothing_tested"
    NOTHING_DONE = "nothing_done"
    QUESTIONS_FAILED = "questions_failed"
    QUESTIONS_UNKNOWN = "questions_unknown"
    FINDINGS_FAILED = "findings_failed"


_NONE: tuple[str, ...] = ()
_BORDER = ("border",)
_STORE = ("agency", "service", "store")

PARAMETERS: dict[Code, tuple[str, ...]] = {
    Code.RUN_NOT_STOPPED: _NONE,
    Code.RUN_INTERRUPTED: _NONE,
    Code.RUN_INCOMPLETE: _NONE,
    Code.EVIDENCE_MISSING: ("file",),
    Code.EVIDENCE_DAMAGED: ("file",),
    Code.RECORDER_TROUBLE: ("name",),
    Code.UNATTRIBUTED_ROWS: ("border", "port", "count"),
    Code.NO_BORDER_RECORD: _BORDER,
    Code.NO_BEGIN: _BORDER,
    Code.NO_END: _BORDER,
    Code.BEGIN_LATE: _BORDER,
    Code.END_EARLY: _BORDER,
    Code.NO_PROBE: _BORDER,
    Code.PROBE_NOT_LISTED: ("border", "probe"),
    Code.NO_COUNT: _BORDER,
    Code.COUNT_DIFFERS: ("border", "far", "listed"),
    Code.RECORDER_LOST: ("border", "what", "lost"),
    Code.DECLARED_EXCEPTION: ("host", "exception"),
    Code.SERVICE_ENDED: ("agency", "service", "status", "text"),
    Code.SCENARIO_PASSED: _NONE,
    Code.SCENARIO_FAILED: ("text",),
    Code.SCENARIO_DEADLINE: ("text",),
    Code.SCENARIO_ERROR: ("text",),
    Code.SCENARIO_INTERRUPTED: _NONE,
    Code.SCENARIO_NO_END: _NONE,
    Code.SCENARIO_NOT_RUN: _NONE,
    Code.NO_SCENARIO: _NONE,
    Code.TOO_FEW_AGENCIES: ("needed", "present"),
    Code.MUST_BE_TESTED: ("code",),
    Code.NO_OUTSIDE_TRAFFIC: _NONE,
    Code.OUTSIDE_TRAFFIC: ("count",),
    Code.NO_OUTSIDE_LOOKUPS: _NONE,
    Code.OUTSIDE_LOOKUPS: ("count",),
    Code.COVERAGE_UNPROVED: ("borders",),
    Code.EVIDENCE_WHOLE: ("borders",),
    Code.PRODUCT: ("product",),
    Code.CAPABILITY: ("capability",),
    Code.AGENCIES: ("needed", "found"),
    Code.LICENCE: ("product",),
    Code.IMAGE: ("image",),
    Code.PROFILE: ("profile",),
    Code.EXPECTED_ABSENT: ("canary", "agency", "store"),
    Code.EXPECTED_PRESENT: ("canary", "agency"),
    Code.EXPECTED_NO_CONTACT: ("from", "to"),
    Code.EXPECTED_LOGGED: ("agency", "wanted"),
    Code.REDACTED_KEPT: ("agency", "store"),
    Code.EXPECTATION_NOT_SWEPT: ("canary", "agency"),
    Code.EXPECTATION_OPAQUE: ("canary", "agency", "store"),
    Code.EXPECTATION_UNCOVERED: ("from",),
    Code.EXPECTATION_MALFORMED: ("name",),
    Code.STORE_OPAQUE: _STORE,
    Code.STORE_NO_CONTROL: _STORE,
    Code.STORE_UNREADABLE: (*_STORE, "count"),
    Code.STORE_NOT_SWEPT: ("agency", "service"),
    Code.NOTHING_TESTED: _NONE,
    Code.NOTHING_DONE: _NONE,
    Code.QUESTIONS_FAILED: ("count",),
    Code.QUESTIONS_UNKNOWN: ("count",),
    Code.FINDINGS_FAILED: ("count",),
}
"""The parameters of every code's text. A scenario's own ``NotTested`` may leave some out."""


def reason(code: Code, /, **params: object) -> Reason:
    """Return the reason with that code and exactly its parameters, as text.

    Raises:
        ValueError: a parameter is missing or is one too many.
    """
    expected = PARAMETERS[code]
    if set(params) != set(expected):
        raise ValueError(f"{code}: expected parameters {expected}: {tuple(params)}")
    return Reason(code=str(code), params={name: str(params[name]) for name in expected})

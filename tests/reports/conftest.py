"""Runs as data: one with everything that a report has to show, and its variants."""

from __future__ import annotations

import sys
from datetime import date
from types import ModuleType
from typing import Any

import pytest

from harness.model.federation import Case, Operator
from harness.model.policy import AcceptedDestination
from harness.model.result import (
    AgencyInfo,
    Attribution,
    Counts,
    Coverage,
    Destination,
    Disclosure,
    FederationInfo,
    Finding,
    FlowSum,
    QuestionResult,
    Reason,
    Residency,
    RunInfo,
    RunResult,
    ServiceInfo,
    Verdicts,
)
from harness.model.verdict import Verdict

START = 1_795_493_000.25
P, U, F, N, X = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL, Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE

HTML = '<script src="https://evil.example/x.js"></script><img src=x onerror=alert(1)>'
BIDI = "safe\u202egpj.exe\u202c"
TERMINAL = "\x1b]0;owned\x07\x1b[2J\x9b31mred"
FORMULA = '=HYPERLINK("http://evil.example","click")'
MARKDOWN = "](http://evil.example) @everyone **bold** | `cell` <b>"
HOSTILE = (HTML, BIDI, TERMINAL, FORMULA, MARKDOWN)


def service(name: str = "chat", **changes: Any) -> ServiceInfo:
    """A homeserver, hardened, operated by its agency."""
    values: dict[str, Any] = {
        "service": name,
        "product": "synapse",
        "version": "1.155.0",
        "runtime": "embedded",
        "setting": "hardened",
        "operated_by": Operator(kind="own"),
    }
    return ServiceInfo(**(values | changes))


def agencies() -> tuple[AgencyInfo, ...]:
    """Three agencies that meet each other, and one that nobody lists."""
    supplier = Operator(kind="supplier", name="Molnbolaget AB", country="SE")
    return (
        AgencyInfo(
            name="alfa",
            title="Myndigheten Alfa",
            domain="alfa.example",
            partners=("bravo", "charlie"),
            services=(service(),),
        ),
        AgencyInfo(
            name="bravo",
            title="Verket Bravo",
            domain="bravo.example",
            partners=("alfa", "charlie"),
            services=(
                service(version="1.154.0", setting="as_shipped", operated_by=supplier),
                service("leak", product="leaker", version="1", test_double=True, operated_by=Operator()),
            ),
        ),
        AgencyInfo(
            name="charlie",
            title="Charliestyrelsen",
            domain="charlie.example",
            partners=("alfa", "bravo"),
            services=(service(),),
        ),
        AgencyInfo(
            name="delta",
            title="Delta (ej listad)",
            domain="delta.example",
            partners=(),
            services=(service(),),
        ),
    )


def question(id: str, number: int, verdict: Verdict, code: str, **changes: Any) -> QuestionResult:
    """One question's result; its titles are made from the id unless given."""
    values: dict[str, Any] = {
        "id": id,
        "number": number,
        "title": {"en": f"Does {id} hold?", "sv": f"Gäller {id}?"},
        "function": "chat",
        "result": "works",
        "verdict": verdict,
        "reason": Reason(code=code, params=changes.pop("params", {})),
        "seconds": 1.25,
        "agencies": ("alfa", "bravo"),
        "evidence": (f"steps:{number * 10}-{number * 10 + 8}",),
    }
    return QuestionResult(**(values | changes))


def questions() -> tuple[QuestionResult, ...]:
    """Questions of every verdict."""
    delivery = {
        "en": "Does a message from agency A reach the users of B and C, once and in order?",
        "sv": "Når ett meddelande från myndighet A användarna hos B och C, en gång och i ordning?",
    }
    egress = {
        "en": "Does any process contact a host outside the allow list?",
        "sv": "Kontaktar någon process en värddator utanför provets regler?",
    }
    return (
        question("chat.delivery", 1, P, "scenario_passed", title=delivery),
        question("chat.invite", 2, P, "scenario_passed", seconds=0.4),
        question("chat.acl", 7, F, "scenario_failed", params={"text": f"assert 1 == 2 {HTML}"}),
        question("chat.encrypted", 13, U, "expectation_opaque", params=_OPAQUE),
        question("video.call", 18, N, "capability", params={"capability": "video"}, **_UNPUT),
        question("kanban.card", 30, X, "product", params={"product": "synapse"}, function="kanban", **_UNPUT),
        question("crisis.cold_start", 38, P, "scenario_passed", result="survives", function="general"),
        question(
            "egress.contact", 44, F, "outside_traffic", params={"count": "2"}, result="stays", title=egress
        ),
    )


_UNREAD = {"canary": "", "class": "", "form": "", "place": "", "scenario": ""}
_UNPUT: dict[str, Any] = {"seconds": None, "agencies": (), "evidence": ()}
_OPAQUE = {"canary": "fhmarkabcdefghijklxx", "agency": "bravo", "store": "media_store"}


def finding(id: str, kind: str, **changes: Any) -> Finding:
    """Traffic from bravo's homeserver to the default key notary, unless changed."""
    values: dict[str, Any] = {
        "id": id,
        "kind": kind,
        "verdict": F,
        "agency": "bravo",
        "service": "chat",
        "product": "synapse",
        "destination": Destination(
            name="matrix.org",
            name_source="sni",
            address="198.18.0.7",
            port=443,
            proto="tcp",
            operator="Matrix.org Foundation",
            country="GB",
            feature="key notary",
            switch_off="trusted_key_servers: []",
            catalogue_id="1",
        ),
        "packets": 14,
        "bytes": 3120,
        "first_seen": START + 12.5,
        "last_seen": START + 31.75,
        "count": 3,
        "passed": True,
        "questions": ("egress.contact",),
        "attribution": Attribution(how="host", host="bravo-chat", scenarios=("chat.delivery",)),
        "trigger": "chat.delivery",
        "would_have_sent": ("GET /_matrix/key/v2/query HTTP/1.1",),
        "requirements": ("SOV-2", "SecNumCloud 19.6"),
        "evidence": ("ledger:31-34", "sinkhole:2-2", "dns:9-9"),
    }
    return Finding(**(values | changes))


def findings() -> tuple[Finding, ...]:
    """Findings of many kinds, some with a product's hostile text."""
    return (
        finding("f-0001", "outside"),
        finding(
            "f-0002",
            "outside",
            service="leak",
            product="leaker",
            destination=Destination(address="203.0.113.9", port=4444, proto="udp"),
            passed=False,
            bytes=80,
            packets=1,
            count=1,
            attribution=Attribution(how="window", scenarios=("chat.delivery", "chat.acl")),
            trigger="between",
            detail="lost",
            would_have_sent=(),
            first_seen=START + 9,
        ),
        finding(
            "f-0003",
            "lookup",
            destination=Destination(name=HTML, name_source="dns", proto="udp", port=53),
            user=TERMINAL,
            product=FORMULA,
            would_have_sent=(MARKDOWN, BIDI),
            attribution=Attribution(how="canary", host=FORMULA, scenarios=(MARKDOWN,)),
            trigger="start",
            first_seen=START + 20,
        ),
        finding(
            "f-0004",
            "outside",
            destination=Destination(
                name="status.example.net", address="2001:db8::5", port=443, proto="tcp", country="SE"
            ),
            verdict=P,
            accepted="Säkerhetschefen",
            trigger="stop",
        ),
        finding(
            "f-0005",
            "unlisted_partner",
            agency="alfa",
            destination=Destination(
                name="delta.example",
                address="10.4.0.2",
                port=8448,
                proto="tcp",
                destination_class="unlisted-partner",
            ),
            verdict=U,
            trigger="chat.acl",
        ),
        stored(),
    )


def stored() -> Finding:
    """A planted word in a store where it may not rest, as checks describe it."""
    return finding(
        "f-0006",
        "residency",
        agency="charlie",
        destination=Destination(name="homeserver.db", proto="content", destination_class="partner"),
        packets=0,
        bytes=0,
        count=2,
        passed=False,
        would_have_sent=(),
        evidence=("storage:7-8",),
    )


def residency() -> tuple[Residency, ...]:
    """Planted words where they belong, where they do not, and in a store that is opaque."""
    row: dict[str, Any] = {
        "canary": "fhmarkabcdefghijklxx",
        "class": "content",
        "owner": "alfa",
        "agency": "alfa",
        "service": "chat",
        "store": "homeserver.db",
        "form": "plain",
        "place": "live",
        "sweep": "end-running",
        "verdict": P,
        "scenario": "chat.delivery",
    }
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"canary": "fhmarkbbcdefghijklxx"},
        {"agency": "bravo"},
        {"agency": "delta", "place": "freed_page", "verdict": F},
        {"agency": "charlie", "store": "media_store", "verdict": U} | _UNREAD,
        {"agency": "bravo", "store": FORMULA, "form": HTML, "place": "log", "class": "name"},
    )
    return tuple(Residency.model_validate(row | change) for change in changes)


def flows() -> tuple[FlowSum, ...]:
    """Flows between listed agencies, to the unlisted one, and to the outside."""
    rows: tuple[tuple[str, str, Any, int, int, tuple[str, ...]], ...] = (
        ("alfa", "bravo", "partner", 21_480_220, 18_004, ("bravo.example",)),
        ("bravo", "alfa", "partner", 412_300, 2_210, ("alfa.example",)),
        ("alfa", "charlie", "partner", 20_930_110, 17_020, ("charlie.example",)),
        ("charlie", "alfa", "partner", 98_400, 702, ("alfa.example",)),
        ("bravo", "charlie", "partner", 63_000, 310, ("charlie.example",)),
        ("charlie", "bravo", "partner", 58_120, 301, ("bravo.example",)),
        ("alfa", "delta", "unlisted-partner", 660, 6, ("delta.example",)),
        ("bravo", "outside", "outside", 3200, 15, ("matrix.org", HTML)),
    )
    return tuple(
        FlowSum(source=s, target=t, kind=k, bytes=b, packets=p, names=n) for s, t, k, b, p, n in rows
    )


def coverage() -> tuple[Coverage, ...]:
    """Borders that are proved whole, one that lost something."""
    lost = Reason(code="recorder_lost", params={"border": "bravo", "what": "flows", "lost": "12"})
    blind = (Reason(code="declared_exception", params={"host": "bravo-leak", "exception": "net_raw"}),)
    gap: dict[str, Any] = {"reasons": (lost,), "blind": blind}
    rows: tuple[dict[str, Any], ...] = (
        {"border": "alfa", "from": START, "to": START + 60, "listed": P, "lost": 0},
        {"border": "bravo", "from": START, "to": START + 60, "listed": U, "lost": 12} | gap,
        {"border": "charlie", "from": START, "to": START + 60, "listed": P, "lost": 0},
        {"border": "delta", "from": START, "to": START + 60, "listed": P, "lost": 0},
    )
    return tuple(Coverage.model_validate(row) for row in rows)


def disclosures() -> tuple[Disclosure, ...]:
    """What partners and a supplier received."""
    return (
        Disclosure(
            giver="alfa",
            receiver="bravo",
            kind="partner",
            bytes=21_480_220,
            packets=18_004,
            ports=("8448/tcp",),
            data_classes=("content", "title", "file"),
            copies=4,
        ),
        Disclosure(
            giver="alfa",
            receiver="charlie",
            kind="partner",
            bytes=20_930_110,
            packets=17_020,
            ports=("8448/tcp",),
            data_classes=("content", "title"),
            copies=3,
        ),
        Disclosure(
            giver="bravo",
            receiver="Molnbolaget AB",
            kind="supplier",
            bytes=0,
            packets=0,
            data_classes=("content", "name"),
            copies=9,
        ),
    )


def case() -> Case:
    """A matter with every field filled in."""
    return Case(
        number="2026-0417",
        responsible="Enheten för digital samverkan",
        ordered_by="Myndigheten Alfa",
        purpose="Prov av chatt mellan tre myndigheter före beslut",
        information_class="Öppen, endast provdata",
        reviewed_by="A. Granskare",
        keep_until="2031-12-31",
    )


def run(**changes: Any) -> RunResult:
    """A whole run with failures, gaps, exceptions and hostile text; ``changes`` replace fields."""
    values: dict[str, Any] = {
        "run": RunInfo(
            id="20261124T042320Z-alfa",
            started=START,
            ended=START + 64.5,
            complete=True,
            harness_version="0.1.0",
            runtime="embedded",
            suite="poc",
            number=1,
            of=3,
            timezone="Europe/Stockholm",
            catalogue_date="2026-11-23",
            question_list="1",
        ),
        "federation": FederationInfo(name="poc", agencies=agencies(), case=case()),
        "verdicts": Verdicts(works=F, stays=F, stays_reference=F, survives=P),
        "reasons": {
            "works": (Reason(code="questions_failed", params={"count": "1"}),),
            "stays": (Reason(code="findings_failed", params={"count": "3"}),),
            "stays_reference": (Reason(code="findings_failed", params={"count": "4"}),),
        },
        "counts": Counts(passed=3, unknown=1, failed=2, not_tested=1, not_applicable=1),
        "questions": questions(),
        "findings": findings(),
        "residency": residency(),
        "disclosures": disclosures(),
        "flows": flows(),
        "coverage": coverage(),
        "exceptions": (
            AcceptedDestination(
                destination="status.example.net",
                port=443,
                accepted_by="Säkerhetschefen",
                since=date(2026, 9, 1),
                why=f"Driftstatus, inga personuppgifter {HTML}",
            ),
        ),
    }
    return RunResult(**(values | changes))


def incomplete() -> RunResult:
    """The same run, killed half-way: no end, results that cannot be decided."""
    whole = run()
    return run(
        run=whole.run.model_copy(update={"ended": None, "complete": False}),
        verdicts=Verdicts(works=U, stays=F, stays_reference=F, survives=U),
        reasons={"works": (Reason(code="run_incomplete"),), "survives": (Reason(code="run_incomplete"),)},
        questions=(question("chat.delivery", 1, U, "scenario_no_end", seconds=None),),
        counts=Counts(unknown=1),
    )


def clean() -> RunResult:
    """A hardened run in which all passed and nothing went outside."""
    return run(
        verdicts=Verdicts(works=P, stays=P, stays_reference=P, survives=P),
        reasons={},
        counts=Counts(passed=2),
        questions=(
            question("chat.delivery", 1, P, "scenario_passed"),
            question("egress.contact", 44, P, "no_outside_traffic", result="stays"),
        ),
        findings=(),
        residency=residency()[:3],
        flows=flows()[:6],
        coverage=tuple(row for row in coverage() if row.border != "bravo"),
        exceptions=(),
    )


def empty() -> RunResult:
    """A run that died before anything was recorded: nothing anywhere, so nothing is a pass."""
    whole = run()
    return run(
        run=whole.run.model_copy(update={"ended": None, "complete": False, "catalogue_date": ""}),
        federation=FederationInfo(name="poc", agencies=(agencies()[0],)),
        verdicts=Verdicts(works=U, stays=U, stays_reference=U, survives=U),
        reasons={"works": (Reason(code="nothing_tested"),)},
        counts=Counts(),
        questions=(),
        findings=(),
        residency=(),
        disclosures=(),
        flows=(),
        coverage=(),
        exceptions=(),
    )


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """This module, whose functions make the runs."""
    return sys.modules[__name__]

"""What the page shows, in one language: facts turned into words and rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from harness.model.result import Disclosure, Finding, Reason, Residency, RunResult, ServiceInfo
from harness.model.verdict import Verdict
from harness.reports import facts, figures, svg
from harness.reports.escape import shortened, visible
from harness.reports.texts import Texts, load_catalogue

_NAMED = 6
_AGENCY_PARAMETERS = frozenset({"agency", "border", "borders", "from", "to"})
QUOTE_LIMIT = 400
"""Longest product text on the page, in characters; ``run.json`` has all of it."""


def quoted(text: str, limit: int = QUOTE_LIMIT) -> Markup:
    """Return product text as an element of its own: spelt out, isolated, not to be translated."""
    shown = escape(visible(shortened(text, limit)))
    if text.isascii() and text.isdigit():
        return shown
    return Markup('<bdi class="quoted" translate="no">') + shown + Markup("</bdi>")


@dataclass(frozen=True)
class ProductLine:
    """One line of *what was run*: a product as several agencies have it."""

    service: ServiceInfo
    operator: str
    agencies: list[str]


@dataclass(frozen=True)
class RestLine:
    """Planted words of one kind that came to rest in one place."""

    row: Residency
    words: int


@dataclass(frozen=True)
class Page:
    """One run in one language; every method gives a template what it shows.

    Args:
        result: the run.
        texts: the language.
    """

    result: RunResult
    texts: Texts
    titles: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "titles", facts.titles(self.result))

    @property
    def lang(self) -> str:
        """The language's code."""
        return self.texts.lang

    def stated(self, value: str) -> str:
        """Return ``value``, or *not stated* in its place."""
        return value or self.texts.text("common.not_stated")

    def agency(self, name: str) -> str:
        """Return an agency's name as shown; a name that is no agency's stays as it is."""
        return self.titles.get(name, name)

    def receiver(self, row: Disclosure) -> str:
        """Return who received; a supplier whom the federation file does not name stays one."""
        unnamed = row.kind == "supplier" and row.receiver == "supplier"
        return self.texts.text("operator.supplier") if unnamed else self.agency(row.receiver)

    def agencies(self, names: Iterable[str]) -> str:
        """Return agencies' names in one line; *every agency* for all of several."""
        listed = list(names)
        if len(listed) > 1 and set(listed) == set(self.titles):
            return self.texts.text("common.each")
        return ", ".join(self.agency(name) for name in listed)

    def who_met(self) -> str:
        """Return the agencies by name, or the federation's name where they are many."""
        if len(self.titles) > _NAMED:
            return self.result.federation.name
        return ", ".join(self.titles.values())

    def reason(self, reason: Reason) -> Markup:
        """Return a reason as a sentence in which product text is quoted."""
        return self._coded("reason", reason)

    def blind_spot(self, reason: Reason) -> Markup:
        """Return a blind spot as a sentence."""
        group = "blind" if f"blind.{reason.code}" in self.texts else "reason"
        return self._coded(group, reason)

    def _coded(self, group: str, reason: Reason) -> Markup:
        params = {name: self._named(name, value) for name, value in reason.params.items()}
        return Markup(self.texts.coded(group, reason.code, params, quote=quoted, plain=escape_text))

    def _named(self, parameter: str, value: str) -> str:
        """Return a parameter that holds agencies' ids with their names as shown."""
        if parameter not in _AGENCY_PARAMETERS:
            return value
        return ", ".join(self.agency(name) for name in value.split(", "))

    def word(self, group: str, code: str) -> str | Markup:
        """Return the word for a code of an open set; a code that is not listed is quoted."""
        if not code:
            return ""
        key = f"{group}.{code}"
        return self.texts.text(key) if key in self.texts else quoted(code, 80)

    def size(self, count: int) -> str:
        """Return bytes in a readable unit."""
        return figures.size(count, self.texts)

    def duration(self, seconds: float | None) -> str:
        """Return a duration."""
        return figures.duration(seconds, self.texts)

    def date(self) -> str:
        """Return the day on which the run began, in UTC."""
        return figures.day(self.result.run.started)

    def period(self) -> str:
        """Return when the run began and ended."""
        run = self.result.run
        ended = figures.when(run.ended) or self.texts.text("report.not_ended")
        return self.texts.text("report.time", started=figures.when(run.started), ended=ended)

    def picture(self) -> Markup:
        """Return the picture of the agencies."""
        return svg.federation_picture(self.result, self.texts, self.lang)

    def product_lines(self) -> list[ProductLine]:
        """Return what was run, equal services of several agencies on one line."""
        lines: dict[ServiceInfo, ProductLine] = {}
        for agency in self.result.federation.agencies:
            for service in agency.services:
                key = service.model_copy(update={"service": ""})
                line = lines.setdefault(key, ProductLine(service, self.operator(service), []))
                if agency.name not in line.agencies:
                    line.agencies.append(agency.name)
        return list(lines.values())

    def operator(self, service: ServiceInfo) -> str:
        """Return who operates a service, by name and country where the file states them."""
        who = service.operated_by
        named = ", ".join(part for part in (who.name, who.country) if part)
        kind = self.texts.text(f"operator.{who.kind}")
        return f"{kind}: {named}" if named else kind

    def where(self) -> list[str]:
        """Return where it ran, and how what ran elsewhere was observed."""
        runtimes = [s.runtime for a in self.result.federation.agencies for s in a.services]
        external = runtimes.count("external")
        if runtimes and external == len(runtimes):
            return [self.texts.text("report.where_external")]
        count = self.texts.counted("report.where_simulated", len(self.titles))
        lines = [count, self.texts.text("report.where_runtime", runtime=self.result.run.runtime)]
        if external:
            lines.append(self.texts.text("report.where_external_mixed", number=external))
        return lines

    def outside(self) -> list[facts.OutsideDestination]:
        """Return the places outside."""
        return facts.outside_destinations(self.result)

    def sources(self, place: facts.OutsideDestination) -> str:
        """Return who sent to a place outside: agencies, each with its service or person."""
        who = {f"{self.agency(f.agency)} {f.service or f.user}".strip(): None for f in place.findings}
        return ", ".join(list(who)[:_NAMED])

    def disclosures(self) -> list[Disclosure]:
        """Return what partners and suppliers received, the most first."""
        return sorted(self.result.disclosures, key=lambda d: (-d.bytes, d.receiver, d.giver))

    def data_classes(self, codes: Iterable[str]) -> Markup:
        """Return kinds of data in one line."""
        return Markup(", ").join(self.word("data_class", code) for code in codes)

    def findings(self) -> list[Finding]:
        """Return the findings, the worst first."""
        return facts.worst_first(self.result.findings)

    def operated_by(self, finding: Finding) -> str:
        """Return who operates the service that a finding is about."""
        for agency in self.result.federation.agencies:
            for service in agency.services:
                if agency.name == finding.agency and service.service == finding.service:
                    return self.operator(service)
        return ""

    def rest_lines(self) -> list[RestLine]:
        """Return where planted words came to rest, the worst first, equal places on one line.

        A store that could not be read has a line without a word.
        """
        rows: Counter[Residency] = Counter()
        for row in self.result.residency:
            rows[row.model_copy(update={"canary": "", "scenario": ""})] += 1 if row.canary else 0
        order = {Verdict.FAIL: 0, Verdict.UNKNOWN: 1}
        lines = [RestLine(row, words) for row, words in rows.items()]
        return sorted(lines, key=lambda line: (order.get(line.row.verdict, 2), _rest_order(line.row)))

    def blind_spots(self) -> list[tuple[Reason, list[str]]]:
        """Return each blind spot once, with the borders that declared it.

        What is never watched has a list of its own and is left out here.
        """
        spots: dict[str, tuple[Reason, list[str]]] = {}
        for row in self.result.coverage:
            for reason in row.blind:
                if f"unwatched.{reason.code}" in self.texts:
                    continue
                key = reason.model_dump_json()
                spots.setdefault(key, (reason, []))[1].append(row.border)
        return list(spots.values())

    def never_watched(self) -> list[str]:
        """Return what this kind of run never watches."""
        keys = [key for key in load_catalogue(self.lang) if key.startswith("unwatched.")]
        return [self.texts.text(key) for key in keys]


def escape_text(text: str) -> str:
    """Return text of our own catalogue, escaped for HTML."""
    return str(escape(text))


def _rest_order(row: Residency) -> tuple[str, ...]:
    return (row.agency, row.service, row.store, row.owner, row.data_class, row.place, row.form, row.sweep)

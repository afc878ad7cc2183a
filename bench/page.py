"""``python -m bench.page``: put the kept results into ``docs/benchmarks.md``.

Every figure that has an aim is shown, met or missed, and of the others those that say most;
the results themselves, with every round, lie in ``bench/results``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.figures import Figure
from bench.result import RESULTS, Result, number

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: written by `python -m bench.page` -->", "<!-- end of figures -->"
KEY_FIGURES: Mapping[str, Sequence[str]] = {
    "start": (
        "bare start",
        "2 agencies: until the command began the run",
        "2 agencies: ready, from the run's beginning / bare start",
        "4 agencies: ready, from the run's beginning / bare start",
        "1 agency: ready / bare start",
        "2 agencies, plain processes: ready / bare start",
        "4 agencies, plain processes: ready / bare start",
        "world alone, 2 agencies",
        "world alone, 4 agencies",
    ),
    "border": (
        "within: connections opened",
        "within: frames declared lost",
        "beyond: frames declared lost",
        "no limit, segments up to 64 kB: cost",
        "no limit, packets of 1.5 kB: cost",
    ),
    "chat": ("an empty scenario with nobody",),
    "latency": (
        "latency, 95 % are below",
        "taken by the own server, median",
        "100 at once: all taken",
        "100 at once: all seen",
        "100 at once: seen",
    ),
    "scale": (
        "up: each agency",
        "up: an agency among many / among few",
        "up: 50 agencies",
        "memory: each agency",
        "memory: an agency among many / among few",
        "memory: 50 agencies",
        "50 with 10 homeservers: ready",
        "50 with 10 homeservers: each adds",
        "50 with 10 homeservers, plain processes: ready",
        "50 with 10 homeservers, plain processes: each adds",
    ),
    "sweep": ("text: sweep / mere read", "text: sweep", "random bytes: sweep / mere read"),
}
"""Figures without an aim that the page shows, by program."""


def results(folder: Path = RESULTS) -> list[Result]:
    """Return the results that are kept, in the order of the programs."""
    paths = (folder / f"{name}.json" for name in KEY_FIGURES)
    return [Result.model_validate_json(path.read_text("utf-8")) for path in paths if path.exists()]


def render(found: Sequence[Result]) -> str:
    """Return the page's tables as Markdown."""
    if not found:
        return "No results are kept yet: `python -m bench` writes them."
    first = found[0].machine
    facts = f"{first.model}, {first.processors} processors, {first.memory:,} MiB, {first.system}, kernel "
    versions = ", ".join(f"{name} {version}" for name, version in sorted(first.versions.items()))
    lines = [f"Measured on: {facts}{first.kernel}, Python {first.python}; {versions}.", ""]
    lines += ["| program | figure | median | low to high | aim |", "|---|---|---:|---:|---|"]
    lines += [row for result in found for row in _rows(result)]
    loads = ", ".join(f"{each.program} {each.machine.load:g}" for each in found)
    return "\n".join([*lines, "", f"Load average when each program began: {loads}."])


def put(page: str, tables: str) -> str:
    """Return the page with its tables replaced.

    Raises:
        ValueError: the page has no place for them.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} lacks `{BEGIN}` or `{END}`")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(put(PAGE.read_text("utf-8"), render(results())), "utf-8")


def _rows(result: Result) -> Iterator[str]:
    wanted = KEY_FIGURES[result.program]
    aims = [each for each in result.figures if each.aim is not None]
    others = [each for each in result.figures if each.aim is None and each.name in wanted]
    for each in (*aims, *others):
        yield (
            f"| {result.program} | {each.name} | {_with_unit(each)} | "
            f"{number(each.low)} to {number(each.high)} | {_aim(each)} |"
        )


def _with_unit(each: Figure) -> str:
    unit = "" if each.unit == "ratio" else f" {each.unit}"
    return f"{number(each.median)}{unit}"


def _aim(each: Figure) -> str:
    if each.aim is None:
        return ""
    sign = "≤" if each.at_most else "≥"
    return f"{sign} {each.aim:g}, {'met' if each.met else '**missed**'}"


if __name__ == "__main__":
    main()

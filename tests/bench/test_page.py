"""The page shows what the kept results say, and names no figure that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.__main__ import PROGRAMS
from bench.figures import figure
from bench.machine import Machine
from bench.page import KEY_FIGURES, PAGE, put, render, results
from bench.result import Result

MACHINE = Machine(
    processors=2,
    model="Processor",
    memory=24000,
    kernel="6.18",
    system="Debian GNU/Linux 12 (bookworm)",
    python="3.11.2",
    load=0.1,
    versions={"synapse": "1.163.2"},
    commit="",
)


def made(program: str = "start") -> Result:
    figures = (
        figure("2 agencies: ready / bare start", "ratio", [1.1, 1.5], aim=1.2),
        figure("bare start", "s", [1.6, 1.7]),
        figure("something else", "s", [9.0]),
    )
    return Result(
        program=program,
        started=0,
        seconds=1,
        repeat=2,
        machine=MACHINE,
        load_after=0,
        figures=figures,
    )


def test_aims_and_key_figures_are_shown(tmp_path: Path) -> None:
    (tmp_path / "start.json").write_text(made().model_dump_json())
    text = render(results(tmp_path))
    assert "| start | 2 agencies: ready / bare start | 1.3 | 1.1 to 1.5 | ≤ 1.2, **missed** |" in text
    assert "| start | bare start | 1.65 s | 1.6 to 1.7 |  |" in text
    assert "something else" not in text


def test_every_program_has_its_place() -> None:
    assert list(KEY_FIGURES) == list(PROGRAMS)


def test_the_page_shows_the_kept_results() -> None:
    page = PAGE.read_text("utf-8")
    assert put(page, render(results())) == page, "run `python -m bench.page`"


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        put("# Benchmarks\n", "tables")


@pytest.mark.parametrize("result", results(), ids=lambda result: result.program)
def test_key_figures_are_measured(result: Result) -> None:
    assert set(KEY_FIGURES[result.program]) <= {each.name for each in result.figures}

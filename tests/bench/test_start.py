"""Ratios of a start are formed by row and round."""

from __future__ import annotations

from bench.bare import REFERENCE_SECONDS, scaled
from bench.start import WORLDS, Row, Seconds, figures


def test_ready_is_given_in_bare_starts() -> None:
    row = Row(2, aim=1.2)
    seconds = Seconds(bare=[1.0, 2.0])
    seconds.began[row], seconds.ready[row], seconds.message[row] = [0.2, 0.4], [1.1, 2.2], [1.5, 3.0]
    for number in WORLDS:
        seconds.worlds[number] = [0.1, 0.1]
    found = {each.name: each for each in figures(seconds, [row])}
    assert found["2 agencies: ready / bare start"].values == (1.1, 1.1)
    assert found["2 agencies: ready / bare start"].met is True
    assert found["2 agencies: first message / bare start"].met is False
    assert found["2 agencies: ready, from the run's beginning / bare start"].values == (0.9, 0.9)


def test_rows_are_named_by_number_and_mode() -> None:
    assert (Row(1).name, Row(4, plain=True).name) == ("1 agency", "4 agencies, plain processes")


def test_times_are_scaled_by_the_bare_start() -> None:
    assert scaled([10.0], [REFERENCE_SECONDS / 2, REFERENCE_SECONDS / 2, 9.0]) == [20.0]

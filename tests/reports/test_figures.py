import pytest

from harness.reports.figures import clock, day, duration, exact, size, when, whole
from harness.reports.texts import Texts


def test_times_are_in_utc() -> None:
    assert when(1_795_493_000.25) == "2026-11-24 04:03:20 UTC"
    assert clock(1_795_493_000.25) == "04:03:20.250"
    assert day(1_795_493_000.25) == "2026-11-24"
    assert exact(1_795_493_000.25) == "2026-11-24T04:03:20.250Z"
    assert (when(None), clock(None)) == ("", "")


@pytest.mark.parametrize(
    ("count", "english", "swedish"),
    [
        (0, "0 B", "0 B"),
        (999, "999 B", "999 B"),
        (1000, "1.0 kB", "1,0 kB"),
        (99_949, "99.9 kB", "99,9 kB"),
        (99_960, "100 kB", "100 kB"),
        (999_600, "1.0 MB", "1,0 MB"),
        (21_480_220, "21.5 MB", "21,5 MB"),
        (5 * 10**15, "5000 TB", "5000 TB"),
    ],
)
def test_sizes(count: int, english: str, swedish: str) -> None:
    assert size(count, Texts("en")).replace("\u00a0", " ") == english
    assert size(count, Texts("sv")).replace("\u00a0", " ") == swedish


def test_counts_and_durations() -> None:
    assert whole(21_480_220) == "21\u00a0480\u00a0220"
    assert duration(1.25, Texts("sv")) == "1,2\u00a0s"
    assert duration(245, Texts("en")) == "4\u00a0min 5\u00a0s"
    assert duration(None, Texts("en")) == ""

"""Times, sizes and counts as text: UTC only, no locale, the same on every machine."""

from __future__ import annotations

from datetime import UTC, datetime

from harness.reports.texts import Texts

_UNITS = ("B", "kB", "MB", "GB", "TB")
_NO_BREAK = "\u00a0"


def when(seconds: float | None) -> str:
    """Return a time in seconds since the epoch as ``2026-11-24 04:22:13 UTC``; ``""`` for none."""
    if seconds is None:
        return ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def clock(seconds: float | None) -> str:
    """Return only the time of day, in UTC, to the millisecond; ``""`` for none."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[11:23]


def day(seconds: float) -> str:
    """Return the date in UTC as ``2026-11-24``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def whole(number: int) -> str:
    """Return a number with its thousands apart, by a space that does not break."""
    return f"{number:,}".replace(",", _NO_BREAK)


def size(count: int, texts: Texts) -> str:
    """Return a number of bytes in the unit that leaves at most three digits before the comma."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    number = f"{value:.0f}" if unit == 0 or value >= 99.95 else f"{value:.1f}"
    return f"{number.replace('.', texts.text('figure.comma'))}{_NO_BREAK}{_UNITS[unit]}"


def duration(seconds: float | None, texts: Texts) -> str:
    """Return a duration such as ``1.3 s`` or ``4 min 5 s``; ``""`` for none."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f}".replace(".", texts.text("figure.comma")) + f"{_NO_BREAK}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}{_NO_BREAK}min {rest}{_NO_BREAK}s"


def exact(seconds: float) -> str:
    """Return a time in UTC as ISO 8601 with milliseconds, for tools."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

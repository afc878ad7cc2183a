"""The picture of a federation: agencies behind their borders, the flows between them.

The frame around the picture is the simulated internet: what leaves an agency for the
outside points at it. Kinds of flow differ by dash and by label, never by colour alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from harness.model.result import FlowSum, RunResult
from harness.reports import figures
from harness.reports.escape import shortened, visible
from harness.reports.facts import titles
from harness.reports.texts import Texts

LABELLED = 12
"""How many flows carry their bytes in the picture; the table has all."""

_FULL_CARDS = 8
_CROWD = 40
_NARROWEST = 760.0
_MARGIN = 74.0


@dataclass(frozen=True)
class Point:
    """A place in the picture, in pixels from its top left corner."""

    x: float
    y: float

    def towards(self, other: Point, share: float) -> Point:
        """Return the point that lies ``share`` of the way to ``other``."""
        return Point(self.x + (other.x - self.x) * share, self.y + (other.y - self.y) * share)

    def moved(self, dx: float, dy: float) -> Point:
        """Return the point ``dx`` to the right and ``dy`` down."""
        return Point(self.x + dx, self.y + dy)


@dataclass(frozen=True)
class Card:
    """An agency's place: its centre and half its size, its border's gap included."""

    centre: Point
    half_width: float
    half_height: float

    def holds(self, point: Point) -> bool:
        """Say whether ``point`` lies within the agency's border."""
        dx, dy = point.x - self.centre.x, point.y - self.centre.y
        return abs(dx) <= self.half_width and abs(dy) <= self.half_height


@dataclass(frozen=True)
class Layout:
    """Where everything is; sizes in pixels."""

    width: float
    height: float
    cards: dict[str, Card]

    @property
    def centre(self) -> Point:
        """The middle of the picture."""
        return Point(self.width / 2, self.height / 2)


def federation_picture(result: RunResult, texts: Texts, prefix: str) -> Markup:
    """Return the picture as an ``svg`` element without any reference to the outside.

    Args:
        result: the run.
        texts: the language of its labels.
        prefix: makes the element's ids unique in the page.
    """
    layout = lay_out([agency.name for agency in result.federation.agencies])
    flows = summed(result.flows)
    largest = max((flow.bytes for flow in flows), default=1) or 1
    labelled = {id(flow) for flow in sorted(flows, key=lambda f: -f.bytes)[:LABELLED]}
    lines, labels = [], []
    for flow in flows:
        path = _path_of(flow, layout)
        if path:
            width = 1.4 + (4.6 if len(flows) <= _CROWD else 1.6) * math.sqrt(flow.bytes / largest)
            lines.append(_arrow(path, flow.kind, width))
            if id(flow) in labelled:
                labels.append(_label(path, flow, texts))
    crowd = " net-crowd" if len(flows) > _CROWD else ""
    head = Markup(
        '<svg class="net{crowd}" role="img" viewBox="0 0 {w:.0f} {h:.0f}" aria-labelledby="{p}-net-title">'
        '<title id="{p}-net-title">{title}</title>'
    ).format(w=layout.width, h=layout.height, crowd=crowd, p=prefix, title=texts.text("report.flows_picture"))
    parts = [head, _frame(layout, texts), *lines, *_agencies(result, layout), *labels, Markup("</svg>")]
    return Markup("\n").join(parts)


def summed(flows: tuple[FlowSum, ...]) -> list[FlowSum]:
    """Return one flow for each source, target and kind; all places outside are one target."""
    sums: dict[tuple[str, str, str], FlowSum] = {}
    for flow in flows:
        target = "" if flow.kind == "outside" else flow.target
        known = sums.get((flow.source, target, flow.kind))
        total = flow.bytes + (known.bytes if known else 0)
        packets = flow.packets + (known.packets if known else 0)
        update = {"target": target, "bytes": total, "packets": packets}
        sums[flow.source, target, flow.kind] = flow.model_copy(update=update)
    return list(sums.values())


def lay_out(names: list[str]) -> Layout:
    """Place agencies on an ellipse wide enough that no two borders touch."""
    full = len(names) <= _FULL_CARDS
    half_width, half_height = (79.0, 29.0) if full else (36.0, 16.0)
    spacing = 206.0 if full else 64.0
    radius = 0.0 if len(names) < 2 else max(150.0, spacing * len(names) / (2 * math.pi))
    rx, ry = radius * 1.45, radius * (0.0 if len(names) == 2 else 0.98)
    width = max(_NARROWEST, 2 * (rx + half_width + _MARGIN))
    height = 2 * (ry + half_height + _MARGIN)
    start = math.pi if len(names) == 2 else -math.pi / 2
    cards = {}
    for number, name in enumerate(names):
        angle = start + 2 * math.pi * number / len(names)
        centre = Point(width / 2 + rx * math.cos(angle), height / 2 + ry * math.sin(angle))
        cards[name] = Card(centre, half_width, half_height)
    return Layout(width, height, cards)


def _path_of(flow: FlowSum, layout: Layout) -> list[Point]:
    source, target = layout.cards.get(flow.source), layout.cards.get(flow.target)
    if source is None:
        return []
    if flow.kind == "outside":
        return _outwards(source, layout)
    if target is None or target is source:
        return []
    return _between(source, target)


def _between(source: Card, target: Card) -> list[Point]:
    """A bow to the left of its direction, so that the way back does not cover it."""
    dx, dy = target.centre.x - source.centre.x, target.centre.y - source.centre.y
    length = math.hypot(dx, dy)
    bend = 0.06 * length + 20
    middle = source.centre.towards(target.centre, 0.5).moved(dy / length * bend, -dx / length * bend)
    points = [_on_curve(source.centre, middle, target.centre, step / 80) for step in range(81)]
    return [point for point in points if not source.holds(point) and not target.holds(point)]


def _on_curve(start: Point, middle: Point, end: Point, share: float) -> Point:
    return start.towards(middle, share).towards(middle.towards(end, share), share)


def _outwards(source: Card, layout: Layout) -> list[Point]:
    """The shorter way out of the frame: upwards or downwards, beside the agency's middle."""
    up = source.centre.y <= layout.height / 2
    x = source.centre.x + source.half_width * 0.55
    edge = 14.0 if up else layout.height - 14
    begin = source.centre.y + (-source.half_height if up else source.half_height)
    return [Point(x, begin).towards(Point(x, edge), step / 10) for step in range(11)]


def _arrow(path: list[Point], kind: str, width: float) -> Markup:
    end, before = path[-1], path[-2]
    length = math.hypot(end.x - before.x, end.y - before.y) or 1.0
    ux, uy = (end.x - before.x) / length, (end.y - before.y) / length
    reach, half = 9 + width, 4 + width * 0.75
    neck = end.moved(-ux * reach, -uy * reach)
    shaft = [point for point in path if (point.x - neck.x) * ux + (point.y - neck.y) * uy < 0] or path[:1]
    steps = " ".join(f"{point.x:.1f},{point.y:.1f}" for point in [*shaft, neck])
    corners = (end, neck.moved(-uy * half, ux * half), neck.moved(uy * half, -ux * half))
    head = " ".join(f"{point.x:.1f},{point.y:.1f}" for point in corners)
    return Markup(
        '<g class="net-flow net-{kind}"><polyline points="{steps}" stroke-width="{width:.2f}"/>'
        '<polygon points="{head}"/></g>'
    ).format(kind=kind, steps=steps, head=head, width=width)


def _label(path: list[Point], flow: FlowSum, texts: Texts) -> Markup:
    amount = figures.size(flow.bytes, texts)
    outside = flow.kind == "outside"
    spot = _along(path, 0.5 if outside else 0.4)
    anchor = "middle"
    if outside:
        spot, anchor = spot.moved(10, 0), "start"
    else:
        dx, dy = path[-1].x - path[0].x, path[-1].y - path[0].y
        length = math.hypot(dx, dy) or 1.0
        nx, ny = dy / length, -dx / length
        away = 6 + 27 * abs(nx) + 9 * abs(ny)
        spot = spot.moved(nx * away, ny * away)
    return Markup('<text class="net-bytes" x="{x:.1f}" y="{y:.1f}" text-anchor="{a}">{t}</text>').format(
        x=spot.x, y=spot.y + 4, a=anchor, t=amount
    )


def _along(path: list[Point], share: float) -> Point:
    lengths = [math.hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(path)]
    left = sum(lengths) * share
    for start, end, length in zip(path, path[1:], lengths, strict=False):
        if left <= length and length:
            return start.towards(end, left / length)
        left -= length
    return path[-1]


def _frame(layout: Layout, texts: Texts) -> Markup:
    return Markup(
        '<rect class="net-outside" x="12" y="12" width="{w:.0f}" height="{h:.0f}" rx="18"/>'
        '<text class="net-outside-name" x="32" y="40">{name}</text>'
    ).format(w=layout.width - 24, h=layout.height - 24, name=texts.text("report.internet"))


def _agencies(result: RunResult, layout: Layout) -> list[Markup]:
    shown = titles(result)
    domains = {agency.name: agency.domain for agency in result.federation.agencies}
    full = len(layout.cards) <= _FULL_CARDS
    return [
        _agency(card, shown[name] if full else name, domains[name] if full else "")
        for name, card in layout.cards.items()
    ]


def _agency(card: Card, title: str, domain: str) -> Markup:
    left, top = card.centre.x - card.half_width, card.centre.y - card.half_height
    width, height = 2 * card.half_width, 2 * card.half_height
    limit = 21 if domain else 9
    shape = Markup(
        '<g class="net-agency"><title>{full}</title>'
        '<rect class="net-border" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="13"/>'
        '<rect class="net-card" x="{ix:.1f}" y="{iy:.1f}" width="{iw:.1f}" height="{ih:.1f}" rx="8"/>'
    ).format(
        full=visible(title), x=left, y=top, w=width, h=height,
        ix=left + 5, iy=top + 5, iw=width - 10, ih=height - 10,
    )  # fmt: skip
    text = Markup('<text class="{c}" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{t}</text>')
    x, y = card.centre.x, card.centre.y
    name = text.format(c="net-name", x=x, y=y - 3 if domain else y + 4, t=shortened_name(title, limit))
    below = text.format(c="net-domain", x=x, y=y + 14, t=shortened_name(domain, 24)) if domain else ""
    return shape + name + below + Markup("</g>")


def shortened_name(name: str, limit: int) -> str:
    """Return a name that fits on a card, its hostile characters spelt out."""
    shown = visible(name)
    return shown if len(shown) <= limit else shortened(shown, limit - 1).split("…", 1)[0] + "…"

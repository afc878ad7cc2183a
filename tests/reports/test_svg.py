import re
from itertools import combinations
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest

from harness.reports.svg import federation_picture, lay_out, shortened_name, summed
from harness.reports.texts import Texts


def picture(samples: ModuleType) -> ET.Element:
    return ET.fromstring(federation_picture(samples.run(), Texts("sv"), "x"))


def test_the_picture_is_well_formed_and_names_itself(samples: ModuleType) -> None:
    root = picture(samples)
    title = root.find("title")
    assert title is not None
    assert root.get("aria-labelledby") == title.get("id") == "x-net-title"


def test_every_flow_has_an_arrow_and_its_bytes(samples: ModuleType) -> None:
    root = picture(samples)
    arrows = [g for g in root.findall("g") if "net-flow" in g.get("class", "")]
    assert len(arrows) == len(samples.flows())
    labels = {(text.text or "").replace("\u00a0", " ") for text in root.findall("text[@class='net-bytes']")}
    assert {"21,5 MB", "412 kB", "660 B", "3,2 kB"} <= labels


def test_arrows_are_wider_for_more_bytes(samples: ModuleType) -> None:
    root = picture(samples)
    widths = [float(line.get("stroke-width", "0")) for line in root.iter("polyline")]
    amounts = [flow.bytes for flow in summed(samples.flows())]
    assert [w for _, w in sorted(zip(amounts, widths, strict=True))] == sorted(widths)


def test_kinds_of_flow_have_a_class_each(samples: ModuleType) -> None:
    classes = " ".join(g.get("class", "") for g in picture(samples).findall("g"))
    assert {"net-partner", "net-unlisted-partner", "net-outside"} <= set(classes.split())


def test_no_style_attribute_and_no_reference(samples: ModuleType) -> None:
    text = str(federation_picture(samples.run(), Texts("en"), "x"))
    assert not re.search(r"\b(style|href|src|on\w+)=", text)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 8, 9, 20, 50, 200])
def test_no_two_borders_touch_and_all_stay_in_the_frame(number: int) -> None:
    layout = lay_out([f"a{i}" for i in range(number)])
    cards = list(layout.cards.values())
    for one, other in combinations(cards, 2):
        dx, dy = abs(one.centre.x - other.centre.x), abs(one.centre.y - other.centre.y)
        assert dx > one.half_width + other.half_width or dy > one.half_height + other.half_height
    for card in cards:
        assert card.centre.x - card.half_width > 12
        assert card.centre.x + card.half_width < layout.width - 12
        assert card.centre.y - card.half_height > 12
        assert card.centre.y + card.half_height < layout.height - 12


def test_places_outside_are_one_target(samples: ModuleType) -> None:
    flow = samples.flows()[-1]
    [one] = summed((flow, flow.model_copy(update={"target": "elsewhere"})))
    assert one.bytes == 2 * flow.bytes


def test_names_fit_and_are_spelt_out() -> None:
    assert shortened_name("Myndigheten för samhällsskydd", 21) == "Myndigheten för samh…"
    assert shortened_name("a\u202eb", 21) == "a⟨U+202E⟩b"

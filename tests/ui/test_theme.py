"""Figures, escaping, and one set of colours in Python, configuration and style sheets."""

import math
import re
import tomllib
from dataclasses import fields

import pytest
from streamlit.testing.v1 import AppTest

from eudscore import locations
from eudscore.ui import theme


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (16000, "16,000"),
        (1234567.0, "1,234,567"),
        (0.12345, "0.123"),
        (0.5, "0.500"),
        (12.345, "12.3"),
        (123.45, "123"),
        (1234.5, "1,234"),
        (0.99999, "1.00"),
        (-0.0375, "-0.0375"),
        (0.00001234, "1.23e-05"),
        (math.nan, "–"),
        (math.inf, "∞"),
    ],
)
def test_figures_have_three_digits_and_separators(value, shown):
    assert theme.number(value) == shown


def test_shares_are_percentages():
    assert theme.percent(0.16) == "16%"
    assert theme.percent(0.1234) == "12.3%"
    assert theme.percent(math.nan) == "–"


def channel(part):
    return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4


def luminance(colour):
    red, green, blue = (channel(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK])
def test_text_is_readable_on_card_and_ground(look):
    for ground in (look.card, look.ground):
        for colour in (look.text, look.muted, look.accent):
            assert contrast(colour, ground) >= 4.5
    assert contrast("#FFFFFF", look.button) >= 4.5


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK])
def test_the_more_uncertain_the_more_contrast_with_the_card(look):
    steps = [contrast(colour, look.card) for colour in look.scale]
    assert steps == sorted(steps)


def test_configuration_has_the_colours_of_the_palettes():
    with (locations.site() / ".streamlit" / "config.toml").open("rb") as content:
        config = tomllib.load(content)["theme"]
    for name, look in (("light", theme.LIGHT), ("dark", theme.DARK)):
        section = config[name]
        assert section["primaryColor"] == look.button
        assert section["backgroundColor"] == look.card
        assert section["textColor"] == look.text
        assert section["borderColor"] == look.line
        assert tuple(section["chartCategoricalColors"]) == look.categorical
        assert tuple(section["chartSequentialColors"]) == look.scale


@pytest.mark.parametrize("sheet", ["style.css", "map/explorer.css"])
def test_style_sheets_have_the_colours_of_the_palettes(sheet):
    content = (locations.assets() / sheet).read_text(encoding="utf-8")
    names = {"fill": "button", "soft": "grid"}
    found = re.findall(r"--(?:eud-)?([a-z]+): light-dark\((#\w{6}), (#\w{6})\);", content)
    assert len(found) >= 6
    for name, light, dark in found:
        field = names.get(name, name)
        assert field in {one.name for one in fields(theme.Palette)}
        assert (light, dark) == (getattr(theme.LIGHT, field), getattr(theme.DARK, field))


def test_a_small_chart_takes_the_layout():
    def page():
        import plotly.graph_objects as go
        import streamlit as st

        from eudscore.ui import theme

        figure = go.Figure(go.Bar(y=[1, 2]), theme.plotly_layout(height=200, showlegend=True))
        st.plotly_chart(figure, theme=None)

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert '"showlegend":true' in app.get("plotly_chart")[0].proto.spec.replace(" ", "")


def test_pieces_of_a_page_escape_what_they_show():
    def page():
        from eudscore.ui import theme

        theme.page_setup("<i>Try</i>")
        theme.header("<script>", ["<b>chip</b>"]).button("Go")
        theme.tiles([("<u>", "1 & 2")])
        with theme.card("<s>title", "note<", key="one"):
            theme.error_box("costs $5 and $6")
        theme.empty_state("Nothing <here>.").button("Lead on")

    app = AppTest.from_function(page).run()
    assert not app.exception
    bodies = "".join(element.proto.body for element in app.get("html"))
    for raw in ("<script>", "<b>chip", "<u>", "<s>", "<here>"):
        assert raw not in bodies
    assert "&lt;script&gt;" in bodies
    assert app.error[0].value == r"costs \$5 and \$6"
    assert len(app.button) == 2

"""What axe-core finds wrong with the pages: contrast AA, names of controls, roles; in both themes."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import ROOT, serving, visiting
from synthetic import keep_synthetic

from eudscore.store.workspace import CorpusRef, Workspace

pytestmark = pytest.mark.browser

# What Streamlit draws around our pages is not ours to mend.
OURS = [".st-key-explorer", "[class*='st-key-card-']", ".st-key-header", ".eud-tiles"]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("accessible")


@pytest.fixture(scope="module")
def ref(root) -> CorpusRef:
    return keep_synthetic(Workspace(root), "small", 500)


@pytest.fixture(scope="module")
def address(chromium, root, ref) -> Iterator[str]:
    with serving(ROOT / "app.py", root) as found:
        yield found


def found_wrong(page) -> list[str]:
    """Each violation with the elements it is about, those of Streamlit's own parts left out."""
    context = page.evaluate("(ours) => ours.filter((one) => document.querySelector(one))", OURS)
    told = Axe().run(page, context={"include": [[one] for one in context]}, options=RULES).response["violations"]
    return [
        f"{one['id']} ({one['help']}): {node['target']} {node['html'][:200]}"
        for one in told
        for node in one["nodes"]
        if "stElementToolbar" not in node["html"] and "data-baseweb" not in node["html"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["explore", "select", "data"])
def test_axe_finds_nothing_wrong(chromium, address, ref, page, scheme):
    with visiting(chromium, address, scheme=scheme) as visit:
        visit.open(f"/{page}?data={ref}")
        if page == "explore":
            visit.page.locator(".listing tbody tr").nth(2).click()
            visit.page.locator(".st-key-card-why").get_by_text("row").first.wait_for()
            visit.page.get_by_role("tab", name="Two scores").click()
            visit.page.get_by_role("searchbox").fill("refund")
            visit.page.keyboard.press("Enter")
            visit.page.locator(".chips li").wait_for()
        if page == "select":
            visit.page.locator(".classes header select").select_option("custom")
            visit.page.get_by_label("Add a further score").select_option("semantic_entropy")
            visit.page.locator(".frank").click()
            visit.page.locator(".interval").wait_for()
        visit.settle(500)
        assert found_wrong(visit.page) == []


def test_axe_would_find_a_pale_word_inside_a_component(chromium, address, ref):
    with visiting(chromium, address) as visit:
        visit.open(f"/explore?data={ref}")
        name = visit.page.locator(".brush-head .name").first
        name.wait_for()  # what is hidden until its style sheet is there has no contrast
        name.evaluate("(name) => { name.style.color = '#DDDDDD'; }")
        assert any("color-contrast" in wrong for wrong in found_wrong(visit.page))

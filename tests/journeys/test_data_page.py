"""The Data page in a browser: what people bring, what they are told about it, and how far down they can look."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from browser import ROOT, Visit, serving, visiting
from playwright.sync_api import Browser, Locator, expect

from eudscore.store.workspace import CorpusRef, Workspace

pytestmark = pytest.mark.browser

MINUTE = 60_000
LARGEST = 200_000_000  # bytes: the 200 MB of the page
LINE = "{:08d} the parcel of this customer came a week late and the refund is still missing,{}\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data-page")


@pytest.fixture(scope="module")
def address(chromium: Browser, root: Path) -> Iterator[str]:
    with serving(ROOT / "app.py", root) as found:
        yield found


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Visit]:
    with visiting(chromium, address) as opened:
        yield opened
        opened.assert_clean()


def chip(visit: Visit, words: str) -> Locator:
    return visit.page.locator(".eud-chip", has_text=re.compile(f"^{re.escape(words)}$"))


def card(visit: Visit, key: str) -> Locator:
    return visit.page.locator(f".st-key-card-{key}")


def upload(visit: Visit, path: Path) -> None:
    visit.page.locator('input[type="file"]').set_input_files(path)


def open_path(visit: Visit, path: Path) -> None:
    form = visit.page.get_by_test_id("stForm")
    form.locator("input").fill(str(path))
    form.get_by_role("button", name="Open").click()


def opened_corpus(visit: Visit, root: Path) -> CorpusRef:
    """The data set that the address of the window names."""
    expect(visit.page).to_have_url(re.compile(r"data=[0-9a-f]{16}-[0-9a-f]{16}"))
    return CorpusRef.parse(visit.page.url.rpartition("data=")[2])


def semicolons(folder: Path, name: str) -> Path:
    """90 rows in Windows-1252."""
    said = "À Noël la fête numéro {} était très gaie, ça alors;{}"
    rows = [said.format(row, "bof" if row % 3 else "bien") for row in range(90)]
    path = folder / f"{name}.csv"
    path.write_bytes("\r\n".join(["texte;label", *rows]).encode("cp1252"))
    return path


def lines_of(size: int, path: Path) -> int:
    """Write a table of exactly this many bytes; returns its rows."""
    head, length = "text,label\n", len(LINE.format(0, "a"))
    count, rest = divmod(size - len(head), length)
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(head)
        file.writelines(LINE.format(row, "ab"[row % 2]) for row in range(count - 1))
        file.write(LINE.format(count - 1, "a").replace(" the", " the" + "e" * rest, 1))
    assert path.stat().st_size == size
    return count


def test_a_file_of_semicolons_in_another_encoding_is_read_right_and_told(
    visit: Visit, root: Path, tmp_path: Path
) -> None:
    visit.open("/data")
    upload(visit, semicolons(tmp_path, "avis"))
    expect(visit.page.locator(".eud-title")).to_have_text("avis", timeout=MINUTE)
    expect(chip(visit, "90 rows")).to_be_visible()
    expect(card(visit, "roles")).to_contain_text("semicolons")
    expect(card(visit, "roles")).to_contain_text("Windows-1252")
    expect(card(visit, "balance").locator(".eud-bar")).to_have_text([re.compile("bof.*60"), re.compile("bien.*30")])
    read = Workspace(root).corpus(opened_corpus(visit, root))
    assert read.texts([7]) == ["À Noël la fête numéro 7 était très gaie, ça alors"]


def test_a_part_of_an_upload_is_read_only_when_it_is_asked_for(visit: Visit, tmp_path: Path) -> None:
    visit.open("/data")
    upload(visit, semicolons(tmp_path, "part"))
    expect(visit.page.locator(".eud-title")).to_have_text("part", timeout=MINUTE)
    visit.page.get_by_text("Only a part of it").click()
    condition = visit.page.get_by_role("textbox", name="Only rows for which this SQL condition holds")
    condition.fill("label = 'bien'")
    condition.press("Enter")
    again = visit.page.get_by_role("button", name="Read the file again")
    expect(again).to_be_visible()
    expect(chip(visit, "90 rows")).to_be_visible()
    again.click()
    expect(chip(visit, "30 of 90 rows")).to_be_visible(timeout=MINUTE)
    expect(visit.page.locator(".eud-tile").first).to_have_text(re.compile("Rows of 90.*30"))
    expect(card(visit, "roles")).to_contain_text("30 of 90 rows fulfil the condition")
    expect(again).to_have_count(0)


def test_a_broken_upload_is_one_sentence_that_stays_while_the_file_stands_there(visit: Visit, tmp_path: Path) -> None:
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1" + bytes(range(256)))
    visit.open("/data")
    upload(visit, path)
    sentence = visit.page.get_by_text("broken.parquet is a broken Parquet file")
    expect(sentence).to_be_visible(timeout=MINUTE)
    visit.page.get_by_text("Only a part of it").click()
    split = visit.page.get_by_role("textbox", name="Split")
    split.fill("test")
    split.press("Enter")
    visit.settle()
    expect(sentence).to_have_count(1)
    assert "broken" not in visit.page.locator(".eud-title").inner_text()


def test_a_folder_of_shards_is_joined_in_order_and_its_last_rows_can_be_seen(
    visit: Visit, root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "shards"
    folder.mkdir()
    for shard in range(3):
        texts = [f"the text of row number {shard * 10_000 + row} of this data set" for row in range(10_000)]
        pq.write_table(pa.table({"text": texts}), folder / f"part-{shard:05d}.parquet")
    visit.open("/data")
    open_path(visit, folder)
    expect(chip(visit, "30,000 rows")).to_be_visible(timeout=MINUTE)
    expect(card(visit, "roles")).to_contain_text("part-00000.parquet, part-00001.parquet, part-00002.parquet")
    assert Workspace(root).corpus(opened_corpus(visit, root)).texts([29_999]) == [
        "the text of row number 29999 of this data set"
    ]
    place = card(visit, "rows").get_by_label("From row")
    place.fill("29950")
    place.press("Enter")
    expect(card(visit, "rows")).to_contain_text("Rows 29,950 to 29,999 of 30,000")
    expect(card(visit, "rows").get_by_role("button", name="Next")).to_be_disabled()
    # The table is drawn on a canvas; what it says to screen readers is the same cells.
    expect(card(visit, "rows").locator("canvas td", has_text="the text of row number 29950")).to_have_count(1)
    card(visit, "rows").get_by_role("button", name="Previous").click()
    expect(card(visit, "rows")).to_contain_text("Rows 29,750 to 29,949 of 30,000")


def test_the_largest_upload_works_and_a_larger_one_is_refused_with_the_way_round(visit: Visit, tmp_path: Path) -> None:
    visit.open("/data")
    lines_of(LARGEST + 1_000_000, tmp_path / "larger.csv")
    upload(visit, tmp_path / "larger.csv")
    expect(visit.page.get_by_test_id("stFileUploader")).to_contain_text("File must be 200", timeout=MINUTE)
    expect(visit.page.get_by_text("For a larger file give its path instead, or run eudscore score")).to_be_visible()
    (tmp_path / "larger.csv").unlink()
    visit.open("/data")
    rows = lines_of(LARGEST, tmp_path / "largest.csv")
    upload(visit, tmp_path / "largest.csv")
    expect(visit.page.locator(".eud-title")).to_have_text("largest", timeout=2 * MINUTE)
    expect(chip(visit, f"{rows:,} rows")).to_be_visible(timeout=MINUTE)
    expect(card(visit, "balance").locator(".eud-bar")).to_have_count(2, timeout=MINUTE)
    visit.settle()


def test_two_tabs_that_bring_the_same_file_at_once_share_one_data_set(
    chromium: Browser, address: str, root: Path, tmp_path: Path
) -> None:
    path = semicolons(tmp_path, "both")
    with visiting(chromium, address) as one, visiting(chromium, address) as other:
        for tab in (one, other):
            tab.open("/data")
        for tab in (one, other):
            upload(tab, path)
        for tab in (one, other):
            expect(tab.page.locator(".eud-title")).to_have_text("both", timeout=MINUTE)
        assert opened_corpus(one, root) == opened_corpus(other, root)
        assert [entry.rows for entry in Workspace(root).corpora() if entry.name == "both"] == [90]
        one.assert_clean()
        other.assert_clean()


def test_near_duplicates_are_looked_for_to_the_end(visit: Visit, tmp_path: Path) -> None:
    words = [f"word{place}" for place in range(60)]
    texts = [" ".join(words), " ".join([*words, "more"]), *(f"nothing like it, {'x' * row}" for row in range(9))]
    pq.write_table(pa.table({"text": texts}), tmp_path / "alike.parquet")
    visit.open("/data")
    open_path(visit, tmp_path / "alike.parquet")
    expect(visit.page.locator(".eud-title")).to_have_text("alike", timeout=MINUTE)  # not the one before it
    visit.settle()
    visit.page.get_by_role("button", name="Look for near-duplicates").click()
    expect(card(visit, "duplicates")).to_contain_text("nearly repeat", timeout=MINUTE)
    shown = visit.page.locator(".eud-tile", has_text="Near-duplicates").locator("dd")
    expect(shown).not_to_have_text("0")
    assert f"{shown.inner_text()} row" in card(visit, "duplicates").inner_text()


def test_markup_in_texts_and_names_is_shown_and_never_followed(visit: Visit, tmp_path: Path) -> None:
    picture = "![look](http://192.0.2.1/a.png) <img src=http://192.0.2.1/b.png> is **loud** and costs $5 or $6"
    for name in ("one", "two"):
        table = pa.table({"text": [picture, f"only in {name}"], "label": ["![x](http://192.0.2.1/c.png)", "b"]})
        pq.write_table(table, tmp_path / f"*{name}* ![y](http:%2f%2f192.0.2.1).parquet")
    visit.open("/data")
    for path in sorted(tmp_path.glob("*.parquet")):
        open_path(visit, path)
        expect(visit.page.locator(".eud-title")).to_have_text(path.stem, timeout=MINUTE)
        visit.settle(800)  # a run that comes late would close the list
    card(visit, "duplicates").get_by_role("combobox").click()
    visit.page.get_by_role("option", name="*one*").click()
    expect(card(visit, "duplicates")).to_contain_text(picture)
    expect(visit.page.get_by_role("button", name="*one* ![y](http:%2f%2f192.0.2.1) · 2 rows")).to_be_visible()
    visit.settle()
    assert visit.page.locator('[data-testid="stMain"] img').count() == 0


def test_nothing_of_the_class_balance_is_cut_off(visit: Visit, tmp_path: Path) -> None:
    labels = [f"a_class_with_a_rather_long_name_of_its_own_{row % 20}" for row in range(4000)]
    table = pa.table({"text": [f"the text of row {row} of the set" for row in range(4000)], "label": labels})
    pq.write_table(table, tmp_path / "classes.parquet")
    visit.open("/data")
    open_path(visit, tmp_path / "classes.parquet")
    expect(chip(visit, "20 classes")).to_be_visible(timeout=MINUTE)
    expect(card(visit, "balance")).to_contain_text("and 6 more classes, none larger")
    for _ in visit.in_sizes((1440, 900), (1024, 768)):
        inside = card(visit, "balance").evaluate(
            """card => {
              const edge = card.getBoundingClientRect();
              return [...card.querySelectorAll(".eud-bar dd:last-child")].map(one => {
                const box = one.getBoundingClientRect();
                return one.textContent === "200" && box.right <= edge.right && one.scrollWidth <= one.clientWidth;
              });
            }"""
        )
        assert inside == [True] * 14
        visit.assert_clean()

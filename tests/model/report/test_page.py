from __future__ import annotations

import base64
from dataclasses import replace

from lxml import html

from model.report.analysis import analyse
from model.report.page import Page, Picture, Section, render_page
from tests.model.report.texts import made_test_set

HOSTILE = "<script>alert('x')</script> & \"quotes\" <b>"


def made_page(*, compared: bool = True) -> Page:
    test = made_test_set(12, compared=compared)
    test = replace(test, sources=[HOSTILE] * 12, translations=[HOSTILE, *test.translations[1:]])
    section = Section(analyse(test, examples=3), ("test.de", "test.en"), [Picture(4, b"<svg/>")])
    return Page(
        name="first", other="second" if compared else None, facts={"digest": "ab" * 32}, sections=[section],
        card="# A card\n<b>not bold</b>", command="python -m model report first",
    )  # fmt: skip


def test_the_page_has_the_scores_of_the_analysis() -> None:
    page = made_page()
    tree = html.document_fromstring(render_page(page))
    analysis = page.sections[0].analysis
    rows = {row[0].text_content(): row for row in tree.xpath("//table[@class='scores']//tr")[1:]}
    for comparison in analysis.comparisons:
        own, other, difference, p_value = (cell.text_content() for cell in rows[comparison.metric][1:])
        assert own.split()[0] == f"{comparison.system.score:.2f}"
        assert own.split()[1] == f"{comparison.system.low:.2f}–{comparison.system.high:.2f}"
        assert comparison.baseline is not None
        assert other.split()[0] == f"{comparison.baseline.score:.2f}"
        assert float(difference) == round(comparison.difference or 0, 2)
        assert float(p_value) == round(comparison.p_value or 0, 3)
    lengths = tree.xpath("//table[@class='lengths']//tr")[1:]
    shown = [[cell.text_content() for cell in row] for row in lengths]
    assert [(label, int(count), bleu) for label, count, bleu, *_ in shown] == [
        (bucket.label, bucket.sentences, f"{bucket.scores.bleu:.2f}") for bucket in analysis.buckets
    ]


def test_every_table_row_has_as_many_cells_as_its_head() -> None:
    for compared in (True, False):
        tree = html.document_fromstring(render_page(made_page(compared=compared)))
        for table in tree.xpath("//table[thead]"):
            assert {len(row) for row in table.xpath(".//tr")} == {len(table.xpath("./thead/tr/th"))}


def test_text_is_shown_and_never_run() -> None:
    tree = html.document_fromstring(render_page(made_page()))
    assert not tree.xpath("//script")
    shown = [node.text_content() for node in tree.xpath("//dl/dd[1]")]
    assert shown == [HOSTILE] * 6
    assert tree.xpath("//section[@id='card']/pre")[0].text_content() == "# A card\n<b>not bold</b>"


def test_nothing_is_asked_of_any_host() -> None:
    tree = html.document_fromstring(render_page(made_page()))
    addresses = [*tree.xpath("//@src"), *tree.xpath("//@href"), *tree.xpath("//@srcset")]
    assert len(addresses) == 1
    scheme, _, content = addresses[0].partition(",")
    assert scheme == "data:image/svg+xml;base64"
    assert base64.b64decode(content) == b"<svg/>"
    assert not tree.xpath("//link | //iframe | //object | //embed")
    for style in tree.xpath("//style"):
        assert "url(" not in style.text
        assert "@import" not in style.text
    [policy] = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert "default-src 'none'" in policy


def test_without_a_comparison_there_is_no_column_for_it() -> None:
    text = html.document_fromstring(render_page(made_page(compared=False))).text_content()
    assert "difference" not in text
    assert "None" not in text

"""HTML before and after its words are changed, case by case."""

from __future__ import annotations

import pytest

from service.markup.document import html_document
from service.markup.rules import Rules
from service.text.annotated import AnnotatedTranslation, Mark, Range
from tests.service.markup.translators import Translate, backwards, hostile, upper


def translated(source: str, translate: Translate = upper, rules: Rules | None = None) -> str:
    document = html_document(source, rules or Rules())
    return document.write([translate(text) for text in document.texts])


def texts(source: str, rules: Rules | None = None) -> list[str]:
    return [text.text for text in html_document(source, rules or Rules()).texts]


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("a &amp; b &lt;c&gt; &eacute;&nbsp;&copy", "A &amp; B &lt;C&gt; É&nbsp;©"),
        ("a <b>b</b> c", "A <b>B</b> C"),
        ("<B CLASS=x  id='y'>a</B >", "<B CLASS=x  id='y'>A</B >"),
        ("  <p>\n  a\n  <i> b </i>\n c </p>\n", "  <p>\n  A <i>B</i> C </p>\n"),
        ("a<br>b<br/>c<hr>d", "A<br>B<br/>C<hr>D"),
        ("a <img src=x> b", "A <img src=x> B"),
        ("<img src=x> a <!-- b -->", "<img src=x> A <!-- b -->"),
        ("a <!-- b --> c<wbr> d", "A <!-- b -->C<wbr> D"),
        ("a <style>b</style> c", "A <style>b</style>C"),
        ("<a name=x></a>a", "<a name=x></a>A"),
        ("a <a name=x></a> b", "A <a name=x></a> B"),
        ("a <b><i></i></b> b", "A <b><i></i></b> B"),
        ("<title>a &amp; b</title>", "<title>A &amp; B</title>"),
        ("<option>a<option>b", "<option>A<option>B"),
        ("<ul><li>a<li>b <b>c</b></ul>", "<ul><li>A<li>B <b>C</b></ul>"),
        ("<!--[if IE]><p>a</p><![endif]--><p>a", "<!--[if IE]><p>a</p><![endif]--><p>A"),
        ("<svg><text>a</text></svg> b", "<svg><text>a</text></svg> B"),
        ("a <svg><text>a</text></svg> b", "A <svg><text>a</text></svg> B"),
        ("a <script>a('<b>')</script>b", "A <script>a('<b>')</script>B"),
        ("<noscript><p>a</p></noscript>a", "<noscript><p>a</p></noscript>A"),
        ("<template><p>a</template>", "<template><p>A</template>"),
        ("12 <b>34</b>", "12 <b>34</b>"),
        ("a\x00b", "AB"),
    ],
)
def test_words_change_and_nothing_else(source: str, result: str) -> None:
    assert translated(source) == result


@pytest.mark.parametrize(
    "inside",
    [
        "<pre> a\n b</pre>",
        "<textarea>a</textarea>",
        "<iframe>a</iframe>",
        "<xmp>a</xmp>",
        "<code>a <b>b</b></code>",
        "<kbd>a</kbd>",
        "<samp>a</samp>",
        '<p translate="no">a</p>',
        "<span translate=NO>a <span>b</span></span>",
        "<div class='x notranslate y'>a<p>b</div>",
        "<math><mi>a</mi></math>",
        "<svg><title>a</title><style>b</style></svg>",
        '<x id="1"></x>',
        "<x>a <x>b</x> c</x>",
    ],
)
def test_what_stays(inside: str) -> None:
    assert translated(f"a {inside} b", rules=Rules(ignored=frozenset(("x",)))) == f"A {inside} B"
    assert translated(inside, rules=Rules(ignored=frozenset(("x",)))) == inside


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("<p class=notranslate>a<p>b", "<p class=notranslate>a<p>B"),
        ("<ul><li class=notranslate>a<li>b</ul>c", "<ul><li class=notranslate>a<li>B</ul>C"),
        (
            "<ul><li class=notranslate>a<ul><li>b</ul><li>c</ul>",
            "<ul><li class=notranslate>a<ul><li>b</ul><li>C</ul>",
        ),
        ("<tr><td translate=no>a<td>b<tr><td>c", "<tr><td translate=no>a<td>B<tr><td>C"),
        ("<div><span translate=no>a<p>b</div>c", "<div><span translate=no>a<p>b</div>C"),
        ("a <span translate=no>b", "A <span translate=no>b"),
        ("<body translate=no><p>a</p></body>", "<body translate=no><p>a</p></body>"),
        ("<img alt=a class=notranslate> a", "<img alt=a class=notranslate> A"),
    ],
)
def test_how_far_it_reaches(source: str, result: str) -> None:
    assert translated(source) == result


@pytest.mark.parametrize(
    "unsure",
    [
        "<svg><![CDATA[>]]></svg><p>a",
        "<svg><style><p>a</style></svg><p>a",
        "<math><title><b></title></math>a",
    ],
)
def test_what_cannot_be_told_stays(unsure: str) -> None:
    """A browser reads these in another way than a tokenizer can: the rest of the page is left alone."""
    assert translated(unsure) == unsure


def test_a_sentence_is_one_text() -> None:
    assert texts("<p>One <b>two\n <i>three</i></b>, <a>four</a>.</p>five<td>six") == [
        "One two three, four.",
        "five",
        "six",
    ]
    assert texts("a<i>b</i>c", Rules(splitting=frozenset(("i",)))) == ["a", "b", "c"]
    assert texts("a<p>b</p>c", Rules(non_splitting=frozenset(("p",)))) == ["abc"]


def test_footnotes_and_exponents_are_no_words() -> None:
    source = "a<sup>1</sup> b <sup><a href='#c'>[2]</a></sup>. CO<sub>2</sub> <sup>c</sup><sup>3<b></sup></b>"
    assert texts(source) == ["a b . CO c3"]
    assert (
        translated("<p>a<sup>1</sup> b<sub><i>2</i></sub> c</p>")
        == "<p>A<sup>1</sup> B<sub><i>2</i></sub> C</p>"
    )


def test_tags_go_with_their_words() -> None:
    assert translated("a <b>b</b> <i>c</i> d", backwards) == "d <i>c</i> <b>b</b> a"
    assert translated("<b>a <i>b</i></b> c <code>d</code>", backwards) == "<code>d</code> c <b><i>b</i> a</b>"
    assert translated("<i><b>a b</b></i>", backwards) == "<i><b>b a</b></i>"


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("a <b>b <i>c</b> d</i> e", "A <b>B <i>C</i></b> D E"),
        ("a <b>b<p>c</b> d", "A <b>B<p>C</b> D"),
        ("a </i>b", "A </i>B"),
        ("<b>a", "<b>A"),
        ("a</b>", "A</b>"),
        ("a </> b <x", "A B "),
    ],
)
def test_tags_that_do_not_match(source: str, result: str) -> None:
    assert translated(source) == result


def test_lone_tags_keep_their_order() -> None:
    """Or a start tag could change places with the end tag of another block's element."""
    assert translated("x <b>y <i>z<p>a</i> b</b> c", backwards) == "<b><i>z y x<p>c b a</i></b>"


def test_no_markup_is_born() -> None:
    source = "<p>a <b>b</b> c d e f g h i j &lt;script&gt;</p>"
    result = translated(source, hostile)
    assert "<script>" not in result
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in result
    assert result.count("<") == 4


def test_a_translation_that_breaks_its_promises_breaks_no_tag() -> None:
    (text,) = html_document("<p>a <b>b</b> <i>c <u>d</u></i> <code>e</code></p>", Rules()).texts
    ids = {text.text[mark.start : mark.end]: mark.id for mark in text.marks}
    crossing = [
        Mark(ids["b"], 0, 4),
        Mark(ids["c d"], 2, 6),
        Mark(ids["d"], 0, 1),
        Mark(ids["e"], 3, 5),
    ]
    document = html_document("<p>a <b>b</b> <i>c <u>d</u></i> <code>e</code></p>", Rules())
    result = document.write([AnnotatedTranslation("abcdef", tuple(crossing))])
    assert result == "<p><b>abcd</b><i><u>ef</u></i><code>e</code></p>"


def test_an_element_is_around_something_if_it_was() -> None:
    """The network has dropped the word of a link, or no attention leads to it."""
    document = html_document("<p><u>a</u> <a>b</a> <i>c</i></p>", Rules())
    ids = {document.texts[0].text[mark.start : mark.end]: mark.id for mark in document.texts[0].marks}

    def result(text: str, u: Range, a: int, i: Range) -> str:
        places = {"a": u, "b": Range(a, a), "c": i}
        marks = tuple(Mark(ids[word], place.start, place.end) for word, place in places.items())
        return document.write([AnnotatedTranslation(text, marks)])

    assert result("aa bb cc", Range(0, 2), 3, Range(6, 8)) == "<p><u>aa</u> <a>bb</a> <i>cc</i></p>"
    assert result("bb, aa cc", Range(4, 6), 4, Range(7, 9)) == "<p><a>bb,</a> <u>aa</u> <i>cc</i></p>"
    assert result("aa - cc", Range(0, 2), 3, Range(5, 7)) == "<p><u>aa</u> <a></a>- <i>cc</i></p>"


def test_attributes_are_translated_on_request() -> None:
    rules = Rules(attributes=frozenset(("alt", "title")))
    source = (
        "<p title='a &amp; &quot;b'>c <IMG SRC=x?a&amp;b alt=d/> <b placeholder=e>f</b></p><i alt=''>g</i>"
    )
    assert texts(source, rules)[:2] == ['a & "b', "d/"]
    assert translated(source, rules=rules) == (
        '<p title="A &amp; &quot;B">C <img src="x?a&amp;b" alt="D/"> '
        "<b placeholder=e>F</b></p><i alt=''>G</i>"
    )
    assert translated("<p title=a translate=no>a", rules=rules) == "<p title=a translate=no>a"
    assert translated('<input title="7"/>', rules=rules) == '<input title="7"/>'


def test_hostile_attributes_stay_in_their_quotes() -> None:
    rules = Rules(attributes=frozenset(("alt",)))
    (text,) = html_document("<img alt='a'>", rules).texts
    document = html_document("<img alt='a'>", rules)
    assert text.text == "a"
    result = document.write([AnnotatedTranslation('"><script>&')])
    assert result == '<img alt="&quot;&gt;&lt;script&gt;&amp;">'


def test_what_stands_for_an_untouched_element() -> None:
    (text,) = html_document(
        "a <code>f(<b>x</b>)</code> <kbd></kbd> <samp>" + "y" * 100 + "</samp>", Rules()
    ).texts
    assert text.text == "a f(x) \ufffc \ufffc"
    assert text.protected == (Range(2, 6), Range(7, 8), Range(9, 10))

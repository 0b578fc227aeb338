from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tasker_ci.reports.markup import Markup, element, printable, properties_first, quoted, written


@pytest.mark.parametrize(
    "text", ["plain", 'a"b', "a'b\"c", "<&>", "tab\tline\nreturn\rend", "ü\U0001f600", " lead "]
)
def test_what_is_written_is_read_as_it_was(text: str) -> None:
    markup = Markup("case", (("name", text),), text, (Markup("empty"),))
    found = ET.fromstring(b"".join(written(markup)))
    assert found.get("name") == text
    assert found.text == text
    assert found[0].tag == "empty"


def test_what_xml_cannot_hold_is_left_out() -> None:
    assert printable("a\0\x1b[1mb\ufffe\ud800c") == "a[1mbc"
    assert quoted("a\0b") == '"ab"'
    assert b"".join(element("a", {"b": "\x07"}, "\x07x")) == b'<a b="">x</a>\n'


def test_an_element_of_nothing_is_closed_at_once() -> None:
    assert b"".join(element("a")) == b"<a/>\n"
    assert b"".join(element("a", text="x")) == b"<a>x</a>\n"


def prop(name: str) -> Markup:
    return Markup("property", (("name", name),))


def test_all_properties_are_one_at_the_beginning() -> None:
    elements = (
        Markup("testcase"),
        Markup("properties", children=(prop("a"), prop("b"))),
        Markup("properties", children=(prop("a"),)),
    )
    first, second = properties_first(elements)
    assert first.children == (prop("a"), prop("b"), prop("a"))
    assert second == Markup("testcase")
    first, _ = properties_first(elements, distinct=True)
    assert first.children == (prop("a"), prop("b"))


def test_empty_properties_go_and_others_stay_as_they_are() -> None:
    assert [*properties_first((Markup("properties"), Markup("testcase")))] == [Markup("testcase")]
    assert [*properties_first((Markup("a"), Markup("b")))] == [Markup("a"), Markup("b")]


def test_attributes_and_texts_are_found_by_name() -> None:
    markup = Markup("a", (("x", "1"),), children=(Markup("b", text="one"), Markup("c", text="no")))
    assert (markup.get("x"), markup.get("y")) == ("1", "")
    assert markup.texts("b") == "one"

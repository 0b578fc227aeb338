"""JUnit files of several dialects, and files that only look like one.

`resources/reports/pytest.xml` is what pytest 9.2 wrote for tests of every kind.
"""

from __future__ import annotations

import re
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasker_ci.errors import ReportError
from tasker_ci.reports import open_element, xml_reading
from tasker_ci.reports.documents import NotJUnit, read_document
from tasker_ci.reports.held_text import TextStore
from tasker_ci.reports.merge import Labelled, merge
from tasker_ci.reports.open_element import KeptText, OpenElement

REPORTS = Path(__file__).parents[2] / "resources" / "reports"

SUREFIRE = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:noNamespaceSchemaLocation="https://maven.apache.org/surefire/report.xsd"
    version="3.0.2" name="org.sample.QueueTest" time="1,234.567" tests="4" errors="1" skipped="1"
    failures="0" flakes="1">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="takes" classname="org.sample.QueueTest" time="1,200.5"/>
  <testcase name="gives" classname="org.sample.QueueTest" time="0.002">
    <flakyFailure message="too late" type="java.lang.AssertionError">
      <stackTrace><![CDATA[java.lang.AssertionError: too late
        at org.sample.QueueTest.gives(QueueTest.java:12)]]></stackTrace>
      <system-out><![CDATA[<!DOCTYPE html><p>no type of this document</p>]]></system-out>
    </flakyFailure>
  </testcase>
  <testcase name="breaks" classname="org.sample.QueueTest" time="0.1">
    <error message="null" type="java.lang.NullPointerException"><![CDATA[trace]]></error>
    <rerunError message="null again" type="java.lang.NullPointerException">
      <stackTrace><![CDATA[second trace]]></stackTrace>
    </rerunError>
  </testcase>
  <testcase name="later" classname="org.sample.QueueTest"><skipped message="no"/></testcase>
</testsuite>
"""


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "junit.xml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_surefires_dialect(tmp_path: Path) -> None:
    found = read_document(written(tmp_path, SUREFIRE))
    assert {each.name: each.status for each in found.run.cases} == {
        "takes": "passed",
        "gives": "flaky",
        "breaks": "failed",
        "later": "skipped",
    }
    assert found.run.cases[0].seconds == 1200.5
    assert (found.undated_seconds, found.intervals) == (1234.567, ())
    gives, breaks = found.run.cases[1:3]
    assert [each.message for each in gives.others] == ["too late"]
    assert "QueueTest.java:12" in gives.others[0].output
    assert breaks.error
    assert breaks.others[0].output == "second trace"
    assert breaks.group == "org.sample.QueueTest"


def test_pytests_dialect() -> None:
    found = read_document(REPORTS / "pytest.xml")
    ((begin, end),) = found.intervals
    assert end - begin == pytest.approx(0.171)
    merged = merge([Labelled(document=found)]).run
    assert {f"{each.group}::{each.name}": each.status for each in merged.cases} == {
        "test_kinds.TestGroup::test_passes": "passed",
        "test_kinds.TestGroup::test_fails[a::b]": "failed",
        "test_kinds.TestGroup::test_fails[<|`]": "failed",
        "test_kinds::test_error": "failed",
        "test_kinds::test_fails_twice": "failed",
        "test_kinds::test_skipped": "skipped",
        "test_kinds::test_expected": "skipped",
    }, "a test that fails and breaks its fixture as well is there twice, and one test"
    fails = next(each for each in merged.cases if each.name == "test_fails[a::b]")
    assert fails.location == ("test_kinds.py", 10, 1)
    assert fails.reason == "AssertionError: a | b"
    assert "some output" in fails.stdout
    skipped = next(each for each in merged.cases if each.name == "test_skipped")
    assert skipped.message == "not here"


def test_suites_within_suites_and_a_namespace(tmp_path: Path) -> None:
    text = """\
<testsuites xmlns="urn:x" timestamp="2026-01-01T00:00:00Z" time="9">
<testsuite name="outer" time="5"><testsuite name="inner" time="4">
<testcase name="a" classname="inner"/></testsuite>
<testcase name="b" classname="c"/></testsuite></testsuites>"""
    found = read_document(written(tmp_path, text))
    assert [(each.suite, each.classname, each.name) for each in found.run.cases] == [
        ("inner", None, "a"),
        ("outer", "c", "b"),
    ]
    assert [end - begin for begin, end in found.intervals] == [9.0]


def test_an_outer_suite_holds_the_time_of_the_inner_ones(tmp_path: Path) -> None:
    inner = '<testsuite time="5"><testsuite time="4"/></testsuite><testsuite time="1"/>'
    text = f"<testsuites>{inner}</testsuites>"
    assert read_document(written(tmp_path, text)).undated_seconds == 6.0


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("1,234.5", 1234.5),
        ("1,234,567", 1234567.0),
        ("0,5", 0.5),
        ("12,25", 12.25),
        ("1.234,5", 1234.5),
        ("1e-05", 0.00001),
        (".5", 0.5),
    ],
)
def test_a_comma_stands_between_thousands_or_before_the_fraction(
    tmp_path: Path, time: str, seconds: float
) -> None:
    text = f'<testsuite><testcase name="a" time="{time}"/></testsuite>'
    assert read_document(written(tmp_path, text)).run.cases[0].seconds == seconds


def test_what_googletest_and_ctest_leave_out_did_not_pass(tmp_path: Path) -> None:
    text = (
        '<testsuites><testsuite name="Math" tests="3" disabled="1">'
        '<testcase name="Adds" status="run" result="completed" time="0.007"/>'
        '<testcase name="DISABLED_Divides" status="notrun" result="suppressed" time="0."/>'
        '<testcase name="heavy" status="disabled"><properties/></testcase>'
        "</testsuite></testsuites>"
    )
    found = read_document(written(tmp_path, text))
    assert [each.status for each in found.run.cases] == ["passed", "skipped", "skipped"]


@pytest.mark.parametrize(
    "encoding", ["UTF-16", "ISO-8859-1", "iso-8859-15", "windows-1252", "Shift_JIS", "US-ASCII"]
)
def test_the_encoding_that_a_document_declares_is_read(tmp_path: Path, encoding: str) -> None:
    name = {"Shift_JIS": "試験", "US-ASCII": "a"}.get(encoding, "prüft")
    text = (
        f"<?xml version='1.0' encoding='{encoding}' standalone='yes'?>\n"
        f'<testsuite name="s"><testcase name="{name}"/></testsuite>'
    )
    found = read_document(written(tmp_path, text.encode(encoding)))
    assert [each.name for each in found.run.cases] == [name]


def test_a_document_type_is_refused_in_every_encoding(tmp_path: Path) -> None:
    text = '<!DOCTYPE a [<!ENTITY b "c">]><testsuite><testcase name="&b;"/></testsuite>'
    with pytest.raises(ReportError, match="document type"):
        read_document(written(tmp_path, text.encode("utf-16")))


@pytest.mark.parametrize(
    "time", ["nan", "1_000", "1.2.3", "\u0661", "inf", "1e300", "-1", "soon", ""]
)
def test_a_time_that_is_none_is_no_time(tmp_path: Path, time: str) -> None:
    suite = f'<testsuite><testcase name="a" time="{time}"/></testsuite>'
    text = f'<testsuites time="{time}">{suite}</testsuites>'
    found = read_document(written(tmp_path, text))
    assert found.undated_seconds is None
    assert found.run.cases[0].seconds == 0.0


def test_an_html_page_in_an_output_is_no_document_type(tmp_path: Path) -> None:
    text = (
        '<testsuite name="s"><testcase name="a"><failure>&lt;!DOCTYPE html></failure>'
        "<system-out><![CDATA[<!DOCTYPE html>]]></system-out></testcase></testsuite>"
    )
    (only,) = read_document(written(tmp_path, text)).run.cases
    assert only.output == only.stdout == "<!DOCTYPE html>"


def test_a_bomb_of_entities_is_refused_before_it_grows(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "ha">{levels}]><testsuites name="&e9;"/>'
    with pytest.raises(ReportError, match="document type declaration"):
        read_document(written(tmp_path, bomb))


def test_another_kind_of_xml_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotJUnit, match="its root is <project>"):
        read_document(written(tmp_path, "<project><testsuite/></project>"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param((REPORTS / "nextest.xml").read_bytes()[:-20], id="cut at its end"),
        pytest.param("<testsuites/>".encode("utf-16")[:-1], id="UTF-16, cut within a character"),
        pytest.param(b'<?xml version="1.0" encoding="punycode"?>\xff', id="no encoding of text"),
        pytest.param(b'<?xml version="1.0" encoding="cp0"?>\xff', id="an encoding of nobody"),
        pytest.param(b"<testsuites><testsuite name='\xe4'/></testsuites>", id="Latin-1"),
        pytest.param(b"<testsuites><testsuite name='&#27;'/></testsuites>", id="control character"),
        pytest.param(b"\x1f\x8b\x08\x00", id="gzip"),
        pytest.param(b"   \n", id="blank"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_the_file(
    tmp_path: Path, content: bytes
) -> None:
    file = written(tmp_path, content)
    with pytest.raises(ReportError, match=r"no JUnit document|cannot be read") as error:
        read_document(file)
    assert str(file) in error.value.message


@settings(deadline=None)
@given(data=st.data())
def test_a_file_damaged_anywhere_is_read_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = REPORTS / data.draw(st.sampled_from(["nextest.xml", "pytest.xml"]))
    content = bytearray(source.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 40))
        content[begin : begin + length] = data.draw(st.binary(max_size=12))
        if not content:
            content = bytearray(b"x")
    file = written(tmp_path_factory.getbasetemp(), bytes(content))
    with suppress(ReportError):
        merge([Labelled(document=read_document(file))])


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        read_document(tmp_path)
    with pytest.raises(ReportError, match="There is no report"):
        read_document(tmp_path / "absent.xml")


def test_a_mark_of_the_byte_order_and_a_cut_character_at_a_chunk_are_read(tmp_path: Path) -> None:
    filler = "ä" * (1024 * 1024)  # two bytes each: chunks end within one
    text = f'<testsuites><testsuite name="{filler}"><testcase name="a"/></testsuite></testsuites>'
    found = read_document(written(tmp_path, b"\xef\xbb\xbf" + text.encode()))
    assert found.run.cases[0].suite == filler


def test_elements_nested_without_end_do_not_end_the_reader(tmp_path: Path) -> None:
    depth = 20_000
    text = "<testsuites>" + "<testsuite>" * depth + "</testsuite>" * depth + "</testsuites>"
    assert read_document(written(tmp_path, text)).run.cases == ()


def test_what_a_test_does_not_need_is_not_kept(tmp_path: Path) -> None:
    noise = f"<system-out>{'x' * 1000}</system-out><properties/>"
    suite = f'<testsuite name="s">{noise * 20}<testcase name="a"/></testsuite>'
    file = written(tmp_path, f"<testsuites>{suite * 500}</testsuites>")
    assert file.stat().st_size > 10_000_000
    tracemalloc.start()
    try:
        assert len(read_document(file).run.cases) == 500
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        pytest.param(
            '<testsuites time="3.286"><testsuite timestamp="2026-01-01T00:00:00" time="0"/>'
            "</testsuites>",
            3.286,
            id="jest: the root alone has the wall time",
        ),
        pytest.param(
            '<testsuites time="4"><testsuite timestamp="2026-01-01T00:00:00" time="3"/>'
            '<testsuite timestamp="2026-01-01T00:00:00" time="2"/></testsuites>',
            4.0,
            id="suites side by side",
        ),
        pytest.param(
            '<testsuites time="0"><testsuite time="3"/></testsuites>', 3.0, id="a root of zero"
        ),
        pytest.param(
            '<testsuites><testsuite timestamp="0001-01-01T00:00:00Z" time="3"/></testsuites>',
            3.0,
            id="gotestsum: a time stamp that nobody has set",
        ),
        pytest.param('<testsuites time="0.5"/>', 0.5, id="the root and nothing else"),
    ],
)
def test_the_wall_time_of_the_root_counts_also_without_its_begin(
    tmp_path: Path, text: str, wall: float
) -> None:
    found = merge([Labelled(document=read_document(written(tmp_path, text)))])
    assert found.wall_seconds == wall


def test_documents_after_one_another_are_read_wherever_a_chunk_ends(tmp_path: Path) -> None:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    case = '<testcase name="a" time="1"/>'
    second = f'{head}<testsuites><testsuite name="two">{case}</testsuite></testsuites>\n'
    size = 1024 * 1024  # what is read at once
    for shift in (-60, -30, -1, 0, 1, 30):
        first = f'{head}<testsuites><testsuite name="one">{case}</testsuite></testsuites>'
        text = first + "\n" * (size - len(first) + shift) + second
        found = read_document(written(tmp_path, text)).run.cases
        assert [(each.suite, each.apart) for each in found] == [("one", None), ("two", "2")]


@pytest.mark.parametrize("rest", ["<", "junk", "<testsuites>", "<html/>", "</testsuites>"])
def test_what_follows_a_document_and_is_none_is_an_error(tmp_path: Path, rest: str) -> None:
    with pytest.raises(ReportError):
        read_document(written(tmp_path, f"<testsuites/>{rest}"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_encodings_with_and_without_a_mark(tmp_path: Path, encoding: str) -> None:
    text = '<?xml version="1.0"?><testsuite name="ä"><testcase name="ö"/></testsuite>'
    (found,) = read_document(written(tmp_path, text.encode(encoding))).run.cases
    assert (found.suite, found.name) == ("ä", "ö")


def test_a_test_within_a_test_is_a_test(tmp_path: Path) -> None:
    inner = '<testcase name="inner"><failure message="bad"/></testcase>'
    text = f'<testsuite name="s"><testcase name="outer">{inner}</testcase></testsuite>'
    found = read_document(written(tmp_path, text)).run.cases
    assert [(each.name, each.status) for each in found] == [
        ("inner", "failed"),
        ("outer", "passed"),
    ]


def test_each_of_several_documents_in_a_file_has_its_own_times(tmp_path: Path) -> None:
    one = '<testsuites><testsuite name="s" time="1.5"><testcase name="a"/></testsuite></testsuites>'
    assert read_document(written(tmp_path, one)).undated_seconds == pytest.approx(1.5)
    assert read_document(written(tmp_path, one * 3)).undated_seconds == pytest.approx(4.5)


def test_what_is_cut_of_a_text_is_counted_over_all_of_its_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(open_element, "CUT_CHARACTERS", 500)
    kept = KeptText(large=True, texts=TextStore())
    element = OpenElement("system-out", {})
    for _ in range(100):
        element.add("x" * 1000, kept)
    text = str(element.text(kept))
    assert text.startswith("x" * 500)
    left_out = int(re.search(r"(\d+) characters left out", text)[1])  # type: ignore[index]
    assert left_out + text.count("x") - "characters".count("x") == 100_000


@pytest.mark.parametrize("character", ["ä", "日", "😀", "\ufeff", "\ufffe"])
@pytest.mark.parametrize("begun", [0, 1, 2, 3, 4])
def test_a_character_may_lie_across_two_pieces_of_a_file(
    tmp_path: Path, character: str, begun: int
) -> None:
    """Pieces of ASCII take a shorter way, also between two with a part of a character each."""
    begin = '<testsuite name="s"><testcase name="a"><system-out>'
    padding = "x" * (xml_reading._CHUNK_BYTES - begun - len(begin))
    text = (
        f"{begin}{padding}{character}\x01{padding}{character}</system-out></testcase></testsuite>"
    )
    (case,) = read_document(written(tmp_path, text)).run.cases
    wanted = character.replace("\ufffe", "")
    assert str(case.stdout) == f"{padding}{wanted}{padding}{wanted}"

"""What a report says is in the merged file, and reading that again says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junit_files import FAILURE, case, counts, merged, suite, suites
from junitparser.xunit2 import JUnitXml

from tasker_ci.reports.documents import read_document
from tasker_ci.reports.merge import Labelled, Merged, merge
from tasker_ci.reports.merged_file import write_merged

if TYPE_CHECKING:
    from pathlib import Path

PROPERTIES = (
    '<properties><property name="k" value="v"/><property name="k">text</property></properties>'
)

KEPT = {
    "surefire's reruns": suites(
        suite(
            'name="Q" time="1,234.5"',
            case(
                'name="flaky" classname="org.Q"',
                '<flakyFailure message="m" type="T"><stackTrace>at Q:1</stackTrace>'
                "<system-out>out of it</system-out><system-err>err</system-err></flakyFailure>"
                '<flakyError type="E" time="0.5" timestamp="2026-01-01T00:00Z">trace</flakyError>'
                "<system-out>own out</system-out>",
            ),
            case(
                'name="broken"',
                '<error message="null" type="NPE">trace</error>'
                '<rerunError message="2" type="NPE"><stackTrace>second</stackTrace></rerunError>'
                '<rerunFailure message="third">x<stackTrace>y</stackTrace></rerunFailure>',
            ),
        )
    ),
    "output of suites and of the report": (
        '<testsuites name="run"><properties><property name="root" value="1"/></properties>'
        + suite(
            'name="s" hostname="h" package="p" id="7" timestamp="2026-01-01T00:00:00" time="1.25" '
            'assertions="9" custom="x"',
            PROPERTIES,
            case('name="a"'),
            "<system-out>suite out</system-out>",
            "<system-err>suite err</system-err>",
            '<skipped message="rest"/>',
        )
        + "<system-out>run out</system-out></testsuites>"
    ),
    "attributes and properties of tests": suites(
        suite(
            'name="s"',
            case('name="a" file="f.rs" line="3" assertions="2" status="run"', PROPERTIES),
            case('name="b"', '<failure message="m" type="T">one</failure><failure>two</failure>'),
            case('name="c"', "<system-out>1</system-out><system-out>2</system-out>"),
            case('name="d"', '<skipped type="t" message="m">why</skipped>'),
            case('name="e"', '<attachments><attachment path="p"/></attachments>'),
        )
    ),
    "suites within suites": suites(
        suite(
            'name="linux" time="3"',
            suite('name="io" time="1"', case('name="reads"', FAILURE)),
            case('name="direct"'),
        ),
        suite('name="macos"', suite('name="io"', case('name="reads"'))),
        suite('name="empty" tests="0" timestamp="2026-01-01T00:00:00Z"'),
    ),
    "tests that look the same": suites(
        suite('name="s"', *(case('name="t"') for _ in range(12))),
        suite('name="n"', case("", FAILURE), case("", "<system-out>x</system-out>")),
    ),
    "reruns as cases": suites(
        suite(
            'name="s"',
            case('name="t" extra="1"', f"{FAILURE}<system-out>first</system-out>"),
            case('name="t" extra="2"', "<system-out>second</system-out>"),
            case('name="u"', f"{PROPERTIES}<system-out>passed</system-out>"),
            case('name="u"', FAILURE),
        )
    ),
    "nextest's flaky tests that fail": suites(
        suite(
            'name="s"',
            case(
                'name="t"',
                '<failure message="configured to fail" type="flaky failure"/>'
                '<flakyFailure time="0.2" message="boom" type="x">trace</flakyFailure>',
            ),
        )
    ),
    "setup scripts": suites(
        suite(
            'name="@setup-script:db"',
            PROPERTIES,
            case('name="db"', "<system-out>made</system-out>"),
        ),
        suite('name="@setup-script:no"', case('name="no"', FAILURE)),
        suite('name="app"', case('name="t"')),
    ),
    "an error of a suite and a header": suites(
        suite('name="s"', case('name="a"'), '<error message="m" type="T">text</error>'),
        suite('name="h" failures="3"', case('name="a"')),
    ),
    "times and characters": suites(
        suite(
            'name="&lt;&quot;&amp;&#10;é"',
            '<testcase name="tiny" time="4.50611114501953e-05"/>',
            '<testcase name="long" time="1,234.5" timestamp="2026-01-01T00:00:00.123456+02:00"/>',
            case('name="cr"', "<failure>a&#13;\nb ]]&gt; c</failure>"),
        )
    ),
}


def again(found: Merged, folder: Path) -> Merged:
    """The merged file, read and merged."""
    write_merged(found, folder / "merged.xml")
    return merge([Labelled(document=read_document(folder / "merged.xml"))])


def said(found: Merged) -> dict[str, object]:
    """All that a merged report says, beside where it comes from."""
    return {
        "cases": [
            (
                *(each.suites, each.variant, each.classname, each.name, each.group, each.title),
                *(each.status, each.unstable, each.error, each.seconds, each.started),
                *(each.message, each.output, each.stdout, each.stderr),
                *(each.attributes, each.details, each.more, each.others),
            )
            for each in found.run.cases
        ],
        "suites": sorted(
            (facts for facts in found.run.suites if facts.path), key=lambda each: each.path
        ),
        "executions": found.executions,
        "wall": found.wall_seconds,
        "started": found.run.started,
    }


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_reading_the_merged_file_says_the_same(tmp_path: Path, text: str) -> None:
    found = merged(tmp_path, text)
    copy = again(found, tmp_path)
    assert said(copy) == said(found)
    assert read_document(tmp_path / "merged.xml").claims == ()
    assert said(again(copy, tmp_path)) == said(found)


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_every_text_and_attribute_is_in_the_merged_file(tmp_path: Path, text: str) -> None:
    write_merged(merged(tmp_path, text), tmp_path / "merged.xml")
    whole = (tmp_path / "merged.xml").read_text(encoding="utf-8")
    root = ET.fromstring(whole)
    texts = {each.text.strip() for each in root.iter() if each.text}
    values = {value for each in root.iter() for value in each.attrib.values()}
    counted = {"tests", "failures", "errors", "skipped", "time", "timestamp"}
    for each in ET.fromstring(text).iter():
        lines = (each.text or "").strip()
        assert any(lines in one for one in texts) or not lines
        for name, value in each.attrib.items():
            assert name in counted or value in values or value in whole


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_others_read_the_same_counts_from_the_merged_file(tmp_path: Path, text: str) -> None:
    found = merged(tmp_path, text)
    write_merged(found, tmp_path / "merged.xml")
    root = ET.fromstring((tmp_path / "merged.xml").read_text(encoding="utf-8"))
    cases = list(root.iter("testcase"))
    failed = [each for each in cases if {"failure", "error"} & {one.tag for one in each}]
    assert len(failed) == counts(found)[1]
    assert len(failed) == int(root.get("failures", "")) + int(root.get("errors", ""))
    assert len(cases) == int(root.get("tests", ""))
    JUnitXml.fromfile(str(tmp_path / "merged.xml"))  # type: ignore[no-untyped-call]


def test_a_merged_file_says_which_reports_it_is_of(tmp_path: Path) -> None:
    one = '<testsuites name="nextest-run" uuid="u1" toolchain="beta"><testsuite/></testsuites>'
    write_merged(merged(tmp_path, one, suites(suite('name="s"'))), tmp_path / "m.xml")
    root = ET.fromstring((tmp_path / "m.xml").read_text(encoding="utf-8"))
    (said_of,) = [
        each.get("value")
        for each in root.iterfind("properties/property")
        if each.get("name") == "tasker-ci:report"
    ]
    assert said_of == '{"name": "nextest-run", "toolchain": "beta", "uuid": "u1"}'


names = st.sampled_from(["", "a", "b"])
inners = st.lists(
    st.sampled_from(
        [
            FAILURE,
            "<error>e</error>",
            "<skipped/>",
            "<system-out>o</system-out>",
            "<flakyFailure message='f'><system-err>x</system-err></flakyFailure>",
            "<rerunFailure type='r'/>",
            PROPERTIES,
        ]
    ),
    max_size=3,
).map("".join)
stamps = st.sampled_from(
    ["", ' timestamp="2026-01-01T00:00:01Z"', ' timestamp="2026-01-01T00:00:02"']
)
cases = st.builds(
    lambda name, classname, stamp, inner: case(
        f'name="{name}" classname="{classname}"{stamp}', inner
    ),
    *(names, names, stamps, inners),
)
suites_of = st.recursive(
    st.builds(
        lambda name, more, stamp, inner: suite(f'name="{name}"{more}{stamp}', *inner),
        names,
        st.sampled_from(
            ["", ' id="1"', ' hostname="h"', ' time="2"', ' failures="1"', ' file="f"']
        ),
        stamps,
        st.lists(st.one_of(cases, st.sampled_from([FAILURE, PROPERTIES])), max_size=4),
    ),
    lambda inner: st.builds(
        lambda name, within: suite(f'name="{name}"', *within), names, st.lists(inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(texts=st.lists(st.lists(suites_of, max_size=3).map(lambda each: suites(*each)), max_size=3))
def test_whatever_is_merged_reads_the_same_again(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    found = merged(folder, *texts)
    assert said(again(found, folder)) == said(found)
    assert said(merged(folder, *reversed(texts)))["cases"] == said(found)["cases"]


_TIMED, _NAME = 'name="s" time="2.5"', 'name="a"'


def test_a_copy_of_a_run_adds_nothing_to_the_times_of_its_suites(tmp_path: Path) -> None:
    own = f'<testsuites uuid="u">{suite(_TIMED, case(_NAME))}</testsuites>'
    copy = own.replace('uuid="u"', 'uuid="u" session="unit"')
    (facts,) = (each for each in merged(tmp_path, own, copy).run.suites if each.path)
    assert facts.seconds == 2.5
    (facts,) = (each for each in merged(tmp_path, own).run.suites if each.path)
    assert facts.seconds == 2.5


def test_the_time_of_a_suite_with_a_begin_is_kept_to_its_last_digit(tmp_path: Path) -> None:
    text = suites(suite('name="s" time="0.12345678" timestamp="2026-01-01T00:00:00Z"', case(_NAME)))
    (facts,) = (each for each in merged(tmp_path, text).run.suites if each.path)
    assert facts.seconds == 0.12345678


def test_a_failure_that_has_a_type_alone_gets_no_message(tmp_path: Path) -> None:
    failure = '<failure type="test failure with exit code 101">out</failure>'
    write_merged(
        merged(tmp_path, suites(suite('name="s"', case(_NAME, failure)))), tmp_path / "m.xml"
    )
    text = (tmp_path / "m.xml").read_text(encoding="utf-8")
    assert failure in text

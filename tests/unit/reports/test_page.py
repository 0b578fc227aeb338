"""The page: self-contained, honest, and deaf to whatever stands in names and outputs."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasker_ci.reports.documents import Document
from tasker_ci.reports.markup import Markup
from tasker_ci.reports.merge import Labelled, merge
from tasker_ci.reports.page import write_page
from tasker_ci.reports.page_failures import MAXIMUM_FAILURES, OUTPUT_CHARACTERS
from tasker_ci.reports.page_parts import Content, PageSession
from tasker_ci.reports.run import QUARANTINED, Attempt, Case, TestRun
from tasker_ci.text.foreign import one_line

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOSTILE = "</script></pre><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;<!--"


class Reading(HTMLParser):
    """Collects elements, attributes and texts as a browser would."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.raw: list[tuple[str, str]] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside in {"script", "style"}:
            self.raw.append((self._inside, data))
        else:
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def page(*cases: Case, folder: Path, **more: Any) -> tuple[str, Reading]:
    document = Document(
        file=Path("a.xml"),
        run=TestRun(cases=cases),
        digest="d",
        attributes={},
        intervals=((0.0, 2.0),),
        undated_seconds=None,
    )
    content = Content(merged=merge([Labelled(document=document)]), sources=("a.xml",), **more)
    write_page(content, folder / "report.html", now=NOW)
    text = (folder / "report.html").read_text(encoding="utf-8")
    reading = Reading()
    reading.feed(text)
    return text, reading


def data_of(reading: Reading) -> Any:
    return json.loads(next(text for tag, text in reading.raw if text.startswith('{"statuses"')))


SOME = (
    Case(suite="core", name="good", status="passed", seconds=1.5, started=10.0),
    Case(
        suite="core", name="bad", status="failed", seconds=0.5, output="panicked at a.rs:3:5:\nno"
    ),
    Case(
        suite="it",
        name="wobbly",
        status="flaky",
        others=(Attempt(status="failed", message="late"),),
    ),
    Case(suite="it", name="later", status="skipped"),
)


def test_the_page_says_what_happened(tmp_path: Path) -> None:
    text, reading = page(
        *SOME,
        folder=tmp_path,
        origin="commit 0123456",
        parts=(PageSession(name="unit", status="failed", seconds=3.0),),
        rerun=lambda case: f"again {case.name}",
    )
    words = " ".join(" ".join(reading.texts).split())
    assert "1 of 3 tests failed" in words
    assert "2 passed 1 failed 1 flaky passed and failed 1 skipped 2 s wall time" in words
    assert "commit 0123456" in words
    assert "unit failed · 3 s" in words
    assert "a.rs:3:5" in words
    assert "again bad" in words
    assert "From 1 report, 4 executions of 4 tests" in words
    assert text.count("<h2>") == 7


def test_every_test_is_in_its_table(tmp_path: Path) -> None:
    _, reading = page(*SOME, folder=tmp_path)
    data = data_of(reading)
    rows = [
        (data["statuses"][status], data["groups"][group], name, seconds)
        for status, group, name, seconds in data["rows"]
    ]
    assert sorted(rows) == [
        ("failed", "core", "bad", 0.5),
        ("flaky", "it", "wobbly", 0.0),
        ("passed", "core", "good", 1.5),
        ("skipped", "it", "later", 0.0),
    ]


def test_nothing_comes_from_elsewhere(tmp_path: Path) -> None:
    text, reading = page(*SOME, folder=tmp_path)
    assert not re.search(r"https?://|url\(|@import|\bfetch\(|XMLHttpRequest|innerHTML", text)
    for tag, attributes in reading.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        assert not {"src", "style"} & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")


def test_the_policy_knows_its_own_script_and_style_alone(tmp_path: Path) -> None:
    _, reading = page(*SOME, folder=tmp_path)
    policy = next(
        attributes["content"] or ""
        for tag, attributes in reading.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    own = [(tag, text) for tag, text in reading.raw if not text.startswith('{"statuses"')]
    assert [tag for tag, _ in own] == ["style", "script"]
    for tag, text in own:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def expected_tags(folder: Path, *cases: Case) -> list[str]:
    return [tag for tag, _ in page(*cases, folder=folder)[1].elements]


texts = st.one_of(
    st.just(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
)


@settings(deadline=None)
@given(suite=texts, name=texts, message=texts, output=texts, again=texts, label=texts)
def test_texts_of_tests_make_no_element(
    suite: str,
    name: str,
    message: str,
    output: str,
    again: str,
    label: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.getbasetemp()

    def cases(*words: str) -> list[Case]:
        suite, name, message, output, label = words
        return [
            Case(
                suite=suite,
                name=name,
                classname=label,
                variant=label,
                status="failed",
                message=message,
                output="x" + output,
                stdout="x" + output,
                seconds=1.0,
                started=5.0,
                others=(Attempt(status="passed", message=message),),
            )
        ]

    hostile = page(
        *cases(suite, name, message, output, label), folder=folder, rerun=lambda _: "x" + again
    )[1]
    harmless = page(*cases("s", "n", "m", "o", "l"), folder=folder, rerun=lambda _: "xa")[1]
    tags = [tag for tag, _ in hostile.elements if tag != "wbr"]
    assert tags == [tag for tag, _ in harmless.elements if tag != "wbr"]
    assert data_of(hostile)["rows"][0][2] == one_line(name)


def test_a_name_does_not_turn_the_text_around_it(tmp_path: Path) -> None:
    turned = Case(
        suite="s\u202e", classname="c\u2066", name="a\u202eb", status="failed", message="m\u202e"
    )
    flaky = replace(turned, status="flaky", others=(Attempt(status="failed", message="n\u202e"),))
    text, _ = page(turned, flaky, folder=tmp_path)
    assert not set(text) & {"\u202e", "\u2066"}
    assert "a\\u202eb" in text


def test_a_long_output_keeps_its_ends(tmp_path: Path) -> None:
    output = "begin" + "x" * 10 * OUTPUT_CHARACTERS + "end"
    text, _ = page(Case(suite="s", name="n", status="failed", output=output), folder=tmp_path)
    assert "begin" in text
    assert "xend" in text
    assert "characters left out" in text
    assert len(text) < 3 * OUTPUT_CHARACTERS + 40_000


def test_a_thousand_failures_with_a_book_each_make_no_huge_page(tmp_path: Path) -> None:
    cases = [
        Case(
            suite="s", name=f"t{place}", status="failed", output="y" * 100_000, stdout="z" * 100_000
        )
        for place in range(1000)
    ]
    text, _ = page(*cases, folder=tmp_path)
    assert len(text) < 12_000_000
    assert text.count('class="failure"') == MAXIMUM_FAILURES
    assert "all 1\u202f000 are in the table below" in text


@pytest.mark.parametrize(
    ("cases", "words"),
    [
        ([Case(suite="s", name="n", status="passed")], "The one test passed"),
        ([Case(suite="s", name=str(each), status="passed") for each in range(3)], "All 3 tests"),
        ([Case(suite="s", name="n", status="skipped")], "No test ran"),
    ],
)
def test_the_verdict_claims_no_more_than_it_knows(
    tmp_path: Path, cases: list[Case], words: str
) -> None:
    text, _ = page(*cases, folder=tmp_path)
    assert f"<h1>{words}" in text


def test_what_is_not_known_is_no_data(tmp_path: Path) -> None:
    text, _ = page(Case(suite="s", name="n", status="passed", seconds=1.0), folder=tmp_path)
    assert "No data: the reports do not say when a test began." in text


moments = st.none() | st.floats(-6e10, 2e11)
lengths = st.floats(0, 1e10) | st.sampled_from([0.0, 5e-324, 1e-9])


@settings(deadline=None)
@given(
    cases=st.lists(
        st.builds(
            Case,
            suite=st.just("s"),
            name=st.integers(0, 5).map(str),
            status=st.sampled_from(["passed", "failed", "skipped", "flaky"]),
            seconds=lengths,
            started=moments,
            others=st.lists(
                st.builds(Attempt, status=st.just("failed"), seconds=lengths, started=moments),
                max_size=2,
            ).map(tuple),
        ),
        max_size=6,
    )
)
def test_times_of_any_size_are_drawn(
    cases: list[Case], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    text, _ = page(*cases, folder=folder)
    body = text.partition("<main>")[2].partition("<script")[0]
    assert not re.search(r"\b(nan|inf)\b", body)


def test_a_failure_in_quarantine_is_in_sight_and_not_among_the_failures(tmp_path: Path) -> None:
    mark = Markup("property", (("name", QUARANTINED), ("value", "races")))
    case = Case("core", "shaky", "quarantined", more=(Markup("properties", (), "", (mark,)),))
    text, _ = page(Case("core", "calm", "passed"), case, folder=tmp_path)
    assert "1 of 2 tests failed in quarantine, no other" in text
    assert "Failures in quarantine (1)" in text
    assert "<h2>Failures (" not in text

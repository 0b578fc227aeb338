"""Which cases of a report are executions of one test, and which are different tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from junit_files import BAD, FAILURE, T, case, counts, merged, suite, suites

if TYPE_CHECKING:
    from pathlib import Path

DIFFERENT = {
    "outer suites": suites(
        suite('name="chrome"', suite('name="io"', BAD)), suite('name="ie"', suite('name="io"', T))
    ),
    "suites outside of the outer ones": suites(
        suite('name="a"', suite('name="x"', suite('name="io"', BAD))),
        suite('name="b"', suite('name="x"', suite('name="io"', T))),
    ),
    "a suite without a name around": suites(
        suite("", suite('name="io"', BAD)), suite('name="io"', T)
    ),
    "files of the tests": suites(
        suite('name="s"', case('name="t" file="a.js"', FAILURE), case('name="t" file="b.js"'))
    ),
    "files of the suites": suites(
        suite('name="s" file="a.js"', BAD), suite('name="s" file="b.js"', T)
    ),
    "packages": suites(suite('name="s" package="a"', BAD), suite('name="s" package="b"', T)),
    "hosts": suites(suite('name="s" hostname="a"', BAD), suite('name="s" hostname="b"', T)),
    "ids of the suites": suites(suite('name="s" id="0"', BAD), suite('name="s" id="1"', T)),
    "lines": suites(
        suite('name="s"', case('name="t" line="3"', FAILURE), case('name="t" line="9"'))
    ),
    "no name": suites(suite('name="s"', case("", FAILURE), case(""))),
    "an empty name": suites(suite('name="s"', case('name=""', FAILURE), case('name=""'))),
    "classes": suites(
        suite('name="s"', case('name="t" classname="A"', FAILURE), case('name="t" classname="B"'))
    ),
    "classes that are called class (phpunit)": suites(
        suite('name="s"', case('name="t" class="A"', FAILURE), case('name="t" class="B"'))
    ),
    "parameters in the name": suites(
        suite('name="s"', case('name="t[1-2]"', FAILURE), case('name="t[1-3]"'))
    ),
    "parameters of googletest": suites(
        suite(
            'name="s"', case('name="t" value_param="1"', FAILURE), case('name="t" value_param="2"')
        )
    ),
    "parameters as properties": suites(
        suite(
            'name="s"',
            *(
                case(
                    'name="t"',
                    f'<properties><property name="parameter" value="{value}"/></properties>{inner}',
                )
                for value, inner in (("1", FAILURE), ("2", ""))
            ),
        )
    ),
    "documents after one another (libtest's own format, one for each binary)": (
        '<?xml version="1.0"?>'
        + suites(suite('name="test" id="0"', BAD))
        + '\n<?xml version="1.0"?>'
        + suites(suite('name="test" id="0"', T))
    ),
}


@pytest.mark.parametrize("text", DIFFERENT.values(), ids=DIFFERENT)
def test_different_tests_are_never_reruns_of_one(tmp_path: Path, text: str) -> None:
    found = merged(tmp_path, text)
    assert counts(found) == (2, 1, 0)
    labels = {(each.group, each.title) for each in found.run.cases}
    if all(each.name for each in found.run.cases):
        assert len(labels) == 2, "what differs is shown"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(
            suite('name="s" id="0"', BAD), suite('name="s" id="1"', T), id="id of a suite"
        ),
        pytest.param(
            suite('name="s"', case('name="t" line="3"', FAILURE)),
            suite('name="s"', case('name="t" line="4"')),
            id="line",
        ),
    ],
)
def test_a_number_alone_does_not_part_the_executions_of_two_reports(
    tmp_path: Path, first: str, second: str
) -> None:
    begun = suites(first).replace(">", ' timestamp="2026-01-01T00:00:00Z" time="1">', 1)
    later = suites(second).replace(">", ' timestamp="2026-01-02T00:00:00Z" time="1">', 1)
    assert counts(merged(tmp_path, begun, later)) == (1, 0, 1)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(('name="s" package="a"', 'name="s" package="b"'), id="packages"),
        pytest.param(('name="s" hostname="a"', 'name="s" hostname="b"'), id="hosts"),
        pytest.param(('name="s" file="a"', 'name="s" file="b"'), id="files"),
    ],
)
def test_different_tests_of_two_reports_stay_different(
    tmp_path: Path, parts: tuple[str, str]
) -> None:
    texts = [
        suites(suite(part, each)) for part, each in zip(parts, (BAD, T), strict=True)
    ]  # fmt: skip
    assert counts(merged(tmp_path, *texts)) == (2, 1, 0)


def test_tests_without_a_name_are_not_joined_across_reports_either(tmp_path: Path) -> None:
    one, other = suites(suite('name="s"', case("", FAILURE))), suites(suite('name="s"', case("")))
    assert counts(merged(tmp_path, one, other)) == (2, 1, 0)


RERUNS = {
    "failed, then passed": ((FAILURE, ""), (1, 0, 1)),
    "passed, then failed": (("", FAILURE), (1, 1, 1)),
    "failed twice, then passed": ((FAILURE, FAILURE, ""), (1, 0, 1)),
    "failed and broke its teardown (pytest)": ((FAILURE, "<error/>"), (1, 1, 0)),
    "skipped, then passed": (("<skipped/>", ""), (1, 0, 0)),
    "passed twice: two tests": (("", ""), (2, 0, 0)),
    "failed twice: two tests": ((FAILURE, FAILURE), (2, 2, 0)),
}


@pytest.mark.parametrize(("inner", "expected"), RERUNS.values(), ids=RERUNS)
def test_one_identity_that_comes_again_with_another_result_is_a_rerun(
    tmp_path: Path, inner: tuple[str, ...], expected: tuple[int, int, int]
) -> None:
    text = suites(suite('name="s"', *(case('name="t" classname="c"', each) for each in inner)))
    found = merged(tmp_path, text)
    assert counts(found) == expected
    skipped = inner.count("<skipped/>")
    assert found.executions == len(inner) - skipped, "executions that look the same count too"


def dated(attributes: str, second: int | None) -> str:
    stamp = "" if second is None else f' timestamp="2026-01-01T00:00:{second:02}Z"'
    return f"{attributes}{stamp}"


@pytest.mark.parametrize(
    ("failed", "passed", "failures"),
    [
        pytest.param(20, 10, 1, id="the last line was first"),
        pytest.param(10, 20, 0, id="lines and times agree"),
        pytest.param(10, 10, 0, id="at once: the lines decide"),
        pytest.param(None, 10, 0, id="one without a time: the lines decide"),
        pytest.param(None, None, 0, id="no times: the lines decide"),
    ],
)
def test_the_times_of_a_file_say_the_order_before_its_lines(
    tmp_path: Path, failed: int | None, passed: int | None, failures: int
) -> None:
    of_cases = suites(
        suite(
            'name="s"',
            case(dated('name="t"', failed), FAILURE),
            case(dated('name="t"', passed)),
        )
    )
    of_suites = suites(suite(dated('name="s"', failed), BAD), suite(dated('name="s"', passed), T))
    for text in (of_cases, of_suites):
        assert counts(merged(tmp_path, text)) == (1, failures, 1)


def test_attempts_stand_in_the_order_of_their_times_else_of_the_lines(tmp_path: Path) -> None:
    lines = "".join(f'<rerunFailure message="{each}"/>' for each in ("b", "a", "c"))
    (found,) = merged(
        tmp_path, suites(suite('name="s"', case('name="t"', FAILURE + lines)))
    ).run.cases
    assert [each.message for each in found.others] == ["b", "a", "c"]
    times = "".join(
        f'<rerunFailure message="{each}" timestamp="2026-01-01T00:00:0{second}Z"/>'
        for each, second in (("b", 3), ("a", 1), ("c", 2))
    )
    (found,) = merged(
        tmp_path, suites(suite('name="s"', case('name="t"', FAILURE + times)))
    ).run.cases
    assert [each.message for each in found.others] == ["a", "c", "b"]


SCRIPT = '<testcase name="db" classname="@setup-script:db" time="0.1">{}</testcase>'


def shard(uuid: str, script: str | None, *elements: str, hour: int = 0) -> str:
    own = "" if script is None else suite('name="@setup-script:db"', SCRIPT.format(script))
    return (
        f'<testsuites name="nextest-run" uuid="{uuid}" timestamp="2026-01-01T{hour:02}:00:00Z" '
        f'time="1">{own}{"".join(elements)}</testsuites>'
    )


def test_a_setup_script_that_failed_counts_and_one_that_passed_is_no_test(tmp_path: Path) -> None:
    passed = shard("a", "", suite('name="app"', T))
    assert counts(merged(tmp_path, passed)) == (1, 0, 0)
    alone = merged(tmp_path, shard("b", '<failure type="script failure with exit code 1"/>'))
    assert counts(alone) == (1, 1, 0)
    (script,) = alone.run.cases
    assert (script.suite, script.name, script.is_script) == ("@setup-script:db", "db", True)
    assert script.reason == "script failure with exit code 1"


@pytest.mark.parametrize("hours", [(0, 1), (1, 0)])
def test_a_script_that_passed_in_another_shard_does_not_hide_the_failure(
    tmp_path: Path, hours: tuple[int, int]
) -> None:
    one = shard("a", "", suite('name="app"', T), hour=hours[0])
    other = shard("b", FAILURE, hour=hours[1])
    assert counts(merged(tmp_path, one, other)) == (2, 1, 0)
    again = shard("c", FAILURE, hour=2)
    assert counts(merged(tmp_path, one, other, again)) == (3, 2, 0), "each shard for itself"


def test_a_suite_with_a_number_is_the_one_that_another_report_has_without(tmp_path: Path) -> None:
    numbered = suites(suite('name="s" id="3"', T))
    assert counts(merged(tmp_path, numbered, suites(suite('name="s"', BAD)))) == (1, 1, 1)


@pytest.mark.parametrize(
    "nested", ['<testsuite name="s">{}</testsuite>', "{}"], ids=["a suite within", "the suite"]
)
def test_the_begin_of_its_suite_dates_a_test_that_has_none(tmp_path: Path, nested: str) -> None:
    """Of two reports the one that began first may hold the later execution."""

    def report(root: str, begin: str, tests: str) -> str:
        inner = suite(f'name="s" timestamp="2026-01-01T{begin}Z"', nested.format(tests))
        return f'<testsuites time="9" timestamp="2026-01-01T{root}Z">{inner}</testsuites>'

    early = report("10:00:00", "12:00:00", BAD)
    late = report("11:00:00", "11:00:00", T)
    for texts in ((early, late), (late, early)):
        (test,) = merged(tmp_path, *texts).run.cases
        assert (test.status, test.unstable) == ("failed", True)

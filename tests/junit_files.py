"""Small JUnit files, written element by element, and what `report` makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.reports.documents import read_document
from tasker_ci.reports.executions import by_status
from tasker_ci.reports.merge import Labelled, Merged, merge

if TYPE_CHECKING:
    from pathlib import Path

FAILURE = '<failure message="bad"/>'


def merged(folder: Path, *texts: str) -> Merged:
    """Each text as a file, all of them merged."""
    reports = []
    for number, text in enumerate(texts):
        file = folder / f"{number}.xml"
        file.write_text(text, encoding="utf-8")
        reports.append(Labelled(document=read_document(file)))
    return merge(reports)


def counts(found: Merged) -> tuple[int, int, int]:
    """Tests, failed ones, flaky ones."""
    return (
        len(found.run.cases),
        by_status(found.run.cases)["failed"],
        len(found.run.flaky),
    )


def suites(*elements: str) -> str:
    return f"<testsuites>{''.join(elements)}</testsuites>"


def suite(attributes: str, *elements: str) -> str:
    return f"<testsuite {attributes}>{''.join(elements)}</testsuite>"


def case(attributes: str, inner: str = "") -> str:
    return f'<testcase time="0.1" {attributes}>{inner}</testcase>'


T, BAD = case('name="t"'), case('name="t"', FAILURE)

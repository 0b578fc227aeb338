"""The findings as one HTML page, with what each job does with each package.

The page needs nothing else and runs no script; all text of the repository is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.reports.page import BEGINNING
from tasker_ci.sessions.review.text import MARKS, details
from tasker_ci.text.foreign import one_line
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.sessions.review.finding import ReviewFinding
    from tasker_ci.sessions.review.matrix import PackageMatrix
    from tasker_ci.sessions.review.result import ReviewResult

_CODE = re.compile(r"`([^`]+)`")
_SHORT = {
    Action.TEST: "runs",
    Action.BENCH: "benches",
    Action.COMPILE_TESTS: "compiles tests",
    Action.LINT: "lints",
    Action.BUILD: "builds",
    Action.CHECK: "checks",
    Action.DOC: "documents",
    Action.RUN: "starts",
}


def as_page(result: ReviewResult) -> str:
    """The whole page."""
    return "".join(_pieces(result))


def _pieces(result: ReviewResult) -> Iterator[str]:
    style = resources.files(__package__ or "").joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    yield (
        f"{BEGINNING}'sha256-{digest}'; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_shown(result.sentence)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{_shown(result.sentence)}</h1>\n"
        f'<p class="dim">{_shown(result.looked_at)}</p>\n'
    )
    if result.findings:
        yield f"<h2>{counted(len(result.findings), 'finding')}</h2>\n"
        yield from map(_article, result.findings)
    yield from _matrix(result.matrix)
    if result.unread:
        count = counted(len(result.unread), "place")
        yield f"<h2>Not decided: {count} could not be read</h2>\n<ul>\n"
        for each in result.unread:
            yield f"<li><code>{_shown(str(each.place))}</code> {_shown(each.why)}</li>\n"
        yield "</ul>\n"
    yield "</main>\n</body>\n</html>\n"


def _article(finding: ReviewFinding) -> str:
    lines = "".join(f"<li>{_with_code(line)}</li>" for line in details(finding))
    sure = "" if finding.fails or finding.grade.value == "certain" else " · suspicion"
    return (
        f'<article class="{finding.severity.value}"><h3><span class="tag">'
        f"{MARKS[finding.severity]} {finding.severity.value} {_shown(finding.rule)}{sure}</span>"
        f"<code>{_shown(str(finding.place))}</code></h3>\n<p>{_with_code(finding.message)}</p>\n"
        f"{f'<ul>{lines}</ul>' if lines else ''}</article>\n"
    )


def _matrix(matrix: PackageMatrix) -> Iterator[str]:
    if not matrix.packages or not matrix.jobs:
        return
    yield "<h2>What each job does with each package</h2>\n"
    yield '<div class="scroll"><table><thead><tr><th scope="col">package</th>'
    yield from (f'<th scope="col"><span>{_shown(job)}</span></th>' for job in matrix.jobs)
    yield "</tr></thead><tbody>\n"
    for package in matrix.packages:
        cells = [matrix.cells.get((package, job)) for job in matrix.jobs]
        lost = "" if Action.TEST in cells else ' class="lost"'
        yield f'<tr{lost}><th scope="row">{_shown(package)}</th>{"".join(map(_cell, cells))}</tr>\n'
    yield "</tbody></table></div>\n"


def _cell(action: Action | None) -> str:
    if action is None:
        return '<td class="none">·</td>'
    kind = "run" if action is Action.TEST else "part"
    return f'<td class="{kind}">{_SHORT[action]}</td>'


def _shown(text: str) -> str:
    return escape(one_line(text))


def _with_code(text: str) -> str:
    """The same, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", _shown(text))

"""Read what `cargo test` prints: the results of Rust's own test harness, line by line."""

from __future__ import annotations

import re

from tasker_ci.report.run import Case, CaseStatus, TestRun

_CASE = re.compile(r"^test (?P<name>.+?)(?: - should panic)? \.\.\. (?P<result>ok|FAILED|ignored)\b")
_TOTAL = re.compile(
    r"^test result: .*?(?P<passed>\d+) passed; (?P<failed>\d+) failed; (?P<ignored>\d+) ignored"
    r".*?finished in (?P<seconds>[\d.]+)s"
)
_OUTPUT = re.compile(r"^---- (?P<name>.+?) (?:stdout|stderr) ----$")
_STATUS: dict[str, CaseStatus] = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}


def read_libtest(text: str, suite: str) -> TestRun:
    """Read the standard output of `cargo test`; a run without harness output has no cases.

    A total that the named lines do not reach (a test wrote into its own line) is made up with cases
    called ``(unnamed)``, so that no count is lost.
    """
    cases: list[Case] = []
    outputs = _outputs(text)
    seconds = 0.0
    pending: list[Case] = []
    for line in text.splitlines():
        named = _CASE.match(line)
        if named:
            status = _STATUS[named["result"]]
            output = outputs.get(named["name"], "") if status == "failed" else ""
            pending.append(Case(suite=suite, name=named["name"], status=status, output=output))
            continue
        total = _TOTAL.match(line)
        if total:
            seconds += float(total["seconds"])
            for key, status in (("passed", "passed"), ("failed", "failed"), ("ignored", "skipped")):
                missing = int(total[key]) - sum(case.status == status for case in pending)
                pending += [Case(suite=suite, name="(unnamed)", status=status)] * missing
            cases += pending
            pending = []
    return TestRun(cases=(*cases, *pending), seconds=seconds)


def _outputs(text: str) -> dict[str, str]:
    outputs: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        header = _OUTPUT.match(line)
        if header:
            current = outputs.setdefault(header["name"], [])
        elif line == "failures:":
            current = None
        elif current is not None:
            current.append(line)
    return {name: "\n".join(lines).strip() for name, lines in outputs.items()}

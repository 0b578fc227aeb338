"""What cargo-deny prints becomes findings with their places. The lines are those of 0.20.2."""

from __future__ import annotations

import json

import pytest

from tasker_ci.errors import ReportError
from tasker_ci.sessions.deny.answer import read_answer

LOCK = """\
version = 4

[[package]]
name = "itoa"
version = "1.0.19"

[[package]]
name = "libc"
version = "0.2.191"
"""
A = {"Krate": {"name": "a", "version": "0.1.0"}}
ODD = {"Krate": {"name": "odd", "version": "0.1.0"}}
ITOA = {"Krate": {"name": "itoa", "version": "1.0.19"}, "parents": [A, A]}
LIBC = {"Krate": {"name": "libc", "version": "0.2.191"}, "parents": [A]}
SUMMARY = '{"fields":{"bans":{"errors":1}},"type":"summary"}\n'


def diagnostic(code: str, message: str, *, severity: str = "error", **more: object) -> str:
    fields = {"code": code, "message": message, "severity": severity, **more}
    return json.dumps({"type": "diagnostic", "fields": fields}) + "\n"


def log(message: str) -> str:
    return json.dumps({"type": "log", "fields": {"level": "ERROR", "message": message}}) + "\n"


def label(line: int, span: str = "") -> dict[str, object]:
    return {"line": line, "column": 1, "message": "", "span": span}


BANNED = diagnostic(
    "banned", "crate 'libc = 0.2.191' is explicitly banned", labels=[label(4)], graphs=[LIBC]
)
REJECTED = diagnostic(
    "rejected",
    "failed to satisfy license requirements",
    labels=[label(34, "MIT OR Apache-2.0"), label(34, "MIT")],
    graphs=[ITOA],
)
VULNERABLE = diagnostic(
    "vulnerability",
    "Reads past the end of its buffer",
    advisory={"id": "RUSTSEC-2031-0001"},
    labels=[label(3)],
    graphs=[ITOA],
    notes=["ID: RUSTSEC-2031-0001", "Solution: Upgrade to >=9.2.0 (try `cargo update -p itoa`)"],
)
UNUSED = diagnostic(
    "license-not-encountered",
    "license was not encountered",
    severity="warning",
    labels=[label(2, "ISC")],
    graphs=[],
)


@pytest.mark.parametrize(
    ("line", "place", "told", "level"),
    [
        (
            BANNED,
            "deny.toml:4",
            (
                "crate 'libc = 0.2.191' is explicitly banned, pulled in by a: replace it, or what "
                "pulls it in"
            ),
            "error",
        ),
        (
            REJECTED,
            "Cargo.lock:4",
            (
                "itoa 1.0.19 has the licence MIT OR Apache-2.0, which is not allowed, pulled"
                " in by a: replace it, or allow the licence: `licenses.allow` or "
                "`licenses.exceptions`"
            ),
            "error",
        ),
        (
            VULNERABLE,
            "Cargo.lock:4",
            (
                "itoa 1.0.19: Reads past the end of its buffer (RUSTSEC-2031-0001), pulled in by a"
                ": Upgrade to >=9.2.0 (try `cargo update -p itoa`)"
            ),
            "error",
        ),
        (UNUSED, "deny.toml:2", "license was not encountered", "warning"),
        (diagnostic("odd", "a thing", graphs=[ODD]), "", "odd 0.1.0: a thing", "error"),
    ],
    ids=["banned", "rejected", "vulnerable", "unused", "without-a-place"],
)
def test_each_has_its_place_its_words_and_its_fix(
    line: str, place: str, told: str, level: str
) -> None:
    answer = read_answer(f"    Blocking waiting for file lock\n{line}{SUMMARY}", "deny.toml", LOCK)
    (found,) = answer.findings
    assert (found.place, found.told, found.level) == (place, told, level)
    assert answer.complete


def test_notes_and_helps_are_no_findings() -> None:
    note = diagnostic("x", "y", severity="note")
    assert read_answer(note + SUMMARY, "deny.toml", LOCK).findings == ()


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        (log("failed to fetch advisory database https://example.org/advisory-db"), True),
        (log("failed to get 'FETCH_HEAD' metadata: failed to get HEAD timestamp"), True),
        (log("failed to parse config from 'deny.toml': unexpected eof encountered"), False),
        (log("failed to fetch advisory database") + SUMMARY, False),
        ("", False),
    ],
    ids=["fetch", "offline", "configuration", "complete", "nothing"],
)
def test_why_it_did_not_come_to_its_end(text: str, *, lacks: bool) -> None:
    assert read_answer(text, "deny.toml", LOCK).lacks_database is lacks


def test_another_form_is_an_error() -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        read_answer('{"type": "diagnostic", "fields": {}}', "deny.toml", LOCK)

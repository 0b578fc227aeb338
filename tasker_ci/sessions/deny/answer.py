"""What `cargo-deny --format json check` prints on standard error: a line for each diagnostic."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.tools.tool_findings import ToolFinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NO_DATABASE = re.compile(r"advisory database|advisory-db|FETCH_HEAD")
_SOLUTION = "Solution: "
_REJECTED = "rejected"

_OF_RULES = {
    *("banned", "license-not-encountered", "license-exception-not-encountered", "unmatched-skip"),
    *("unmatched-skip-root", "unnecessary-skip", "advisory-not-detected", "unexpected-keys"),
    *("unmatched-source", "unmatched-organization", "unused-wrapper", "not-allowed-list"),
    *("deprecated", "unused-workspace-dependency", "unmatched-bypass", "unmatched-path-bypass"),
}
"""Codes whose first label is a place in the configuration."""

_FIXES = {
    _REJECTED: "replace it, or allow the licence: `licenses.allow` or `licenses.exceptions`",
    "unlicensed": "give it a `license`, or clarify it: `licenses.clarify`",
    "banned": "replace it, or what pulls it in",
    "duplicate": "bring the versions together, or skip one: `bans.skip`",
    "source-not-allowed": "take it from elsewhere, or allow the source: `sources.allow-git`",
    "yanked": "update it, or ignore it with a reason: `advisories.ignore`",
    "unmaintained": "replace it, or ignore it with a reason: `advisories.ignore`",
}


@dataclass(frozen=True, kw_only=True)
class DenyAnswer:
    """What a run of cargo-deny said."""

    findings: tuple[ToolFinding, ...]
    complete: bool
    """Whether it came to its end: it prints its figures there."""
    errors: tuple[str, ...]
    """Why it did not."""

    @property
    def lacks_database(self) -> bool:
        """Whether it had no advisory database, or could not fetch one."""
        return not self.complete and any(map(_NO_DATABASE.search, self.errors))


def read_answer(text: str, configuration: str, lock: str) -> DenyAnswer:
    """Read standard error.

    ``configuration`` is the name of the file with the rules, ``lock`` the text of Cargo.lock.
    Raises `ReportError` for a diagnostic of another form.
    """
    findings: list[ToolFinding] = []
    errors: list[str] = []
    complete = False
    try:
        for row in _rows(text):
            fields = row["fields"]
            if row["type"] == "summary":
                complete = True
            elif row["type"] == "log" and fields["level"] == "ERROR":
                errors.append(str(fields["message"]).strip())
            elif row["type"] == "diagnostic" and fields["severity"] in {"error", "warning"}:
                findings.append(_finding(fields, configuration, lock))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        message = f"`cargo-deny --format json` printed something that cannot be read ({error!r})."
        step = "`tasker-ci tools` installs the cargo-deny that this version of tasker-ci knows."
        raise ReportError(message, next_step=step) from error
    return DenyAnswer(findings=tuple(findings), complete=complete, errors=tuple(errors))


def _rows(text: str) -> Iterator[Mapping[str, Any]]:
    for line in text.splitlines():
        try:
            row = json.loads(line)
        except ValueError:  # cargo's own progress is between them
            continue
        if isinstance(row, dict):
            yield row


def _finding(fields: Mapping[str, Any], configuration: str, lock: str) -> ToolFinding:
    code = str(fields.get("code") or "configuration")
    labels = fields.get("labels") or ()
    crates = [graph["Krate"] for graph in fields.get("graphs") or () if "Krate" in graph]
    file, line = None, 0
    if labels and (code in _OF_RULES or not crates):
        file, line = configuration, int(labels[0]["line"])
    elif crates:
        line = _line_of(lock, crates[0]["name"], crates[0]["version"])
        file = "Cargo.lock" if line else None
    return ToolFinding(
        code=code,
        message=_message(code, fields, crates),
        file=file,
        line=line,
        fix=_fix(code, fields.get("notes") or ()),
        level=fields["severity"],
    )


def _message(code: str, fields: Mapping[str, Any], crates: list[Mapping[str, Any]]) -> str:
    message = " ".join(str(fields["message"]).split())
    crate = f"{crates[0]['name']} {crates[0]['version']}" if crates else ""
    labels = fields.get("labels") or ()
    if code == _REJECTED and crate and labels:
        message = f"{crate} has the licence {labels[0]['span']}, which is not allowed"
    elif advisory := fields.get("advisory"):
        message = f"{crate}: {message} ({advisory['id']})"
    elif crate and not re.search(rf"(?<![\w-]){re.escape(crates[0]['name'])}(?![\w-])", message):
        message = f"{crate}: {message}"
    parents = [each["Krate"]["name"] for graph in fields.get("graphs") or ()
               for each in graph.get("parents") or () if "Krate" in each]  # fmt: skip
    return f"{message}, pulled in by {', '.join(dict.fromkeys(parents))}" if parents else message


def _fix(code: str, notes: tuple[str, ...]) -> str:
    solution = next((each for each in notes if each.startswith(_SOLUTION)), "")
    return solution.removeprefix(_SOLUTION) or _FIXES.get(code, "")


def _line_of(lock: str, name: str, version: str) -> int:
    """The line of a package in Cargo.lock; 0 where it is not there."""
    place = lock.find(f'name = "{name}"\nversion = "{version}"\n')
    return lock.count("\n", 0, place) + 1 if place >= 0 else 0

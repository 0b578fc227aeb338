"""What makes a proof, what ends one, and what is said where a session runs again."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from proof_projects import Project, write

from tasker_ci.errors import UsageError
from tasker_ci.session import Holds, Session
from tasker_ci.sessions.pipeline.proofs.store import ProofStore
from tasker_ci.sessions.pipeline.proofs.switch import proofs_of
from tasker_ci.sessions.pipeline.proofs.verdict import Author, Proofs
from tasker_ci.sessions.pipeline.results import SessionResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tasker_ci.testing import RecordedContext

NOON = datetime(2026, 5, 6, 12, tzinfo=UTC).timestamp()
GREEN: Mapping[str, Any] = {"status": "passed", "summary": "3 passed"}


@dataclass
class Case:
    """A project, and sessions that end as they are told to."""

    project: Project
    proves: Holds | None = field(default_factory=Holds)
    now: float = NOON
    anew: bool = False
    context: RecordedContext = field(init=False)

    def proofs(self) -> Proofs:
        self.context = self.project.context()
        return Proofs(
            context=self.context,
            sessions={"unit": Session("m:f", "Tests.", stage="unit", proves=self.proves)},
            author=Author(run="r1", commit="1a2b3c4"),
            anew=self.anew,
            store=ProofStore.of(self.context),
            clock=lambda: self.now,
        )

    def run(
        self, during: Callable[[], object] = lambda: None, **document: Any
    ) -> SessionResult | None:
        """One `ci`: None if the session was proven, else how it ended."""
        proofs = self.proofs()
        if proofs.proven("unit") is not None:
            return None
        during()
        whole = {**GREEN, **document}
        result = SessionResult(
            session="unit",
            status=str(whole["status"]),
            summary=str(whole["summary"]),
            document=whole,
        )
        proofs.ended("unit", result)
        proofs.keep()
        return result

    @property
    def said(self) -> str:
        return self.context.printed


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    return Case(Project(tmp_path).make())


def test_a_green_run_is_proof_and_the_result_says_of_which_run(case: Case) -> None:
    assert case.run() is not None
    case.now += 120
    proven = case.proofs().proven("unit")
    assert proven is not None
    assert proven.green
    assert (proven.status, proven.summary) == ("proven", "3 passed")
    assert proven.shown == "proven (2 min ago, 1a2b3c4)"
    said = proven.data()["proven"]
    assert (said["run"], said["commit"]) == ("r1", "1a2b3c4")
    assert said["made"] == "2026-05-06T12:00:00+00:00"


def test_what_has_changed_is_named_in_one_line(case: Case) -> None:
    case.run()
    write(case.project.root / "src" / "lib.rs", "changed")
    write(case.project.root / "src" / "new.rs", "new")
    assert case.run() is not None
    assert case.said.splitlines() == ["unit runs again: src/lib.rs changed (and 1 more)"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"FOO": "1"}, "unit runs again: the variable FOO changed"),
        ({"TASKER_CI_DOC_WARNINGS": "deny"}, "changed"),
    ],
)
def test_a_variable_is_called_one(case: Case, change: dict[str, str], line: str) -> None:
    case.run()
    case.project.variables |= change
    assert case.run() is not None
    assert line in case.said


def test_after_the_run_it_is_proven_again(case: Case) -> None:
    case.run()
    write(case.project.root / "src" / "lib.rs", "changed")
    assert case.run() is not None
    assert case.run() is None


@pytest.mark.parametrize(
    ("ending", "why"),
    [
        ({"status": "failed"}, ""),
        ({"status": "not checked"}, ""),
        ({"status": "skipped"}, ""),
        ({"flaky": [{"name": "a"}]}, "unit proves nothing: some of it was flaky"),
        ({"quarantined": ["a"]}, "unit proves nothing: some of it was quarantined"),
        ({"tolerated": 2}, "unit proves nothing: some of it was tolerated"),
        ({"unproven": "the report is older"}, "unit proves nothing: the report is older"),
    ],
)
def test_only_a_run_that_is_green_in_all_parts_is_proof(
    case: Case, ending: dict[str, Any], why: str
) -> None:
    case.run(**ending)
    assert case.said == (f"{why}\n" if why else "")
    assert case.run() is not None


def test_a_red_run_ends_the_proof_that_there_was(case: Case) -> None:
    case.run()
    case.anew = True
    case.run(status="failed")
    case.anew = False
    assert case.run() is not None


def test_what_is_not_declared_proves_nothing_and_looks_at_nothing(case: Case) -> None:
    case.proves = None
    assert case.run() is not None
    assert case.run() is not None
    assert not (case.project.target / "tasker-ci").exists()


def test_anew_runs_and_its_green_run_is_proof(case: Case) -> None:
    case.anew = True
    assert case.run() is not None
    assert case.run() is not None
    case.anew = False
    assert case.run() is None


@pytest.mark.parametrize(
    "during",
    [
        lambda root: write(root / "src" / "lib.rs", "changed"),
        lambda root: write(root / "new.env", ""),
        lambda root: (root / "Cargo.lock").unlink(),
        lambda root: os.utime(root / "src" / "lib.rs"),
        lambda root: write(root / "Cargo.lock", (root / "Cargo.lock").read_text("utf-8")),
        lambda root: write(root / ".git" / "HEAD", "ref: refs/heads/main\n"),
    ],
    ids=["changed", "new", "gone", "touched", "the same again", "another branch and back"],
)
def test_what_is_written_while_it_runs_makes_no_proof(
    case: Case, during: Callable[[Path], object]
) -> None:
    root = case.project.root
    case.run(lambda: during(root))
    assert "unit proves nothing: " in case.said
    assert "since it began" in case.said
    assert case.run() is not None


def test_a_change_and_its_reversal_make_no_proof(case: Case) -> None:
    file = case.project.root / "src" / "lib.rs"
    before, status = file.read_text("utf-8"), file.stat()

    def there_and_back() -> None:
        file.write_text("other", encoding="utf-8")
        file.write_text(before, encoding="utf-8")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))

    case.run(there_and_back)
    assert case.run() is not None


def note(case: Case, file: Path) -> None:
    write(case.project.target / "debug" / "deps" / "late-1.d", f"late.rlib: {file}\n")


def test_a_build_may_say_while_it_runs_what_it_depends_on(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = write(case.project.outside / "late.txt", "1")
    later = time.time_ns() + 60_000_000_000  # the file was there long before the run
    monkeypatch.setattr(ProofStore, "file_time", lambda self, clock: later)
    case.run(lambda: note(case, late))
    assert case.said == ""
    assert case.run() is None
    late.write_text("2", encoding="utf-8")
    assert case.run() is not None


def test_but_not_what_was_written_meanwhile(case: Case) -> None:
    late = case.project.outside / "late.txt"
    case.run(lambda: (write(late, "1"), note(case, late)))
    assert "late.txt was written since it began" in case.said
    assert case.run() is not None


def test_a_proof_ends_with_its_day(case: Case) -> None:
    case.run()
    case.now += timedelta(hours=11, minutes=59).total_seconds()
    assert case.run() is None
    case.now += 120
    assert case.run() is not None
    assert case.said == "unit runs again: its proof has ended\n"


def test_a_proof_of_the_future_is_none(case: Case) -> None:
    case.run()
    case.now -= 10
    assert case.run() is not None


def test_a_proof_ends_with_the_first_review(case: Case) -> None:
    case.proves = Holds(until=date(2026, 5, 6))
    case.run()
    assert case.run() is not None, "what is overdue is told each time"
    case.proves = Holds(until=date(2026, 5, 7))
    case.run()
    assert case.run() is None


def test_what_asks_services_counts_for_so_many_hours(case: Case) -> None:
    case.proves = Holds(outside="services")
    case.run()
    assert case.run() is not None
    case.project.overrides = ("proven.hours=30",)
    case.run()
    case.now += timedelta(hours=29).total_seconds()
    assert case.run() is None
    case.now += timedelta(hours=2).total_seconds()
    assert case.run() is not None


def test_the_settings_name_the_sessions(case: Case) -> None:
    case.project.overrides = ("proven.sessions=fmt,doc",)
    case.run()
    assert case.run() is not None
    case.project.overrides = ("proven.sessions=unit,doc",)
    case.run()
    assert case.run() is None


def test_without_its_report_a_session_runs_again(case: Case) -> None:
    report = write(case.project.target / "unit.xml", "<testsuites/>")
    old = report.stat().st_mtime - 100
    os.utime(report, (old, old))
    case.run(report=str(report))
    assert case.run(report=str(report)) is None
    assert report.stat().st_mtime > old, "it is of the sources as they are"
    report.write_text("<testsuites tests='1'/>", encoding="utf-8")
    assert case.run(report=str(report)) is not None
    assert "its report" in case.said
    report.unlink()
    assert case.run() is not None


def test_what_a_session_reads_elsewhere_counts(case: Case, tmp_path: Path) -> None:
    database = tmp_path / "database"
    write(database / "crates" / "a.md", "1")
    case.proves = Holds(folders=(database,), read={"the report": "x"})
    case.run()
    assert case.run() is None
    write(database / "crates" / "a.md", "2")
    assert case.run() is not None
    case.proves = replace(case.proves, read={"the report": "y"})
    assert case.run() is not None
    assert "unit runs again: the report changed" in case.said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_makes_no_proof(case: Case) -> None:
    (case.project.root / "src" / "lib.rs").chmod(0)
    assert case.run() is not None
    assert "note: nothing is proven:" in case.said
    assert case.run() is not None


def test_what_is_not_understood_is_said_once_and_everything_runs(case: Case) -> None:
    os.mkfifo(case.project.root / "pipe")
    case.run()
    assert case.said.count("note: nothing is proven: ") == 1
    assert case.run() is not None


def test_a_broken_store_proves_nothing_and_breaks_nothing(case: Case) -> None:
    case.run()
    (file,) = (
        each
        for each in (case.project.target / "tasker-ci" / "proofs").glob("*.json")
        if not each.name.endswith(".files.json")
    )
    whole = json.loads(file.read_text("utf-8"))
    for text in ("", "{", "[]", '{"version": 1}', json.dumps({**whole, "version": 2})):
        file.write_text(text, encoding="utf-8")
        assert case.proofs().proven("unit") is None
    whole["listings"] = {}
    file.write_text(json.dumps(whole), encoding="utf-8")
    assert case.run() is not None
    assert case.run() is None


def test_another_session_s_proof_stays_when_two_write(case: Case) -> None:
    case.run()
    store = ProofStore.of(case.project.context())
    proof = store.read()["unit"]
    other = ProofStore.of(case.project.context())
    other.change({"doc": replace(proof, session="doc")})
    store.change({"fmt": replace(proof, session="fmt")})
    assert store.read().keys() == {"unit", "doc", "fmt"}
    assert store.read()["unit"] == proof


def test_the_store_is_bounded(case: Case) -> None:
    case.run()
    store = ProofStore.of(case.project.context())
    proof = replace(store.read()["unit"], parts={})
    for number in range(105):
        name = f"s{number}"
        store.change({name: replace(proof, session=name, made=float(number))})
    assert len(store.read()) == 100
    assert "unit" in store.read()


@pytest.mark.parametrize(
    ("variables", "on"),
    [
        ({}, True),
        ({"TASKER_CI_PROVEN": "off"}, False),
        ({"CI": "true"}, False),
        ({"CI": "true", "TASKER_CI_PROVEN": "on"}, True),
        ({"CI": "true", "TASKER_CI_WORKFLOWS_PROVEN": "true"}, True),
        ({"TASKER_CI_PROVEN_SESSIONS": ""}, False),
    ],
)
def test_where_it_is_on(case: Case, variables: dict[str, str], on: bool) -> None:
    code = json.dumps({"commit": "1a2b3c4d5e"})
    case.project.variables = {"TASKER_RUN": "r", "TASKER_RUN_CODE": code, **variables}
    assert (proofs_of(case.project.context(), {}, anew=False) is not None) == on


def test_another_word_is_refused(case: Case) -> None:
    case.project.variables = {"TASKER_CI_PROVEN": "maybe"}
    with pytest.raises(UsageError, match="`on` or `off`"):
        proofs_of(case.project.context(), {}, anew=False)

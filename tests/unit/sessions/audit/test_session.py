"""The session `audit`: attempts, fallbacks, messages, and what is printed where.

cargo-audit is played by a stand-in here, because a fetch that fails twice, an old database and a
lock cannot be had on demand; its answers are what cargo-audit 0.22.2 printed.
`tests/integration/test_audit.py` runs the real one.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tasker_ci.context import Outcome, Status
from tasker_ci.errors import (
    CommandFailed,
    Interrupted,
    MissingToolError,
    ReportError,
    TaskerCIError,
    ToolchainError,
    UsageError,
    WorkspaceError,
)
from tasker_ci.process.command import Command, Completed
from tasker_ci.sessions.audit.advisories import (
    INFORMATIONAL,
    AdvisorySeverity,
    AuditFinding,
    Filters,
    read_report,
)
from tasker_ci.sessions.audit.errors import AuditDatabaseMissing, AuditFindings, AuditNotChecked
from tasker_ci.sessions.audit.session import audit_workspace
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RESOURCES = Path(__file__).parents[3] / "resources" / "audit"
REPORT = (RESOURCES / "report.json").read_text(encoding="utf-8")
TODAY = date(2031, 6, 1)

FINDINGS = Completed(exit_code=1, seconds=0, stdout=REPORT)
CLEAN = Completed(
    exit_code=0,
    seconds=0,
    stdout='{"database":{"advisory-count":812,"last-commit":"b50e086","last-updated":'
    '"2031-05-30T08:00:00Z"},"lockfile":{"dependency-count":8},"settings":{"ignore":[]},'
    '"vulnerabilities":{"found":false,"count":0,"list":[]},"warnings":{}}\n',
)
CLEAN_OFFLINE = replace(
    CLEAN,
    stdout=CLEAN.stdout.replace('"b50e086"', "null").replace('"2031-05-30T08:00:00Z"', "null"),
)


def failed(text: str, exit_code: int = 1) -> Completed:
    return Completed(exit_code=exit_code, seconds=0, stderr=text)


NO_NETWORK = failed(
    "error: couldn't fetch advisory database: git operation failed: An IO error occurred when "
    "talking to the server\nCaused by:\n"
    "  -> An IO error occurred when talking to the server\n"
    "  -> error sending request for url (https://example.org/db)\n"
)
MALFORMED = failed(
    "error: error loading advisory database: parse error: error parsing /db/crates/x/RUSTSEC-1.md\n"
    'Caused by:\n  -> parse error: unexpected start of advisory: "broken"\n'
)


GOOD = Completed()


class StandIn(RecordingRunner):
    """Answers `cargo audit` from a list, in order; git and `cargo --version` from their own."""

    def __init__(self, answers: list[Completed], toolchain: Completed = GOOD) -> None:
        super().__init__({"git": lambda _: self.commit, "": self._audit})
        self.commit = failed("no git", 128)
        self.toolchain = toolchain
        self.answers = answers
        self.audits: list[Command] = []

    def _audit(self, command: Command) -> Completed:
        if command.argv[-1] == "--version":
            return self.toolchain
        self.audits.append(command)
        return self.answers.pop(0)


@dataclass
class Audit:
    """One audit of a workspace in ``root``, with what it printed."""

    root: Path
    printed: str = ""
    pauses: list[float] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.root / "cargo home"

    def run(
        self,
        runner: StandIn,
        *,
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        db: str | None = None,
        dry_run: bool = False,
        sleep: Callable[[float], None] | None = None,
    ) -> Outcome:
        environment = {
            "PATH": str(self.root / "bin"),
            "HOME": str(self.root),
            "CARGO_HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.root / "cache"),
            **(environment or {}),
        }
        context = make_context(
            self.root,
            environment=environment,
            overrides=tuple(map("=".join, (settings or {}).items())),
            directory=self.root / "one",
            runner=runner,
            dry_run=dry_run,
        )
        try:
            return audit_workspace(
                context, db, today=lambda: TODAY, sleep=sleep or self.pauses.append
            )
        finally:
            self.printed += context.printed

    def fails(self, runner: StandIn, **options: object) -> TaskerCIError:
        with pytest.raises(TaskerCIError) as raised:
            self.run(runner, **options)  # type: ignore[arg-type]
        return raised.value


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    shutil.copytree(RESOURCES / "workspace", tmp_path, dirs_exist_ok=True)
    program = tmp_path / "bin" / "cargo-audit"
    program.parent.mkdir()
    program.touch(mode=0o755)
    return Audit(tmp_path)


def make_database(path: Path) -> Path:
    (path / "crates").mkdir(parents=True)
    return path


def in_git(path: Path, when: datetime, runner: StandIn) -> None:
    (path / ".git").mkdir()
    runner.commit = Completed(exit_code=0, seconds=0, stdout=f"0a1b2c3 {when.timestamp():.0f}\n")


# --- attempts ------------------------------------------------------------------------------------


def test_a_fetched_database_is_named_with_its_age(audit: Audit) -> None:
    outcome = audit.run(StandIn([CLEAN]))

    assert outcome.summary == (
        "no known vulnerability in 8 crates; 812 advisories, database of 2031-05-30 (2 days old)"
    )
    assert outcome.data["database"] == {
        "path": str(audit.home / "advisory-db"),
        "commit": "b50e086",
        "date": "2031-05-30",
        "fetched": True,
        "stale": False,
        "advisories": 812,
    }


def test_a_failed_fetch_is_tried_again_after_growing_pauses_and_each_attempt_is_said(
    audit: Audit,
) -> None:
    runner = StandIn([NO_NETWORK, NO_NETWORK, NO_NETWORK, CLEAN])

    audit.run(runner, settings={"audit.fetch-attempts": "4"})

    assert audit.pauses == [2.0, 4.0, 8.0]
    assert "(attempt 1 of 4)" in audit.printed
    assert "(attempt 4 of 4)" in audit.printed
    assert (
        "could not be fetched: error sending request for url (https://example.org/db). "
        "Trying again in 4 s."
    ) in audit.printed


@pytest.mark.parametrize(
    "text",
    [
        "bad parameter: expected http://x to start with https://",
        "git operation failed: repository is stale (last commit: 2030-01-01 0:00:00.0 +00)",
    ],
)
def test_what_another_attempt_cannot_mend_is_not_tried_again(audit: Audit, text: str) -> None:
    runner = StandIn([failed(f"error: couldn't fetch advisory database: {text}\n")])

    error = audit.fails(runner)

    assert isinstance(error, AuditDatabaseMissing)
    assert audit.pauses == []


def test_a_lock_that_was_waited_for_is_not_waited_for_again(audit: Audit) -> None:
    make_database(audit.home / "advisory-db")
    text = (
        "warning: directory /db is locked, waiting for up to 300 seconds for it to become "
        "available\n"
        "error: couldn't fetch advisory database: lock timeout\n"
    )

    audit.run(StandIn([failed(text), CLEAN_OFFLINE]))

    assert audit.pauses == []
    assert "directory /db is locked, waiting for up to 300 seconds" in audit.printed


def test_ctrl_c_during_the_pause_ends_the_session(audit: Audit) -> None:
    def interrupted(_seconds: float) -> None:
        raise Interrupted(2)

    with pytest.raises(Interrupted):
        audit.run(StandIn([NO_NETWORK]), sleep=interrupted)


def test_without_fetch_attempts_there_is_one(audit: Audit) -> None:
    audit.run(StandIn([CLEAN]), settings={"audit.fetch-attempts": "0"})

    assert "(attempt 1 of 1)" in audit.printed


# --- the local database --------------------------------------------------------------------------


def test_after_failed_fetches_the_local_database_is_used_with_a_loud_warning(audit: Audit) -> None:
    database = make_database(audit.home / "advisory-db")
    runner = StandIn([NO_NETWORK, NO_NETWORK, NO_NETWORK, CLEAN_OFFLINE])
    in_git(database, datetime(2031, 5, 20, tzinfo=UTC), runner)

    outcome = audit.run(runner)

    assert runner.audits[-1].argv == ("cargo", "audit", "--json", "--no-fetch", "--stale")
    assert (
        f"warning: USING A LOCAL ADVISORY DATABASE of 2031-05-20 (12 days old) in {database}"
    ) in audit.printed
    assert outcome.summary.endswith("812 advisories, local database of 2031-05-20 (12 days old)")
    assert outcome.data["database"]["stale"] is True
    assert outcome.data["database"]["commit"] == "0a1b2c3"


def test_a_local_database_without_git_is_used_and_its_age_is_unknown(audit: Audit) -> None:
    make_database(audit.home / "advisory-db")

    audit.run(StandIn([NO_NETWORK, CLEAN_OFFLINE]), settings={"audit.fetch-attempts": "1"})

    assert "USING A LOCAL ADVISORY DATABASE of unknown age" in audit.printed


def test_the_local_database_lies_where_audit_toml_says(audit: Audit) -> None:
    make_database(audit.root / "kept" / "db")
    configure(audit, '[database]\npath = "kept/db"\nstale = false\n')

    outcome = audit.run(
        StandIn([NO_NETWORK, CLEAN_OFFLINE]), settings={"audit.fetch-attempts": "1"}
    )

    assert outcome.data["database"]["path"] == str(audit.root / "kept" / "db")


def test_audit_toml_may_forbid_fetching(audit: Audit) -> None:
    configure(audit, "[database]\nfetch = false\nstale = false\n")

    error = audit.fails(StandIn([]))

    assert "forbids fetching" in error.message
    make_database(audit.home / "advisory-db")
    audit.run(StandIn([CLEAN_OFFLINE]))
    assert "Fetching" not in audit.printed


def configure(audit: Audit, text: str) -> None:
    (audit.root / ".cargo").mkdir()
    (audit.root / ".cargo" / "audit.toml").write_text(text, encoding="utf-8")


def test_a_malformed_database_is_neither_fetched_again_nor_hidden(audit: Audit) -> None:
    make_database(audit.home / "advisory-db")

    error = audit.fails(StandIn([MALFORMED]))

    assert isinstance(error, AuditDatabaseMissing)
    assert error.exit_code == 1
    assert "cannot read the advisory database" in error.message
    assert 'unexpected start of advisory: "broken"' in error.message
    assert "A newer cargo-audit may know the entry" in error.next_step


# --- no database at all --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "environment", "not_checked"),
    [
        pytest.param("auto", {"CI": "true"}, False, id="auto under CI"),
        pytest.param("auto", {}, True, id="auto elsewhere"),
        pytest.param("auto", {"CI": "false"}, True, id="auto with CI=false"),
        pytest.param("true", {}, False, id="required"),
    ],
)
def test_no_database_is_an_error_of_its_own_that_tells_whether_the_pipeline_may_go_on(
    audit: Audit, setting: str, environment: dict[str, str], not_checked: bool
) -> None:
    error = audit.fails(
        StandIn([NO_NETWORK]),
        settings={"audit.require-database": setting, "audit.fetch-attempts": "1"},
        environment=environment,
    )

    assert isinstance(error, AuditDatabaseMissing)
    assert error.exit_code == 1
    assert error.message.startswith(
        "There is no advisory database: it could not be fetched, and none lies in "
        f"{audit.home / 'advisory-db'}."
    )
    assert "https://example.org/db" in error.message
    assert "tasker-ci audit --db PATH" in error.next_step
    assert isinstance(error, AuditNotChecked) is not_checked


def test_where_no_database_is_required_the_session_ends_with_not_checked(audit: Audit) -> None:
    outcome = audit.run(
        StandIn([NO_NETWORK]),
        settings={"audit.require-database": "false", "audit.fetch-attempts": "1"},
    )

    assert outcome.status is Status.NOT_CHECKED
    assert "There is no advisory database" in outcome.summary
    assert "--db PATH" in outcome.data["next_step"]


# --- a database that was named -------------------------------------------------------------------


def test_the_flag_starts_where_the_user_stands_and_the_setting_at_the_project_root(
    audit: Audit,
) -> None:
    by_flag = make_database(audit.root / "one" / "my database")
    by_setting = make_database(audit.root / "advisories")
    runner = StandIn([CLEAN_OFFLINE, CLEAN_OFFLINE])

    audit.run(runner, db="my database", settings={"audit.database": "advisories"})
    audit.run(runner, settings={"audit.database": "advisories"})

    assert [command.argv[3:] for command in runner.audits] == [
        ("--db", str(by_flag), "--no-fetch", "--stale"),
        ("--db", str(by_setting), "--no-fetch", "--stale"),
    ]


def test_an_old_database_is_used_with_a_warning_about_its_age(audit: Audit) -> None:
    database = make_database(audit.root / "old")
    runner = StandIn([CLEAN_OFFLINE])
    in_git(database, datetime(2031, 1, 1, tzinfo=UTC), runner)

    audit.run(runner, settings={"audit.database": "old"})

    assert f"The advisory database in {database} is of 2031-01-01 (151 days old)" in audit.printed


@pytest.mark.parametrize(
    ("options", "start", "end"),
    [
        pytest.param({"db": "nowhere"}, "--db names", "which is not there.", id="absent"),
        pytest.param(
            {"db": "src"}, "--db names", "which is no advisory database", id="another folder"
        ),
        pytest.param({"db": ""}, "--db names", "which is no advisory database", id="empty"),
        pytest.param(
            {"settings": {"audit.database": "nowhere"}},
            "The setting `audit.database` (flag audit.database) names",
            "which is not there.",
            id="setting",
        ),
    ],
)
def test_a_path_without_a_database_is_named(
    audit: Audit, options: dict[str, object], start: str, end: str
) -> None:
    error = audit.fails(StandIn([]), **options)

    assert isinstance(error, UsageError)
    assert error.exit_code == 2
    assert error.message.startswith(start)
    assert end in error.message


@pytest.mark.parametrize("required", ["auto", "true", "false"])
def test_a_named_database_must_be_readable_whatever_the_settings_require(
    audit: Audit, required: str
) -> None:
    make_database(audit.root / "db")

    error = audit.fails(
        StandIn([MALFORMED]),
        settings={"audit.database": "db", "audit.require-database": required},
    )

    assert isinstance(error, AuditDatabaseMissing)
    assert not isinstance(error, AuditNotChecked)


def test_a_database_without_advisories_is_a_warning(audit: Audit) -> None:
    empty = replace(CLEAN, stdout=CLEAN.stdout.replace("812", "0"))

    audit.run(StandIn([empty]))

    assert "holds no advisory: nothing can be found" in audit.printed


# --- failures of another kind --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        pytest.param(
            failed("error: not found: Couldn't load Cargo.lock\nCaused by:\n  -> parse error", 2),
            WorkspaceError,
            "cargo audit cannot read Cargo.lock in",
            id="lock file",
        ),
        pytest.param(
            failed(
                "error: unclosed table\nerror: I/O operation failed: non-zero exit status running "
                "`cargo update --workspace`: 101",
                2,
            ),
            WorkspaceError,
            "and cargo cannot make one",
            id="manifest",
        ),
        pytest.param(
            failed("error: cargo-audit fatal error: parse error: missing field `stale`", 1),
            CommandFailed,
            "cannot read its own configuration, .cargo/audit.toml",
            id="configuration",
        ),
        pytest.param(
            failed("error: unexpected argument '--stale' found", 2),
            CommandFailed,
            "failed with exit code 2:\nerror: unexpected argument",
            id="another version",
        ),
        pytest.param(
            failed("\x1b[1m\x1b[91merror\x1b[0m: no such command: `audit`", 101),
            MissingToolError,
            "cargo does not find cargo-audit",
            id="no subcommand",
        ),
        pytest.param(failed("", 137), CommandFailed, "SIGKILL", id="killed"),
        pytest.param(Completed(exit_code=0, seconds=0), ReportError, "no report", id="silence"),
        pytest.param(
            Completed(exit_code=0, seconds=0, stdout="{}"), ReportError, "cannot be read", id="form"
        ),
    ],
)
def test_every_other_failure_has_its_own_message_and_a_next_step(
    audit: Audit, answer: Completed, kind: type[TaskerCIError], message: str
) -> None:
    error = audit.fails(StandIn([answer]))

    assert type(error) is kind
    assert message in error.message
    assert error.next_step
    assert error.exit_code == (
        kind.default_exit_code if kind is MissingToolError else answer.exit_code or 1
    )


def test_a_toolchain_that_does_not_start_is_not_taken_for_a_failed_fetch(audit: Audit) -> None:
    absent = failed("error: toolchain '1.2.3-x86_64-unknown-linux-gnu' is not installed", 1)

    error = audit.fails(StandIn([absent], toolchain=absent))

    assert isinstance(error, ToolchainError)


# --- ignores -------------------------------------------------------------------------------------

IGNORES = (
    '[{ id = "RUSTSEC-2031-0001", reason = "never read that far", review = 2031-06-01 }, '
    '{ id = "RUSTSEC-2031-0005", reason = "no fix yet", review = 2031-06-02 }]'
)


def test_an_ignore_past_its_date_is_a_warning_with_its_reason_and_date(audit: Audit) -> None:
    audit.run(StandIn([CLEAN, FINDINGS]), settings={"audit.ignore": IGNORES})

    warnings = [line for line in audit.printed.splitlines() if line.startswith("warning:")]
    (warning,) = warnings
    assert warning == (
        "warning: The ignore of RUSTSEC-2031-0001 was to be reviewed by 2031-06-01 (its reason: "
        "never read that far). Look at it again: drop it, or give it a new date."
    )


def test_an_ignore_that_hides_nothing_any_more_is_noted(audit: Audit) -> None:
    audit.run(StandIn([CLEAN, FINDINGS]), settings={"audit.ignore": IGNORES})

    assert "RUSTSEC-2031-0005, which concerns no crate of Cargo.lock any more" in audit.printed
    assert "RUSTSEC-2031-0001, which concerns no crate" not in audit.printed


def test_ignores_are_shown_with_what_they_hide(audit: Audit) -> None:
    outcome = audit.run(StandIn([CLEAN, FINDINGS]), settings={"audit.ignore": IGNORES})

    assert outcome.summary.startswith("no other known vulnerability in 8 crates, 2 ignored;")
    assert outcome.data["ignored"] == [
        {
            "advisory": "RUSTSEC-2031-0001",
            "reason": "never read that far",
            "review": "2031-06-01",
            "overdue": True,
            "hides": [{"crate": "vulnerable", "version": "1.0.0", "severity": "high (7.5)"}],
        },
        {
            "advisory": "RUSTSEC-2031-0005",
            "reason": "no fix yet",
            "review": "2031-06-02",
            "overdue": False,
            "hides": [],
        },
    ]
    assert (
        "vulnerable 1.0.0   high (7.5)   never read that far   2031-06-01 (past)" in audit.printed
    )


def test_what_audit_toml_ignores_is_shown_too(audit: Audit) -> None:
    configure(audit, '[advisories]\nignore = ["RUSTSEC-1"]\n')
    answer = replace(CLEAN, stdout=CLEAN.stdout.replace('"ignore":[]', '"ignore":["RUSTSEC-1"]'))

    outcome = audit.run(StandIn([answer, CLEAN]))

    (entry,) = outcome.data["ignored"]
    assert (entry["advisory"], entry["reason"]) == ("RUSTSEC-1", "named in .cargo/audit.toml")
    assert "note: .cargo/audit.toml names RUSTSEC-1, which concerns no crate" in audit.printed


def test_if_the_second_look_fails_nothing_is_said_about_what_the_ignores_hide(audit: Audit) -> None:
    outcome = audit.run(StandIn([CLEAN, MALFORMED]), settings={"audit.ignore": IGNORES})

    assert [entry["hides"] for entry in outcome.data["ignored"]] == [None, None]
    assert outcome.data["left_out"] is None
    assert outcome.summary.startswith("no vulnerability reported in 8 crates, 2 ignored;")
    assert "concerns no crate" not in audit.printed


def test_if_the_second_look_fails_a_filter_is_not_taken_for_nothing_found(audit: Audit) -> None:
    configure(audit, '[advisories]\nseverity_threshold = "high"\n')
    answer = CLEAN.stdout.replace('"ignore":[]', '"ignore":[],"severity":"high"')

    outcome = audit.run(StandIn([replace(CLEAN, stdout=answer), MALFORMED]))

    assert outcome.data["left_out"] is None
    assert outcome.summary.startswith(
        "no vulnerability reported in 8 crates; it is not known what .cargo/audit.toml leaves out;"
    )


def test_the_filters_of_older_releases_are_one_name_each() -> None:
    text = CLEAN.stdout.replace('"ignore":[]', '"ignore":[],"target_os":"linux"')

    report = read_report(text)

    assert report is not None
    assert report.filters.os == ("linux",)
    assert report.filters.informational == INFORMATIONAL


@pytest.mark.parametrize(
    ("filters", "finding", "reasons"),
    [
        ({"severity": "high"}, {"severity": AdvisorySeverity(name="medium", score=5.0)}, 1),
        ({"severity": "high"}, {"severity": AdvisorySeverity(name="high", score=7.0)}, 0),
        ({"severity": "low"}, {"severity": AdvisorySeverity(name="none", score=0.0)}, 1),
        ({"severity": "critical"}, {}, 0),  # nobody has rated it: cargo-audit reports it
        ({"os": ("windows",)}, {"os": ("linux", "macos")}, 1),
        ({"os": ("windows", "linux")}, {"os": ("linux", "macos")}, 0),
        ({"os": ("windows",), "arch": ("x86",)}, {"os": ("linux",), "arch": ("arm",)}, 2),
        ({"arch": ("x86",)}, {}, 0),
        ({"informational": frozenset({"unsound"})}, {"kind": "unmaintained"}, 1),
        ({"informational": frozenset()}, {"kind": "vulnerability"}, 0),
        ({"severity": "tomorrow's"}, {"severity": AdvisorySeverity(name="low", score=1.0)}, 0),
    ],
)
def test_each_filter_that_leaves_a_finding_out_is_a_reason(
    filters: dict[str, Any], finding: dict[str, Any], reasons: int
) -> None:
    given = {"kind": "vulnerability", "crate": "a", "version": "1.0.0", **finding}
    assert len(Filters(**filters).reasons(AuditFinding(**given))) == reasons


# --- the result ----------------------------------------------------------------------------------


def test_findings_end_with_the_code_of_cargo_audit_and_advice(audit: Audit) -> None:
    error = audit.fails(StandIn([FINDINGS]))

    assert isinstance(error, AuditFindings)
    assert error.exit_code == 1
    assert error.message == "3 vulnerabilities, 2 warnings in 8 crates."
    assert "`cargo update vulnerable@1.0.0 worse@0.3.0`" in error.next_step
    assert "no version fixes vulnerable@1.0.0" in error.next_step
    assert '{ id = "RUSTSEC-2031-0002", reason = "…", review = YYYY-MM-DD }' in error.next_step
    assert [found["pulled_in_by"] for found in error.data["findings"]] == [
        ["one", "two"],
        ["one"],
        ["one"],
        ["two"],
        ["two"],
    ]


def test_warnings_alone_pass_unless_they_are_denied(audit: Audit) -> None:
    warnings = REPORT.partition('"warnings":')[2]
    stdout = CLEAN.stdout.replace('"warnings":{}}', f'"warnings":{warnings}').strip()

    outcome = audit.run(StandIn([replace(CLEAN, stdout=stdout)]))
    runner = StandIn([replace(CLEAN, stdout=stdout, exit_code=1)])
    error = audit.fails(runner, settings={"audit.deny": "unmaintained"})

    assert outcome.summary.startswith("no known vulnerability, 2 warnings in 8 crates;")
    assert runner.audits[0].argv == ("cargo", "audit", "--json", "--deny", "unmaintained")
    assert error.message == "no known vulnerability, 1 denied warning, 1 warning in 8 crates."
    assert "unmaintained (denied)" in audit.printed


def test_an_advisory_against_cargo_audit_itself_that_is_denied_is_told_as_such(
    audit: Audit,
) -> None:
    answer = replace(CLEAN, exit_code=1, stdout=f"{CLEAN.stdout}Title:     A hole in cargo-audit\n")

    error = audit.fails(StandIn([answer]))

    assert error.message == (
        "cargo audit fails because of itself:\nTitle:     A hole in cargo-audit"
    )
    assert error.next_step == "Install a newer cargo-audit: tasker-ci tools"


def test_many_crates_whose_yanking_is_unknown_are_one_warning(audit: Audit) -> None:
    lines = "".join(
        f"error: couldn't check if the package is yanked: not found: No such crate in the "
        f"index: {name}\n"
        for name in ("a", "b", "c")
    )

    audit.run(StandIn([replace(CLEAN, stderr=f"{lines}warning: something else\n")]))

    assert "It is not known whether 3 of 8 crates have been yanked" in audit.printed
    assert audit.printed.count("No such crate") == 1
    assert "\nwarning: something else\n" in audit.printed


def test_on_github_each_finding_is_an_annotation_at_its_line_and_the_summary_has_the_table(
    audit: Audit,
) -> None:
    page = audit.root / "summary.md"
    environment = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(page),
        "GITHUB_WORKSPACE": str(audit.root),
    }

    audit.fails(StandIn([FINDINGS]), environment=environment)

    line = (audit.root / "Cargo.lock").read_text("utf-8").splitlines().index('name = "worse"') + 1
    annotations = [text for text in audit.printed.splitlines() if text.startswith("::error")]
    assert len(annotations) == 3
    assert annotations[0] == (
        f"::error file=Cargo.lock,line={line}::worse 0.3.0: RUSTSEC-2031-0002 Runs what a stranger "
        "sends (critical (9.3); patched: >=0.4.0 or ^0.3.5; pulled in by one, two) "
        "https://rustsec.org/advisories/RUSTSEC-2031-0002"
    )
    summary = page.read_text(encoding="utf-8")
    assert "| crate | version | advisory | severity | patched version | pulled in by |" in summary
    assert "| shaky | 0.5.0 | RUSTSEC-2031-0004 | unsound | &gt;=0.6.0 | two |" in summary
    assert "https://rustsec.org/advisories/RUSTSEC-2031-0004" in summary


def test_no_more_than_ten_annotations(audit: Audit) -> None:
    head, _, rest = REPORT.partition('"list":[')
    vulnerabilities, _, tail = rest.partition(']},"warnings"')
    many = f'{head}"list":[{",".join([vulnerabilities] * 4)}]}},"warnings"{tail}'
    page = audit.root / "summary.md"

    audit.fails(
        StandIn([replace(FINDINGS, stdout=many)]),
        environment={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)},
    )

    assert audit.printed.count("::error ") == 10


# --- the command ---------------------------------------------------------------------------------


def test_a_dry_run_prints_the_command_and_starts_nothing(audit: Audit) -> None:
    make_database(audit.root / "one" / "db")
    runner = StandIn([])

    outcome = audit.run(
        runner,
        dry_run=True,
        db="db",
        settings={"audit.ignore": IGNORES, "audit.deny": "unsound,yanked"},
    )

    assert runner.audits == []
    (command,) = outcome.data["commands"]
    assert command["directory"] == str(audit.root)
    assert command["argv"] == [
        *("cargo", "audit", "--json", "--deny", "unsound", "--deny", "yanked"),
        *("--ignore", "RUSTSEC-2031-0001", "--ignore", "RUSTSEC-2031-0005"),
        *("--db", str(audit.root / "one" / "db"), "--no-fetch", "--stale"),
    ]


def test_the_audit_runs_where_cargo_lock_is_though_the_setting_names_a_member(audit: Audit) -> None:
    runner = StandIn([CLEAN])

    audit.run(runner, settings={"workspace": "one"})

    assert runner.audits[0].cwd == audit.root


def test_a_missing_cargo_lock_is_said_before_cargo_makes_one(audit: Audit) -> None:
    (audit.root / "Cargo.lock").unlink()
    answer = failed("error: not found: Couldn't load Cargo.lock", 2)

    audit.fails(StandIn([answer]))

    assert "There is no Cargo.lock: cargo makes one." in audit.printed

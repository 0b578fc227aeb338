"""`audit` with the real cargo-audit: small databases, small workspaces, real exit codes.

The lock file of `tests/resources/audit/workspace` names crates that do not exist; cargo-audit reads
nothing but that file, so no registry is asked. Where it fetches, it fetches from this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import cargo_registry
import faces
import pytest
import workspaces

from tasker_ci.context import Outcome, Status
from tasker_ci.errors import (
    CommandFailed,
    TaskerCIError,
    ToolchainError,
    UsageError,
    WorkspaceError,
)
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.process.signals import Signals
from tasker_ci.sessions.audit.errors import AuditDatabaseMissing, AuditFindings, AuditNotChecked
from tasker_ci.sessions.audit.session import audit_workspace
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RESOURCES = Path(__file__).parents[1] / "resources" / "audit"
DATABASE = RESOURCES / "database"
SAMPLE = Path(__file__).parents[2] / "examples" / "tasker"
TODAY = date(2031, 6, 1)
CLOSED_PORT = "https://127.0.0.1:1/advisory-db"
"""Nothing listens there, so that a connection is refused at once, network or no network."""


@dataclass
class Audit:
    """Audits of one workspace, with a cargo home of their own."""

    root: Path
    printed: str = ""
    pauses: list[float] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.root.parent / "cargo home"

    def run(
        self,
        *,
        db: str | None = None,
        settings: Mapping[str, str] | None = None,
        **variables: str,
    ) -> Outcome:
        environment = faces.clean_environment(CARGO_HOME=str(self.home), **variables)
        cancellation = Cancellation()
        with Signals(cancellation):
            context = make_context(
                self.root,
                environment=environment,
                overrides=tuple(map("=".join, (settings or {}).items())),
                runner=ProcessRunner(cancellation),
            )
            try:
                return audit_workspace(context, db, today=lambda: TODAY, sleep=self.pauses.append)
            finally:
                self.printed += context.printed

    def fails(self, **options: object) -> TaskerCIError:
        with pytest.raises(TaskerCIError) as raised:
            self.run(**options)  # type: ignore[arg-type]
        return raised.value

    def configure(self, text: str) -> None:
        folder = self.root / ".cargo"
        folder.mkdir(exist_ok=True)
        (folder / "audit.toml").write_text(text, encoding="utf-8")

    def fetch_from(self, url: str) -> None:
        self.configure(f'[database]\nurl = "{url}"\nstale = false\n[yanked]\nenabled = false\n')


@pytest.fixture
def audit(tmp_path: Path, require_tool: Callable[[str], Path]) -> Audit:
    require_tool("cargo-audit")
    root = tmp_path / "a workspace"
    cargo_registry.copy_workspace(RESOURCES / "workspace", root)
    result = Audit(root)
    result.home.mkdir()
    return result


def commit(folder: Path, *, when: datetime) -> None:
    """Make a git repository of a folder, with one commit of that time."""
    stamp = when.isoformat()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        "GIT_AUTHOR_DATE": stamp,
        "GIT_COMMITTER_DATE": stamp,
    }
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for arguments in (("init", "--quiet"), ("add", "--all"), (*who, "commit", "-qm", "Advisories")):
        subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True)


def test_findings_are_named_with_severity_remedy_and_who_pulls_them_in(audit: Audit) -> None:
    error = audit.fails(db=str(DATABASE))

    assert isinstance(error, AuditFindings)
    assert error.exit_code == 1
    assert error.message == "3 vulnerabilities, 2 warnings in 8 crates."
    rows = [" ".join(line.split()) for line in audit.printed.splitlines()]
    assert "worse 0.3.0 RUSTSEC-2031-0002 critical (9.3) >=0.4.0 or ^0.3.5 one, two" in rows
    assert "vulnerable 1.0.0 RUSTSEC-2031-0001 high (7.5) >=1.2.0 one" in rows
    assert "vulnerable 1.0.0 RUSTSEC-2031-0006 unknown none one" in rows
    assert "abandoned 0.1.0 RUSTSEC-2031-0003 unmaintained none two" in rows
    assert "healthy" not in audit.printed


def test_the_sample_workspace_is_clean_by_this_database(audit: Audit) -> None:
    shutil.rmtree(audit.root)
    ignored = shutil.ignore_patterns("target", "Cargo.lock")
    shutil.copytree(SAMPLE, audit.root, ignore=ignored)
    subprocess.run(("cargo", "generate-lockfile", "--quiet"), cwd=audit.root, check=True)

    outcome = audit.run(db=str(DATABASE))

    assert outcome.status is Status.PASSED
    assert outcome.summary.startswith("no known vulnerability in ")
    assert outcome.data["findings"] == []
    assert outcome.data["crates"] > 50


def test_a_database_may_lie_in_a_path_with_spaces_without_any_git(audit: Audit) -> None:
    shutil.copytree(DATABASE, audit.root / "my advisory db")

    error = audit.fails(db="my advisory db")

    assert isinstance(error, AuditFindings)
    assert error.data["database"]["path"] == str(audit.root / "my advisory db")
    assert error.data["database"]["date"] is None


def test_a_database_older_than_90_days_is_used_with_a_warning(audit: Audit) -> None:
    database = audit.root / "old"
    shutil.copytree(DATABASE, database)
    commit(database, when=datetime(2031, 1, 1, 12, tzinfo=UTC))

    error = audit.fails(db="old")

    assert isinstance(error, AuditFindings)
    assert "is of 2031-01-01 (151 days old)" in audit.printed
    assert error.data["database"]["date"] == "2031-01-01"


def ignoring(*entries: tuple[int, str]) -> str:
    """The setting `audit.ignore` for these advisories (by number) with their review dates."""
    rows = (
        f'{{ id = "RUSTSEC-2031-{number:04}", reason = "made up", review = {review} }}'
        for number, review in entries
    )
    return f"[{', '.join(rows)}]"


VULNERABILITIES = ignoring((1, "2032-01-01"), (2, "2032-01-01"), (6, "2032-01-01"))


def test_warnings_pass_and_denied_warnings_fail(audit: Audit) -> None:
    settings = {"audit.ignore": VULNERABILITIES}

    outcome = audit.run(db=str(DATABASE), settings=settings)
    error = audit.fails(db=str(DATABASE), settings={**settings, "audit.deny": "unsound"})
    audit.configure('[output]\ndeny = ["warnings"]\nquiet = false\n')
    by_configuration = audit.fails(db=str(DATABASE), settings=settings)

    assert outcome.summary.startswith(
        "no other known vulnerability, 2 warnings in 8 crates, 3 ignored;"
    )
    assert error.exit_code == 1
    assert error.message.startswith("no other known vulnerability, 1 denied warning, 1 warning in ")
    assert by_configuration.message.startswith(
        "no other known vulnerability, 2 denied warnings in "
    )


def test_a_yanked_crate_is_found_in_cargos_index_cache_without_network(
    audit: Audit, registry_indexes: list[str]
) -> None:
    for index in registry_indexes:
        cache_yanked(audit.home, index, "healthy", "1.0.0")

    error = audit.fails(db=str(DATABASE))

    (found,) = (found for found in error.data["findings"] if found["kind"] == "yanked")
    assert (found["crate"], found["version"], found["pulled_in_by"]) == (
        "healthy",
        "1.0.0",
        ["two"],
    )
    assert "It is not known whether 5 of 8 crates have been yanked" in audit.printed


def cache_yanked(home: Path, index: str, name: str, version: str) -> None:
    """Write one entry of cargo's index cache (cargo/src/cargo/sources/registry/index/cache.rs)."""
    entry = (
        f'{{"name":"{name}","vers":"{version}","deps":[],"cksum":"{"0" * 64}","features":{{}},'
        '"yanked":true}'
    )
    folder = home / "registry" / "index" / index
    file = folder / ".cache" / name[:2] / name[2:4] / name
    file.parent.mkdir(parents=True)
    fields = ("etag: test", version, entry)
    file.write_bytes(struct.pack("<BI", 3, 2) + b"".join(text.encode() + b"\0" for text in fields))


def test_ignored_findings_do_not_fail_and_are_shown(audit: Audit) -> None:
    ignores = ignoring((1, "2032-01-01"), (2, "2031-05-31"), (5, "2032-01-01"), (6, "2032-01-01"))

    outcome = audit.run(db=str(DATABASE), settings={"audit.ignore": ignores})

    assert outcome.summary.startswith(
        "no other known vulnerability, 2 warnings in 8 crates, 4 ignored;"
    )
    assert [(entry["advisory"], entry["overdue"]) for entry in outcome.data["ignored"]] == [
        ("RUSTSEC-2031-0001", False),
        ("RUSTSEC-2031-0002", True),
        ("RUSTSEC-2031-0005", False),
        ("RUSTSEC-2031-0006", False),
    ]
    assert "The ignore of RUSTSEC-2031-0002 was to be reviewed by 2031-05-31" in audit.printed
    assert "`audit.ignore` names RUSTSEC-2031-0005, which concerns no crate" in audit.printed


@pytest.mark.parametrize(
    ("variables", "not_checked"),
    [({"CI": "true"}, False), ({}, True)],
    ids=["under CI", "elsewhere"],
)
def test_a_failed_fetch_without_any_database(
    audit: Audit, variables: dict[str, str], not_checked: bool
) -> None:
    audit.fetch_from(CLOSED_PORT)

    error = audit.fails(**variables)

    assert isinstance(error, AuditDatabaseMissing)
    assert error.exit_code == 1
    assert "there is no advisory database" in error.message.lower()
    assert CLOSED_PORT in error.message
    assert isinstance(error, AuditNotChecked) is not_checked
    assert audit.pauses == [2.0, 4.0]


def test_a_failed_fetch_with_a_local_database(audit: Audit) -> None:
    audit.fetch_from(CLOSED_PORT)
    local = audit.home / "advisory-db"
    shutil.copytree(DATABASE, local)
    commit(local, when=datetime(2031, 5, 20, 12, tzinfo=UTC))

    error = audit.fails(CI="true")

    assert isinstance(error, AuditFindings)
    assert "USING A LOCAL ADVISORY DATABASE of 2031-05-20 (12 days old)" in audit.printed
    assert error.data["database"]["stale"] is True


def test_a_url_that_no_attempt_can_mend_is_tried_once(audit: Audit) -> None:
    audit.fetch_from("http://example.org/advisory-db")

    error = audit.fails()

    assert isinstance(error, AuditDatabaseMissing)
    assert audit.pauses == []


def test_a_malformed_database_is_an_error_that_names_the_entry(audit: Audit) -> None:
    database = audit.root / "db"
    shutil.copytree(DATABASE, database)
    entry = database / "crates" / "worse" / "RUSTSEC-2031-0009.md"
    entry.write_text("no advisory\n", encoding="utf-8")

    error = audit.fails(db="db")

    assert isinstance(error, AuditDatabaseMissing)
    assert str(entry) in error.message


def test_a_path_that_is_no_database_is_an_error_that_names_it(audit: Audit) -> None:
    error = audit.fails(db="one")

    assert isinstance(error, UsageError)
    assert str(audit.root / "one") in error.message


def test_a_malformed_lock_file(audit: Audit) -> None:
    (audit.root / "Cargo.lock").write_text("garbage", encoding="utf-8")

    error = audit.fails(db=str(DATABASE))

    assert isinstance(error, WorkspaceError)
    assert error.exit_code == 2
    assert "cannot read Cargo.lock" in error.message
    assert "key with no value" in error.message


def test_without_a_lock_file_cargo_makes_one(audit: Audit) -> None:
    for member, text in (("one", ""), ("two", '[dependencies]\none = { path = "../one" }\n')):
        manifest = f'[package]\nname = "{member}"\nversion = "0.1.0"\nedition = "2021"\n{text}'
        (audit.root / member / "Cargo.toml").write_text(manifest, encoding="utf-8")
    (audit.root / "Cargo.lock").unlink()

    outcome = audit.run(db=str(DATABASE))

    assert outcome.data["crates"] == 2
    assert "There is no Cargo.lock: cargo makes one." in audit.printed
    assert (audit.root / "Cargo.lock").is_file()


def test_without_a_lock_file_and_with_a_broken_manifest(audit: Audit) -> None:
    (audit.root / "Cargo.lock").unlink()
    (audit.root / "Cargo.toml").write_text("[workspace", encoding="utf-8")

    error = audit.fails(db=str(DATABASE))

    assert isinstance(error, WorkspaceError)
    assert error.exit_code == 2
    assert "cargo cannot make one" in error.message
    assert "Cargo.toml:1" in error.message


def test_an_unreadable_configuration_of_cargo_audit(audit: Audit) -> None:
    audit.configure("[database]\nnonsense = true\n")

    error = audit.fails()

    assert isinstance(error, CommandFailed)
    assert ".cargo/audit.toml" in error.message
    assert audit.pauses == []


def test_a_toolchain_that_is_not_there(audit: Audit) -> None:
    (audit.root / "rust-toolchain.toml").write_text('[toolchain]\nchannel = "1.2.3"\n')

    error = audit.fails(RUSTUP_AUTO_INSTALL="0", RUSTUP_TOOLCHAIN="")

    assert isinstance(error, ToolchainError)
    assert "1.2.3" in error.message


@pytest.mark.parametrize("face", faces.FACES)
def test_the_three_faces_agree(
    audit: Audit, run_face: Callable[..., faces.Ended], face: str
) -> None:
    workspaces.write_files(
        audit.root, {"noxfile.py": workspaces.NOXFILE, "tasks.py": workspaces.TASKS}
    )
    shutil.copytree(DATABASE, audit.root / "my db")

    ended = run_face(face, "audit", "--db", "my db", cwd=audit.root, CARGO_HOME=str(audit.home))

    assert ended.exit_code == 1
    assert "RUSTSEC-2031-0002   critical (9.3)   >=0.4.0 or ^0.3.5   one, two" in ended.text
    assert "error: 3 vulnerabilities, 2 warnings in 8 crates." in ended.text
    assert "Traceback" not in ended.text


def test_the_result_as_json_is_alone_on_standard_output(
    audit: Audit, run_face: Callable[..., faces.Ended]
) -> None:
    ended = run_face(
        *("tasker-ci", "audit", "--db", str(DATABASE), "--json"),
        cwd=audit.root,
        CARGO_HOME=str(audit.home),
    )

    document = json.loads(ended.stdout)
    assert document["status"] == "failed"
    assert len(document["findings"]) == 5
    assert document["database"]["path"] == str(DATABASE)


def test_ctrl_c_between_two_attempts_ends_the_session(audit: Audit) -> None:
    audit.fetch_from(CLOSED_PORT)
    session = subprocess.Popen(
        faces.command_line("tasker-ci", "audit", "--set", "audit.fetch-attempts=9"),
        cwd=audit.root,
        env=faces.clean_environment(CARGO_HOME=str(audit.home)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert session.stdout is not None
    for line in session.stdout:
        if "Trying again in 4 s" in line:
            session.send_signal(signal.SIGINT)
            break
    rest = session.stdout.read()

    assert session.wait() == 130
    assert "Interrupted by Ctrl-C." in rest
    session.stdout.close()

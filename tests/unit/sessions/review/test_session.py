"""The session from its flags to its outcome, in planted repositories."""

from __future__ import annotations

import json
import signal
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from generation import inputs_of
from reviewed import CI, finding, steps, subject_of

from tasker_ci.errors import Interrupted, UsageError
from tasker_ci.foreign.selections.reachability import TestFate, by_cause
from tasker_ci.process.command import Completed
from tasker_ci.sessions.review.confirming import NoGraph, confirmed, read_graph
from tasker_ci.sessions.review.errors import ReviewFindings
from tasker_ci.sessions.review.finding import Severity
from tasker_ci.sessions.review.looking import looked_at
from tasker_ci.sessions.review.lost_tests import owners
from tasker_ci.sessions.review.matrix import matrix_of
from tasker_ci.sessions.review.result import ReviewResult, spaced
from tasker_ci.sessions.review.rule import pages
from tasker_ci.sessions.review.rules import test_only_compiled, test_unselected
from tasker_ci.sessions.review.session import review, review_repository
from tasker_ci.sessions.review.text import details, heading
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from tasker_ci.sessions.review.subject import Subject

NO_GIT = {"git": Completed(exit_code=128), "": "[]"}
"""And linters that find nothing."""

GRAPH = {
    "version": 1,
    "units": [
        {"mode": "test", "features": ["fast"], "target": {"src_path": "/r/store/src/lib.rs"}},
        {"mode": "build", "features": [], "target": {"src_path": "/r/core/src/lib.rs"}},
    ],
}


def planted(folder: Path, *commands: str) -> Subject:
    return subject_of(folder, steps(*commands))


def test_a_lie_is_an_error_that_begins_with_the_number(tmp_path: Path) -> None:
    planted(tmp_path, "cargo test -p core")
    context = make_context(tmp_path, runner=RecordingRunner(NO_GIT))
    with pytest.raises(ReviewFindings, match="1 of 2 tests is run by no job") as failure:
        review(context)
    assert context.printed.splitlines()[1] == "1 of 2 tests is run by no job."
    assert failure.value.exit_code == 1
    assert failure.value.data["tests"]["lost"] == 1


def test_an_honest_ci_is_green_and_json_has_the_matrix(tmp_path: Path) -> None:
    planted(tmp_path, "cargo test --workspace --all-features")
    context = make_context(tmp_path, runner=RecordingRunner(NO_GIT))
    outcome = review_repository(context, path=".", outputs=("out.json",))
    assert outcome.summary == "each of 2 tests is run by a job"
    data = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert {"package": "store", "job": "ci.yml / test", "does": "runs tests"} in data["matrix"]


def test_all_shards_are_read_as_one_run(tmp_path: Path) -> None:
    line = "cargo nextest run --workspace --partition hash:{}/2"
    subject = planted(tmp_path, line.format(1), line.format(2))
    (package, *_) = subject.workspaces[0].workspace.packages
    for selection in subject.workspaces[0].selections:
        assert selection.runs(package, package.targets[0], "x", ignored=False).selected


def test_a_run_of_an_archive_is_read_with_what_another_job_built(tmp_path: Path) -> None:
    archive = "cargo nextest archive --workspace --archive-file t.tar.zst"
    run = "cargo nextest run --archive-file t.tar.zst"
    assert planted(tmp_path / "both", archive, run).opaque == ()
    assert planted(tmp_path / "alone", run).opaque != ()


def test_what_settings_allow_does_not_fail_until_its_day(tmp_path: Path) -> None:
    planted(tmp_path, "cargo test -p core")
    settings = (
        '[[review.allow]]\nrule = "T1"\npath = ".github/*"\nreason = "soon"\nreview = 2027-01-01\n'
    )
    context = make_context(tmp_path, settings, runner=RecordingRunner(NO_GIT))
    review_repository(context, today=lambda: date(2026, 12, 1))
    with pytest.raises(ReviewFindings):
        review_repository(context, today=lambda: date(2027, 1, 1))


def test_every_rule_has_a_page_that_begins_with_a_sentence(tmp_path: Path) -> None:
    for name, page in pages().items():
        context = make_context(tmp_path)
        assert review(context, explain=name.lower()).data["text"] == page.text
        assert page.text.splitlines()[0].endswith(".")
        assert "**Fix**" in page.text
        assert page.rule.name in context.printed
    with pytest.raises(UsageError, match="There is no rule T99"):
        review(make_context(tmp_path), explain="T99")


def test_a_path_that_is_no_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no"):
        review(make_context(tmp_path), path="nowhere")


def test_tests_of_one_cause_are_one_finding(tmp_path: Path) -> None:
    subject = planted(tmp_path, "cargo build")
    (reviewed,) = subject.workspaces
    lost = reviewed.fates.of(TestFate.LOST)
    assert len(by_cause(lost)) == 1
    assert owners(lost) == "core, store"
    assert subject.relative(lost[0].file) == "core/src/lib.rs"


def test_the_matrix_has_the_most_that_a_job_does(tmp_path: Path) -> None:
    subject = planted(tmp_path, "cargo check --workspace", "cargo test -p core")
    cells = matrix_of(subject.workspaces).cells
    assert {name: action.name for (name, _), action in cells.items()} == {
        "core": "TEST",
        "store": "CHECK",
    }


def test_a_graph_tells_what_cargo_would_build() -> None:
    (unit,) = read_graph(json.dumps(GRAPH))
    assert (unit.source, unit.features) == (Path("/r/store/src/lib.rs"), {"fast"})
    with pytest.raises(NoGraph):
        list(read_graph("{}"))


@pytest.mark.parametrize("features", [["fast"], []])
def test_cargo_confirms_a_finding_or_does_not(tmp_path: Path, features: list[str]) -> None:
    subject = planted(tmp_path, "cargo test --workspace")
    unit = {"mode": "test", "features": features}
    unit["target"] = {"src_path": str(tmp_path / "store/src/lib.rs")}
    answers = {"rustup default": "stable (default)", "cargo": json.dumps({"units": [unit]})}
    runner = RecordingRunner(answers)
    found = list(test_unselected.find(subject))
    (marked,) = confirmed(make_context(tmp_path, runner=runner), subject, found)
    assert marked.confirmed is (not features)
    command = runner.commands[-1]
    assert tmp_path not in (command.cwd, *command.cwd.parents)
    assert command.environment["RUSTUP_TOOLCHAIN"] == "stable"


def test_cargo_confirms_nothing_that_it_was_not_asked(tmp_path: Path) -> None:
    subject = planted(tmp_path, "cargo test --workspace")
    (found,) = test_unselected.find(subject)
    silent = RecordingRunner({"rustup": "", "cargo": Completed(exit_code=101, stderr="error: no")})
    (marked,) = confirmed(make_context(tmp_path, runner=silent), subject, [found])
    assert marked.confirmed is None
    refused = Completed(exit_code=101, stderr="error: no library targets found in package `x`.")
    runner = RecordingRunner({"rustup": "", "cargo": refused})
    (marked,) = confirmed(make_context(tmp_path, runner=runner), subject, [found])
    assert marked.confirmed is True


def test_a_graph_does_not_know_the_machine(tmp_path: Path) -> None:
    text = '#[cfg(target_arch = "aarch64")]\n#[test]\nfn wide() {}\n'
    subject = subject_of(tmp_path, steps("cargo test --workspace"), **{"core__src__lib.rs": text})
    found = [each for each in test_unselected.find(subject) if "core" in each.message]
    unit = {"mode": "test", "features": []}
    unit["target"] = {"src_path": str(tmp_path / "core/src/lib.rs")}
    runner = RecordingRunner({"rustup": "", "cargo": json.dumps({"units": [unit]})})
    (marked,) = confirmed(make_context(tmp_path, runner=runner), subject, found)
    assert marked.confirmed is None


def test_cargo_is_asked_for_so_long_and_no_longer(tmp_path: Path) -> None:
    subject = planted(tmp_path, "cargo test -p core", "cargo test --lib", "cargo test --tests")
    found = list(test_unselected.find(subject))
    runner = RecordingRunner({"rustup": "", "cargo": json.dumps({"units": []})})
    context = make_context(tmp_path, runner=runner)
    times = iter([0.0, 10.0, 899.0, 901.0])
    marked = [*confirmed(context, subject, found, clock=lambda: next(times))]
    assert {each.confirmed for each in marked} == {None}
    assert len([each for each in runner.commands if each.argv[0] == "cargo"]) == 2
    assert "asking cargo, 2 of 3: " in context.printed
    assert "cargo was asked for 2 of 3 commands: that took 15 minutes." in context.printed


def test_cargo_is_asked_for_the_very_command(tmp_path: Path) -> None:
    subject = planted(tmp_path, "cd core && cargo nextest run --profile ci --cargo-profile fast")
    found = list(test_unselected.find(subject))
    runner = RecordingRunner({"rustup": "", "cargo": json.dumps({"units": []})})
    list(confirmed(make_context(tmp_path, runner=runner), subject, found))
    words = runner.commands[-1].argv[2:5]
    assert words == ("--manifest-path", str(tmp_path / "core/Cargo.toml"), "--profile=fast")


def test_a_feature_that_is_not_declared_is_no_flag(tmp_path: Path) -> None:
    behind = '#[cfg(all(test, feature = "tls"))]\nmod tests {\n    #[test]\n    fn t() {}\n}\n'
    files = {"store__src__lib.rs": behind}
    subject = subject_of(tmp_path, steps("cargo test --workspace"), **files)
    (found,) = test_unselected.find(subject)
    assert found.fix == "Declare the feature `tls` of store, or remove what stands behind it."


def test_the_words_of_a_finding() -> None:
    found = finding(severity=Severity.WARNING, confirmed=True)
    assert heading(found).startswith(f"warning T1 {CI}:14: ")
    assert [*details(found)][-2:] == ["cargo confirms it", "Fix: Add `--workspace`."]
    assert spaced(12045) == "12 045"


def test_the_workflow_uploads_what_is_found(tmp_path: Path) -> None:
    from tasker_ci.sessions.review.job import review_workflow
    from tasker_ci.workflows.job_steps import StepFactory

    workflow = review_workflow(StepFactory.of(inputs_of(tmp_path, "[review]\npipeline = true\n")))
    job = workflow.jobs["review"].data()
    assert job["permissions"]["security-events"] == "write"
    assert "nox -s review -- --output review.sarif" in str(job["steps"])


def test_a_result_counts_what_was_read(tmp_path: Path) -> None:
    context = make_context(tmp_path, runner=RecordingRunner(NO_GIT))
    empty = ReviewResult.of(looked_at(context, tmp_path), [])
    assert empty.sentence == "There are no tests."
    assert empty.looked_at == "Read: 0 workflows with 0 jobs in 0 legs, 0 packages."


@pytest.mark.parametrize(
    ("command", "fix"),
    [
        ("cargo test -p core", "Add `--workspace` in {}, or a command with `-p store`."),
        ("cargo test --workspace", "Add `--features store/fast` in {}, or a command that has it."),
        (
            "cargo test --workspace --all-features adds",
            "Add a command beside {} that takes them.",
        ),
    ],
)
def test_the_fix_is_the_smallest_change_to_the_nearest_command(
    tmp_path: Path, command: str, fix: str
) -> None:
    (found,) = [
        each
        for rule in (test_unselected, test_only_compiled)
        for each in rule.find(planted(tmp_path, command))
    ]
    assert found.fix == fix.format(f"{CI}:8")


def test_a_reader_that_leaves_early_costs_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(tmp_path, "cargo test -p core")

    def leave(*_: object) -> None:
        raise Interrupted(signal.SIGPIPE)

    monkeypatch.setattr("tasker_ci.sessions.review.text.tell", leave)
    context = make_context(tmp_path, runner=RecordingRunner(NO_GIT))
    with pytest.raises(Interrupted):
        review_repository(context, outputs=("out.md",))
    assert (tmp_path / "out.md").read_text("utf-8").startswith("**1 of 2 tests")

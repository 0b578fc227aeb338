"""The session miri with programs that answer as the real ones do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import generation
import pytest
import workspaces

from tasker_ci.context import Status
from tasker_ci.errors import SelectionError
from tasker_ci.process.command import Completed
from tasker_ci.sessions.miri.checks import CHECKS
from tasker_ci.sessions.miri.errors import MiriFailed
from tasker_ci.sessions.miri.job import miri_workflow
from tasker_ci.sessions.miri.session import miri
from tasker_ci.testing import RecordedContext, RecordingRunner, make_context
from tasker_ci.tools.examination import Examination
from tasker_ci.tools.installed_toolchains import NotAvailableHere
from tasker_ci.workflows.job_steps import StepFactory

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.testing import Answer

SETTINGS = '[miri]\npipeline = true\npackages = ["sample"]\nflags = ["-Zmiri-a", "-Zmiri-b"]\n'
LINE = "rustup toolchain install nightly --profile minimal --component miri --component rust-src"


def context_of(
    folder: Path,
    ran: Answer = "",
    *,
    settings: str = SETTINGS,
    components: str = "miri-x86_64 rust-src",
) -> RecordedContext:
    workspaces.write_files(folder, {"Cargo.toml": workspaces.manifest("sample"), "bin/rustup": ""})
    (folder / "bin/rustup").chmod(0o755)
    target = {"kind": ["lib"], "name": "sample", "src_path": "l", "test": True, "doctest": True}
    package = {
        "name": "sample",
        "version": "0.1.0",
        "manifest_path": str(folder / "Cargo.toml"),
        "targets": [target],
    }
    metadata = {
        "workspace_root": str(folder),
        "target_directory": str(folder / "target"),
        "packages": [package],
    }
    answers: dict[str, Answer] = {
        "rustup toolchain list": "nightly-x86_64\n",
        "rustup component list --installed --toolchain nightly": components.replace(" ", "\n"),
        "cargo metadata": json.dumps(metadata),
        "cargo +nightly metadata": json.dumps(metadata),
        "rustc +nightly": "rustc 1.97.0-nightly (abc 2026-05-15)\n",
        "cargo +nightly miri nextest run": ran,
    }
    return make_context(
        folder,
        settings,
        runner=RecordingRunner(answers),
        environment={"PATH": str(folder / "bin"), "HOME": str(folder)},
    )


def test_the_packages_of_the_settings_run(tmp_path: Path) -> None:
    context = context_of(tmp_path)
    assert miri(context, filter="test(a)").summary == "nothing undefined in sample"
    (line,) = (each for each in context.runner.lines if " miri " in each)
    assert "miri nextest run --package sample --all-features --filterset 'test(a)'" in line
    shown = context_of(tmp_path)
    shown = make_context(tmp_path, SETTINGS, dry_run=True)
    preview = miri(shown).data["commands"][0]
    assert preview["environment"]["MIRIFLAGS"] == "-Zmiri-a -Zmiri-b"


def test_without_packages_nothing_runs_and_a_stage_of_nothing_is_refused(tmp_path: Path) -> None:
    outcome = miri(context_of(tmp_path, settings="[miri]\n"))
    assert outcome.status is Status.SKIPPED
    with pytest.raises(SelectionError, match="names no package"):
        miri(context_of(tmp_path, settings="[miri]\npipeline = true\n"))
    with pytest.raises(SelectionError, match="has no package other"):
        miri(context_of(tmp_path), package=("other",))


def test_a_nightly_without_miri_is_not_checked(tmp_path: Path) -> None:
    context = context_of(tmp_path, components="rustc")
    with pytest.raises(
        NotAvailableHere, match="nightly is here without miri and rust-src"
    ) as found:
        miri(context)
    assert found.value.next_step == LINE
    examination = Examination(context=context, environment=context.environment, directory=tmp_path)
    assert [each.fix for each in CHECKS.findings(examination)] == [LINE]


RED = """\
        FAIL [   0.412s] (1/2) sample tests::a
error: Undefined Behavior: bad
 --> src/lib.rs:4:14
"""


@pytest.mark.parametrize(
    ("code", "said", "message", "step"),
    [
        (
            *(
                100,
                RED,
                r"1 test failed under miri; first: Undefined Behavior: bad at src/lib\.rs:4",
            ),
            "Again: tasker-ci miri --package sample --filter 'test(=tests::a)'",
        ),
        (4, "", "No test ran", "that has tests"),
        (94, "", "The filter is no valid", "filtersets"),
        (101, "error[E0425]: no\n", "The tests do not compile", "first error"),
    ],
)
def test_each_way_to_be_red_is_told(
    tmp_path: Path, code: int, said: str, message: str, step: str
) -> None:
    from tasker_ci.errors import CommandFailed

    answer = Completed(exit_code=code, seconds=1, stderr=said)
    with pytest.raises(CommandFailed, match=message) as caught:
        miri(context_of(tmp_path, answer))
    assert step in caught.value.next_step
    assert caught.value.exit_code == code
    assert isinstance(caught.value, MiriFailed) is (code in {4, 100})


def test_its_job_installs_a_nightly_with_miri(tmp_path: Path) -> None:
    inputs = generation.inputs_of(tmp_path, SETTINGS)
    (job,) = miri_workflow(StepFactory.of(inputs)).jobs.values()
    scripts = [step.run for step in job.steps if step.run]  # type: ignore[union-attr]
    assert any("--component miri --component rust-src" in each for each in scripts)
    assert "exec nox -s miri\n" in scripts
    assert "test-miri.yml" in generation.workflows(tmp_path, SETTINGS)
    assert "test-miri.yml" not in generation.workflows(tmp_path / "without")

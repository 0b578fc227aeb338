"""What the steps of a replaced job do, and why it is not what a session does."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
from foreign_workflows import checkout, runs

from tasker_ci.foreign.written_steps import written_steps
from tasker_ci.sessions.project.covering.after_the_dashes import (
    harness_doubt,
    lint_doubt,
    lints_of,
)
from tasker_ci.sessions.project.covering.deeds import Deed, deeds_of
from tasker_ci.sessions.project.covering.problems import (
    after_action,
    after_command,
    after_sources,
    problem_of_job,
    problem_of_step,
)
from tasker_ci.sessions.project.covering.triggers import compared, triggers_of
from tasker_ci.sessions.project.covering.work import line_that_writes, works
from tasker_ci.text import yaml_nodes

if TYPE_CHECKING:
    from pathlib import Path

OURS = ("ubuntu-latest",)


def deeds(root: Path, steps: str, job: str = "runs-on: ubuntu-latest") -> list[Deed]:
    here = checkout(root, f"on: push\njobs:\n  a:\n    {job}\n    steps:\n{steps}")
    return deeds_of(runs(here)[0], here, OURS)


def problems(found: list[Deed]) -> list[tuple[str, list[str]]]:
    return [(deed.text, [each.problem for each in deed.occasions]) for deed in found]


def test_legs_are_occasions_of_one_deed(tmp_path: Path) -> None:
    job = (
        "strategy: {matrix: {os: [ubuntu-latest, macos-latest], more: [{a: 1}]}}\n"
        "    runs-on: ${{ matrix.os }}"
    )
    (deed,) = deeds(tmp_path, "      - run: cargo test\n", job)
    assert [each.leg for each in deed.occasions] == [
        "os ubuntu-latest, more.a 1",
        "os macos-latest, more.a 1",
    ]
    assert [each.problem for each in deed.occasions] == ["", "it runs on macos-latest"]


def test_of_very_many_legs_with_long_scripts_one_is_read(tmp_path: Path) -> None:
    values = ", ".join(f"v{number}" for number in range(200))
    job = f"strategy: {{matrix: {{a: [{values}]}}}}\n    runs-on: ubuntu-latest"
    script = "".join(f"          ./tool {number}\n" for number in range(300))
    found = deeds(tmp_path, f"      - run: |\n{script}", job)
    assert len(found) == 300
    assert problems(found)[0] == ("run ./tool 0", ["its legs are more than is read"])


def test_what_a_step_changes_counts_for_those_after_it(tmp_path: Path) -> None:
    found = deeds(
        tmp_path,
        "      - run: cargo fmt && rm Cargo.lock && cargo test\n"
        "      - uses: actions/checkout@v4\n        with: {ref: '${{ github.job }}-x'}\n"
        "      - run: cargo doc\n        if: failure()\n",
    )
    changed = "it runs after `rm Cargo.lock`, which changes what is built"
    assert problems(found) == [
        ("run cargo fmt", [""]),
        ("run rm Cargo.lock", [""]),
        ("run cargo test", [changed]),
        ("uses actions/checkout@v4", [changed]),
        ("run cargo doc", [changed]),
    ]
    assert found[3].occasions[0].inputs == {"ref": "${{ github.job }}-x"}


def test_a_file_that_the_shell_takes_in_may_change_what_follows(tmp_path: Path) -> None:
    script = "cargo fmt\n. ~/.cargo/env\nsource env.sh && cargo test\n. ./here.sh; cargo doc"
    here = checkout(tmp_path, files={"here.sh": ""})
    why = "it runs after `source env.sh`, which may change anything"
    assert after_sources(script, PurePosixPath(), here) == {2: why}
    assert set(after_sources(script, None, here)) == {2, 3}


def test_what_cannot_be_read_has_its_line(tmp_path: Path) -> None:
    steps = "      - run: import os; os.system('cargo test')\n        shell: python\n"
    (deed,) = deeds(tmp_path, steps)
    assert deed.text == "run .github/workflows/ci.yml:6"
    assert [each.why for each in deed.occasions[0].unread] == ["its shell is python"]


def test_what_cannot_be_read_beside_a_command_has_a_line_of_its_own(tmp_path: Path) -> None:
    found = deeds(tmp_path, """      - run: 'cargo test; eval "$(curl x) cargo"'\n""")
    assert [(deed.text, bool(deed.occasions[0].unread)) for deed in found] == [
        ("run cargo test", False),
        ("run curl x", False),
        ("run ${{ … }} cargo", False),
        ("run .github/workflows/ci.yml:6", True),
    ]


def test_a_job_and_a_step_have_problems_of_their_own(tmp_path: Path) -> None:
    text = """\
        jobs:
          a:
            runs-on: ubuntu-latest
            steps:
              - run: cargo test
                shell: pwsh
              - uses: ./nowhere
        """
    here = checkout(tmp_path, text)
    ((run,), _) = runs(here)
    assert problem_of_job(run, OURS) == "nothing starts it"
    assert problem_of_step(run.job.steps[0], run) == "its shell is pwsh"
    test, action = written_steps(run, here)
    assert after_command(test.commands[0]) == ""
    assert after_action("./nowhere", action) == (
        "it runs after ./nowhere, which may change anything"
    )


def test_the_end_of_a_pipe_belongs_to_its_begin(tmp_path: Path) -> None:
    script = "cargo test | tee log; echo x | docker login; rustc --version; make | grep y"
    here = checkout(
        tmp_path,
        f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: '{script}'\n",
    )
    ((run,), _) = runs(here)
    (step,) = written_steps(run, here)
    found = [each.command.text for each in step.commands if works(each, step.commands)]
    assert found == ["cargo test", "docker login", "make"]


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("echo a >&2", ""),
        ("echo a 2>&1", ""),
        ("# echo > f\necho; echo a >> f", "echo a >> f"),
        ("echo a | tee f", "echo a | tee f"),
    ],
)
def test_a_line_that_writes_is_found(script: str, line: str) -> None:
    assert line_that_writes(script) == line


def test_what_follows_the_dashes_is_compared() -> None:
    assert lints_of(["-D", "warnings", "-Wx"]) == [("D", "warnings"), ("W", "x")]
    assert lints_of(["--cfg", "x"]) is None
    assert lint_doubt(["-D", "a"], ["-D", "b", "-D", "a"]) == ""
    assert "runs with `-W a`" in lint_doubt(["-D", "a"], ["-W", "a"])
    assert harness_doubt(["--skip", "x", "--nocapture"]) == ""
    assert "ignored" in harness_doubt(["--ignored"])


def test_triggers_are_compared_by_their_filters() -> None:
    on = yaml_nodes.entries(yaml_nodes.nodes_of(b"on: {push: {branches: [dev]}, schedule: }"))
    found = compared(triggers_of(on["on"]), {"push": {"branches": ("main",)}})
    assert [*found] == [("on push", "ci.yml"), ("on push to dev", ""), ("on schedule", "")]

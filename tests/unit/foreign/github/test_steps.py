"""The commands of a job's steps, and what each finds around it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from foreign_workflows import CI, checkout, commands, lines, runs

from tasker_ci.foreign.command import TOP
from tasker_ci.foreign.github.job_run import Machine
from tasker_ci.foreign.github.machines import toolchain_of_image
from tasker_ci.foreign.github.shells import shell_of
from tasker_ci.foreign.github.steps import commands_of_run, walk_run
from tasker_ci.foreign.places import Place


def job(steps: str, more: str = "") -> str:
    return f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n{more}    steps:\n{steps}"


def test_variables_of_workflow_job_and_step(tmp_path: Path) -> None:
    ci = """
on: push
env: {A: workflow, B: workflow}
jobs:
  a:
    runs-on: ubuntu-latest
    env: {B: "${{ env.A }}-job", C: "${{ secrets.C }}"}
    steps:
      - run: cargo test ${{ env.B }} ${{ github.sha }}
        env: {D: step}
      - run: |
          E=later >> $GITHUB_ENV
          cargo one
      - run: cargo two ${{ env.E }}
"""
    (first, _, one, two), opaque = commands(checkout(tmp_path, ci))
    assert first.text == "cargo test workflow-job ${{ github.sha }}"
    assert first.around.variables == {"A": "workflow", "B": "workflow-job", "C": None, "D": "step"}
    assert "E" not in one.around.variables
    assert two.text == "cargo two later"
    assert "D" not in two.around.variables
    assert opaque == []


def test_places_and_folders(tmp_path: Path) -> None:
    ci = """
on: push
defaults: {run: {working-directory: core}}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: |
          # a comment
          cargo test
      - working-directory: ${{ github.workspace }}/other/../tools
        run: cargo build
      - {working-directory: "${{ vars.WHERE }}", run: cargo a}
      - {working-directory: /tmp, run: cargo b}
      - {working-directory: ../.., run: cargo c}
"""
    found, _ = commands(checkout(tmp_path, ci))
    assert found[1].place == Place(PurePosixPath(CI), 10)
    assert [each.around.folder for each in found] == [
        PurePosixPath("core"),
        PurePosixPath("core"),
        PurePosixPath("tools"),
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        ("matrix.os == 'a'", True),
        ("matrix.os == 'b'", False),
        ("matrix.absent", False),
        ("runner.os == 'Windows'", False),
        ("env.CI_FULL == '1'", True),
        ("steps.plan.outputs.run == 'true'", True),
        ("steps.typo.outputs.run == 'true'", False),
        ("needs.x.outputs.y", False),
        ("github.event_name == 'release'", False),
        ("failure()", True),
    ],
)
def test_steps_that_never_run_are_left_out(tmp_path: Path, condition: str, runs: bool) -> None:
    steps = f'      - {{id: plan, run: ":"}}\n      - {{if: "{condition}", run: cargo test}}'
    more = "    strategy: {matrix: {os: [a]}}\n    env: {CI_FULL: 1}\n"
    found, _ = commands(checkout(tmp_path, job(steps, more)))
    assert any(each.text == "cargo test" for each in found) is runs


def test_a_step_that_may_be_passed_over_leaves_unknown_values(tmp_path: Path) -> None:
    steps = """
      - {if: github.actor == 'x', run: A=1 >> $GITHUB_ENV}
      - {if: github.actor == 'x', uses: dtolnay/rust-toolchain@nightly}
      - {run: cargo test}
"""
    found, _ = commands(checkout(tmp_path, job(steps)))
    assert found[-1].around.variables["A"] is None
    assert found[-1].around.default_toolchain is None


def test_composite_actions_are_walked_in_place(tmp_path: Path) -> None:
    action = """
inputs:
  features: {default: full}
  package: {required: true}
  folder: {default: .}
runs:
  using: composite
  steps:
    - run: cargo test -p ${{ inputs.package }} -F ${{ inputs.features }} ${{ env.FROM_STEP }}
      shell: bash
      working-directory: ${{ inputs.folder }}
    - {uses: ./tools/inner, if: "inputs.features == 'full'"}
    - {uses: dtolnay/rust-toolchain@1.70}
"""
    inner = "runs: {using: composite, steps: [{run: cargo inner, shell: bash}]}"
    steps = """
      - {uses: ./tools/outer, with: {package: "${{ matrix.p }}"}, env: {FROM_STEP: x}}
      - {run: cargo after}
"""
    files = {"tools/outer/action.yml": action, "tools/inner/action.yml": inner}
    more = (
        "    defaults: {run: {working-directory: elsewhere}}\n    strategy: {matrix: {p: [core]}}\n"
    )
    found, opaque = commands(checkout(tmp_path, job(steps, more), files))
    assert [each.text for each in found] == [
        "cargo test -p core -F full x",
        "cargo inner",
        "cargo after",
    ]
    step = Place(PurePosixPath(CI), 9)
    assert found[0].trail == (step,)
    assert found[0].place == Place(PurePosixPath("tools/outer/action.yml"), 9)
    assert found[0].around.folder == TOP  # defaults of a job are not an action's
    assert found[1].trail == (step, Place(PurePosixPath("tools/outer/action.yml"), 12))
    assert found[2].trail == ()
    assert found[2].around.default_toolchain == "1.70"
    assert opaque == []


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ("runs: {using: node20, main: x.js}", "./act is a program (node20)"),
        ("runs: {using: docker, image: Dockerfile}", "./act is a program (docker)"),
        ("runs: {using: docker, image: 'docker://x'}", "./act is a program (docker)"),
        ("[", "it is not valid YAML"),
        (None, "there is no action in act"),
        ("runs: {using: composite, steps: [{uses: ./act}]}", "actions use one another too deeply"),
    ],
)
def test_actions_that_cannot_be_read(tmp_path: Path, action: str | None, why: str) -> None:
    files = {"act/action.yml": action} if action else {}
    _, opaque = commands(checkout(tmp_path, job("      - uses: ./act"), files))
    assert why in opaque[0]


@pytest.mark.parametrize(
    ("program", "reads"),
    [
        ("core.info('published')", True),
        ("exec('cargo test')", False),
        ("exec.exec('bash', ['ci.sh'])", False),
    ],
)
def test_programs_that_are_actions_are_read_for_what_they_name(
    tmp_path: Path, program: str, reads: bool
) -> None:
    files = {"act/action.yml": "runs: {using: node20, main: x.js}", "act/x.js": program}
    _, opaque = commands(checkout(tmp_path, job("      - uses: ./act"), files))
    assert (opaque == []) is reads


@pytest.mark.parametrize(
    ("shell", "runner", "expected"),
    [
        (None, "ubuntu-latest", (True, False)),
        ("bash", "ubuntu-latest", (True, True)),
        ("sh", "ubuntu-latest", (True, False)),
        ("bash -l {0}", "ubuntu-latest", (False, False)),
        ("bash -euxo pipefail {0}", "ubuntu-latest", (True, True)),
        ("nix develop -c bash -e {0}", "ubuntu-latest", (True, False)),
        (None, "windows-latest", (False, False)),
        ("bash", "windows-latest", (True, True)),
    ],
)
def test_how_shells_are_started(
    tmp_path: Path, shell: str | None, runner: str, expected: tuple[bool, bool]
) -> None:
    system = {"u": "Linux", "w": "Windows"}[runner[0]]
    found = shell_of(shell, Machine(system=system))
    assert (found.exit_on_error, found.pipefail) == expected


def test_scripts_in_other_languages(tmp_path: Path) -> None:
    steps = """
      - {shell: python, run: print(1)}
      - {shell: python, run: "import subprocess; subprocess.run(['cargo', 'test'])"}
      - {shell: pwsh, run: "cargo test --workspace\\nif ($x) { cargo doc }\\n"}
"""
    found, opaque = commands(checkout(tmp_path, job(steps)))
    assert [each.text for each in found] == ["cargo test --workspace"]
    assert opaque == [
        f"{CI}:8: its shell is python",
        f"{CI}:10: a line of PowerShell with more than plain words",
    ]


def test_checkouts_of_other_repositories(tmp_path: Path) -> None:
    steps = """
      - {uses: actions/checkout@v4, with: {path: own}}
      - {uses: actions/checkout@v4, with: {repository: some/other, path: other}}
      - {run: cargo one, working-directory: own/core}
      - {run: cargo two, working-directory: other/core}
      - {run: cargo three}
      - {uses: actions/checkout@v4, with: {repository: "${{ github.repository }}"}}
      - {run: cargo four, working-directory: core}
"""
    found, _ = commands(checkout(tmp_path, job(steps)))
    assert [(each.around.folder, each.around.elsewhere) for each in found] == [
        (PurePosixPath("core"), False),
        (PurePosixPath("other/core"), True),
        (None, False),
        (PurePosixPath("core"), False),
    ]


def test_unknown_actions_are_opaque_where_they_may_run_something(tmp_path: Path) -> None:
    steps = """
      - {uses: someone/setup-database@v1}
      - {uses: someone/runner@v1, with: {run: make test}}
      - {uses: someone/cargo-thing@v1}
      - {uses: codecov/codecov-action@v4}
      - {uses: actions/github-script@v7, with: {script: console.log(1)}}
      - {uses: actions/github-script@v7, with: {script: "exec.exec('cargo')"}}
      - {uses: "docker://alpine"}
      - {run: cargo test}
"""
    found, opaque = commands(checkout(tmp_path, job(steps)))
    assert [each.partition(": ")[2] for each in opaque] == [
        "the action someone/runner gets `run`, and may run it",
        "the action someone/cargo-thing may run tests",
        "the script of actions/github-script starts programs",
        "it runs the image alpine",
    ]
    assert found[0].around.installed_all_known is False


def test_a_job_in_an_image_of_rust_has_its_toolchain(tmp_path: Path) -> None:
    more = "    container: rust:1.80-slim\n"
    found, _ = commands(checkout(tmp_path, job("      - run: cargo test", more)))
    assert found[0].around.default_toolchain == "1.80"
    assert found[0].around.installed_all_known is False


@pytest.mark.parametrize(
    ("image", "toolchain"),
    [
        ("rust", "stable"),
        ("rust:1.80-slim", "1.80"),
        ("docker.io/library/rust:1.79.0-alpine", "1.79.0"),
        ("rustlang/rust:nightly", "nightly"),
        ("ubuntu:24.04", None),
        ("someone/rust:1.80", None),
    ],
)
def test_toolchains_of_images(image: str, toolchain: str | None) -> None:
    assert toolchain_of_image(image) == toolchain


def test_a_job_that_never_runs_has_no_commands(tmp_path: Path) -> None:
    here = checkout(tmp_path, "on: push\njobs: {a: {if: false, steps: [{run: cargo test}]}}")
    (run,), _ = runs(here)
    assert commands_of_run(run, here, lines) == ((), ())


def test_a_whole_mapping_of_variables_may_be_an_expression(tmp_path: Path) -> None:
    steps = """
      - {env: "${{ matrix.more }}", run: cargo test}
"""
    more = "    strategy: {matrix: {more: [{A: 1}, '', '${{ vars.X }}']}}\n"
    found, _ = commands(checkout(tmp_path, job(steps, more)))
    variables = [each.around.variables for each in found]
    assert variables[:2] == [{"A": "1"}, {}]
    assert variables[2]["RUSTFLAGS"] is None


def test_steps_that_are_passed_over_are_told(tmp_path: Path) -> None:
    steps = """
      - {if: matrix.offline, run: cargo a}
      - {run: A=1 >> $GITHUB_ENV}
"""
    here = checkout(tmp_path, job(steps))
    (run,), _ = runs(here)
    walked = walk_run(run, here, lines)
    assert [step.run for step in walked.passed_over] == ["cargo a"]
    assert [step.run for step in walked.steps] == ["A=1 >> $GITHUB_ENV"]
    assert walked.after is not None
    assert walked.after.variables == {"A": "1"}


def test_an_unknown_action_for_rust_may_choose_any_toolchain(tmp_path: Path) -> None:
    steps = """
      - {uses: someone/setup-rust@v1}
      - {run: cargo test}
"""
    found, opaque = commands(checkout(tmp_path, job(steps)))
    assert found[0].around.default_toolchain is None
    assert opaque == []

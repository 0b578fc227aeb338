"""What a foreign workflow did, and what does it once `sync` has replaced it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.foreign.checkout import Checkout
from tasker_ci.sessions import STAGES
from tasker_ci.sessions.project.covering.covers import Covers
from tasker_ci.sessions.project.covering.planned_pipeline import own_runs
from tasker_ci.sessions.project.covering.project import Project
from tasker_ci.sessions.project.covering.replaced import Replaced, what_disappears
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from collections.abc import Callable

CI = PurePosixPath(".github/workflows/ci.yml")
PREPARATION = "the steps that every generated job begins with"
ALL = frozenset(
    {
        "ci.yml",
        "code-quality.yml",
        "test-unit.yml",
        "test-integration.yml",
        "build-docker-images.yml",
    }
)
EVENTS = {
    "push": {"branches": ("main",)},
    "pull_request": {"branches": ("main",)},
    "workflow_dispatch": {},
}


@pytest.fixture
def covers(tmp_path: Path) -> Callable[..., Covers]:
    """What a pipeline with all its workflows covers, unless told otherwise."""

    def covers(*flags: tuple[str, str], workflows: frozenset[str] = ALL) -> Covers:
        files = {"Cargo.toml": workspaces.manifest("app"), "src/lib.rs": ""}
        workspaces.write_files(tmp_path, files)
        checkout = Checkout(root=tmp_path, files=frozenset(map(PurePosixPath, files)))
        given = [("preset", "tasker"), ("integration.targets", "core::end_to_end"), *flags]
        context = make_context(tmp_path, overrides=tuple("=".join(pair) for pair in given))
        return Covers(
            settings=context.settings,
            workflows=workflows,
            events=EVENTS,
            tools=frozenset({"cargo-nextest", "cargo-audit"}),
            stages={"fmt": "quality", "unit": "unit"},
            stage_files={stage.name: stage.file for stage in STAGES},
            own=own_runs(context, Project(), checkout, ("unit", "doctest")),
        )

    return covers


def read(text: str | bytes, covers: Covers, path: PurePosixPath = CI) -> Replaced:
    content = text.encode() if isinstance(text, str) else text
    checkout = covers.own.repository.texts
    assert isinstance(checkout, Checkout)
    (found,) = what_disappears({path: content}, covers, checkout)
    return found


def test_triggers_are_compared_with_the_new_ones(covers: Callable[..., Covers]) -> None:
    text = """
on:
  push:
    branches: [main, develop]
    tags: ["v*"]
  pull_request:
    paths: ["src/**"]
  schedule:
    - cron: "0 0 * * *"
jobs: {}
"""
    assert [str(part) for part in read(text, covers()).triggers] == [
        "on push of the tags v*: nothing covers it",
        "on push: ci.yml",
        "on push to develop: nothing covers it",
        "on pull_request: ci.yml",
        "on pull_request to other branches than main: nothing covers it",
        "on pull_request, only for some paths: ci.yml, for every path",
        "on schedule: nothing covers it",
    ]


@pytest.mark.parametrize("on", ["push", "[push]", "{push: {branches: main}}", "{push: }"])
def test_triggers_have_several_spellings(covers: Callable[..., Covers], on: str) -> None:
    found = read(f"on: {on}\n", covers())
    assert str(found.triggers[0]) == "on push: ci.yml"


def test_jobs_are_listed_one_by_one(covers: Callable[..., Covers]) -> None:
    text = """
on: push
jobs:
  test:
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [ubuntu-latest, windows-latest]
        rust: [stable, beta]
    services:
      postgres: {image: postgres:16}
      redis: {image: redis}
    steps:
      - uses: actions/checkout@v3
      - name: All
        shell: bash
        run: |
          set -e
          # a comment
          cargo fmt --check && cargo \\
            clippy
          ./deploy.sh
  mac:
    runs-on: macos-latest
  other:
    uses: ./.github/workflows/other.yml
"""
    found = read(text, covers())
    assert {job: [str(part) for part in parts] for job, parts in found.jobs.items()} == {
        "test": [
            "matrix os: ubuntu-latest, windows-latest: nothing covers it",
            "matrix rust: stable, beta: the toolchains of test-unit.yml",
            (
                "service postgres (postgres:16): "
                "session integration, which starts the database, in test-integration.yml"
            ),
            "service redis (redis): nothing covers it",
            f"uses actions/checkout@v3: {PREPARATION}",
            (
                "run cargo fmt --check: nothing covers it "
                "(it runs on windows-latest, in the leg os windows-latest, rust stable and 1 more)"
            ),
            (
                "run cargo clippy: nothing covers it "
                "(it runs on windows-latest, in the leg os windows-latest, rust stable and 1 more)"
            ),
            "run ./deploy.sh: nothing covers it",
        ],
        "mac": ["runs on macos-latest: nothing covers it"],
        "other": ["calls ./.github/workflows/other.yml: nothing covers it"],
    }
    assert found.uncovered == 8  # with `on push to other branches than main`


def test_a_workflow_that_the_settings_call_is_covered(covers: Callable[..., Covers]) -> None:
    path = ".github/workflows/security.yml"
    calling = covers(("workflows.own.security.path", path))
    found = read(f"jobs:\n  scan:\n    uses: ./{path}\n", calling)
    assert str(found.jobs["scan"][0]).endswith(": job security of ci.yml")


def test_the_steps_of_a_composite_action_are_read_too(covers: Callable[..., Covers]) -> None:
    path = PurePosixPath(".github/actions/setup-env/action.yml")
    found = read("runs:\n  using: composite\n  steps:\n    - run: make\n", covers(), path)
    assert [str(part) for part in found.jobs["the action's steps"]] == [
        "run make: nothing covers it"
    ]


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"x" * 2_000_000, "it has 2000000 bytes"),
        ("on: [push", "it is not valid YAML"),
        ("jobs: &a\n  b: *c\n", "it is not valid YAML"),
        ("a: 1\n---\nb: 2\n", "it is not valid YAML"),
        ("[" * 5_000, "it is nested too deeply"),
        ("\x00", "it is not valid YAML"),
        ("", "it is not a mapping"),
        ("- a\n- b\n", "it is not a mapping"),
    ],
)
def test_what_cannot_be_read_is_said(
    covers: Callable[..., Covers], text: str | bytes, unread: str
) -> None:
    found = read(text, covers())
    assert found.unread.startswith(unread)
    assert not found.jobs


@pytest.mark.parametrize(
    "text",
    [
        "on: 1\njobs: 2\n",
        "on:\njobs:\n",
        "jobs: [a, b]\n",
        "jobs: {a: [1], b: text, c: {steps: {d: e}}, f: {steps: [1, [2], {run: [3]}]}}\n",
        "jobs: {? [a, b] : {steps: []}}\n",
        "jobs: &j {a: *j}\n",
        "jobs: {a: {steps: &s [*s, *s]}}\n",
        "jobs: {a: !!python/object/apply:os.system ['touch /tmp/x']}\n",
        "on: {push: {branches: 2026-01-01}}\n",
        "{1: 2, [3]: 4, ? {a: b} : c}\n",
    ],
)
def test_a_strange_document_is_read_as_far_as_it_goes(
    covers: Callable[..., Covers], text: str
) -> None:
    read(text, covers())


def test_a_document_that_grows_by_aliases_stays_small(covers: Callable[..., Covers]) -> None:
    steps = "".join(f"    - run: ./step {number}\n" for number in range(1_000))
    jobs = "".join(f"  j{number}: *job\n" for number in range(1_000))
    merged = "x0: &x0 {a: 1}\n" + "".join(
        f"x{number}: &x{number} {{<<: [*x{number - 1}, *x{number - 1}]}}\n"
        for number in range(1, 60)
    )
    text = f"{merged}jobs:\n  first: &job\n    steps:\n{steps.replace('    -', '      -')}{jobs}"
    found = read(text, covers())
    assert sum(map(len, found.jobs.values())) < 400
    assert "and more" in str(found.jobs["first"][-1])


def test_nothing_of_a_foreign_file_reaches_the_screen_as_it_is(
    covers: Callable[..., Covers],
) -> None:
    text = 'jobs:\n  "a\\e[2J":\n    steps:\n      - run: "evil \\e]0,x\\a \\u202e"\n'
    found = read(text, covers())
    assert {job: [part.text for part in parts] for job, parts in found.jobs.items()} == {
        "a\\x1b[2J": ["run evil \\x1b]0,x\\x07 \\u202e"]
    }
    long = read(f"jobs:\n  a:\n    steps:\n      - run: {'x' * 5_000}\n", covers())
    assert len(long.jobs["a"][0].text) <= 100


@pytest.mark.parametrize(
    ("script", "lost"),
    [
        ("echo done", []),
        ("exit 1", []),
        ("# nothing\n", []),
        ('echo "::warning::old" >&2; false', []),
        ("cd a\nexport B=c", []),
        ("echo $TOKEN | docker login -u a", ["run docker login -u a"]),
        (
            "echo a; echo b=c >> $GITHUB_ENV; echo d=e >> $GITHUB_ENV",
            ["run echo b=c >> $GITHUB_ENV"],
        ),
        ("echo /x | tee -a $GITHUB_PATH", ["run echo /x | tee -a $GITHUB_PATH"]),
        ("echo a; make", ["run make"]),
    ],
)
def test_a_step_that_does_nothing_is_no_loss(
    covers: Callable[..., Covers], script: str, lost: list[str]
) -> None:
    lines = "".join(f"          {line}\n" for line in script.splitlines())
    text = f"jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n{lines}"
    parts = read(text, covers()).jobs["a"]
    assert [part.text for part in parts if not part.covered_by] == lost


def test_other_files_than_workflows_have_no_jobs(covers: Callable[..., Covers]) -> None:
    path = PurePosixPath(".github/workflows/README.md")
    assert read("# Title\n", covers(), path) == Replaced(path=path)


DEPENDABOT = PurePosixPath(".github/dependabot.yml")
ZIZMOR = PurePosixPath(".github/zizmor.yml")


def test_what_dependabot_did_and_will_not_do_is_listed(covers: Callable[..., Covers]) -> None:
    planned = "updates:\n  - {package-ecosystem: cargo, directories: [/, /a]}\n"
    foreign = """\
version: 2
registries: {}
updates:
  - {package-ecosystem: cargo, directory: /, schedule: {interval: daily}, groups: {}}
  - {package-ecosystem: npm, directories: [/web, /docs], cooldown: {default-days: 3}}
"""

    found = read(foreign, replace(covers(), configurations={DEPENDABOT: planned}), DEPENDABOT)

    assert [str(part) for part in found.jobs["what it set"]] == [
        "groups of cargo: nothing covers it",
        "updates of npm in /web: nothing covers it",
        "updates of npm in /docs: nothing covers it",
        "registries: nothing covers it",
    ]
    assert not found.triggers


def test_rules_of_zizmor_that_go_are_listed(covers: Callable[..., Covers]) -> None:
    planned = "rules:\n  self-repository:\n    disable: true\n"
    foreign = "rules:\n  self-repository: {}\n  unpinned-uses: {disable: true}\n"

    found = read(foreign, replace(covers(), configurations={ZIZMOR: planned}), ZIZMOR)

    same = read(planned, replace(covers(), configurations={ZIZMOR: planned}), ZIZMOR)
    assert not same.jobs
    assert found.uncovered == 1
    assert str(found.jobs["what it set"][0]) == "rule unpinned-uses: nothing covers it"

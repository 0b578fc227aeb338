"""What a foreign workflow did, and what does it once `sync` has replaced it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from tasker_ci.generate.foreign.builds import builds_alike
from tasker_ci.generate.foreign.covers import Covers
from tasker_ci.generate.foreign.replaced import Replaced, what_disappears
from tasker_ci.generate.foreign.scripts import commands_of
from tasker_ci.settings.load import load_settings

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
        given = [("preset", "tasker"), ("integration.targets", "core::end_to_end"), *flags]
        return Covers(
            settings=load_settings(tmp_path, {}, given).settings,
            workflows=workflows,
            events=EVENTS,
            tools=frozenset({"cargo-nextest", "cargo-audit"}),
            stages={"fmt": "quality", "unit": "unit"},
        )

    return covers


def read(text: str | bytes, covers: Covers, path: PurePosixPath = CI) -> Replaced:
    return what_disappears(path, text.encode() if isinstance(text, str) else text, covers)


@pytest.mark.parametrize(
    ("command", "covered"),
    [
        ("cargo fmt --all -- --check", "session fmt, in code-quality.yml"),
        ("cargo +nightly fmt", "session fmt, in code-quality.yml"),
        ("rustfmt --check src/lib.rs", "session fmt, in code-quality.yml"),
        ("RUSTFLAGS=-Dwarnings cargo clippy", "session clippy, in code-quality.yml"),
        ("cargo check", "session clippy, in code-quality.yml"),
        ("cargo doc --no-deps", "session doc, in code-quality.yml"),
        ("cargo audit", "session audit, in code-quality.yml"),
        (
            "cargo deny check",
            (
                "session audit, for advisories; not for licences, bans and sources, "
                "in code-quality.yml"
            ),
        ),
        ("cargo build", "session unit, which builds what it tests, in test-unit.yml"),
        ("cargo build --release", ""),
        ("cargo build --target wasm32-unknown-unknown", ""),
        ("cargo test --release", ""),
        ("cargo test --target wasm32-unknown-unknown", ""),
        ("cargo check --no-default-features", ""),
        ("cargo test --no-default-features --features std", ""),
        ("cargo test --features=std", "sessions unit and doctest, in test-unit.yml"),
        ("cargo test -- --target", "sessions unit and doctest, in test-unit.yml"),
        ("cargo nextest run --cargo-profile release", ""),
        ("cargo +1.70 check", ""),
        ("cargo +stable clippy", "session clippy, in code-quality.yml"),
        ("cargo +beta test", "sessions unit and doctest, in test-unit.yml"),
        ("cargo +nightly test", ""),
        ("cargo test --workspace", "sessions unit and doctest, in test-unit.yml"),
        ("cargo test --doc", "session doctest, in test-unit.yml"),
        ("sudo -E cargo test", ""),
        ("cargo nextest run --profile ci", "session unit, in test-unit.yml"),
        ("cargo nextest archive", ""),
        (
            "cargo test --test end_to_end",
            "session integration, its tests, in test-integration.yml",
        ),
        ("cargo publish", ""),
        ("cargo install cargo-nextest --locked", PREPARATION),
        ("cargo install cargo-nextest@0.9.0", PREPARATION),
        ("cargo install mdbook", ""),
        ("rustup toolchain install stable", PREPARATION),
        ("docker compose up -d", "session integration, its stack, in test-integration.yml"),
        ("docker-compose down", "session integration, its stack, in test-integration.yml"),
        ("docker build -f docker/db/Dockerfile .", "build-docker-images.yml"),
        ("docker build -t app .", ""),
        ("docker push app", ""),
        (
            "sqlx migrate run",
            "session integration, which migrates the database, in test-integration.yml",
        ),
        ("nox -s fmt unit", "code-quality.yml, test-unit.yml"),
        ("nox", "ci.yml"),
        ("nox -s deploy", ""),
        ("./deploy.sh", ""),
        ("npm test", ""),
    ],
)
def test_a_command_is_covered_by_the_session_that_does_it(
    covers: Callable[..., Covers], command: str, covered: str
) -> None:
    assert covers().command(command) == covered


def test_features_are_covered_by_as_many_or_more(tmp_path: Path) -> None:
    def alike(features: str, rest: str) -> bool:
        settings = load_settings(tmp_path, {}, [("features", features)]).settings
        return builds_alike("test", rest, settings)

    assert alike("default", "")
    assert not alike("default", "--all-features")
    assert not alike("default", "--features a")
    assert alike("none", "--no-default-features")
    assert alike('["a", "b"]', "-F a")
    assert alike('["a", "b"]', "--features 'a b'")
    assert not alike('["a", "b"]', "--features=a,c")


@pytest.mark.parametrize(
    "command", ["cargo test", "cargo fmt", "docker compose up", "docker build docker/db", "nox"]
)
def test_a_workflow_that_is_not_generated_covers_nothing(
    covers: Callable[..., Covers], command: str
) -> None:
    nothing = covers(workflows=frozenset())
    assert nothing.command(command) == ("" if command != "nox" else "ci.yml")


@pytest.mark.parametrize(
    ("uses", "inputs", "covered"),
    [
        ("actions/checkout@v3", {}, PREPARATION),
        ("Swatinem/rust-cache@v2", {}, PREPARATION),
        ("dtolnay/rust-toolchain@stable", {}, PREPARATION),
        ("dtolnay/rust-toolchain@1.70", {}, ""),
        ("dtolnay/rust-toolchain@master", {"toolchain": "beta"}, PREPARATION),
        ("dtolnay/rust-toolchain@master", {"toolchain": "nightly"}, ""),
        ("dtolnay/rust-toolchain@master", {"toolchain": "${{ matrix.rust }}"}, PREPARATION),
        (f"dtolnay/rust-toolchain@{'a' * 40}", {}, PREPARATION),
        ("actions-rust-lang/setup-rust-toolchain@v1", {"toolchain": "1.70, stable"}, ""),
        ("mozilla-actions/sccache-action@v0.0.3", {}, PREPARATION),
        ("actions/cache@v4", {"path": "~/.cargo/registry"}, PREPARATION),
        ("actions/cache@v4", {"path": "node_modules"}, ""),
        ("taiki-e/install-action@v2", {"tool": "nextest,cargo-audit"}, PREPARATION),
        ("taiki-e/install-action@v2", {"tool": "mdbook"}, ""),
        ("rustsec/audit-check@v2", {}, "session audit, in code-quality.yml"),
        ("actions-rs/cargo@v1", {"command": "fmt"}, "session fmt, in code-quality.yml"),
        ("docker/login-action@v3", {}, "build-docker-images.yml"),
        (
            "docker/build-push-action@v6",
            {"file": "docker/db/Dockerfile"},
            "build-docker-images.yml",
        ),
        ("docker/build-push-action@v6", {"context": "."}, ""),
        ("actions/upload-artifact@v4", {"path": "target/release/app"}, ""),
        ("./.github/actions/setup-env", {}, PREPARATION),
        ("./.github/actions/mine", {}, ""),
        ("codecov/codecov-action@v4", {}, ""),
        ("", {}, ""),
    ],
)
def test_an_action_is_covered_by_what_does_its_work(
    covers: Callable[..., Covers], uses: str, inputs: dict[str, str], covered: str
) -> None:
    assert covers().action(uses, inputs) == covered


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
            "run cargo fmt --check: session fmt, in code-quality.yml",
            "run cargo clippy: session clippy, in code-quality.yml",
            "run ./deploy.sh: nothing covers it",
        ],
        "mac": ["runs on macos-latest: nothing covers it"],
        "other": ["calls ./.github/workflows/other.yml: nothing covers it"],
    }
    assert found.uncovered == 6  # with `on push to other branches than main`


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
        (b"x" * 300_000, "it has 300000 bytes"),
        ("on: [push", "it is not valid YAML"),
        ("jobs: &a\n  b: *c\n", "it is not valid YAML"),
        ("a: 1\n---\nb: 2\n", "it is not valid YAML"),
        ("[" * 5_000, "it is not valid YAML"),
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
    steps = "".join(f"    - run: echo {number}\n" for number in range(1_000))
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


def test_other_files_than_workflows_have_no_jobs(covers: Callable[..., Covers]) -> None:
    path = PurePosixPath(".github/workflows/README.md")
    assert read("# Title\n", covers(), path) == Replaced(path=path)


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("make", ["make"]),
        ("set -eux\ncd a && make; make test || exit 1\n", ["make", "make test"]),
        ("# only\n\n", []),
        ("echo hello\n", ["echo hello"]),
        ("if [ -f x ]; then\n  make\nfi\n", ["make"]),
        ("NAME=value\nNAME=value make\n", ["NAME=value make"]),
        ("a \\\n  b \\\n  c\n", ["a b c"]),
    ],
)
def test_a_script_is_read_command_by_command(script: str, commands: list[str]) -> None:
    assert list(commands_of(script)) == commands


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

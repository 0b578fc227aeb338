"""A session covers a command of a foreign workflow only where it is known to do all of it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.foreign.checkout import Checkout
from tasker_ci.sessions import STAGES
from tasker_ci.sessions.project.covering.covers import Covers
from tasker_ci.sessions.project.covering.planned_pipeline import own_runs
from tasker_ci.sessions.project.covering.project import read_project
from tasker_ci.sessions.project.covering.replaced import what_disappears
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.sessions.project.covering.replaced import Part

CI = PurePosixPath(".github/workflows/ci.yml")
PREPARATION = "the steps that every generated job begins with"
TESTS = (
    "sessions unit and doctest, in test-unit.yml; session integration, its tests, "
    "in test-integration.yml"
)
APP = "sessions unit and doctest, in test-unit.yml"
UNIT = "session unit, in test-unit.yml; session integration, its tests, in test-integration.yml"
FMT, CLIPPY, DOC, AUDIT = (
    f"session {name}, in code-quality.yml" for name in ("fmt", "clippy", "doc", "audit")
)
BUILD = "session unit, which builds what it tests, in test-unit.yml"
DOCTEST = "session doctest, in test-unit.yml"
STACK = "session integration, its stack, in test-integration.yml"
DATABASE = "session integration, which migrates the database, in test-integration.yml"
ALL = frozenset(
    {
        "ci.yml",
        "code-quality.yml",
        "test-unit.yml",
        "test-integration.yml",
        "build-docker-images.yml",
    }
)
FILES = {
    "Cargo.toml": "[workspace]\nmembers = ['app', 'core']\nexclude = ['fuzz']\n",
    "app/Cargo.toml": workspaces.manifest("app"),
    "app/src/lib.rs": "",
    "app/tests/it.rs": "",
    "core/Cargo.toml": workspaces.manifest("core"),
    "core/src/lib.rs": "",
    "core/tests/end_to_end.rs": "",
    "fuzz/Cargo.toml": workspaces.manifest("fuzz"),
    ".cargo/config.toml": "[alias]\nlint = 'clippy'\nb = 'build --release'\n",
}

Reader = "Callable[..., Part]"


@pytest.fixture
def part(tmp_path: Path) -> Callable[..., Part]:
    """The last part of a job with one step."""

    def read(
        script: str = "",
        *,
        job: str = "",
        top: str = "",
        steps: str = "",
        step: str = "",
        files: dict[str, str] | None = None,
        flags: tuple[tuple[str, str], ...] = (),
        workflows: frozenset[str] = ALL,
    ) -> Part:
        every = {**FILES, **(files or {})}
        workspaces.write_files(tmp_path, every)
        given = [("preset", "tasker"), ("integration.targets", "core::end_to_end"), *flags]
        context = make_context(tmp_path, overrides=tuple("=".join(pair) for pair in given))
        variables = context.settings.environment.variables
        table = {name: row.value for name, row in variables.items()}
        project = read_project(tmp_path, tmp_path, table)
        checkout = Checkout(root=tmp_path, files=frozenset(map(PurePosixPath, every)))
        covers = Covers(
            settings=context.settings,
            workflows=workflows,
            events={"push": {"branches": ("main",)}},
            tools=frozenset({"cargo-nextest", "cargo-audit"}),
            stages={"fmt": "quality", "unit": "unit"},
            stage_files={stage.name: stage.file for stage in STAGES},
            project=project,
            own=own_runs(context, project, checkout, ("unit", "doctest", "integration")),
        )
        body = "".join(f"          {line}\n" for line in script.splitlines())
        last = f"      - run: |\n{body}" if script else ""
        text = (
            f"on: push\n{top}jobs:\n  a:\n"
            + ("    runs-on: ubuntu-latest\n" if "runs-on" not in job else "")
            + "".join(f"    {line}\n" for line in job.splitlines())
            + "    steps:\n"
            + "".join(f"      {line}\n" for line in steps.splitlines())
            + last
            + "".join(f"        {line}\n" for line in step.splitlines())
        )
        (found,) = what_disappears({CI: text.encode()}, covers, checkout)
        assert not found.unread, text
        return found.jobs["a"][-1]

    return read


@pytest.mark.parametrize(
    ("command", "covered"),
    [
        ("cargo fmt --all -- --check", FMT),
        ("cargo fmt", FMT),
        ("cargo fmt --all", FMT),
        ("cargo fmt --check -- --color never -l", FMT),
        ("cargo fmt -- --check --color=always --verbose", FMT),
        ("cargo-fmt --all", FMT),
        ("cargo clippy", CLIPPY),
        ("cargo clippy --workspace --all-targets -- -D warnings", CLIPPY),
        ("cargo clippy --all-targets --all-features -- --deny warnings", CLIPPY),
        ("RUSTFLAGS=-Dwarnings cargo clippy", CLIPPY),
        ("RUSTFLAGS='--deny warnings' cargo check --tests", CLIPPY),
        ("cargo c", CLIPPY),
        ("cargo doc --no-deps", DOC),
        ("cargo doc --workspace --document-private-items", DOC),
        ("cargo audit", AUDIT),
        ("cargo build", BUILD),
        ("cargo build --bins --verbose", BUILD),
        ("cargo +stable clippy", CLIPPY),
        ("cargo +beta test", TESTS),
        ("rustup run beta cargo test", TESTS),
        ("RUSTUP_TOOLCHAIN=beta cargo test", TESTS),
        ("cargo test --workspace", TESTS),
        ("cargo t --all --no-fail-fast -j 4", TESTS),
        ("time cargo test", TESTS),
        ("env RUST_BACKTRACE=full cargo test", TESTS),
        ("CARGO_TERM_COLOR=never cargo test 2>&1 | tee log.txt", TESTS),
        (
            "cargo test -p app a_name -- --nocapture --skip 'b && c'",
            "sessions unit and doctest, in test-unit.yml",
        ),
        ("cargo test --lib", "session unit, in test-unit.yml"),
        ("cargo test --no-run", UNIT),
        ("cargo test --manifest-path app/Cargo.toml", APP),
        ("cd app && cargo test", APP),
        ("(cd fuzz && ls); cargo test", TESTS),
        ("cargo test --exclude core --workspace", APP),
        ("cargo test --doc", DOCTEST),
        ("cargo nextest run --profile ci --retries 2", UNIT),
        ("cargo nextest run --partition hash:1/2 -E 'test(a)'", UNIT),
        ("cargo-nextest nextest run", UNIT),
        ("cargo test --test end_to_end", "session integration, its tests, in test-integration.yml"),
        (
            "RUSTFLAGS=-Dwarnings cargo test --lib",
            "session unit, in test-unit.yml; session clippy denies warnings",
        ),
        ("DATABASE_URL=postgres://x cargo test --lib", "session unit, in test-unit.yml"),
        ("LOG_LEVEL=warn cargo test --lib", "session unit, in test-unit.yml"),
        ("cargo install cargo-nextest --locked", PREPARATION),
        ("cargo install cargo-nextest@0.9.0 cargo-audit", PREPARATION),
        ("rustup toolchain install stable --profile minimal", PREPARATION),
        ("rustup component add clippy rustfmt", PREPARATION),
        ("rustup show active-toolchain", PREPARATION),
        ("rustup set profile minimal", PREPARATION),
        ("rustup self update", PREPARATION),
        ("sccache --show-stats", PREPARATION),
        ("cargo fetch", PREPARATION),
        ("docker compose -f docker/docker-compose.test.yml up -d --wait postgres", STACK),
        ("docker build -f docker/db/Dockerfile docker/db", "build-docker-images.yml"),
        ("sqlx migrate run --source migrations", DATABASE),
        ("cargo sqlx migrate run", DATABASE),
        ("tasker-ci fmt unit", "code-quality.yml, test-unit.yml"),
        ("tasker-ci ci", "ci.yml"),
        ("cargo lint", CLIPPY),
        ("false || cargo test", TESTS),
        ("for p in app core; do cargo test -p $p --lib; done", "session unit, in test-unit.yml"),
        ("export RUSTFLAGS=$UNSET; cargo test $NOTHING ${{ inputs.flags }}", TESTS),
        ("bash <<EOF\ncargo test\nEOF", TESTS),
        ("bash -c 'cargo fmt && cargo test'", TESTS),
    ],
)
def test_what_a_session_does_in_full_is_covered(
    part: Callable[..., Part], command: str, covered: str
) -> None:
    assert part(command).covered_by == covered


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("cargo test -- --ignored", "ignored"),
        ("cargo test -- --include-ignored", "ignored"),
        # what a command says itself comes before what it finds around it
        ("RUSTDOCFLAGS='-D warnings' cargo test -- --ignored", "tests that are ignored"),
        ("RUSTFLAGS='--cfg x' cargo +nightly test -- --ignored", "tests that are ignored"),
        ("cargo test --no-default-features -- --test-threads=1", "at once"),
        ("A=b cargo clippy -- -W clippy::pedantic", "`clippy.lint-arguments`"),
        ("A=b cargo +nightly build -- x", "with `x`"),
        ("cargo test -- --test-threads=1", "at once"),
        ("cargo test -- --test-threads 1", "at once"),
        ("cargo test -- -Z unstable-options --report-time", "-Z"),
        ("cargo test -- --format json", "--format"),
        ("cargo nextest run --run-ignored all", "ignored"),
        ("cargo nextest run -j 1", "--test-threads 1"),
        ("cargo nextest run --no-capture", "at once"),
        ("cargo nextest run -P nightly", "profile nightly"),
        ("cargo nextest run --cargo-profile release", "--cargo-profile"),
        ("cargo nextest run --config-file other.toml", "--config-file"),
        ("cargo nextest run -- --ignored", "ignored"),
        ("cargo nextest archive --archive-file a.tar.zst", ""),
        ("cargo test --doc --all-packages", "has no flag `--all-packages`"),
        ("cargo test --doc --lib", "`--doc` does not go together with other flags"),
        ("cargo test --release", "`release`"),
        ("cargo build -r", "`release`"),
        ("cargo test --profile bench", "--profile"),
        ("cargo test --target wasm32-unknown-unknown", "--target"),
        ("cargo build --target=aarch64-apple-darwin", "--target"),
        ("cargo test --locked", "Cargo.lock"),
        ("cargo --locked test", "Cargo.lock"),
        ("cargo build --frozen", "Cargo.lock"),
        ("cargo test -Zminimal-versions", "-Z"),
        ("cargo -Z build-std test", "-Z"),
        ("cargo --config net.offline=true test", "--config"),
        ("cargo test --all-targets", ""),
        ("cargo test --benches", ""),
        ("cargo test -p serde", "serde is no package"),
        ("cargo test --manifest-path fuzz/Cargo.toml", "workspace in fuzz"),
        ("cd fuzz && cargo test", "workspace in fuzz"),
        ("cd $SOMEWHERE && cargo test", "folder is not known"),
        ("cargo test --no-default-features --features b", "also switch on the feature a of app"),
        ("cargo test", "also switch on the feature b of app"),
        ("cargo check --no-default-features", "also switch on the features a, b of app"),
        ("cargo +nightly fmt", "toolchain nightly"),
        ("cargo +1.70 check", "toolchain 1.70"),
        ("cargo +nightly test", "toolchain nightly"),
        ("rustup run nightly cargo test", "toolchain nightly"),
        ("rustup default nightly\ncargo test", "toolchain nightly"),
        ("RUSTUP_TOOLCHAIN=nightly cargo clippy", "toolchain nightly"),
        ("cargo fmt -- --config x=y", "without `--config x=y`"),
        ("cargo fmt -- --check --color always src/a.rs", "without `src/a.rs`"),
        ("cargo fmt --all -- --check --config-path a", "--config-path"),
        ("rustfmt --check src/lib.rs", ""),
        ("cargo clippy --fix", "changes files"),
        ("cargo clippy -- -W clippy::pedantic", "`clippy.lint-arguments`"),
        ("cargo clippy -- -D warnings -A clippy::all", "`clippy.lint-arguments`"),
        ("cargo clippy -- -Fclippy::unwrap_used", "`clippy.lint-arguments`"),
        ("cargo clippy -- --cfg x", "`clippy.lint-arguments`"),
        ("RUSTDOCFLAGS='-D warnings' cargo doc --no-deps", "RUSTDOCFLAGS"),
        ("export RUSTDOCFLAGS='-D warnings'\ncargo doc", "RUSTDOCFLAGS"),
        ("RUSTDOCFLAGS=--cfg=docsrs cargo doc", "RUSTDOCFLAGS"),
        ("RUSTFLAGS='--cfg tokio_unstable' cargo test", "RUSTFLAGS"),
        ("export RUSTFLAGS=$(cat flags); cargo test", "RUSTFLAGS"),
        ("FEATURE=1 cargo test", "FEATURE"),
        ('if [ -n "$CI" ]; then export A=b; fi\ncargo test', "A is 'b'"),
        ('if [ -n "$(cat x)" ]; then export A=b; fi\ncargo test', "A has a value"),
        ("env PROPTEST_CASES=1000 cargo test", "PROPTEST_CASES"),
        ("source env.sh && cargo test", "after `source env.sh`"),
        ("cargo doc --open", "--open"),
        ("cargo update -p serde && cargo test", "after `cargo update -p serde`"),
        ("cargo +nightly update -Zminimal-versions; cargo build", "which changes what is built"),
        ("rm Cargo.lock\ncargo test", "which changes what is built"),
        ("sed -i s/a/b/ app/Cargo.toml && cargo test", "which changes what is built"),
        ("echo 1.70 > rust-toolchain && cargo test", "which changes what is built"),
        ("git checkout main && cargo test", "which changes what is built"),
        ("cargo doc --all-features --examples", "--examples"),
        ("cargo rustdoc -- -D warnings", ""),
        ("cargo audit --deny warnings", "`audit.deny`"),
        ("cargo audit -D yanked", "`audit.deny`"),
        ("cargo audit --ignore RUSTSEC-2020-0001", "`audit.ignore`"),
        ("cargo audit --file other/Cargo.lock", "--file"),
        ("cargo audit bin target/release/app", "bin"),
        ("cd app; cargo audit", "Cargo.lock in app"),
        ("cargo deny check", "for advisories"),
        ("cargo deny check licenses", "for advisories"),
        ("cargo hack check --each-feature", ""),
        ("cargo miri test", ""),
        ("cargo semver-checks", ""),
        ("cargo udeps --all-targets", ""),
        ("cargo msrv verify", ""),
        ("cargo machete", ""),
        ("cargo xtask ci", ""),
        ("cargo run --example a", ""),
        ("cargo publish", ""),
        ("cargo bench", ""),
        ("cargo llvm-cov --lcov", ""),
        ("cross test --target aarch64-unknown-linux-gnu", ""),
        ("sudo -E cargo test", ""),
        ("cargo test || true; ! cargo fmt", "condition"),
        ("cargo test $(cat flags)", "when it runs"),
        ("cargo test ${{ github.actor }}", "when it runs"),
        ("cargo b", "`release`"),
        ("ls && (cargo fmt || cargo test)", "condition"),
        ("cargo test -- --list | grep foo", "--list"),
        ("cargo test | grep foo", "goes to grep"),
        ("make test", ""),
        ("just ci", ""),
        ("nox -s fmt unit", ""),
        ("nox", ""),
        ("tasker-ci unit --toolchain nightly", ""),
        ("tasker-ci deploy", ""),
        ("cargo install mdbook", ""),
        ("cargo install cargo-nextest mdbook", ""),
        ("cargo install --path .", ""),
        ("rustup toolchain install nightly", ""),
        ("rustup target add wasm32-unknown-unknown", ""),
        ("rustup self uninstall -y", ""),
        ("rustup set default-host x86_64-pc-windows-gnu", ""),
        ("rustup component add miri", ""),
        ("docker compose up -d", ""),
        ("docker compose -f docker-compose.prod.yml up", ""),
        ("docker compose -f docker/docker-compose.test.yml exec db psql", ""),
        ("docker build -t app .", ""),
        ("docker build -f docker/db/Dockerfile --platform linux/arm64 docker/db", ""),
        ("docker push app", ""),
        ("sqlx migrate run --source other", ""),
        ("cargo sqlx prepare --check", ""),
        ("psql -c 'create extension x'", ""),
        ("./deploy.sh", ""),
        ("npm test", ""),
    ],
)
def test_what_no_session_is_known_to_do_is_not_covered(
    part: Callable[..., Part], command: str, reason: str
) -> None:
    features = "\n[features]\ndefault = ['a']\na = []\nb = []\n"
    with_features = {"app/Cargo.toml": workspaces.manifest("app", features), "app/benches/b.rs": ""}
    files = (
        with_features if "switch on" in reason or command.endswith(("targets", "benches")) else {}
    )
    found = part(command, files=files)
    assert found.covered_by == ""
    assert reason in found.reason
    assert f"nothing covers it{f' ({found.reason})' if found.reason else ''}" in str(found)


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ({"script": "cargo doc", "job": "env: {RUSTDOCFLAGS: -D warnings}"}, "RUSTDOCFLAGS"),
        ({"script": "cargo doc", "top": "env: {RUSTDOCFLAGS: -Dwarnings}\n"}, "RUSTDOCFLAGS"),
        ({"script": "cargo doc", "step": "env: {RUSTDOCFLAGS: --deny warnings}"}, "RUSTDOCFLAGS"),
        ({"script": "cargo test", "top": "env: {RUSTFLAGS: --cfg loom}\n"}, "RUSTFLAGS"),
        (
            {
                "script": "cargo doc",
                "steps": '- run: echo "RUSTDOCFLAGS=-D warnings" >> "$GITHUB_ENV"',
            },
            "RUSTDOCFLAGS",
        ),
        (
            {
                "script": "cargo test",
                "steps": "- run: |\n    cat >> $GITHUB_ENV <<EOF\n    A=b\n    EOF",
            },
            "A is 'b'",
        ),
        (
            {"script": "cargo test", "steps": "- run: ./flags.sh >> $GITHUB_ENV"},
            "sets variables that are not known",
        ),
        (
            {"script": "cargo test", "steps": "- run: python set.py $GITHUB_ENV"},
            "sets variables that are not known",
        ),
        ({"script": "cargo test", "steps": "- run: cargo update"}, "which changes what is built"),
        (
            {"script": "cargo build ${{ env.FLAGS }}", "job": "env: {FLAGS: ''}"},
            "FLAGS is '', which no session sets",
        ),
        ({"script": "cargo test", "step": "working-directory: fuzz"}, "workspace in fuzz"),
        ({"script": "cargo test", "step": "shell: pwsh"}, "its shell is pwsh"),
        (
            {"script": "cargo test", "step": "if: github.ref == 'refs/heads/main'"},
            "only if github.ref",
        ),
        ({"script": "cargo test", "step": "if: failure()"}, "after a failure"),
        ({"script": "cargo test", "job": "if: github.event_name == 'schedule'"}, "only if"),
        (
            {"script": "cargo test", "job": "defaults: {run: {working-directory: fuzz}}"},
            "workspace in fuzz",
        ),
        ({"script": "cargo test", "job": "runs-on: windows-latest"}, "runs on windows-latest"),
        ({"script": "cargo test", "job": "runs-on: [self-hosted, gpu]"}, "runs on self-hosted"),
        ({"script": "cargo test", "job": "runs-on: {group: big}"}, "runs on"),
        ({"script": "cargo test", "job": "runs-on: ubuntu-24.04-arm"}, "ubuntu-24.04-arm"),
        ({"script": "cargo test", "job": "container: rust:1.70-alpine"}, "toolchain 1.70"),
        ({"script": "cargo test", "job": "container: {image: rust}"}, "container rust"),
        (
            {"script": "cargo test", "steps": "- uses: dtolnay/rust-toolchain@nightly"},
            "toolchain nightly",
        ),
        (
            {"script": "cargo test", "steps": f"- uses: dtolnay/rust-toolchain@{'a' * 40}"},
            "toolchain is not known",
        ),
        (
            {
                "script": "cargo test",
                "steps": "- uses: some/rust-installer@v1\n  with: {toolchain: nightly}",
            },
            "toolchain is not known",
        ),
        (
            {
                "script": "cargo +${{ matrix.rust }} test",
                "job": "strategy: {matrix: {rust: [stable, nightly]}}",
            },
            "toolchain nightly, in the leg rust nightly",
        ),
        (
            {
                "script": "cargo test",
                "steps": "- uses: dtolnay/rust-toolchain@master\n"
                "  with: {toolchain: '${{ matrix.rust }}'}",
                "job": "strategy: {matrix: {rust: [stable], include: [{rust: '1.70'}]}}",
            },
            "toolchain 1.70",
        ),
        (
            {
                "script": "cargo test ${{ matrix.flags }}",
                "job": "strategy: {matrix: {include: [{flags: ''}, {flags: --release}]}}",
            },
            "`release`, in the leg flags --release",
        ),
        (
            {
                "script": "cargo test",
                "job": "runs-on: ${{ matrix.os }}\n"
                "strategy: {matrix: {os: [ubuntu-latest, macos-latest]}}",
            },
            "macos-latest",
        ),
        (
            {"script": "cargo test", "job": "strategy: {matrix: '${{ fromJSON(x) }}'}"},
            "matrix is known only when it runs",
        ),
        (
            {
                "script": "cargo test",
                "job": "env: {RUSTFLAGS: '${{ matrix.flags }}'}\n"
                "strategy: {matrix: {flags: ['', --cfg x]}}",
            },
            "RUSTFLAGS",
        ),
        (
            {"script": "cargo doc", "steps": "- uses: ./.github/actions/prepare"},
            "may change anything",
        ),
        (
            {
                "script": "cargo +beta test",
                "steps": "- uses: actions-rust-lang/setup-rust-toolchain@v1",
            },
            "RUSTFLAGS is '-D warnings'",
        ),
    ],
)
def test_what_stands_around_a_command_counts(
    part: Callable[..., Part], command: dict[str, str], given: str
) -> None:
    found = part(**command)
    assert found.covered_by == ""
    assert given in found.reason


@pytest.mark.parametrize(
    "around",
    [
        {"step": "if: always()"},
        {"step": "if: ${{ !cancelled() }}"},
        {"step": "if: runner.os == 'Linux'"},
        {"step": "working-directory: ./core"},
        {"step": "shell: bash"},
        {"top": "env:\n  CARGO_TERM_COLOR: always\n  RUST_BACKTRACE: short\n"},
        {"job": "env: {GITHUB_TOKEN: '${{ secrets.GITHUB_TOKEN }}', RUSTC_WRAPPER: sccache}"},
        {"job": "strategy: {matrix: {rust: [stable, beta]}}"},
        {"job": "timeout-minutes: 10\ncontinue-on-error: true"},
        {"steps": "- uses: dtolnay/rust-toolchain@stable\n- uses: actions/checkout@v4"},
        {"steps": "- run: echo A=b >> $GITHUB_OUTPUT"},
        {
            "job": "strategy: {matrix: {os: [ubuntu-latest, macos-latest]}}\n"
            "runs-on: ${{ matrix.os }}",
            "step": "if: matrix.os == 'ubuntu-latest'",
        },
        {
            "job": "strategy:\n  matrix:\n    rust: [stable, nightly]\n"
            "    exclude: [{rust: nightly}]",
            "steps": "- uses: dtolnay/rust-toolchain@master\n"
            "  with: {toolchain: '${{ matrix.rust }}'}",
        },
    ],
)
def test_what_changes_nothing_leaves_a_command_covered(
    part: Callable[..., Part], around: dict[str, str]
) -> None:
    assert part("cargo test", **around).covered_by == TESTS


@pytest.mark.parametrize(
    ("command", "flags", "covered"),
    [
        ("cargo test --all-features", (), TESTS),
        ("cargo test", (("features", "default"),), TESTS),
        ("cargo test --all-features", (("features", "default"),), ""),
        ("cargo test --features app/b", (("features", '["app/b"]'),), TESTS),
        (
            "cargo test -F b -p app",
            (("features", '["app/b"]'),),
            "sessions unit and doctest, in test-unit.yml",
        ),
        ("cargo test --features c", (("features", '["app/b"]'),), ""),
        ("cargo test --features 'b c'", (), TESTS),
        ("cargo test --no-default-features", (("features", "none"),), TESTS),
        ("cargo test -p core", (), TESTS),
        ("RUSTDOCFLAGS=-Dwarnings cargo doc", (("doc.warnings", "deny"),), ""),
        (
            "RUSTDOCFLAGS=-Dwarnings cargo doc",
            (("doc.warnings", "deny"), ("features", "default")),
            DOC,
        ),
        (
            "RUSTDOCFLAGS=-Dwarnings cargo doc --document-private-items --all-features",
            (("doc.warnings", "deny"),),
            DOC,
        ),
        (
            "cargo clippy --all-features -- -Dwarnings -W clippy::pedantic",
            (("clippy.lint-arguments", '["-D", "warnings", "-W", "clippy::pedantic"]'),),
            CLIPPY,
        ),
        (
            "cargo clippy --all-features -- -D warnings",
            (("clippy.lint-arguments", '["-D", "warnings", "-A", "clippy::all"]'),),
            "",
        ),
        (
            "cargo clippy --all-features -- -D warnings",
            (("clippy.lint-arguments", '["-D", "warnings", "-D", "clippy::all"]'),),
            CLIPPY,
        ),
        ("cargo clippy --all-targets --all-features", (("clippy.targets", '["lib"]'),), ""),
        (
            "cargo audit --deny warnings",
            (("audit.deny", '["unmaintained", "unsound", "yanked"]'),),
            AUDIT,
        ),
        ("cargo +nightly fmt", (("toolchain", "nightly"),), FMT),
        (
            "cargo +1.75 test --all-features",
            (("workflows.toolchains", "1.75"), ("workflows.may-fail", "[]")),
            TESTS,
        ),
        (
            "RUSTFLAGS='--cfg loom' cargo test --all-features --lib",
            (("environment.variables.RUSTFLAGS", "--cfg loom"),),
            "session unit, in test-unit.yml",
        ),
    ],
)
def test_what_the_settings_say_decides(
    part: Callable[..., Part], command: str, flags: tuple[tuple[str, str], ...], covered: str
) -> None:
    features = "\n[features]\ndefault = ['a']\na = []\nb = ['c']\nc = []\n"
    files = {"app/Cargo.toml": workspaces.manifest("app", features)}
    assert part(command, flags=flags, files=files).covered_by == covered


@pytest.mark.parametrize(
    "command", ["cargo test", "cargo fmt", "docker build -f docker/db/Dockerfile docker/db"]
)
def test_a_workflow_that_is_not_generated_covers_nothing(
    part: Callable[..., Part], command: str
) -> None:
    assert part(command, workflows=frozenset()).covered_by == ""


@pytest.mark.parametrize(
    ("uses", "covered"),
    [
        ("actions/checkout@v3", PREPARATION),
        ("actions/checkout@v4\n  with: {fetch-depth: 0}", PREPARATION),
        ("actions/checkout@v4\n  with: {submodules: recursive}", ""),
        ("actions/checkout@v4\n  with: {ref: other}", ""),
        ("Swatinem/rust-cache@v2", PREPARATION),
        ("dtolnay/rust-toolchain@stable", PREPARATION),
        ("dtolnay/rust-toolchain@stable\n  with: {components: 'clippy, rustfmt'}", PREPARATION),
        ("dtolnay/rust-toolchain@stable\n  with: {components: miri}", ""),
        ("dtolnay/rust-toolchain@stable\n  with: {targets: wasm32-unknown-unknown}", ""),
        ("dtolnay/rust-toolchain@1.70", ""),
        ("dtolnay/rust-toolchain@clippy", ""),
        ("dtolnay/rust-toolchain@master\n  with: {toolchain: beta}", PREPARATION),
        ("dtolnay/rust-toolchain@master\n  with: {toolchain: nightly}", ""),
        ("dtolnay/rust-toolchain@master\n  with: {toolchain: '${{ inputs.rust }}'}", ""),
        (f"dtolnay/rust-toolchain@{'a' * 40}", ""),
        ("actions-rust-lang/setup-rust-toolchain@v1\n  with: {toolchain: '1.70, stable'}", ""),
        ("mozilla-actions/sccache-action@v0.0.3", PREPARATION),
        ("actions/cache@v4\n  with: {path: ~/.cargo/registry}", PREPARATION),
        ("actions/cache@v4\n  with: {path: node_modules}", ""),
        ('actions/cache@v4\n  with: {path: "target\\nnode_modules"}', ""),
        ("taiki-e/install-action@v2\n  with: {tool: 'nextest,cargo-audit'}", PREPARATION),
        ("taiki-e/install-action@v2\n  with: {tool: 'nextest,mdbook'}", ""),
        ("taiki-e/install-action@cargo-hack", ""),
        ("rustsec/audit-check@v2\n  with: {token: x}", AUDIT),
        ("rustsec/audit-check@v2\n  with: {token: x, ignore: RUSTSEC-2020-0001}", ""),
        ("actions-rust-lang/audit@v1", ""),
        ("actions-rust-lang/audit@v1\n  with: {createIssues: false}", AUDIT),
        ("actions-rust-lang/audit@v1\n  with: {createIssues: false, denyWarnings: true}", ""),
        ("EmbarkStudios/cargo-deny-action@v2", ""),
        ("actions-rs/cargo@v1\n  with: {command: fmt, args: --all -- --check}", FMT),
        ("actions-rs/cargo@v1\n  with: {command: test, args: -- --ignored}", ""),
        ("actions-rs/cargo@v1\n  with: {command: test, use-cross: true}", ""),
        ("actions-rs/cargo@v1\n  with: {command: test, toolchain: nightly}", ""),
        ("actions-rs/clippy-check@v1\n  with: {token: x, args: --all-targets}", CLIPPY),
        ("actions-rs/clippy-check@v1\n  with: {args: -- -W clippy::pedantic}", ""),
        (
            "docker/build-push-action@v6\n  with: {file: docker/db/Dockerfile}",
            "build-docker-images.yml",
        ),
        ("docker/build-push-action@v6\n  with: {file: docker/db/Dockerfile, platforms: x}", ""),
        ("docker/build-push-action@v6\n  with: {context: .}", ""),
        ("docker/login-action@v3\n  with: {registry: ghcr.io}", "build-docker-images.yml"),
        ("docker/login-action@v3\n  with: {registry: docker.io}", ""),
        ("actions/upload-artifact@v4\n  with: {path: target/release/app, name: logs}", ""),
        (
            "actions/upload-artifact@v4\n  with: {path: target/nextest/ci/junit.xml}",
            "the generated jobs keep reports, logs and statistics",
        ),
        ("./.github/actions/setup-env", PREPARATION),
        ("./.github/actions/mine", ""),
        ("codecov/codecov-action@v4", ""),
    ],
)
def test_an_action_is_covered_by_what_does_all_its_work(
    part: Callable[..., Part], uses: str, covered: str
) -> None:
    assert part(steps=f"- uses: {uses}").covered_by == covered

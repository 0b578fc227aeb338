"""`init` in projects that nobody tuned it for: what it writes runs at once, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import pytest
import repositories
import workspaces
from repositories import repository

from tasker_ci.sessions import load_settings
from tasker_ci.sessions.project.initial.git_hooks import KEPT_SUFFIX
from tasker_ci.settings.file import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("tools")

DATABASE = Path(__file__).parents[1] / "resources" / "audit" / "database"

TESTED = f"""{workspaces.CLEAN_LIBRARY}
#[cfg(test)]
mod tests {{
    use super::add_one;

    #[test]
    fn adds() {{
        assert_eq!(add_one(1), 2);
    }}
}}
"""

SAMPLE = {"Cargo.toml": workspaces.manifest("sample"), "src/lib.rs": TESTED}

MANY_KINDS = {
    "my rust/Cargo.toml": (
        '[workspace]\nresolver = "2"\nmembers = ["library", "tool", "macros", "built", "harness"]\n'
    ),
    "my rust/library/Cargo.toml": workspaces.manifest(
        "library", '[features]\ndefault = ["std"]\nstd = []\nnightly = []\nrustc-dep-of-std = []\n'
    ),
    "my rust/library/src/lib.rs": (
        f'#![cfg_attr(feature = "nightly", feature(test))]\n{TESTED}'.replace(
            "//! A library.\n", ""
        ).replace("#![cfg_attr", "//! A library.\n#![cfg_attr")
    ),
    "my rust/tool/Cargo.toml": '[package]\nname = "tool"\nversion = "0.1.0"\nedition = "2018"\n',
    "my rust/tool/src/main.rs": 'fn main() {\n    println!("hello");\n}\n',
    "my rust/macros/Cargo.toml": workspaces.manifest("macros", "[lib]\nproc-macro = true\n"),
    "my rust/macros/src/lib.rs": (
        "//! Macros.\n\nuse proc_macro::TokenStream;\n\n/// Gives back what it gets.\n"
        "#[proc_macro]\npub fn same(input: TokenStream) -> TokenStream {\n    input\n}\n"
    ),
    "my rust/built/Cargo.toml": workspaces.manifest("built"),
    "my rust/built/build.rs": (
        '//! Makes a constant.\n\nfn main() {\n    println!("cargo:rustc-env=MADE=yes");\n}\n'
    ),
    "my rust/built/src/lib.rs": (
        '//! What the build script made.\n\n/// It.\npub const MADE: &str = env!("MADE");\n'
    ),
    "my rust/harness/Cargo.toml": workspaces.manifest(
        "harness", '[[test]]\nname = "own"\nharness = false\n'
    ),
    "my rust/harness/src/lib.rs": workspaces.CLEAN_LIBRARY,
    "my rust/harness/tests/own.rs": 'fn main() {\n    println!("checked by hand");\n}\n',
}
"""A virtual workspace below the repository's top, with a bit of everything."""

COMPOSE = """\
services:
  db: {image: "postgres:17"}
  orchestration: {build: .}
  worker: {build: .}
"""


@pytest.fixture
def tools(require_tool: Callable[[str], Path]) -> None:
    for name in ("cargo", "cargo-nextest", "cargo-audit", "git"):
        require_tool(name)


def variables(**more: str) -> dict[str, str]:
    """A clean environment, and a database for `audit`, which has its own tests."""
    return repositories.variables(TASKER_CI_AUDIT_DATABASE=str(DATABASE), **more)


def git(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *words],
        cwd=folder,
        env=variables(**more),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def init(folder: Path, *words: str, **more: str) -> faces.Ended:
    return faces.run(["tasker-ci", "init", *words], folder, variables(**more))


def data_of(folder: Path, *words: str) -> dict[str, Any]:
    ended = init(folder, "--json", *words)
    assert ended.exit_code == 0, ended.text
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def run(folder: Path, *argv: str) -> faces.Ended:
    return faces.run([*argv], folder, variables(), timeout=400)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file outside git's own folder, with its content."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and ".git" not in file.parts and "target" not in file.parts
    }


def test_a_bit_of_everything_below_the_top_runs_unedited(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", MANY_KINDS, branch="trunk")

    ended = init(root / "my rust" / "library")
    assert ended.exit_code == 0, ended.text
    assert "5 packages (" in ended.stdout
    settings = load_settings(root, {}).settings
    assert settings.workspace == "my rust"
    assert settings.unit.cargo_test == ("harness::own",)
    assert settings.features == ("library/std",)
    assert settings.workflows.branches == ("trunk",)

    pipeline = run(root, "nox", "-s", "ci")
    assert pipeline.exit_code == 0, pipeline.text
    assert "2 passed, 0 failed" in pipeline.stdout  # the library's, and the harness
    check = run(root, "tasker-ci", "sync", "--check")
    assert check.exit_code == 0, check.text
    for name in ("library", "harness"):  # one of which does not know the features of the list
        one = run(root, "tasker-ci", "unit", "--package", name)
        assert one.exit_code == 0, one.text


def test_benches_that_need_nightly_do_not_stop_clippy(tmp_path: Path) -> None:
    bench = "#![feature(test)]\n\nextern crate test;\n"
    root = repository(tmp_path / "repo", {**SAMPLE, "benches/speed.rs": bench})
    init(root, "--no-sync")

    ended = run(root, "tasker-ci", "clippy")

    assert ended.exit_code == 0, ended.text
    assert "--lib --bins --tests --examples" in ended.stdout


def test_a_package_without_any_test_or_repository_runs_unedited(tmp_path: Path) -> None:
    root = workspaces.write_files(
        tmp_path / "tool",
        {
            "Cargo.toml": workspaces.manifest("tool"),
            "src/main.rs": 'fn main() {\n    println!("hello");\n}\n',
        },
    )
    assert init(root).exit_code == 0
    assert 'NEXTEST_NO_TESTS = "pass"' in (root / SETTINGS_FILE).read_text(encoding="utf-8")

    pipeline = run(root, "nox", "-s", "ci")
    assert pipeline.exit_code == 0, pipeline.text
    assert run(root, "invoke", "fmt").exit_code == 0


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", SAMPLE)
    init(root)
    before = tree(root)

    ended = init(root)

    assert ended.exit_code == 0
    assert tree(root) == before


def test_a_dry_run_writes_nothing_and_says_what_would_be(tmp_path: Path) -> None:
    files = {f"rust/{name}": text for name, text in SAMPLE.items()}
    root = repository(tmp_path / "repo", files)
    before = tree(root)

    ended = init(root, "--dry-run", "--hooks")

    assert ended.exit_code == 0, ended.text
    assert tree(root) == before
    assert not (root / ".git" / "hooks" / "pre-push").exists()
    for part in ('workspace = "rust"', "noxfile.py", " ci.yml,", "pre-push"):
        assert part in ended.stdout


def test_foreign_plugs_keep_what_they_have_and_get_the_sessions(tmp_path: Path) -> None:
    noxfile = (
        "import nox\n\n\n@nox.session(venv_backend='none')\ndef doc(session):\n"
        "    print('their doc')\n"
    )
    tasks = (
        "from invoke import task\n\n\n@task\ndef hello(c, name='you'):\n    print('hello', name)\n"
        "\n\n@task\ndef fmt(c):\n    print('their fmt')\n"
    )
    root = repository(tmp_path / "repo", {**SAMPLE, "noxfile.py": noxfile, "tasks.py": tasks})

    told = init(root)

    assert "noxfile.py has its own doc" in told.stdout
    assert "tasks.py has its own fmt" in told.stdout
    assert (root / "noxfile.py").read_text(encoding="utf-8").startswith(noxfile)
    assert (root / "tasks.py").read_text(encoding="utf-8").startswith(tasks)
    both = run(root, "nox", "-s", "doc", "fmt")
    assert both.exit_code == 0, both.text
    assert "their doc" in both.text
    assert "all code is formatted" in both.text
    assert run(root, "invoke", "hello", "--name", "all").stdout == "hello all\n"
    assert run(root, "invoke", "fmt").stdout == "their fmt\n"
    flags = run(root, "invoke", "clippy", "--dry-run", "--set", "features=none")
    assert "--no-default-features" in flags.stdout


@pytest.mark.parametrize("name", ["ns", "namespace"])
def test_a_collection_of_the_project_gets_the_sessions(tmp_path: Path, name: str) -> None:
    tasks = (
        "from invoke import Collection, task\n\n\n@task\ndef hello(c):\n    print('hello')\n\n\n"
        f"{name} = Collection('mine', hello, deep=Collection('deep', hello))\n"
    )
    root = repository(tmp_path / "repo", {**SAMPLE, "tasks.py": tasks})
    init(root, "--no-sync")

    listed = run(root, "invoke", "--list").stdout
    assert "deep.hello" in listed
    assert "clippy" in listed
    assert run(root, "invoke", "deep.hello").stdout == "hello\n"


def test_existing_workflows_are_told_and_archived_where_they_make_room(tmp_path: Path) -> None:
    theirs = "on: push\njobs:\n  t:\n    runs-on: x\n    steps:\n      - run: cargo test --all\n"
    release = theirs.replace("cargo test --all", "cargo publish")
    folder = ".github/workflows"
    files = {**SAMPLE, f"{folder}/ci.yml": theirs, f"{folder}/release.yml": release}
    root = repository(tmp_path / "repo", files)

    ended = init(root)

    assert "workflow ci.yml: 1 job on push: cargo test --all" in ended.stdout
    assert "archived                 ci.yml (1 file, in .github/workflows/archived)" in ended.stdout
    after = tree(root)
    assert after[f"{folder}/archived/ci.yml"] == theirs.encode()
    assert after[f"{folder}/release.yml"] == release.encode()


def test_a_nextest_configuration_keeps_its_text(tmp_path: Path) -> None:
    own = "# ours\n[profile.default]\nretries = 3 # because\n"
    own += "[profile.ci.junit]\npath = 'target/nextest/ci/junit.xml'\n"
    root = repository(tmp_path / "repo", {**SAMPLE, ".config/nextest.toml": own})

    ended = init(root)

    assert ended.exit_code == 0
    written, _, following = ended.stdout.partition("\nNext:\n")
    assert "which makes target/nextest/ci/target/nextest/ci/junit.xml. It becomes" in written
    assert following.lstrip().startswith("tasker-ci doctor")  # a remark is no step

    assert "retries = 3 # because" in tree(root)[".config/nextest.toml"].decode()
    assert load_settings(root, {}).settings.nextest.profile["default"].retries == 3
    assert run(root, "tasker-ci", "sync", "--check").exit_code == 0


def test_the_toolchain_of_a_file_is_that_of_the_workflows(tmp_path: Path) -> None:
    # rustup must have the toolchain that the file names, so it is the one that the tests run on
    active = subprocess.run(
        ["rustup", "show", "active-toolchain"], capture_output=True, text=True, check=False
    )
    if active.returncode:
        pytest.skip("rustup has no toolchain to name")
    channel = active.stdout.split()[0]
    file = f'[toolchain]\nchannel = "{channel}"\n'
    root = repository(tmp_path / "repo", {**SAMPLE, "rust-toolchain.toml": file})

    assert data_of(root)["found"]["toolchain"] == channel

    settings = load_settings(root, {}).settings
    assert settings.workflows.toolchains == (channel,)


def test_settings_that_are_there_are_never_touched(tmp_path: Path) -> None:
    own = '# mine\nfeatures = "default"\n'
    root = repository(tmp_path / "repo", {**SAMPLE, SETTINGS_FILE: own}, branch="develop")

    ended = init(root, "--no-sync")

    assert tree(root)[SETTINGS_FILE] == own.encode()
    assert 'workflows.branches = ["develop"]' in ended.stdout  # said, not written


def test_the_preset_is_offered_and_set_up_on_demand(tmp_path: Path) -> None:
    end_to_end = '#[test]\nfn t() {\n    let _ = option_env!("TASKER_TEST_WORKER_URL");\n}\n'
    files = {
        **SAMPLE,
        "docker/compose.prod.yml": COMPOSE,
        "docker/compose.yml": COMPOSE,
        "tests/e2e.rs": "mod common;\n",
        "tests/common/mod.rs": end_to_end,
    }
    root = repository(tmp_path / "repo", files)

    offered = init(root, "--no-sync")
    assert "tasker-ci init --preset tasker" in offered.text
    assert load_settings(root, {}).settings.preset == ""

    chosen = init(root, "--preset", "tasker")
    assert chosen.exit_code == 0, chosen.text
    settings = load_settings(root, {}).settings
    assert settings.preset == "tasker"
    assert settings.integration.compose_file == "docker/compose.yml"
    assert settings.integration.database.service == "db"
    assert settings.integration.database.migrate == ()
    assert settings.integration.targets == ("sample::e2e",)
    assert ".github/workflows/test-integration.yml" in tree(root)


def test_a_preset_that_cannot_work_here_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    root = repository(tmp_path / "repo", SAMPLE)
    before = tree(root)

    ended = init(root, "--preset", "tasker")

    assert ended.exit_code == 2
    assert "needs a compose file" in ended.text
    assert tree(root) == before


def test_several_workspaces_are_told_and_one_is_named(tmp_path: Path) -> None:
    files = {f"{top}/{name}": text for top in ("a", "b") for name, text in SAMPLE.items()}
    root = repository(tmp_path / "repo", files)

    refused = init(root)
    assert refused.exit_code == 2
    assert "a, b" in refused.text

    found = data_of(root, "--workspace", "b", "--no-sync")["found"]
    assert found["workspace"] == "b"
    assert found["other_workspaces"] == [str(root / "a")]


class TestHooks:
    """A real repository, a real commit, a real push."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        root = repository(tmp_path / "a repo", SAMPLE)
        git(tmp_path, "init", "-q", "--bare", "there.git")
        git(root, "remote", "add", "origin", str(tmp_path / "there.git"))
        return root

    def bare(self, **more: str) -> dict[str, str]:
        """As from a program with windows: no activated environment; cargo is where it always is."""
        kept = os.environ.get("PATH", "").split(":")
        cargo = [folder for folder in kept if (Path(folder) / "cargo").exists()]
        return {"PATH": ":".join([*cargo, "/usr/bin", "/bin"]), **more}

    def test_a_commit_needs_format_and_lints_a_push_the_unit_tests(self, root: Path) -> None:
        assert init(root, "--hooks").exit_code == 0
        git(root, "add", "-A")
        green = git(root, "commit", "-m", "adopt", **self.bare())
        assert green.returncode == 0, green.stderr
        assert "all code is formatted" in green.stderr
        assert "no lint, no warning" in green.stderr
        pushed = git(root, "push", "origin", "main", **self.bare())
        assert pushed.returncode == 0, pushed.stderr

        source = root / "src" / "lib.rs"
        source.write_text(TESTED + "fn  odd( ) {}\n", encoding="utf-8")
        red = git(root, "commit", "-a", "-m", "odd")
        assert red.returncode == 1
        assert "Code is not formatted" in red.stdout + red.stderr

        source.write_text(TESTED.replace("add_one(1), 2", "add_one(1), 3"), encoding="utf-8")
        assert git(root, "commit", "-a", "-m", "wrong").returncode == 0
        red = git(root, "push", "origin", "main")
        assert red.returncode == 1
        assert "1 of 1 test failed" in red.stdout + red.stderr
        assert git(root, "push", "--no-verify", "origin", "main").returncode == 0

    def test_a_branch_without_settings_and_a_deletion_pass(self, root: Path) -> None:
        git(root, "branch", "old")
        init(root, "--hooks")
        assert git(root, "push", "origin", "old").returncode == 0
        source = root / "src" / "lib.rs"
        source.write_text("fn  odd( ) { does not compile }\n", encoding="utf-8")

        deleted = git(root, "push", "origin", "--delete", "old")
        assert deleted.returncode == 0, deleted.stderr

        assert git(root, "commit", "-a", "-m", "odd").returncode == 1
        (root / SETTINGS_FILE).unlink()
        assert git(root, "commit", "-a", "-m", "odd").returncode == 0

    def test_the_own_hook_runs_first_and_can_refuse(self, root: Path) -> None:
        own = root / ".git" / "hooks" / "pre-push"
        own.parent.mkdir(exist_ok=True)
        own.write_text('#!/bin/sh\necho "own: $1 $(cat)" >&2\nexit 7\n', encoding="utf-8")
        own.chmod(0o755)
        init(root, "--hooks", "--no-sync")
        assert own.with_name(f"pre-push{KEPT_SUFFIX}").exists()

        refused = git(root, "push", "origin", "main")
        assert refused.returncode != 0
        assert "own: origin refs/heads/main" in refused.stderr
        assert "nextest" not in refused.stderr

        assert init(root, "--remove-hooks").exit_code == 0
        assert "exit 7" in own.read_text(encoding="utf-8")
        assert not own.with_name("pre-commit").exists()

    def test_a_python_that_is_gone_is_told(self, root: Path) -> None:
        init(root, "--hooks", "--no-sync")
        hook = root / ".git" / "hooks" / "pre-commit"
        text = hook.read_text(encoding="utf-8")
        lines = [
            "python=/gone/python" if each.startswith("python=") else each
            for each in text.splitlines()
        ]
        hook.write_text("\n".join(lines) + "\n", encoding="utf-8")

        refused = git(root, "commit", "--allow-empty", "-m", "x")
        assert refused.returncode == 1
        assert "tasker-ci is not in /gone/python any more" in refused.stderr
        assert "tasker-ci init --hooks" in refused.stderr

    def test_they_lie_where_git_looks_for_them(self, root: Path, tmp_path: Path) -> None:
        git(root, "worktree", "add", "-q", str(tmp_path / "tree"))
        init(tmp_path / "tree", "--hooks", "--no-sync")
        assert (root / ".git" / "hooks" / "pre-commit").exists()

        git(root, "config", "core.hooksPath", "my hooks")  # from the top of the work tree
        (root / "docs").mkdir()
        told = init(root / "docs", "--hooks", "--no-sync")
        assert (root / "my hooks" / "pre-commit").exists()
        assert "do not commit them" in told.text

    def test_hooks_of_all_repositories_are_not_touched(self, root: Path, tmp_path: Path) -> None:
        everywhere = tmp_path / "config"
        everywhere.write_text(f"[core]\nhooksPath = {tmp_path / 'all'}\n", encoding="utf-8")
        before = tree(root)

        refused = init(root, "--hooks", GIT_CONFIG_GLOBAL=str(everywhere))

        assert refused.exit_code == 3
        assert "every repository" in refused.text
        assert tree(root) == before
        assert not (tmp_path / "all").exists()

    def test_without_a_repository_there_is_nothing_to_hook_into(self, tmp_path: Path) -> None:
        root = workspaces.write_files(tmp_path / "plain", SAMPLE)
        refused = init(root, "--hooks")
        assert refused.exit_code == 3
        assert "no git repository" in refused.text
        assert not (root / SETTINGS_FILE).exists()

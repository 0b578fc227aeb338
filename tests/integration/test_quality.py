"""fmt, clippy and doc on small real workspaces: red where cargo is red, with a better message."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Face = Callable[..., faces.Ended]
    Write = Callable[..., Path]

LIBRARY = workspaces.CLEAN_LIBRARY
UNFORMATTED = LIBRARY.replace("number + 1", "number+1")
LINT = LIBRARY.replace("    number + 1", "    return number + 1;")
LINT_WITHOUT_REMEDY = LIBRARY + (
    "\n/// Takes more than clippy likes.\n#[allow(unused)]\npub fn many("
    + ", ".join(f"a{number}: u8" for number in range(8))
    + ") {}\n"
)
BROKEN_LINK = LIBRARY.replace("Adds one", "Adds one to [`nothing`]")
LINK_BEHIND_A_FLAG = LIBRARY + "\n/// See [`nothing`].\n#[cfg(special)]\npub struct Special;\n"
ALLOWED_FLAG = '[lints.rust]\nunexpected_cfgs = { level = "allow" }\n'

EXCLUSIVE_FEATURES = {
    "Cargo.toml": workspaces.manifest("sample", "[features]\none = []\ntwo = []\n"),
    "src/lib.rs": LIBRARY
    + '\n#[cfg(all(feature = "one", feature = "two"))]\ncompile_error!("one or two");\n',
}
VIRTUAL = {
    "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\nresolver = "2"\n',
    "crates/a/Cargo.toml": workspaces.manifest("a"),
    "crates/a/src/lib.rs": LIBRARY,
    "crates/b/Cargo.toml": workspaces.manifest("b"),
    "crates/b/src/lib.rs": LIBRARY,
}
ABSENT_TOOLCHAIN = {"rust-toolchain.toml": '[toolchain]\nchannel = "1.2.3"\n'}
TOO_NEW = {"Cargo.toml": workspaces.manifest("sample", 'rust-version = "1.9999"\n')}


@pytest.fixture
def run(run_face: Face) -> Face:
    """Run a session through the console script."""

    def run(session: str, *arguments: str, cwd: Path, **environment: str) -> faces.Ended:
        environment.setdefault("RUSTUP_AUTO_INSTALL", "0")
        return run_face("tasker-ci", session, *arguments, cwd=cwd, **environment)

    return run


class TestFmt:
    def test_formatted_code_passes(self, cargo_workspace: Write, run: Face) -> None:
        ended = run("fmt", cwd=cargo_workspace())
        assert ended.exit_code == 0
        assert "fmt: all code is formatted" in ended.stdout

    def test_a_difference_is_shown_with_the_way_to_mend_it(
        self, cargo_workspace: Write, run: Face
    ) -> None:
        ended = run("fmt", cwd=cargo_workspace({"src/lib.rs": UNFORMATTED}))
        assert ended.exit_code == 1
        assert "-    number+1" in ended.stdout
        assert "error: Code is not formatted: 1 file, first src/lib.rs:" in ended.stdout
        assert "next: Format it: tasker-ci fmt --fix" in ended.stdout

    def test_fix_mends_it(self, cargo_workspace: Write, run: Face) -> None:
        project = cargo_workspace({"src/lib.rs": UNFORMATTED})
        assert run("fmt", "--fix", cwd=project).exit_code == 0
        assert (project / "src" / "lib.rs").read_text(encoding="utf-8") == LIBRARY
        assert run("fmt", cwd=project).exit_code == 0

    def test_members_count_not_the_root_alone(self, cargo_workspace: Write, run: Face) -> None:
        files = {
            "Cargo.toml": workspaces.manifest("sample", '[workspace]\nmembers = ["inner"]\n'),
            "inner/Cargo.toml": workspaces.manifest("inner"),
            "inner/src/lib.rs": UNFORMATTED,
        }
        assert run("fmt", cwd=cargo_workspace(files)).exit_code == 1

    def test_code_that_cannot_be_parsed(self, cargo_workspace: Write, run: Face) -> None:
        ended = run("fmt", "--fix", cwd=cargo_workspace({"src/lib.rs": "fn main( {\n"}))
        assert ended.exit_code == 1
        assert "rustfmt cannot read the code at src/lib.rs:1: " in ended.stdout


class TestClippy:
    def test_clean_code_passes(self, cargo_workspace: Write, run: Face) -> None:
        ended = run("clippy", cwd=cargo_workspace())
        assert ended.exit_code == 0
        assert "clippy: no lint, no warning" in ended.stdout

    def test_a_lint_is_an_error(self, cargo_workspace: Write, run: Face) -> None:
        ended = run("clippy", cwd=cargo_workspace({"src/lib.rs": LINT}))
        assert ended.exit_code == 101
        assert "unneeded `return` statement" in ended.text
        assert (
            "error: Clippy found 1 problem in 1 file, first clippy::needless_return at "
            "src/lib.rs:" in ended.stdout
        )
        assert "tasker-ci clippy --fix applies what clippy can fix" in ended.stdout

    def test_problems_of_several_files_are_counted_once_each(
        self, cargo_workspace: Write, run: Face
    ) -> None:
        code = "//! One.\npub(crate) fn one() -> u8 {\n    return 1;\n}\n"
        files = {
            "src/lib.rs": "//! All.\nmod a;\nmod b;\nmod c;\n",
            **{f"src/{name}.rs": f"#![allow(dead_code)]\n{code}" for name in "abc"},
        }
        files = {name: text.replace("//! One.\n", "") for name, text in files.items()}
        ended = run("clippy", "--json", cwd=cargo_workspace(files))
        assert (
            "Clippy found 3 problems in 3 files, first clippy::needless_return at src/"
            in (json.loads(ended.stdout)["summary"])
        )

    def test_code_that_does_not_compile_is_no_lint(self, cargo_workspace: Write, run: Face) -> None:
        ended = run("clippy", cwd=cargo_workspace({"src/lib.rs": "fn one() -> u8 {\n    ''\n}\n"}))
        assert "error: The code does not compile: 1 error, first " in ended.stdout
        assert "next: Fix the first error above.\n" in ended.stdout
        assert "--fix" not in ended.stdout
        assert "features exclude" not in ended.stdout

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            ('["x"]', ": multiple input filenames provided"),
            ('["--nonsense"]', "."),
            ('["-D", "nonsense::x"]', ": unknown lint tool: `nonsense`"),
        ],
    )
    def test_arguments_that_the_compiler_refuses_are_no_fault_of_the_code(
        self, cargo_workspace: Write, run: Face, arguments: str, reason: str
    ) -> None:
        ended = run("clippy", "--set", f"clippy.lint-arguments={arguments}", cwd=cargo_workspace())
        assert ended.exit_code == 101
        assert f"error: rustc refuses the lint arguments{reason}" in ended.stdout
        words = shlex.join(json.loads(arguments))
        step = f"next: Fix the setting `clippy.lint-arguments`, which is {words} here."
        assert step in ended.stdout

    def test_warnings_that_are_allowed_are_counted(self, cargo_workspace: Write, run: Face) -> None:
        project = cargo_workspace({"src/lib.rs": LINT})
        ended = run("clippy", "--set", "clippy.lint-arguments=[]", cwd=project)
        assert ended.exit_code == 0
        assert "clippy: 1 warning, first clippy::needless_return at src/lib.rs:" in ended.stdout

    def test_tests_are_linted_too(self, cargo_workspace: Write, run: Face) -> None:
        files = {"tests/one.rs": "#[test]\nfn one() {\n    let unused = 1;\n}\n"}
        assert run("clippy", cwd=cargo_workspace(files)).exit_code == 101

    def test_which_lints_is_a_setting(self, cargo_workspace: Write, run: Face) -> None:
        project = cargo_workspace(
            {"src/lib.rs": LINT}, settings='[clippy]\nlint-arguments = ["-A", "clippy::all"]\n'
        )
        assert run("clippy", cwd=project).exit_code == 0

    def test_fix_mends_also_outside_of_any_repository(
        self, cargo_workspace: Write, run: Face
    ) -> None:
        project = cargo_workspace({"src/lib.rs": LINT})
        ended = run("clippy", "--fix", cwd=project)
        assert ended.exit_code == 0
        assert (project / "src" / "lib.rs").read_text(encoding="utf-8") == LIBRARY
        assert run("clippy", cwd=project).exit_code == 0

    def test_fix_claims_nothing_of_what_it_cannot_mend(
        self, cargo_workspace: Write, run: Face
    ) -> None:
        project = cargo_workspace({"src/lib.rs": LINT_WITHOUT_REMEDY})
        ended = run("clippy", "--fix", cwd=project)
        assert ended.exit_code == 0
        assert "clippy: what clippy can fix is fixed" in ended.stdout
        assert run("clippy", cwd=project).exit_code == 101

    def test_features_that_exclude_each_other_are_a_setting(
        self, cargo_workspace: Write, run: Face
    ) -> None:
        project = cargo_workspace(EXCLUSIVE_FEATURES)
        ended = run("clippy", cwd=project)
        assert ended.exit_code == 101
        assert "If features exclude each other, set `clippy.features`." in ended.stdout
        assert run("clippy", "--set", "clippy.features=one", cwd=project).exit_code == 0
        assert run("clippy", "--set", "features=none", cwd=project).exit_code == 0

    @pytest.mark.parametrize("chosen", ["apart", "shared"])
    def test_the_target_directory_of_what_builds_is_left_alone_or_shared(
        self, cargo_workspace: Write, run: Face, chosen: str
    ) -> None:
        project = cargo_workspace()
        run("clippy", "--set", f"check-directory={chosen}", cwd=project)
        apart = (project / "target" / "tasker-ci" / "check" / "debug").is_dir()
        assert apart == (chosen == "apart")
        assert (project / "target" / "debug").exists() != apart


class TestDoc:
    def test_the_pages_are_named(self, cargo_workspace: Write, run: Face) -> None:
        project = cargo_workspace()
        ended = run("doc", "--set", "check-directory=apart", cwd=project)
        assert ended.exit_code == 0
        assert "doc: 0 warnings; pages in" in ended.stdout
        page = project / "target" / "tasker-ci" / "check" / "doc" / "sample" / "index.html"
        assert page.is_file()

    def test_warnings_are_shown_and_counted_once(self, cargo_workspace: Write, run: Face) -> None:
        ended = run("doc", "--json", cwd=cargo_workspace({"src/lib.rs": BROKEN_LINK}))
        assert ended.exit_code == 0
        assert ended.stderr.count("unresolved link to `nothing`") == 1
        document = json.loads(ended.stdout)
        assert (document["warnings"], document["errors"]) == (1, 0)
        assert document["summary"].startswith("1 warning; ")

    @pytest.mark.parametrize(
        ("environment", "configuration"),
        [
            pytest.param({}, "", id="nothing set"),
            pytest.param({"RUSTDOCFLAGS": "--cfg other"}, "", id="variable"),
            pytest.param({"RUSTDOCFLAGS": ""}, "", id="empty variable"),
            pytest.param(
                {"CARGO_ENCODED_RUSTDOCFLAGS": "--cfg\x1fother", "RUSTDOCFLAGS": "--cfg x"},
                "",
                id="encoded variable, which wins over the other",
            ),
            pytest.param({}, 'build.rustdocflags = ["--cfg", "other"]', id="list"),
            pytest.param({}, 'build.rustdocflags = "--cfg other"', id="text"),
            pytest.param(
                {}, "target.{host}.rustdocflags = ['--cfg', 'other']", id="list of the target"
            ),
            pytest.param({}, "target.{host}.rustdocflags = '--cfg other'", id="text of the target"),
        ],
    )
    def test_denied_warnings_are_errors_wherever_other_flags_are_set(
        self,
        cargo_workspace: Write,
        run: Face,
        host: str,
        environment: dict[str, str],
        configuration: str,
    ) -> None:
        files = {
            "src/lib.rs": BROKEN_LINK,
            ".cargo/config.toml": configuration.format(host=host) + "\n",
        }
        project = cargo_workspace(files, settings='doc.warnings = "deny"\n')
        ended = run("doc", cwd=project, **environment)
        assert ended.exit_code == 101
        assert "Documentation cannot be built: 1 error, 0 warnings. (exit code 101)" in ended.stdout
        assert '`doc.warnings = "deny"` makes warnings errors.' in ended.stdout

    @pytest.mark.parametrize(
        ("environment", "configuration"),
        [
            pytest.param({"RUSTDOCFLAGS": "--cfg special"}, "", id="variable"),
            pytest.param({"CARGO_ENCODED_RUSTDOCFLAGS": "--cfg\x1fspecial"}, "", id="encoded"),
            pytest.param({}, 'build.rustdocflags = ["--cfg", "special"]', id="list"),
            pytest.param({}, 'build.rustdocflags = "--cfg special"', id="text"),
            pytest.param({}, "target.{host}.rustdocflags = '--cfg special'", id="of the target"),
        ],
    )
    def test_and_those_flags_are_kept(
        self,
        cargo_workspace: Write,
        run: Face,
        host: str,
        environment: dict[str, str],
        configuration: str,
    ) -> None:
        # Only with the flag there is an item whose link is broken.
        files = {
            "Cargo.toml": workspaces.manifest("sample", ALLOWED_FLAG),
            "src/lib.rs": LINK_BEHIND_A_FLAG,
            ".cargo/config.toml": configuration.format(host=host) + "\n",
        }
        project = cargo_workspace(files, settings='doc.warnings = "deny"\n')
        ended = run("doc", cwd=project, **environment)
        assert "unresolved link to `nothing`" in ended.stdout
        assert ended.exit_code == 101

    def test_code_that_does_not_compile_is_counted_as_errors(
        self, cargo_workspace: Write, run: Face
    ) -> None:
        ended = run("doc", cwd=cargo_workspace({"src/lib.rs": "pub fn one() -> Nothing {}\n"}))
        assert ended.exit_code == 101
        assert "cannot find type `Nothing`" in ended.stdout
        assert "Documentation cannot be built: 1 error, 0 warnings." in ended.stdout

    def test_a_failure_before_any_crate_counts_nothing(
        self, cargo_workspace: Write, run: Face
    ) -> None:
        ended = run("doc", "--set", "doc.features=nowhere", cwd=cargo_workspace())
        assert "error: Documentation cannot be built. (exit code 101)" in ended.stdout

    def test_features_that_exclude_each_other_have_a_way_out(
        self, cargo_workspace: Write, run: Face
    ) -> None:
        files = {
            "Cargo.toml": workspaces.manifest("sample", "[features]\none = []\ntwo = []\n"),
            "src/lib.rs": '#[cfg(all(feature = "one", feature = "two"))]\ncompile_error!("no");\n',
        }
        project = cargo_workspace(files)
        assert "set `doc.features`" in run("doc", cwd=project).stdout
        assert run("doc", "--set", "doc.features=one", cwd=project).exit_code == 0

    def test_an_error_without_a_place_is_shown(self, cargo_workspace: Write, run: Face) -> None:
        # rustc has no line to point at when a program it needs is not there.
        files = {
            "build.rs": "fn main() {}\n",
            ".cargo/config.toml": "target.'cfg(all())'.linker = 'no-such-linker'\n",
        }
        ended = run("doc", cwd=cargo_workspace(files))
        assert ended.exit_code == 101
        assert "linker `no-such-linker` not found" in ended.stdout


@pytest.fixture
def host(require_tool: Callable[[str], Path]) -> str:
    """The platform of the compiler, as target tables of cargo's configuration are called."""
    ended = faces.run([str(require_tool("rustc")), "-vV"], require_tool("rustc").parent)
    return next(line for line in ended.stdout.splitlines() if line.startswith("host: "))[6:]


class TestWorkspaces:
    @pytest.mark.parametrize("session", ["fmt", "clippy", "doc"])
    @pytest.mark.parametrize(
        ("files", "name"),
        [
            pytest.param(VIRTUAL, "project", id="virtual"),
            pytest.param({}, "a path with spaces", id="spaces"),
            pytest.param({"tests/one.rs": "//! None.\n"}, "project", id="no tests in it"),
        ],
    )
    def test_all_pass(
        self, cargo_workspace: Write, run: Face, session: str, files: dict[str, str], name: str
    ) -> None:
        project = cargo_workspace(files, name=name)
        if "Cargo.toml" in files:
            (project / "src" / "lib.rs").unlink()
        assert not (project / "Cargo.lock").exists()
        ended = run(session, cwd=project)
        assert ended.exit_code == 0, ended.text

    def test_the_workspace_may_lie_below_the_project(
        self, cargo_workspace: Write, run: Face
    ) -> None:
        files = {f"rust/{name}": text for name, text in VIRTUAL.items()}
        project = cargo_workspace(files, settings='workspace = "rust"\n')
        (project / "Cargo.toml").unlink()
        assert run("clippy", cwd=project).exit_code == 0
        assert (project / "rust" / "target").is_dir()


UNREADABLE = {
    "a missing module": (
        {"src/lib.rs": "//! All.\nmod gone;\n"},
        "error: The module `gone` is missing (src/lib.rs:2): src/gone.rs does not exist.",
    ),
    "a syntax error": (
        {"src/lib.rs": "//! All.\nfn one( {\n"},
        "error: rustfmt cannot read the code at src/lib.rs:2: ",
    ),
    "an edition": (
        {
            "Cargo.toml": '[package]\nname = "sample"\nversion = "0.1.0"\nedition = "2015"\n',
            "src/lib.rs": "async fn one() {}\n",
        },
        "error: rustfmt cannot read the code at src/lib.rs:1: `async fn` is not permitted",
    ),
    "an option of the wrong type": (
        {"rustfmt.toml": 'max_width = "wide"\n'},
        "error: rustfmt cannot read its configuration rustfmt.toml: invalid type",
    ),
    "a configuration that is no TOML": (
        {"rustfmt.toml": "[wide\n"},
        "error: rustfmt cannot read its configuration: ",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_rustfmt_cannot_read_is_not_called_unformatted(
    cargo_workspace: Write, run: Face, case: str
) -> None:
    files, words = UNREADABLE[case]
    ended = run("fmt", cwd=cargo_workspace(files))
    assert ended.exit_code == 1
    assert words in ended.stdout
    assert "not formatted" not in ended.stdout
    assert "--fix" not in ended.stdout


def test_options_of_nightly_are_named(cargo_workspace: Write, run: Face) -> None:
    ended = run("fmt", cwd=cargo_workspace({"rustfmt.toml": "wrap_comments = true\n"}))
    assert ended.exit_code == 0
    if "can't set" in ended.text:  # a stable toolchain
        assert "fmt: all code is formatted; rustfmt ignores wrap_comments" in ended.stdout


class TestBetterMessages:
    @pytest.mark.parametrize("session", ["fmt", "clippy", "doc"])
    def test_a_broken_manifest(self, cargo_workspace: Write, run: Face, session: str) -> None:
        project = cargo_workspace({"Cargo.toml": '[package]\nname = "sample"\nedition = "1999"\n'})
        ended = run(session, cwd=project)
        assert ended.exit_code == 3
        assert f"error: cargo cannot read the workspace {project}:" in ended.stdout
        assert "next: Fix the manifest that cargo names." in ended.stdout

    @pytest.mark.parametrize(("session", "code"), [("fmt", 0), ("clippy", 3), ("doc", 3)])
    def test_a_rust_version_newer_than_the_compiler(
        self, cargo_workspace: Write, run: Face, session: str, code: int
    ) -> None:
        ended = run(session, cwd=cargo_workspace(TOO_NEW))
        assert ended.exit_code == code
        if code:
            assert " is too old: sample needs 1.9999 (`rust-version`)." in ended.stdout
            assert "next: rustup " in ended.stdout

    def test_a_difference_is_no_matter_of_the_rust_version(
        self, cargo_workspace: Write, run: Face
    ) -> None:
        ended = run("fmt", cwd=cargo_workspace({**TOO_NEW, "src/lib.rs": UNFORMATTED}))
        assert "Code is not formatted: 1 file" in ended.stdout

    def test_no_cargo_at_all(self, cargo_workspace: Write, run: Face, tmp_path: Path) -> None:
        ended = run("fmt", cwd=cargo_workspace(), HOME=str(tmp_path), PATH="/nowhere")
        assert ended.exit_code == 3
        assert "error: The program `cargo` is not on PATH." in ended.stdout
        assert "Install Rust with rustup" in ended.stdout


@dataclass(frozen=True, kw_only=True)
class Case:
    """A workspace and a session on it."""

    session: str
    files: Mapping[str, str] = field(default_factory=dict)
    settings: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


DENY = 'doc.warnings = "deny"\n'
CASES = {
    "formatted": Case(session="fmt"),
    "not formatted": Case(session="fmt", files={"src/lib.rs": UNFORMATTED}),
    "clean": Case(session="clippy"),
    "a lint": Case(session="clippy", files={"src/lib.rs": LINT}),
    "exclusive features": Case(session="clippy", files=EXCLUSIVE_FEATURES),
    "features by setting": Case(
        session="clippy", files=EXCLUSIVE_FEATURES, settings='features = "default"\n'
    ),
    "a broken link": Case(session="doc", files={"src/lib.rs": BROKEN_LINK}),
    "a broken link, denied": Case(session="doc", files={"src/lib.rs": BROKEN_LINK}, settings=DENY),
    "denied beside a variable": Case(
        session="doc",
        files={"src/lib.rs": BROKEN_LINK},
        settings=DENY,
        environment={"RUSTDOCFLAGS": "--cfg other"},
    ),
    "a broken manifest": Case(session="fmt", files={"Cargo.toml": "[package]\n"}),
    "a broken manifest, built": Case(session="doc", files={"Cargo.toml": "[package]\n"}),
    "an absent toolchain": Case(session="clippy", files=ABSENT_TOOLCHAIN),
    "a compiler too old": Case(session="doc", files=TOO_NEW),
    "a compiler too old, formatted": Case(session="fmt", files=TOO_NEW),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_session_is_red_exactly_where_the_printed_command_is(
    cargo_workspace: Write, run: Face, case: Case
) -> None:
    project = cargo_workspace(case.files, settings=case.settings)
    printed = json.loads(
        run(case.session, "--dry-run", "--json", cwd=project, **case.environment).stdout
    )
    (command,) = printed["commands"]
    environment = faces.clean_environment(
        **{"RUSTUP_AUTO_INSTALL": "0", **case.environment, **command["environment"]}
    )
    environment.pop("RUSTC_WRAPPER", None)
    by_hand = faces.run(command["argv"], project, environment)
    session = run(case.session, cwd=project, **case.environment)
    assert (session.exit_code == 0) is (by_hand.exit_code == 0)
    if session.exit_code != 3:  # that of a missing environment is ours
        assert session.exit_code == by_hand.exit_code

"""What is found in a project that nobody has set up: from files alone, nothing is built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.errors import UsageError, WorkspaceError
from tasker_ci.foreign.checkout import Checkout
from tasker_ci.rust.exclusive_features import chosen_features
from tasker_ci.rust.reach import _Walk, reach_of
from tasker_ci.rust.workspace import Dependency, Package, Target, Workspace
from tasker_ci.sessions.project.discovery.compose_choice import choose
from tasker_ci.sessions.project.discovery.compose_services import FoundCompose, found_compose
from tasker_ci.sessions.project.discovery.places import find_places
from tasker_ci.sessions.project.discovery.project import discover
from tasker_ci.sessions.project.discovery.rust_code import rust_facts
from tasker_ci.sessions.project.discovery.service_needs import service_needs
from tasker_ci.sessions.project.discovery.taken_over import TakenOver, taken_over
from tasker_ci.sessions.project.discovery.workflows import found_workflows, without_ours
from tasker_ci.sessions.project.init_found import found_lines
from tasker_ci.sessions.project.initial.settings_text import first_entries, preset_entries
from tasker_ci.tools.feature_advice import broken_step
from tasker_ci.workflows.files import with_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tasker_ci.sessions.project.discovery.project import Discovery
    from tasker_ci.settings.cargo_features import Features

VIRTUAL = "[workspace]\nmembers = ['a']\n"


def target(
    root: Path,
    name: str = "app",
    *,
    kind: str = "lib",
    file: str = "src/lib.rs",
    tested: bool = True,
) -> Target:
    return Target(
        name=name,
        kind=kind,
        source=root / file,
        tested=tested,
        doctested=kind == "lib",
        required_features=(),
    )


def workspace(
    root: Path,
    files: Mapping[str, str],
    *targets: Target,
    features: Mapping[str, Sequence[str]] | None = None,
) -> Workspace:
    """A workspace of one package `app` with these files, as cargo would describe it."""
    base = {"Cargo.toml": workspaces.manifest("app"), "src/lib.rs": ""}
    workspaces.write_files(root, {**base, **files})
    package = Package(
        name="app",
        version="0.1.0",
        manifest=root / "Cargo.toml",
        targets=targets or (target(root),),
        features=features or {},
    )
    return Workspace(root=root, target_directory=root / "target", packages=(package,))


def discovered(root: Path, found: Workspace) -> Discovery:
    (root / ".git").mkdir(exist_ok=True)
    places = find_places(root, None)
    return discover(
        places, found, foreign(root), branch="main", target_ignored=True, hooks=("pre-push",)
    )


def foreign(root: Path) -> Checkout:
    """The files of a project without workflows of ours."""
    files = (each for each in root.rglob("*") if each.is_file())
    names = frozenset(PurePosixPath(each.relative_to(root)) for each in files)
    return without_ours(Checkout(root=root, files=names))


class TestPlaces:
    def test_the_project_is_the_repository_and_the_workspace_may_lie_below(
        self, tmp_path: Path
    ) -> None:
        workspaces.write_files(
            tmp_path,
            {".git/HEAD": "", "rust/Cargo.toml": VIRTUAL, "rust/a/Cargo.toml": "[package]\n"},
        )
        for start in (tmp_path, tmp_path / "rust", tmp_path / "rust" / "a"):
            places = find_places(start, None)
            assert places.project_root == tmp_path
            assert places.workspace_path == "rust"

    def test_without_a_repository_it_is_the_workspace(self, tmp_path: Path) -> None:
        workspaces.write_files(tmp_path, {"Cargo.toml": VIRTUAL, "a/Cargo.toml": "[package]\n"})
        places = find_places(tmp_path / "a", None)
        assert places.project_root == places.workspace == tmp_path
        assert places.repository is None

    def test_a_repository_over_the_whole_home_is_not_the_project(self, tmp_path: Path) -> None:
        workspaces.write_files(tmp_path, {".git/HEAD": "", "work/Cargo.toml": "[package]\n"})
        assert find_places(tmp_path / "work", tmp_path).project_root == tmp_path / "work"

    def test_the_workspace_of_the_current_folder_wins_and_others_are_named(
        self, tmp_path: Path
    ) -> None:
        files = {f"{name}/Cargo.toml": "[package]\n" for name in ("one", "two", "target/old")}
        workspaces.write_files(tmp_path, {".git/HEAD": "", **files})
        places = find_places(tmp_path / "two", None)
        assert places.workspace_path == "two"
        assert places.others == (tmp_path / "one",)

    def test_several_and_none_are_told(self, tmp_path: Path) -> None:
        with pytest.raises(WorkspaceError, match=r"no Cargo\.toml"):
            find_places(tmp_path, None)
        files = {f"{name}/Cargo.toml": "[package]\n" for name in ("one", "two")}
        workspaces.write_files(tmp_path, {".git/HEAD": "", **files})
        with pytest.raises(UsageError, match="one, two") as caught:
            find_places(tmp_path, None)
        assert "--workspace one" in caught.value.next_step
        assert find_places(tmp_path, None, tmp_path / "two").workspace_path == "two"

    def test_a_folder_without_manifest_cannot_be_chosen(self, tmp_path: Path) -> None:
        (tmp_path / "x").mkdir()
        with pytest.raises(WorkspaceError, match=r"no Cargo\.toml"):
            find_places(tmp_path, None, tmp_path / "x")


class TestTests:
    @pytest.mark.parametrize(
        "code",
        [
            "#[test]\nfn a() {}",
            '    #[tokio::test(flavor = "multi_thread")]\n    async fn a() {}',
            "#[test_case(1)]\nfn a(_: u8) {}",
            "#[ test ]\nfn a() {}",
            "proptest! { }",
            "macro_rules! each { ($($name:ident)*) => { $(#[test] fn $name() {})* } }",
        ],
    )
    def test_there_are_some(self, tmp_path: Path, code: str) -> None:
        assert rust_facts(service_needs(workspace(tmp_path, {"src/deep/mod.rs": code}))).has_tests

    @pytest.mark.parametrize(
        "code", ["", "// #[test]\n", "/// #[test]\n", "#[cfg(test)]\nmod tests {}", "fn test() {}"]
    )
    def test_there_is_none(self, tmp_path: Path, code: str) -> None:
        found = workspace(tmp_path, {"src/lib.rs": code, "target/x.rs": "#[test]\nfn a() {}"})
        assert not rust_facts(service_needs(found)).has_tests

    def test_a_harness_that_lists_nothing_goes_to_cargo_test(self, tmp_path: Path) -> None:
        tables = "".join(
            f'[[test]]\nname = "{name}"\nharness = false\n' for name in ("own", "mimic", "bench")
        )
        found = workspace(
            tmp_path,
            {
                "Cargo.toml": workspaces.manifest("app", tables),
                "tests/own.rs": "fn main() {}",
                "tests/mimic.rs": "fn main() { libtest_mimic::run(); }",
                "tests/bench.rs": "fn main() {}",
                "tests/plain.rs": "#[test]\nfn a() {}",
            },
            target(tmp_path, "own", kind="test", file="tests/own.rs"),
            target(tmp_path, "mimic", kind="test", file="tests/mimic.rs"),
            target(tmp_path, "bench", kind="test", file="tests/bench.rs", tested=False),
            target(tmp_path, "plain", kind="test", file="tests/plain.rs"),
        )
        assert rust_facts(service_needs(found)).own_harness == ("app::own",)

    def test_benches_that_need_nightly_are_told_apart(self, tmp_path: Path) -> None:
        bench = target(tmp_path, "b", kind="bench", file="benches/b.rs", tested=False)
        files = {"benches/b.rs": "#![feature(test)]\n"}
        facts = rust_facts(service_needs(workspace(tmp_path, files, target(tmp_path), bench)))
        assert (facts.nightly_benches, facts.only_nightly) == (True, ())
        files = {"src/lib.rs": "#![feature(test)]\n"}
        assert rust_facts(service_needs(workspace(tmp_path, files))).only_nightly == ("app",)

    def test_a_library_with_its_own_harness_too(self, tmp_path: Path) -> None:
        manifest = workspaces.manifest("app", "[lib]\nharness = false\n")
        found = workspace(tmp_path, {"Cargo.toml": manifest})
        assert rust_facts(service_needs(found)).own_harness == ("app::lib",)


class TestDatabase:
    SQLX = workspaces.manifest("app", '[dependencies]\nsqlx = "0.8"\n')

    def test_queries_are_checked_while_it_compiles_unless_offline_data_is_there(
        self, tmp_path: Path
    ) -> None:
        files = {"Cargo.toml": self.SQLX, "src/lib.rs": 'let x = sqlx::query_as!(Row, "…");'}
        found = workspace(tmp_path, files)
        assert rust_facts(service_needs(found)).compiles_with_database == ("app",)
        (tmp_path / ".sqlx").mkdir()
        assert rust_facts(service_needs(found)).compiles_with_database == ()

    @pytest.mark.parametrize(
        ("files", "asks"),
        [
            ({"tests/db.rs": 'fn a() { std::env::var("DATABASE_URL"); }'}, True),
            ({"tests/db.rs": "#[sqlx::test]\nasync fn a() {}"}, True),
            ({"tests/db.rs": 'const URL: &str = env!("DATABASE_URL", "set it");'}, True),
            (
                {
                    "tests/db.rs": "mod common;",
                    "tests/common/mod.rs": "pub mod url;",
                    "tests/common/url.rs": 'pub fn a() { std::env::var("DATABASE_URL"); }',
                },
                True,
            ),
            ({"tests/db.rs": "/// Set `DATABASE_URL`.\nfn a() {}"}, False),
            ({"tests/db.rs": '// env::var("DATABASE_URL")\nfn a() {}'}, False),
            ({"tests/db.rs": "//! ```\n//! #[sqlx::test]\n//! ```\n"}, False),
            ({"tests/db.rs": 'const HELP: &str = "DATABASE_URL is not set";'}, False),
            ({"src/dead.rs": 'fn a() { std::env::var("DATABASE_URL"); }'}, False),
        ],
    )
    def test_code_that_asks_for_a_database(
        self, tmp_path: Path, files: dict[str, str], asks: bool
    ) -> None:
        tests = target(tmp_path, "db", kind="test", file="tests/db.rs")
        found = workspace(tmp_path, files, target(tmp_path), tests)
        assert rust_facts(service_needs(found)).tests_with_database == (("app",) if asks else ())

    def test_a_macro_of_another_crate_is_none(self, tmp_path: Path) -> None:
        found = workspace(tmp_path, {"src/lib.rs": "other::query!(x);"})
        assert rust_facts(service_needs(found)).compiles_with_database == ()


class TestServices:
    ASKING = 'pub fn url() -> String { std::env::var("WORKER_URL").unwrap() }\n'

    def found(self, root: Path, files: Mapping[str, str], *, kind: str = "dev") -> tuple[str, ...]:
        """The tests of `app` that ask, with a crate `support` beside it."""
        workspaces.write_files(
            root,
            {"support/Cargo.toml": "", "support/src/lib.rs": "", "tests/plain.rs": "", **files},
        )
        tests = [
            target(root, name, kind="test", file=f"tests/{name}.rs") for name in ("e2e", "plain")
        ]
        app = replace(
            workspace(root, files, target(root), *tests).packages[0],
            dependencies=(Dependency(name="support", path=root / "support", kind=kind),),
        )
        support = Package(
            name="support",
            version="0.1.0",
            manifest=root / "support/Cargo.toml",
            targets=(target(root, "support", file="support/src/lib.rs"),),
        )
        both = Workspace(root=root, target_directory=root / "target", packages=(app, support))
        return tuple(each.name for _, each in service_needs(both).targets({"WORKER_URL"}))

    @pytest.mark.parametrize(
        "files",
        [
            {"tests/e2e.rs": ASKING},
            {"tests/e2e.rs": "mod common;", "tests/common/mod.rs": ASKING},
            {"tests/e2e.rs": "mod common;", "tests/common.rs": ASKING},
            {
                "tests/e2e.rs": '#[path = "../shared/help.rs"] mod help;',
                "shared/help.rs": ASKING,
            },
            {"tests/e2e.rs": 'include!("body.inc");', "tests/body.inc": ASKING},
            {
                "tests/e2e.rs": "use app::test_utils::url;",
                "src/lib.rs": "pub mod test_utils;",
                "src/test_utils.rs": ASKING,
            },
            {"tests/e2e.rs": "use support::url;", "support/src/lib.rs": ASKING},
            {
                "tests/e2e.rs": "use support::start;",
                "support/src/lib.rs": "mod inner;",
                "support/src/inner.rs": ASKING,
            },
        ],
    )
    def test_a_test_asks_through_its_helpers(self, tmp_path: Path, files: dict[str, str]) -> None:
        assert self.found(tmp_path, files) == ("e2e",)

    @pytest.mark.parametrize(
        "files",
        [
            {"tests/e2e.rs": "// WORKER_URL\n/// WORKER_URL\nfn a() {}"},
            {"tests/e2e.rs": "", "support/src/lib.rs": ASKING},
            {"tests/e2e.rs": "", "tests/common/mod.rs": ASKING},
            {
                "tests/e2e.rs": "use app::other::x;",
                "src/lib.rs": "pub mod test_utils; pub mod other { pub fn x() {} }",
                "src/test_utils.rs": ASKING,
            },
            {"tests/e2e.rs": "use app::x;", "src/lib.rs": ASKING},
        ],
    )
    def test_a_test_that_reaches_nothing_of_it_does_not(
        self, tmp_path: Path, files: dict[str, str]
    ) -> None:
        assert self.found(tmp_path, files) == ()

    def test_a_crate_of_the_product_is_no_helper_by_its_root(self, tmp_path: Path) -> None:
        files = {"tests/e2e.rs": "use support::url;", "support/src/lib.rs": self.ASKING}
        assert self.found(tmp_path, files, kind="normal") == ()


class TestFeatures:
    ALL: Mapping[str, Sequence[str]] = {
        "default": ["std"],
        "std": [],
        "fast": ["unstable"],
        "unstable": [],
        "slow": [],
    }

    def chosen(self, root: Path, code: str, *, nightly: bool = False) -> tuple[str, ...] | None:
        found = workspace(root, {"src/lib.rs": code}, features=self.ALL)
        choice = chosen_features(found, reach_of(found), nightly=nightly)
        return choice and choice.names

    def test_all_go_together_as_a_rule(self, tmp_path: Path) -> None:
        assert self.chosen(tmp_path, '#![cfg_attr(not(feature = "std"), no_std)]') is None

    @pytest.mark.parametrize(
        "attribute",
        [
            '#![cfg_attr(feature = "unstable", feature(test))]',
            '#![cfg_attr(any(docsrs, feature = "unstable"), feature(doc_cfg), allow(x))]',
            '#![cfg_attr(\n    feature = "unstable",\n    allow(x),\n    feature(test),\n)]',
        ],
    )
    def test_what_needs_nightly_is_left_out_with_what_switches_it_on(
        self, tmp_path: Path, attribute: str
    ) -> None:
        assert self.chosen(tmp_path, attribute) == ("slow", "std")
        assert self.chosen(tmp_path, attribute, nightly=True) is None

    @pytest.mark.parametrize(
        "attribute",
        [
            "#![cfg_attr(docsrs, feature(doc_cfg))]",
            '#![cfg_attr(all(feature = "unstable", has_nightly), feature(test))]',
            '// #![cfg_attr(feature = "unstable", feature(test))]',
            '#![cfg_attr(feature = "unstable", allow(test))]',
        ],
    )
    def test_what_a_stable_compiler_takes_stays(self, tmp_path: Path, attribute: str) -> None:
        assert self.chosen(tmp_path, attribute) is None

    def test_of_two_that_exclude_each_other_the_default_one_stays(self, tmp_path: Path) -> None:
        code = '#[cfg(all(feature = "slow", feature = "std"))]\ncompile_error!("one of them");\n'
        assert self.chosen(tmp_path, code) == ("fast", "std", "unstable")

    def test_of_many_none_is_taken_where_none_is_a_default(self, tmp_path: Path) -> None:
        pair = 'all(feature = "slow", feature = "fast"),\n    all(feature = "fast", x)'
        code = f'#[cfg(any(\n    {pair},\n))]\ncompile_error!("one of them");\n'
        assert self.chosen(tmp_path, code) == ("std", "unstable")
        wanted = '#[cfg(not(any(feature = "slow", feature = "fast")))]\ncompile_error!("one");\n'
        assert self.chosen(tmp_path, code + wanted) == ("slow", "std", "unstable")

    @pytest.mark.parametrize(
        "condition",
        ['all(feature = "slow", windows)', 'all(feature = "slow", not(feature = "std"))'],
    )
    def test_an_error_that_all_features_do_not_cause_is_none(
        self, tmp_path: Path, condition: str
    ) -> None:
        assert self.chosen(tmp_path, f'#[cfg({condition})]\ncompile_error!("x");\n') is None

    EXCLUSION = '#[cfg(all(feature = "slow", feature = "std"))]\ncompile_error!("one of them");\n'

    @pytest.mark.parametrize(
        "files",
        [
            pytest.param({"src/lib.rs": "mod a;\n", "src/a.rs": EXCLUSION}, id="below"),
            pytest.param(
                {"src/lib.rs": "mod a;\n", "src/a/mod.rs": "mod b;\n", "src/a/b.rs": EXCLUSION},
                id="far below",
            ),
            pytest.param(
                {"src/lib.rs": '#[path = "x/y.rs"]\nmod a;\n', "src/x/y.rs": EXCLUSION}, id="path"
            ),
            pytest.param(
                {
                    "src/lib.rs": "mod a;\n",
                    "src/a.rs": '#![cfg(all(feature = "slow", feature = "std"))]\n'
                    'core::compile_error!("x");\n',
                },
                id="whole file",
            ),
            pytest.param(
                {
                    "src/lib.rs": '#[cfg(all(feature = "slow", feature = "std"))]\nmod a;\n',
                    "src/a.rs": 'compile_error!("x");\n',
                },
                id="by its module",
            ),
            pytest.param(
                {
                    "src/lib.rs": '#[cfg(feature = "slow")]\nmod a;\n',
                    "src/a.rs": '#[cfg(feature = "std")]\ncompile_error!("x");\n',
                },
                id="half by its module",
            ),
            pytest.param({"src/lib.rs": f"fn f() {{\n{EXCLUSION}}}\n"}, id="in a function"),
            pytest.param({"src/lib.rs": f"const _: () = {{\n{EXCLUSION}}};\n"}, id="a constant"),
            pytest.param({"src/lib.rs": f"mod a {{ mod b {{\n{EXCLUSION}}} }}\n"}, id="inline"),
            pytest.param(
                {
                    "src/lib.rs": "cfg_if::cfg_if! {\n"
                    '    if #[cfg(all(feature = "slow", feature = "std"))] {\n'
                    '        compile_error!("x");\n'
                    '    } else if #[cfg(feature = "slow")] { mod a; } else { mod b; }\n}\n'
                },
                id="cfg_if",
            ),
            pytest.param(
                {
                    "src/lib.rs": "macro_rules! check {\n    () => {\n"
                    f"        {EXCLUSION}    }};\n}}\ncheck!();\n"
                },
                id="a macro",
            ),
            pytest.param(
                {
                    "src/lib.rs": "macro_rules! one_of {\n    () => {};\n"
                    "    ($first:tt $(, $rest:tt)*) => {\n        $(\n"
                    "            #[cfg(all(feature = $first, feature = $rest))]\n"
                    '            compile_error!(concat!("not ", $first, " with ", $rest));\n'
                    "        )*\n        one_of!($($rest),*);\n    };\n}\n"
                    'one_of!("slow", "std");\n'
                },
                id="a macro with names",
            ),
            pytest.param(
                {
                    "src/lib.rs": "use mutually_exclusive_features::none_or_one_of;\n"
                    'none_or_one_of!("slow", "std");\n'
                },
                id="a macro of a crate",
            ),
        ],
    )
    def test_an_exclusion_is_found_wherever_it_stands(
        self, tmp_path: Path, files: dict[str, str]
    ) -> None:
        found = workspace(tmp_path, files, features=self.ALL)
        choice = chosen_features(found, reach_of(found), nightly=False)
        assert choice is not None
        assert choice.names == ("fast", "std", "unstable")
        assert dict(choice.left_out) == {"slow": "does not go together with std"}

    @pytest.mark.parametrize(
        "code",
        [
            'macro_rules! m { (bad) => { compile_error!("wrong use") }; }\n',
            '#[cfg(all(feature = "slow", feature = "std", loom))]\ncompile_error!("x");\n',
            '// #[cfg(all(feature = "slow", feature = "std"))]\n// compile_error!("x");\n',
            'const T: &str = r#"#[cfg(all(feature = "slow", feature = "std"))] compile_error!()"#;',
            '#[cfg(not(any(feature = "slow", feature = "std")))]\ncompile_error!("one of them");\n',
            "mod never;\n",
        ],
    )
    def test_what_is_no_exclusion(self, tmp_path: Path, code: str) -> None:
        assert self.chosen(tmp_path, code) is None

    @pytest.mark.parametrize(
        ("features", "refused"),
        [
            ("all", True),
            (("slow",), True),
            (("app/slow", "fast"), True),
            (("fast",), False),
            ("default", False),
            ("none", False),
        ],
    )
    def test_a_failed_build_speaks_of_features_only_where_the_code_refuses_the_chosen_ones(
        self, tmp_path: Path, features: Features, refused: bool
    ) -> None:
        files = {"src/lib.rs": "mod a;\nfn one() -> u8 { () }\n", "src/a.rs": self.EXCLUSION}
        step = broken_step(
            workspace(tmp_path, files, features=self.ALL), features, "doctest.features"
        )
        advice = " If features exclude each other, set `doctest.features`."
        assert step == f"Fix the first error above.{advice if refused else ''}"

    @pytest.mark.parametrize(
        "code",
        [
            "fn one() -> u8 { () }",
            '#[cfg(not(test))]\ncompile_error!("no features here");',
            'compile_error!("no features here");',
            '#[cfg(all(feature = "slow", windows))]\ncompile_error!("x");',
        ],
    )
    def test_an_error_without_features_does_not_speak_of_them(
        self, tmp_path: Path, code: str
    ) -> None:
        found = workspace(tmp_path, {"src/lib.rs": code}, features=self.ALL)
        assert broken_step(found, "all", "unit.features") == "Fix the first error above."

    def test_an_exclusion_in_a_file_that_nothing_reaches_is_none(self, tmp_path: Path) -> None:
        found = workspace(
            tmp_path, {"src/lib.rs": "", "src/orphan.rs": self.EXCLUSION}, features=self.ALL
        )
        assert chosen_features(found, reach_of(found), nightly=False) is None

    def test_features_of_several_packages_are_named_with_them(self, tmp_path: Path) -> None:
        code = '#![cfg_attr(feature = "unstable", feature(test))]'
        one = workspace(tmp_path / "one", {"src/lib.rs": code}, features=self.ALL).packages[0]
        two = Package(
            name="two",
            version="0.1.0",
            manifest=tmp_path / "two/Cargo.toml",
            targets=(),
            features={"all": ["app/unstable"], "plain": []},
        )
        both = Workspace(root=tmp_path, target_directory=tmp_path, packages=(one, two))
        choice = chosen_features(both, reach_of(both), nightly=False)
        assert choice is not None
        assert choice.names == ("app/slow", "app/std", "two/plain")
        assert choice.left_out["two/all"] == "switches on app/unstable"


class TestWorkflows:
    def test_triggers_jobs_and_commands_are_told(self, tmp_path: Path) -> None:
        text = """\
on:
  push:
    branches: [main]
  pull_request:
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: |
          cargo build && cargo test --all
  other:
    uses: ./.github/workflows/other.yml
"""
        workspaces.write_files(tmp_path, {".github/workflows/ci.yml": text})
        (found,) = found_workflows(foreign(tmp_path))
        assert found.triggers == ("push", "pull_request")
        assert found.jobs == ("test", "other")
        assert found.commands == (
            "cargo build",
            "cargo test --all",
            "calls ./.github/workflows/other.yml",
        )

    def test_our_own_are_none_and_broken_ones_are_told(self, tmp_path: Path) -> None:
        workspaces.write_files(
            tmp_path,
            {
                ".github/workflows/a.yml": with_header("on: push\n"),
                ".github/workflows/b.yaml": "a: [\n",
                ".github/workflows/c.yml": "",
            },
        )
        broken, empty = found_workflows(foreign(tmp_path))
        assert "not valid YAML" in broken.unread
        assert empty.jobs == ()


class TestTakenOver:
    def found(self, root: Path, steps: str, top: str = "") -> TakenOver:
        text = f"on: push\n{top}jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{steps}"
        workspaces.write_files(root, {".github/workflows/ci.yml": text})
        return taken_over(foreign(root))

    def test_lints_denials_and_warnings_of_rustdoc_become_settings(self, tmp_path: Path) -> None:
        steps = """\
      - run: cargo clippy --all -- -D warnings -W clippy::pedantic
      - run: cargo doc --no-deps
        env: {RUSTDOCFLAGS: -D warnings}
      - run: cargo audit --deny warnings
"""
        assert self.found(tmp_path, steps) == TakenOver(
            lints=("-D", "warnings", "-W", "clippy::pedantic"),
            lints_from="ci.yml",
            doc_denied_by="ci.yml",
            audit_deny=("unmaintained", "unsound", "yanked"),
            audit_from="ci.yml",
        )
        keys = {
            entry.key: entry.value
            for entry in first_entries(discovered(tmp_path, workspace(tmp_path, {})))
        }
        assert keys[("doc", "warnings")] == "deny"
        assert keys[("clippy", "lint-arguments")] == ["-D", "warnings", "-W", "clippy::pedantic"]
        assert keys[("audit", "deny")] == ["unmaintained", "unsound", "yanked"]

    @pytest.mark.parametrize(
        "steps",
        [
            "      - run: cargo clippy\n      - run: cargo doc\n      - run: cargo audit\n",
            "      - run: cargo clippy -- -W a\n      - run: cargo clippy -- -W b\n",
            "      - run: cargo +nightly clippy -- -W a\n",
            "      - run: cargo clippy -- --cfg x\n",
            "      - run: cargo clippy -- $LINTS\n",
            "      - run: echo cargo clippy -- -W a\n",
            "      - run: cargo doc\n        env: {RUSTDOCFLAGS: --cfg docsrs}\n",
            "      - run: cargo clippy -- -W a\n        if: github.ref == 'x'\n",
        ],
    )
    def test_what_is_not_sure_does_not(self, tmp_path: Path, steps: str) -> None:
        assert self.found(tmp_path, steps) == TakenOver()


class TestCompose:
    def test_databases_and_binaries_are_known(self, tmp_path: Path) -> None:
        text = """\
services:
  postgres: {image: "ghcr.io/pgmq/pg17-pgmq:v1.5.1"}
  worker: {build: .}
  redis: {image: "redis:7"}
"""
        workspaces.write_files(
            tmp_path, {"docker/docker-compose.test.yml": text, "compose.yaml": "services: 1\n"}
        )
        root, other = found_compose(tmp_path, tmp_path, ["app-worker"])
        assert (root.path, root.services) == ("compose.yaml", ())
        assert other.path == "docker/docker-compose.test.yml"
        assert [str(each) for each in other.services] == [
            "postgres (PostgreSQL)",
            "worker (binary app-worker)",
            "redis",
        ]


class TestComposeChoice:
    @pytest.mark.parametrize(
        ("names", "chosen"),
        [
            (["docker-compose.dev.yml", "docker-compose.test.yml"], "docker-compose.test.yml"),
            (["compose.yaml", "compose.test.yaml"], "compose.test.yaml"),
            (["compose.ci.yml", "compose.prod.yml"], "compose.ci.yml"),
            (["docker/compose.yml", "tests/compose.yml"], "tests/compose.yml"),
            (["compose.e2e.yml", "compose.yml"], "compose.e2e.yml"),
            (["compose.dev.yml", "compose.prod.yml"], "compose.dev.yml"),
            (["compose.yml", "docker-compose.production.yml"], "compose.yml"),
            (["compose.latest.yml", "compose.test.yml"], "compose.test.yml"),
            (["compose.prod.yml"], "compose.prod.yml"),
        ],
    )
    def test_the_name_decides(self, tmp_path: Path, names: list[str], chosen: str) -> None:
        choice = choose(tmp_path, [FoundCompose(path=name) for name in names])
        assert choice is not None
        assert choice.chosen.path == chosen
        assert all(name in choice.reason for name in names if name != chosen)

    @pytest.mark.parametrize(
        ("user", "text"),
        [
            (".github/workflows/a.yml", "run: docker compose -f docker/compose.full.yml up"),
            ("scripts/test.sh", "cd docker && docker compose -f compose.full.yml up\n"),
            ("Makefile", "test:\n\tdocker compose -f docker/compose.full.yml up\n"),
        ],
    )
    def test_then_what_the_project_uses(self, tmp_path: Path, user: str, text: str) -> None:
        workspaces.write_files(tmp_path, {user: text})
        paths = ("docker/compose.all.yml", "docker/compose.full.yml", "docker/compose.x.yml")
        choice = choose(tmp_path, [FoundCompose(path=path) for path in paths])
        assert choice is not None
        assert choice.chosen.path == "docker/compose.full.yml"
        assert f"as {user} uses it" in choice.reason

    def test_there_is_none_without_any(self, tmp_path: Path) -> None:
        assert choose(tmp_path, []) is None


class TestAll:
    def test_every_thing_has_its_line(self, tmp_path: Path) -> None:
        found = workspace(
            tmp_path,
            {
                "rust-toolchain.toml": '[toolchain]\nchannel = "1.75"\n',
                ".config/nextest.toml": "",
                "Makefile": "",
                "migrations/1.sql": "",
                "compose.yml": "services: {db: {image: postgres}}\n",
                ".github/workflows/ci.yml": "on: push\njobs: {a: {steps: [{run: cargo test}]}}\n",
            },
        )
        lines = "\n".join(found_lines(discovered(tmp_path, found)))
        for part in (
            "1 package (app), 1 test target",
            "toolchain 1.75 (rust-toolchain.toml)",
            "(.config/nextest.toml)",
            "workflow ci.yml: 1 job on push: cargo test",
            "1 compose file: compose.yml (db)",
            "migrations (migrations)",
            "Makefile",
            "git hooks (pre-push)",
        ):
            assert part in lines

    @pytest.mark.parametrize(
        ("name", "text", "channel"),
        [
            ("rust-toolchain", "nightly-2025-01-01\n", "nightly-2025-01-01"),
            ("rust-toolchain", '[toolchain]\nchannel = "beta"\n', "beta"),
            ("rust-toolchain.toml", "[toolchain]\npath = '/x'\n", None),
            ("rust-toolchain.toml", "[broken", None),
        ],
    )
    def test_the_toolchain_of_the_file(
        self, tmp_path: Path, name: str, text: str, channel: str | None
    ) -> None:
        files = {name: text}
        if name == "rust-toolchain":  # rustup takes it, whatever the other one says
            files["rust-toolchain.toml"] = '[toolchain]\nchannel = "1.2.3"\n'
        found = discovered(tmp_path, workspace(tmp_path, files))
        assert found.toolchain is not None
        assert found.toolchain.channel == channel

    def test_the_modules_of_a_workspace_are_followed_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        services = "".join(f"  {name}: {{image: x}}\n" for name in ("orchestration", "worker"))
        compose = f"services:\n  db: {{image: 'postgres:17'}}\n{services}"
        found = workspace(tmp_path, {"src/lib.rs": "", "compose.yml": compose})
        followed: list[str] = []
        original = _Walk.follow

        def follow(walk: _Walk, package: Package, target: Target) -> None:
            followed.append(package.binary_id(target))
            original(walk, package, target)

        monkeypatch.setattr(_Walk, "follow", follow)
        seen = discovered(tmp_path, found)
        assert {entry.key[0] for entry in preset_entries(seen)} >= {"preset", "integration"}
        assert followed == [
            package.binary_id(each) for package in found.packages for each in package.targets
        ]

    def test_a_hostile_name_does_nothing_to_the_screen(self, tmp_path: Path) -> None:
        files = {".github/workflows/x\x1b[2J.yml": 'on: "\\e[31m"\n'}
        lines = list(found_lines(discovered(tmp_path, workspace(tmp_path, files))))
        assert all(line.isprintable() for line in lines)

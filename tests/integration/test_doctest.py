"""The session `doctest` with real cargo and rustdoc."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import pytest
import workspaces

from tasker_ci.reports.junit import read_junit

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENTED = """\
/// ```
/// assert_eq!(sample::one(), 1);
/// ```
///
/// ```no_run
/// loop {}
/// ```
///
/// ```ignore
/// nothing
/// ```
pub fn one() -> u32 { 1 }
"""

FAILING = """\
/// ```
/// assert_eq!(sample::two(), 3, "two is not three");
/// ```
pub fn two() -> u32 { 2 }
"""


def doctest(project: Path, *words: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    argv = ["tasker-ci", "doctest", "--json", *words]
    ended = faces.run(argv, project, faces.clean_environment(**environment))
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def test_the_number_of_doctests_is_in_the_summary(cargo_workspace: Callable[..., Path]) -> None:
    project = cargo_workspace({"src/lib.rs": DOCUMENTED})
    exit_code, data, text = doctest(project)
    assert (exit_code, data["status"]) == (0, "passed")
    assert data["summary"] == "2 passed, 0 failed, 1 skipped, 0 flaky (2 doctests)"
    assert "doctest: 2 passed, 0 failed, 1 skipped, 0 flaky (build " in text
    assert Path(data["report"]) == project / "target/tasker-ci/reports/doctest.xml"
    assert len(read_junit(Path(data["report"])).cases) == 3


@pytest.mark.parametrize("edition", ["2021", "2024"])
def test_a_failure_has_its_place_and_a_line_that_runs_it_again(
    cargo_workspace: Callable[..., Path], edition: str
) -> None:
    manifest = workspaces.manifest("sample").replace("2021", edition)
    project = cargo_workspace({"Cargo.toml": manifest, "src/lib.rs": DOCUMENTED + FAILING})
    exit_code, data, _ = doctest(project)
    assert exit_code == 101
    assert data["summary"] == "1 of 3 doctests failed."
    (failure,) = data["failures"]
    assert failure["location"] == "src/lib.rs:13:1"
    assert failure["reason"] == "assertion `left == right` failed: two is not three"
    again = faces.run(shlex.split(failure["rerun"]), project)
    assert (
        "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 3 filtered" in again.stdout
    )


def test_a_doctest_that_does_not_compile_is_a_failure_with_the_compilers_words(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(
        {"src/lib.rs": '/// ```\n/// let _: u8 = "";\n/// ```\npub fn f() {}\n'}
    )
    exit_code, data, _ = doctest(project, FORCE_COLOR="1")
    assert exit_code == 101
    assert data["failures"][0]["reason"] == "error[E0308]: mismatched types"


def test_a_library_that_does_not_compile_is_no_test_result(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace({"src/lib.rs": DOCUMENTED})
    _, before, _ = doctest(project)
    (project / "src/lib.rs").write_text("nonsense", encoding="utf-8")
    exit_code, data, _ = doctest(project)
    assert exit_code == 101
    assert data["summary"] == "The doctests do not compile or do not run. (exit code 101)"
    assert data["next_step"] == "Fix the first error above."
    assert not Path(before["report"]).exists()


def test_without_a_library_it_is_skipped_and_says_why(
    cargo_workspace: Callable[..., Path], tmp_path: Path
) -> None:
    project = cargo_workspace({"src/main.rs": "fn main() {}\n"})
    (project / "src/lib.rs").unlink()
    exit_code, data, _ = doctest(project)
    assert (exit_code, data["status"]) == (0, "skipped")
    assert data["summary"] == "no package of the workspace has a library target"
    through_nox = faces.run(["nox", "-s", "doctest"], project)
    assert through_nox.exit_code == 0
    assert "no package of the workspace has a library target" in through_nox.text


@pytest.mark.parametrize("table", ['crate-type = ["cdylib"]', "doctest = false"])
def test_a_library_that_has_none_by_its_manifest_is_another_reason(
    cargo_workspace: Callable[..., Path], table: str
) -> None:
    project = cargo_workspace({"Cargo.toml": workspaces.manifest("sample", f"[lib]\n{table}\n")})
    exit_code, data, _ = doctest(project)
    assert (exit_code, data["status"]) == (0, "skipped")
    assert data["summary"].startswith("no library of the workspace has doctests")


MIXED = {
    "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n',
    "a/Cargo.toml": workspaces.manifest("sample"),
    "a/src/lib.rs": DOCUMENTED,
    "b/Cargo.toml": workspaces.manifest("tool"),
    "b/src/main.rs": "fn main() {}\n",
}


def test_a_package_without_a_library_beside_one_with_it_does_no_harm(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(MIXED)
    exit_code, data, _ = doctest(project)
    assert (exit_code, data["passed"]) == (0, 2)
    assert doctest(project, "--package", "sample")[1]["passed"] == 2


def test_it_says_how_long_each_package_takes(cargo_workspace: Callable[..., Path]) -> None:
    project = cargo_workspace(
        {
            "Cargo.toml": '[workspace]\nmembers = ["a", "deep/b"]\nresolver = "3"\n',
            "a/Cargo.toml": workspaces.manifest("a"),
            "a/src/lib.rs": "/// ```\n/// assert!(true);\n/// ```\npub fn a() {}\n",
            "deep/b/Cargo.toml": workspaces.manifest("b"),
            "deep/b/src/lib.rs": "/// ```\n/// assert!(true);\n/// ```\npub fn b() {}\n",
        }
    )
    exit_code, data, screen = doctest(project)
    assert exit_code == 0, screen
    times = {each["package"]: each["seconds"] for each in data["packages"]}
    assert times.keys() == {"a", "b"}
    assert all(seconds > 0 for seconds in times.values())
    assert "doctests by package: " in screen


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("tool", "tool has no library, so there is no doctest to run."),
        ("sampel", "The workspace has no package sampel. Did you mean `sample`?"),
    ],
)
def test_a_package_that_has_none_is_named(
    cargo_workspace: Callable[..., Path], package: str, words: str
) -> None:
    exit_code, data, _ = doctest(cargo_workspace(MIXED), "--package", package)
    assert exit_code == 101
    assert words in data["summary"]


def test_a_failure_is_annotated_on_github(
    cargo_workspace: Callable[..., Path], run_face: Callable[..., faces.Ended]
) -> None:
    project = cargo_workspace({**MIXED, "a/src/lib.rs": FAILING})
    ended = run_face("tasker-ci", "doctest", cwd=project, GITHUB_ACTIONS="true", NO_COLOR="1")
    assert (
        "::error file=a/src/lib.rs,line=1::a/src/lib.rs - two (line 1): "
        "assertion `left == right` failed: two is not three"
    ) in ended.stdout.splitlines()


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"src/lib.rs": DOCUMENTED}, id="good"),
        pytest.param({"src/lib.rs": FAILING}, id="failing"),
        pytest.param({"src/lib.rs": "nonsense"}, id="does not compile"),
        pytest.param(MIXED, id="mixed"),
        pytest.param({"src/lib.rs": "//! ```\n//! std::process::abort()\n//! ```\n"}, id="crash"),
        pytest.param({}, id="none"),
    ],
)
def test_doctest_is_red_exactly_where_the_command_of_its_dry_run_is(
    cargo_workspace: Callable[..., Path], files: dict[str, str]
) -> None:
    project = cargo_workspace(files, name="path with spaces")
    _, preview, _ = doctest(project, "--dry-run")
    (command,) = preview["commands"]
    environment = faces.clean_environment(**command["environment"])
    bare = faces.run(command["argv"], Path(command["directory"]), environment)
    assert doctest(project)[0] == bare.exit_code


OFF = {
    "Cargo.toml": '[workspace]\nmembers = ["a", "b", "c", "m"]\nresolver = "2"\n',
    "a/Cargo.toml": workspaces.manifest("sample", "[features]\nmore = []\n"),
    "a/src/lib.rs": DOCUMENTED,
    "b/Cargo.toml": workspaces.manifest("off", "[features]\nextra = []\n[lib]\ndoctest = false\n"),
    "b/src/lib.rs": "//! ```\n//! assert!(false);\n//! ```\n",
    "c/Cargo.toml": workspaces.manifest("shared", '[lib]\ncrate-type = ["cdylib"]\n'),
    "c/src/lib.rs": "//! ```\n//! assert!(false);\n//! ```\n",
    "m/Cargo.toml": workspaces.manifest("macros", "[lib]\nproc-macro = true\ntest = false\n"),
    "m/src/lib.rs": "//! ```\n//! assert!(true);\n//! ```\n",
}
"""Two of four libraries have no doctests by their manifest; those in them would fail."""


class TestDoctestsThatAManifestSwitchesOff:
    def test_those_of_the_others_run_as_with_plain_cargo_test(
        self, cargo_workspace: Callable[..., Path]
    ) -> None:
        project = cargo_workspace(OFF)
        exit_code, data, text = doctest(project)
        assert (exit_code, data["passed"]) == (0, 3), text
        assert "--workspace --exclude off --exclude shared " in text
        alone = faces.run(["cargo", "test", "--quiet"], project)
        assert alone.exit_code == 0, alone.text

    def test_the_dry_run_shows_that_command(self, cargo_workspace: Callable[..., Path]) -> None:
        _, data, _ = doctest(cargo_workspace(OFF), "--dry-run")
        (command,) = data["commands"]
        assert command["argv"][2:8] == [
            *("--doc", "--workspace", "--exclude", "off", "--exclude", "shared"),
        ]

    def test_features_of_an_excluded_package_are_left_out(
        self, cargo_workspace: Callable[..., Path]
    ) -> None:
        settings = 'features = ["off/extra", "sample/more"]\n'
        exit_code, data, text = doctest(cargo_workspace(OFF, settings=settings))
        assert (exit_code, data["passed"]) == (0, 3), text
        assert "--features sample/more " in text

    @pytest.mark.parametrize("dry", [False, True])
    @pytest.mark.parametrize("package", ["off", "shared"])
    def test_such_a_package_alone_has_nothing_to_run(
        self, cargo_workspace: Callable[..., Path], package: str, *, dry: bool
    ) -> None:
        more = ("--dry-run",) if dry else ()
        exit_code, data, _ = doctest(cargo_workspace(OFF), "--package", package, *more)
        assert (exit_code, data["status"]) == (0, "skipped")
        assert data["summary"].startswith(f"no doctests in {package} (`doctest = false`")

    def test_beside_one_that_has_some(self, cargo_workspace: Callable[..., Path]) -> None:
        words = ("--package", "off", "--package", "sample")
        exit_code, data, _ = doctest(cargo_workspace(OFF), *words)
        assert (exit_code, data["passed"]) == (0, 2)

    def test_all_of_them_off(self, cargo_workspace: Callable[..., Path]) -> None:
        files = {
            "Cargo.toml": '[workspace]\nmembers = ["b", "c"]\nresolver = "2"\n',
            **{name: text for name, text in OFF.items() if name[:2] in {"b/", "c/"}},
        }
        for words in ((), ("--dry-run",)):
            exit_code, data, _ = doctest(cargo_workspace(files), *words)
            assert (exit_code, data["status"]) == (0, "skipped")
            assert data["summary"].startswith("no library of the workspace has doctests")

    def test_inventory_says_the_same(self, cargo_workspace: Callable[..., Path]) -> None:
        project = cargo_workspace(OFF)
        ended = faces.run(["tasker-ci", "inventory", "--json"], project, faces.clean_environment())
        lost = [each["file"] for each in json.loads(ended.stdout)["findings"]]
        assert lost == ["b/src/lib.rs", "c/src/lib.rs"]

    def test_what_changes_affect_keeps_to_it(self, cargo_workspace: Callable[..., Path]) -> None:
        project = cargo_workspace(OFF)
        who = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")
        for words in (
            ("init", "--quiet", "--initial-branch=main"),
            ("add", "--all"),
            (*who, "commit", "--quiet", "-m", "All"),
        ):
            subprocess.run(["git", *words], cwd=project, check=True)
        (project / "b/src/lib.rs").write_text(OFF["b/src/lib.rs"] + "// changed\n", "utf-8")
        exit_code, data, _ = doctest(project, "--affected", "--base", "main")
        assert (exit_code, data["status"]) == (0, "skipped")
        (project / "a/src/lib.rs").write_text(DOCUMENTED + "// changed\n", "utf-8")
        exit_code, data, text = doctest(project, "--affected", "--base", "main")
        assert (exit_code, data["passed"]) == (0, 2), text
        assert "--exclude off" in text

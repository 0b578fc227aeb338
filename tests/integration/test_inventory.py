"""`inventory` on real workspaces: what is planted is found, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import faces
import pytest
import workspaces
from planted import planted

from tasker_ci.context import RUN_VARIABLE
from tasker_ci.reports.junit import write_junit
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.rust.reach import reach_of
from tasker_ci.rust.workspace import read_metadata

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("cargo")


@pytest.fixture
def cargo(require_tool: Callable[[str], Path]) -> None:
    require_tool("cargo")


def inventory(project: Path, *words: str, **environment: str) -> tuple[int, dict[str, Any], str]:
    ended = faces.run(
        ["tasker-ci", "inventory", "--json", "--build", *words],
        project,
        faces.clean_environment(**environment),
    )
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def found(data: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Kind, file and test of every finding."""
    return {
        (finding["kind"], finding["file"], name)
        for finding in data["findings"]
        for name in finding["tests"] or [""]
    }


@pytest.mark.parametrize("repository", [False, True], ids=["a folder", "a repository"])
def test_all_that_is_planted_is_found_and_nothing_else(tmp_path: Path, *, repository: bool) -> None:
    tree = planted()
    assert tree.tests >= 180
    project = tree.write(tmp_path)
    if repository:
        workspaces.write_files(project, {".gitignore": "/target\n.hidden\n"})
        subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    exit_code, data, _ = inventory(project, "--set", "features=default")
    assert exit_code == 0, "a warning by default"
    assert found(data) == tree.expected
    assert all(finding["reason"] for finding in data["findings"])


def test_as_an_error_it_says_what_to_do_and_an_allowed_file_is_left_out(
    cargo_workspace: Callable[..., Path],
) -> None:
    orphan = {"tests/sub/orphan.rs": "#[test]\nfn lost() {}\n"}
    project = cargo_workspace(orphan, settings='[inventory]\nfindings = "error"\n')
    exit_code, data, text = inventory(project)
    assert exit_code == 1
    assert found(data) == {("file", "tests/sub/orphan.rs", "lost")}
    assert "tests/sub/orphan.rs:2: cargo makes targets of tests/*.rs" in text
    assert "[[inventory.allow]] path, reason" in data["next_step"]
    allow = '[inventory]\nfindings = "error"\n[[inventory.allow]]\n'
    settings = f'{allow}path = "tests/sub/*"\nreason = "later"\n'
    workspaces.write_files(project, {".config/tasker-ci.toml": settings})
    exit_code, data, _ = inventory(project)
    assert (exit_code, data["findings"], data["allowed"]) == (0, [], 1)


def test_on_github_each_finding_is_an_annotation_at_its_line(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace({"src/orphan.rs": "\n#[test]\nfn lost() {}\n"})
    _, _, text = inventory(project, GITHUB_ACTIONS="true")
    assert "::warning file=src/orphan.rs,line=3::no `mod`" in text


def test_benchmarks_are_counted_apart_from_tests(cargo_workspace: Callable[..., Path]) -> None:
    measured = "#[bench]\nfn measured(b: &mut test::Bencher) {}\n"
    project = cargo_workspace({"benches/speed.rs": measured, "src/lib.rs": "#[test]\nfn t() {}\n"})
    _, data, _ = inventory(project)
    assert data["summary"].startswith("nothing is lost: 1 test and 1 benchmark (`cargo bench`) in")
    workspaces.write_files(project, {"benches/deep/lost.rs": measured})
    _, data, _ = inventory(project)
    assert found(data) == {("benchmark", "benches/deep/lost.rs", "measured")}
    assert data["summary"].startswith("WARNING: 1 place with 1 benchmark that no session runs")


def test_a_selector_that_settings_give_twice_is_named(
    cargo_workspace: Callable[..., Path],
) -> None:
    settings = '[unit]\ncargo-test = ["sample"]\n[integration]\ntargets = ["sample::it"]\n'
    project = cargo_workspace({"tests/it.rs": "#[test]\nfn t() {}\n"}, settings=settings)
    _, data, _ = inventory(project)
    (finding,) = data["findings"]
    assert finding["kind"] == "selection"
    assert "sample::it is in both" in finding["reason"]


def test_a_dry_run_reads_nothing(cargo_workspace: Callable[..., Path]) -> None:
    _, data, _ = inventory(cargo_workspace(), "--dry-run")
    assert [each["argv"][:2] for each in data["commands"]] == [["cargo", "metadata"]]


REACHED = {
    "src/lib.rs": "//! A library.\n\n#[cfg(unix)]\nmod a;\nmod b;\n"
    '#[path = "x/y.rs"]\nmod c;\nmod i {\n    #[path = "p.rs"]\n    mod p;\n    mod q;\n}\n'
    'include!("z.rs");\nmacro_rules! m {\n    ($($t:tt)*) => { $($t)* };\n}\nm! { mod made; }\n'
    "#[cfg(test)]\nmod tests;\n",
    "src/a.rs": 'mod of_a;\nmod inner {\n    #[path = "r.rs"]\n    mod r;\n}\n',
    "src/a/of_a.rs": "",
    "src/a/inner/r.rs": "",
    "src/b/mod.rs": "mod of_b;\n",
    "src/b/of_b.rs": "mod leaf;\n",
    "src/b/of_b/leaf.rs": "",
    "src/x/y.rs": "mod beside;\n",
    "src/x/beside.rs": "",
    "src/i/p.rs": "",
    "src/i/q/mod.rs": "",
    "src/z.rs": "mod from_z;\n",
    "src/from_z.rs": "",
    "src/made.rs": "",
    "src/tests.rs": '#[path = "../tests/shared/s.rs"]\nmod shared;\n',
    "tests/shared/s.rs": "mod of_s;\n",
    "tests/shared/of_s.rs": "",
    "tests/it/main.rs": "mod part;\n#[test]\nfn t() {}\n",
    "tests/it/part.rs": "",
    "src/bin/tool/main.rs": "mod part;\nfn main() {}\n",
    "src/bin/tool/part.rs": "",
    "src/orphan.rs": "",
    "tests/it/orphan.rs": "",
}


def test_the_reached_files_are_those_that_rustc_reads(cargo_workspace: Callable[..., Path]) -> None:
    project = cargo_workspace(REACHED)
    environment = faces.clean_environment()
    command = ["cargo", "test", "--no-run", "--quiet"]
    subprocess.run(command, cwd=project, env=environment, check=True)
    read = set()
    for file in (project / "target" / "debug" / "deps").glob("*.d"):
        for line in file.read_text(encoding="utf-8").splitlines():
            name = line.partition(":")[0]
            read |= {os.path.normpath(name)} if name.endswith(".rs") else set()
    metadata = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    answer = subprocess.run(
        metadata, cwd=project, env=environment, check=True, capture_output=True, text=True
    )
    reach = reach_of(read_metadata(answer.stdout))
    assert {str(file.relative_to(project)) for file in reach.arrivals} == read
    assert len(read) == len(REACHED) - 2


FILTERED = '[profile.default]\ndefault-filter = "not test(slow)"\n'


@pytest.fixture
def tested(
    cargo_workspace: Callable[..., Path], require_tool: Callable[[str], Path]
) -> tuple[Path, dict[str, str]]:
    """A workspace whose nextest leaves a test out in silence, after `unit` has run."""
    require_tool("cargo-nextest")
    project = cargo_workspace(
        {
            "tests/it.rs": "#[test]\nfn quick() {}\n#[test]\nfn slow() {}\n"
            "#[test]\n#[ignore]\nfn on_demand() {}\n",
            ".config/nextest.toml": FILTERED,
        }
    )
    environment = faces.clean_environment()
    assert faces.run(["tasker-ci", "unit"], project, environment).exit_code == 0
    return project, environment


def test_a_test_that_nextest_lists_and_the_report_lacks_is_named(
    tested: tuple[Path, dict[str, str]],
) -> None:
    project, _ = tested
    _, data, _ = inventory(project)
    (finding,) = data["findings"]
    assert (finding["kind"], finding["file"]) == ("report", "tests/it.rs")
    assert finding["tests"] == ["slow"]
    assert finding["reason"] == "sample::it: nextest leaves them out (default-filter)"


def test_nextest_is_asked_only_where_the_code_may_run(tested: tuple[Path, dict[str, str]]) -> None:
    project, environment = tested
    ended = faces.run(["tasker-ci", "inventory", "--json"], project, environment)
    assert json.loads(ended.stdout)["findings"] == []
    assert "add --build if this project's code may run" in ended.stderr
    within = {**environment, RUN_VARIABLE: "a pipeline"}
    ended = faces.run(["tasker-ci", "inventory", "--json"], project, within)
    assert len(json.loads(ended.stdout)["findings"]) == 1


def test_a_report_that_a_source_is_newer_than_or_of_a_part_is_not_looked_at(
    tested: tuple[Path, dict[str, str]],
) -> None:
    project, environment = tested
    report = project / "target" / "tasker-ci" / "reports" / "unit.default.xml"
    seconds = report.stat().st_mtime
    os.utime(project / "tests" / "it.rs", (seconds + 10, seconds + 10))
    _, data, text = inventory(project)
    assert data["findings"] == []
    assert "the report of `unit` is not looked at (a source is newer)" in text
    os.utime(project / "tests" / "it.rs", (seconds - 10, seconds - 10))
    part = ["tasker-ci", "unit", "--filter", "test(quick)"]
    assert faces.run(part, project, environment).exit_code == 0
    _, data, text = inventory(project)
    assert data["findings"] == []
    assert "it is of a part of the tests: --filter 'test(quick)'" in text
    assert faces.run(["tasker-ci", "unit"], project, environment).exit_code == 0
    assert len(inventory(project)[1]["findings"]) == 1, "the whole again"


def test_what_did_not_run_after_a_failure_is_no_finding(
    tested: tuple[Path, dict[str, str]],
) -> None:
    project, environment = tested
    failing = "".join(f"#[test]\nfn t{n}() {{\n    panic!()\n}}\n" for n in range(20))
    workspaces.write_files(project, {"tests/it.rs": failing, ".config/nextest.toml": ""})
    argv = ["tasker-ci", "unit", "--", "--test-threads=1"]
    assert faces.run(argv, project, environment).exit_code == 100
    (project / "target" / "tasker-ci" / "reports" / "unit.default.partial").unlink()
    _, data, text = inventory(project)
    assert data["findings"] == []
    assert "after a failure a test without a result is no finding" in text


def test_shards_are_looked_at_together_and_one_that_lacks_is_named(
    tested: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    project, environment = tested
    reports = project / "target" / "tasker-ci" / "reports"
    (reports / "unit.default.xml").unlink()
    first, second = (f"slice:{number}/2" for number in (1, 2))
    argv = ["tasker-ci", "unit", "--partition"]
    assert faces.run([*argv, first], project, environment).exit_code == 0
    _, data, text = inventory(project)
    assert data["findings"] == []
    assert f"not looked at (there is none of the shard {second} of unit)" in text
    (only,) = reports.glob("unit.*.xml")
    _, data, _ = inventory(project, "--report", str(only))
    assert [each["reason"] for each in data["findings"]] == [
        f"no report of the shard {second} of unit is given, so which of its tests ran is not known",
        "sample::it: nextest leaves them out (default-filter)",
    ]
    assert faces.run([*argv, second], project, environment).exit_code == 0
    for words in ((), ("--report", str(reports))):
        _, data, text = inventory(project, *words)
        assert [each["tests"] for each in data["findings"]] == [["slow"]]
        assert "not looked at" not in text
    filtered = [*argv, second, "--filter", "test(quick)"]
    assert faces.run(filtered, project, environment).exit_code == 0
    assert f"there is none of the shard {second}" in inventory(project)[2], "it is a part of one"


def test_reports_of_other_sessions_are_not_taken_for_those_of_nextest(
    tested: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    report = tmp_path / "doctest.xml"
    case = Case(suite="doctests", name="src/lib.rs - f (line 1)", status="passed")
    write_junit(TestRun(cases=(case,)), report, attributes={"session": "doctest"})
    exit_code, data, _ = inventory(tested[0], "--report", str(report))
    assert (exit_code, data["summary"]) == (1, "None of the reports is of unit or integration.")


def test_a_list_and_a_report_can_be_given(
    tested: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    project, environment = tested
    answer = subprocess.run(
        ["cargo", "nextest", "list", "--message-format", "json"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    workspaces.write_files(tmp_path, {"list.json": answer.stdout})
    report = tmp_path / "report.xml"
    write_junit(TestRun(cases=(Case(suite="sample::it", name="slow", status="passed"),)), report)
    words = ("--list", str(tmp_path / "list.json"), "--report", str(report))
    _, data, _ = inventory(project, *words)
    (finding,) = data["findings"]
    assert (finding["reason"], finding["tests"]) == ("sample::it: they were not run", ["quick"])
    exit_code, data, _ = inventory(project, "--report", str(tmp_path / "absent.xml"))
    assert exit_code == 1
    assert "absent.xml" in data["summary"]

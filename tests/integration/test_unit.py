"""The session `unit` with real cargo and cargo-nextest on small workspaces."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
import pytest
import workspaces

from tasker_ci.process.locks import alone, lock_file
from tasker_ci.reports.junit import read_junit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

pytestmark = pytest.mark.usefixtures("nextest")

PASSING = "#[test]\nfn passes() {}\n"
FAILING = '#[test]\nfn fails() {\n    panic!("no");\n}\n'


@pytest.fixture
def nextest(require_tool: Callable[[str], Path]) -> None:
    require_tool("cargo")
    require_tool("cargo-nextest")


@dataclass(frozen=True)
class Answer:
    """One run with `--json`: its exit code, the document, and what people saw."""

    exit_code: int
    data: Mapping[str, Any]
    text: str

    def tests(self) -> dict[str, str]:
        """The kept report: every test with its status."""
        run = read_junit(Path(self.data["report"]))
        assert len({(case.suite, case.name) for case in run.cases}) == len(run.cases)
        return {f"{case.suite} {case.name}": case.status for case in run.cases}

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Passed, failed, skipped, flaky."""
        data = self.data
        return data["passed"], data["failed"], data["skipped"], len(data["flaky"])


def unit(project: Path, *words: str, session: str = "unit", **environment: str) -> Answer:
    """Run the console script; ``words`` may hold a separator and what goes to nextest."""
    place = words.index("--") if "--" in words else len(words)
    argv = ["tasker-ci", session, *words[:place], "--json", *words[place:]]
    ended = faces.run(argv, project, faces.clean_environment(**environment))
    return Answer(ended.exit_code, json.loads(ended.stdout), ended.stderr)


KINDS = """\
use std::{fs, path::Path, process, thread, time::Duration};

#[test]
fn passes() {}

#[test]
fn fails() {
    assert_eq!(2 + 2, 5, "sums | `differ`");
}

#[test]
#[ignore = "slow"]
fn ignored() {
    panic!("run on demand only");
}

#[test]
fn flaky() {
    let marker = Path::new(env!("CARGO_MANIFEST_DIR")).join("marker");
    assert!(fs::remove_file(marker).is_err(), "the first time it fails");
}

#[test]
fn hangs() {
    thread::sleep(Duration::from_secs(3600));
}

#[test]
fn aborts() {
    process::abort();
}

#[test]
fn crashes() {
    unsafe { std::ptr::null_mut::<u8>().write_volatile(1) }
}

#[test]
fn fails_too_but_not_the_same() {
    panic!("a longer name");
}
"""

KINDS_NEXTEST = """\
[profile.default]
fail-fast = false
[[profile.default.overrides]]
filter = "test(=flaky)"
retries = 2
[[profile.default.overrides]]
filter = "test(=hangs)"
slow-timeout = { period = "1s", terminate-after = 1 }
"""


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Answer]]:
    """One run over tests that end in every way there is."""
    project = workspaces.write_project(
        tmp_path_factory.mktemp("kinds"),
        {
            "tests/every.rs": KINDS,
            "marker": "",
            ".config/nextest.toml": KINDS_NEXTEST,
            "noxfile.py": workspaces.NOXFILE,
        },
    )
    return (project, unit(project))


def failures(answer: Answer) -> dict[str, Mapping[str, str]]:
    return {failure["test"]: failure for failure in answer.data["failures"]}


def test_every_end_of_a_test_is_counted_for_what_it_is(kinds: tuple[Path, Answer]) -> None:
    _, answer = kinds
    assert answer.exit_code == 100
    assert answer.counts == (2, 5, 1, 1)
    assert answer.tests() == {
        "sample::every passes": "passed",
        "sample::every fails": "failed",
        "sample::every ignored": "skipped",
        "sample::every flaky": "flaky",
        "sample::every hangs": "failed",
        "sample::every aborts": "failed",
        "sample::every crashes": "failed",
        "sample::every fails_too_but_not_the_same": "failed",
    }
    assert answer.data["summary"] == "5 of 7 tests failed."


def test_each_failure_has_its_place_and_reason(kinds: tuple[Path, Answer]) -> None:
    found = failures(kinds[1])
    assert {name: (each["location"], each["reason"]) for name, each in found.items()} == {
        "fails": ("tests/every.rs:8:5", "assertion `left == right` failed: sums | `differ`"),
        "fails_too_but_not_the_same": ("tests/every.rs:40:5", "a longer name"),
        "hangs": ("", "test timeout"),
        "aborts": ("", "process aborted with signal 6 (SIGABRT)"),
        "crashes": ("", "process aborted with signal 11 (SIGSEGV)"),
    }


def test_people_see_the_same(kinds: tuple[Path, Answer]) -> None:
    text = kinds[1].text
    assert "unit (profile default): 2 passed, 5 failed, 1 skipped, 1 flaky (build " in text
    assert "slowest tests:" in text
    assert "failed: sample::every fails\n  tests/every.rs:8:5: assertion `left" in text
    assert "warning: flaky, passed after a retry: sample::every flaky" in text
    assert "error: 5 of 7 tests failed.\n  next: Each failure above shows the command" in text


def test_the_slowest_five_and_two_times_are_told(kinds: tuple[Path, Answer]) -> None:
    data = kinds[1].data
    assert len(data["slowest"]) == 5
    assert data["slowest"][0]["test"] == "hangs"
    assert data["build_seconds"] > 0
    assert data["test_seconds"] >= data["slowest"][0]["seconds"] >= 1


def test_a_rerun_line_runs_exactly_that_test(kinds: tuple[Path, Answer]) -> None:
    project, answer = kinds
    line = failures(answer)["fails"]["rerun"]
    assert f"again: {line}\n" in answer.text
    ended = faces.run(["bash", "-c", f"{line} --json"], project)
    again = json.loads(ended.stdout)
    assert ended.exit_code == 100
    assert [failure["test"] for failure in again["failures"]] == ["fails"]
    assert (again["passed"], again["failed"]) == (0, 1)


def test_a_rerun_line_keeps_what_the_run_was_told(kinds: tuple[Path, Answer]) -> None:
    project, _ = kinds
    answer = unit(
        project, "--profile", "local", "--set", "features=none", "--filter", "test(=ignored)",
        "--", "--run-ignored", "all",
    )  # fmt: skip
    words = shlex.split(failures(answer)["ignored"]["rerun"])
    assert words == [
        "tasker-ci", "unit", "--profile", "local", "--set", "features=none", "--filter",
        "binary_id(=sample::every) & test(=ignored)", "--", "--run-ignored", "all",
    ]  # fmt: skip
    assert faces.run(words, project).exit_code == 100


@pytest.mark.parametrize("face", faces.FACES)
def test_a_rerun_line_is_one_of_the_face_that_was_called(
    kinds: tuple[Path, Answer], face: str, run_face: Callable[..., faces.Ended]
) -> None:
    project, _ = kinds
    ended = run_face(face, "unit", "--filter", "test(=fails)", cwd=project)
    line = next(
        line.strip().removeprefix("again: ")
        for line in ended.text.splitlines()
        if "again: " in line
    )
    assert line.split()[0] == face
    again = faces.run(["bash", "-c", line], project)
    assert "0 passed, 1 failed, " in again.text


def test_a_workspace_without_tests_is_an_error_of_its_own(
    cargo_workspace: Callable[..., Path],
) -> None:
    answer = unit(cargo_workspace())
    assert answer.exit_code == 4
    assert answer.data["summary"] == "Nothing ran: no test is selected."
    assert "write one" in answer.data["next_step"]


def test_the_way_out_of_having_no_tests_works_from_the_settings(
    cargo_workspace: Callable[..., Path],
) -> None:
    settings = '[environment.variables]\nNEXTEST_NO_TESTS = "pass"\n'
    answer = unit(cargo_workspace(settings=settings))
    assert (answer.exit_code, answer.counts) == (0, (0, 0, 0, 0))


THREE = "\n".join(f"#[test]\nfn test_{number}() {{}}" for number in range(3))


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with three tests and a member with one that is ignored."""
    return workspaces.write_project(
        tmp_path_factory.mktemp("three"),
        {
            "Cargo.toml": workspaces.manifest("sample", '[workspace]\nmembers = ["more"]\n'),
            "tests/it.rs": THREE,
            "more/Cargo.toml": workspaces.manifest("more"),
            "more/src/lib.rs": "#[test]\n#[ignore]\nfn later() {}\n",
        },
    )


def test_a_filter_or_package_that_selects_nothing_is_named(three: Path) -> None:
    answer = unit(three, "--filter", "test(=nobody)", "--package", "sample")
    assert answer.exit_code == 4
    assert answer.data["summary"] == (
        "Nothing ran: no test is selected with the filter 'test(=nobody)' and the package sample."
    )


def test_words_for_nextest_that_select_nothing_are_named(three: Path) -> None:
    answer = unit(three, "--", "no body", "-j1")
    assert answer.exit_code == 4
    assert answer.data["summary"] == (
        "Nothing ran: no test is selected with the words 'no body' -j1."
    )
    assert "spelling" in answer.data["next_step"]


def test_a_partition_that_is_none_is_said(three: Path) -> None:
    answer = unit(three, "--partition", "a quarter")
    assert answer.exit_code == 2
    assert "nextest does not understand its command line." in answer.data["summary"]


def test_a_package_that_is_not_there_is_named_with_the_nearest(three: Path) -> None:
    answer = unit(three, "--package", "sampel")
    assert answer.exit_code == 101
    assert "The workspace has no package sampel. Did you mean `sample`?" in answer.data["summary"]


def test_a_filter_that_is_none_is_said(three: Path) -> None:
    answer = unit(three, "--filter", "test(")
    assert answer.exit_code == 94
    assert "The filter is no valid nextest filterset." in answer.data["summary"]


def test_all_shards_together_run_every_test_once(three: Path) -> None:
    shards = [unit(three, "--partition", f"slice:{number}/4") for number in range(1, 5)]
    assert [shard.exit_code for shard in shards] == [0, 0, 0, 0]
    ran = [name for shard in shards for name, status in shard.tests().items() if status == "passed"]
    assert sorted(ran) == [f"sample::it test_{number}" for number in range(3)]
    empty = [shard for shard in shards if shard.data["empty_shard"]]
    assert len(empty) == 1
    assert empty[0].data["summary"].endswith("is empty: no test falls into it")
    assert len({shard.data["report"] for shard in shards}) == 4


def test_an_empty_shard_is_green_also_with_words_for_nextest(three: Path) -> None:
    answer = unit(three, "--partition", "slice:4/4", "--", "--retries", "2", "-j1", "test_")
    assert (answer.exit_code, answer.data["empty_shard"]) == (0, True)


ALL_BY_CARGO_TEST = ("--set", "unit.cargo-test=sample,more")


@pytest.mark.parametrize(
    "words", [ALL_BY_CARGO_TEST, ("--package", "sample", "--set", "unit.cargo-test=sample::it")]
)
def test_a_shard_that_cargo_test_leaves_nothing_to_is_empty(
    three: Path, words: tuple[str, ...]
) -> None:
    answer = unit(three, "--partition", "slice:2/2", *words)
    assert (answer.exit_code, answer.data["empty_shard"]) == (0, True)
    assert answer.data["summary"].endswith("the shard slice:2/2 is empty: no test falls into it")
    report = faces.run(["tasker-ci", "report"], three, faces.clean_environment())
    assert (report.exit_code, "unit slice:2/2 had none to run" in report.text) == (0, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--filter", "test(=nobody)"),
        ("--filter", "test(=nobody)", "--set", "unit.cargo-test=sample::it"),
        ("--package", "more", "--set", "unit.cargo-test=sample::it"),
    ],
)
@pytest.mark.parametrize("partition", ["slice:1/4", "slice:2/4"])
def test_a_shard_of_nothing_is_red(three: Path, words: tuple[str, ...], partition: str) -> None:
    answer = unit(three, "--partition", partition, *words)
    assert answer.exit_code == 4


@pytest.mark.parametrize(
    ("session", "words", "environment", "profile"),
    [
        pytest.param("unit", (), {}, "default", id="default"),
        pytest.param("unit", (), {"CI": "true"}, "ci", id="under CI"),
        pytest.param("unit", ("--profile", "local"), {"CI": "true"}, "local", id="named"),
        pytest.param("unit-default", (), {"CI": "true"}, "default", id="unit-default"),
        pytest.param("unit-ci", (), {}, "ci", id="unit-ci"),
        pytest.param("unit-local", (), {}, "local", id="unit-local"),
    ],
)
def test_the_usual_profiles_work_where_the_project_has_none(
    three: Path, session: str, words: tuple[str, ...], environment: dict[str, str], profile: str
) -> None:
    answer = unit(three, *words, session=session, **environment)
    assert (answer.exit_code, answer.data["profile"]) == (0, profile)
    assert f"nextest profile: {profile}" in answer.text
    assert answer.counts == (3, 0, 1, 0)
    assert Path(answer.data["report"]).name == f"unit.{profile}.xml"


def test_a_profile_that_nobody_has_is_an_error_of_its_own(three: Path) -> None:
    answer = unit(three, "--profile", "nobody")
    assert answer.exit_code == 96
    assert "the profile may be missing" in answer.data["next_step"]


def test_a_package_alone_runs_alone(three: Path) -> None:
    assert unit(three, "--package", "sample").counts == (3, 0, 0, 0)
    assert unit(three, "--package", "more").exit_code == 4
    both = unit(three, "--package", "sample", "--package", "more")
    assert both.counts == (3, 0, 1, 0)


def test_a_filter_runs_what_it_says(three: Path) -> None:
    answer = unit(three, "--filter", "test(=test_1)")
    ran = [name for name, status in answer.tests().items() if status != "skipped"]
    assert ran == ["sample::it test_1"]


def test_projects_own_configuration_wins(cargo_workspace: Callable[..., Path]) -> None:
    project = cargo_workspace(
        {
            "tests/it.rs": THREE,
            ".config/nextest.toml": '[store]\ndir = "out"\n[profile.mine]\ninherits = "base"\n'
            '[profile.base.junit]\npath = "sub/own.xml"\nreport-skipped = "none"\n',
        }
    )
    answer = unit(project, "--profile", "mine")
    assert answer.counts == (3, 0, 0, 0)
    assert (project / "out/mine/sub/own.xml").is_file()
    assert Path(answer.data["report"]) == project / "target/tasker-ci/reports/unit.mine.xml"


def test_a_custom_profile_without_junit_gives_a_report(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(
        {"tests/it.rs": THREE, ".config/nextest.toml": "[profile.mine]\nretries = 1\n"}
    )
    assert unit(project, "--profile", "mine").counts == (3, 0, 0, 0)


def test_a_workspace_elsewhere_gets_the_projects_configuration(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(
        {
            "Cargo.toml": "# no workspace here\n[package]\nname = 'outer'\nversion = '0.0.1'\n",
            "rust code/Cargo.toml": workspaces.manifest("inner", "[workspace]\n"),
            "rust code/src/lib.rs": PASSING + FAILING,
            ".config/nextest.toml": '[profile.mine]\n[profile.mine.junit]\npath = "own.xml"\n',
        },
        settings='workspace = "rust code"\n',
    )
    answer = unit(project, "--profile", "mine", "--no-fail-fast")
    assert (answer.exit_code, answer.counts) == (100, (1, 1, 0, 0))
    assert (project / "rust code/target/nextest/mine/own.xml").is_file()


def test_a_build_failure_is_no_test_result_and_leaves_no_old_one(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace({"tests/it.rs": PASSING})
    before = unit(project)
    assert before.exit_code == 0
    (project / "tests/it.rs").write_text("#[test]\nfn passes() { nonsense }\n", encoding="utf-8")
    answer = unit(project)
    assert answer.exit_code == 101
    assert answer.data["summary"] == "The tests do not compile. (exit code 101)"
    assert answer.data["next_step"] == "Fix the first error above."
    assert "passed" not in answer.data
    assert "error[E0425]" in answer.text
    assert not Path(before.data["report"]).exists()
    assert not (project / "target/nextest/default/junit.xml").exists()


STUBBORN = """\
fn main() {
    assert_eq!(std::env::args().count(), 1, "takes no arguments");
}
"""
STUBBORN_TARGET = '[[test]]\nname = "stubborn"\nharness = false\n'


def test_a_target_that_refuses_listing_is_named_and_the_way_out_works(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(
        {
            "Cargo.toml": workspaces.manifest("sample", STUBBORN_TARGET),
            "tests/stubborn.rs": STUBBORN,
            "src/lib.rs": PASSING,
        }
    )
    answer = unit(project)
    assert answer.exit_code == 104
    assert "nextest cannot list the tests of sample::stubborn" in answer.data["summary"]
    way_out = '[unit] cargo-test = ["sample::stubborn"]'
    assert way_out in answer.data["next_step"]
    (project / ".config/tasker-ci.toml").write_text(way_out.replace("] ", "]\n"), encoding="utf-8")
    mended = unit(project)
    assert (mended.exit_code, mended.counts) == (0, (2, 0, 0, 0))
    assert mended.tests() == {
        "sample passes": "passed",
        "sample::stubborn sample::stubborn": "passed",
    }


def test_a_harness_that_prints_anything_is_named_too(cargo_workspace: Callable[..., Path]) -> None:
    project = cargo_workspace(
        {
            "Cargo.toml": workspaces.manifest("sample", STUBBORN_TARGET),
            "tests/stubborn.rs": 'fn main() { println!("all good"); }',
        }
    )
    assert "sample::stubborn" in unit(project).data["summary"]


def test_a_package_whose_only_tests_are_with_cargo_test_is_not_empty(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(
        {
            "Cargo.toml": workspaces.manifest("sample", STUBBORN_TARGET),
            "tests/stubborn.rs": "fn main() { std::process::exit(3) }",
        },
        settings='[unit]\ncargo-test = ["sample::stubborn"]\n',
    )
    answer = unit(project)
    assert (answer.exit_code, answer.counts) == (101, (0, 1, 0, 0))
    line = failures(answer)["sample::stubborn"]["rerun"]
    assert line.startswith("cargo test --package sample --test stubborn ")
    assert faces.run(shlex.split(line), project).exit_code == 101


def test_no_test_at_all_is_an_error_also_with_cargo_test(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(settings='[unit]\ncargo-test = ["sample"]\n')
    answer = unit(project)
    assert answer.exit_code == 4
    assert "neither nextest nor cargo test found a test" in answer.data["summary"]


ONE_PROCESS = """\
use std::sync::atomic::{AtomicU32, Ordering};

static STARTED: AtomicU32 = AtomicU32::new(0);

fn meet() {
    STARTED.fetch_add(1, Ordering::SeqCst);
    for _ in 0..200 {
        if STARTED.load(Ordering::SeqCst) == 2 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the other one is not in my process");
}

#[test]
fn one() {
    meet();
}

#[test]
fn two() {
    meet();
}
"""


def test_tests_that_only_pass_in_one_process_can_be_given_to_cargo_test(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(
        {
            "Cargo.toml": workspaces.manifest("sample", '[workspace]\nmembers = ["more"]\n'),
            "src/lib.rs": PASSING,
            "more/Cargo.toml": workspaces.manifest("more"),
            "more/src/lib.rs": ONE_PROCESS,
        },
        settings='[unit]\ncargo-test = ["more"]\n',
    )
    answer = unit(project)
    assert (answer.exit_code, answer.counts) == (0, (3, 0, 0, 0))
    assert answer.tests() == {"sample passes": "passed", "more one": "passed", "more two": "passed"}
    alone = unit(project, "--set", "unit.cargo-test=", "--no-fail-fast", "--package", "more")
    assert alone.counts == (0, 2, 0, 0), "each in a process of its own"


def test_a_failure_under_cargo_test_has_a_line_that_runs_it_again(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(
        {"src/lib.rs": PASSING + FAILING}, settings='[unit]\ncargo-test = ["sample::lib"]\n'
    )
    answer = unit(project)
    assert (answer.exit_code, answer.counts) == (101, (1, 1, 0, 0))
    assert failures(answer)["fails"]["location"] == "src/lib.rs:5:5"
    again = faces.run(shlex.split(failures(answer)["fails"]["rerun"]), project)
    assert "test result: FAILED. 0 passed; 1 failed;" in again.stdout


def test_what_integration_owns_does_not_run(cargo_workspace: Callable[..., Path]) -> None:
    project = cargo_workspace(
        {"tests/end_to_end.rs": FAILING, "src/lib.rs": PASSING},
        settings='[integration]\ntargets = ["sample::end_to_end"]\n',
    )
    answer = unit(project)
    assert (answer.exit_code, answer.tests()) == (0, {"sample passes": "passed"})
    filtered = unit(project, "--filter", "all()")
    assert filtered.tests() == {"sample passes": "passed"}


def test_a_target_that_no_session_runs_is_an_error(cargo_workspace: Callable[..., Path]) -> None:
    gated = '[features]\nslow = []\n[[test]]\nname = "gated"\nrequired-features = ["slow"]\n'
    project = cargo_workspace(
        {
            "Cargo.toml": workspaces.manifest("sample", gated),
            "tests/gated.rs": PASSING,
            "src/lib.rs": PASSING,
        },
        settings='features = "default"\n',
    )
    answer = unit(project)
    assert answer.exit_code == 2
    assert "sample::gated needs the feature slow" in answer.data["summary"]
    assert unit(project, "--set", "unit.features=slow").counts == (2, 0, 0, 0)


def test_tests_get_the_environment_of_the_table(cargo_workspace: Callable[..., Path]) -> None:
    project = cargo_workspace(
        {
            "src/lib.rs": '#[test]\nfn sees() { assert_eq!(std::env::var("GREETING").unwrap(), '
            '"a b"); assert!(std::env::var("TOKEN").unwrap().len() > 20); }\n'
        },
        settings='[environment.variables]\nGREETING = "a b"\n'
        'TOKEN = { generator = "api-key", secret = true }\n',
    )
    assert unit(project).exit_code == 0


@pytest.fixture
def second_toolchain(require_tool: Callable[[str], Path]) -> Iterator[str]:
    """A second name for the toolchain that is there, because none can be fetched in a test."""
    require_tool("rustup")
    name = "tasker-tests-second"
    active = subprocess.run(
        ["rustc", "--print", "sysroot"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env=faces.clean_environment(),
    )
    subprocess.run(["rustup", "toolchain", "link", name, active.stdout.strip()], check=True)
    yield name
    subprocess.run(["rustup", "toolchain", "uninstall", name], check=True, capture_output=True)


def test_a_toolchain_can_be_named(three: Path, second_toolchain: str) -> None:
    answer = unit(three, "--toolchain", second_toolchain)
    assert (answer.exit_code, answer.counts) == (0, (3, 0, 1, 0))
    assert f"+ cargo +{second_toolchain} nextest run" in answer.text
    assert Path(answer.data["report"]).name == f"unit.default.{second_toolchain}.xml"


def test_a_toolchain_that_is_not_there_is_said(
    three: Path, require_tool: Callable[..., Path]
) -> None:
    require_tool("rustup")
    answer = unit(three, "--toolchain", "1.2.3")
    assert answer.exit_code == 3
    assert "rustup toolchain install 1.2.3" in answer.data["next_step"]


WORDS = ("--test-threads", "1", "a 'b' \"c\" $HOME *", "--", "--skip", "x y")


@pytest.mark.parametrize("face", faces.FACES)
def test_what_follows_the_separator_reaches_nextest_untouched(
    three: Path, face: str, run_face: Callable[..., faces.Ended]
) -> None:
    ended = run_face(face, "unit", "--dry-run", "--json", "--", *WORDS, cwd=three)
    argv = json.loads(ended.stdout)["commands"][0]["argv"]
    assert tuple(argv[-len(WORDS) :]) == WORDS


@pytest.mark.parametrize("face", faces.FACES)
def test_what_follows_the_separator_works(
    three: Path, face: str, run_face: Callable[..., faces.Ended]
) -> None:
    ended = run_face(face, "unit", "--", "--run-ignored", "all", "later", cwd=three)
    assert ended.exit_code == 0
    assert "1 passed, 0 failed, 0 skipped, 0 flaky" in ended.text


@pytest.mark.parametrize("word", ["--no-run", "--help"])
def test_words_by_which_nothing_runs_are_no_missing_report(three: Path, word: str) -> None:
    answer = unit(three, "--", word)
    assert answer.exit_code == 0
    assert answer.data["summary"] == "nextest was asked to run no test, and nothing ran"


def test_a_binary_whose_features_are_off_is_named(cargo_workspace: Callable[..., Path]) -> None:
    gated = '[features]\ncli = []\n[[bin]]\nname = "tool"\nrequired-features = ["cli"]\n'
    project = cargo_workspace(
        {
            "Cargo.toml": workspaces.manifest("sample", gated),
            "src/bin/tool.rs": "fn main() {}\n",
            "src/lib.rs": PASSING,
        },
        settings='features = "default"\n',
    )
    answer = unit(project)
    assert answer.exit_code == 0
    assert "warning: not tested: sample::bin/tool needs the feature cli" in answer.text


MEETING = """\
#[test]
fn waits_until_it_may_end() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::write(folder.join("running"), "").unwrap();
    for _ in 0..1500 {
        if folder.join("go").exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("nobody let it end");
}
"""


def test_of_two_runs_of_one_profile_the_second_waits_and_both_are_right(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace({"src/lib.rs": MEETING})
    argv = ["tasker-ci", "unit", "--json"]
    environment = faces.clean_environment()

    def start(*more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*argv, *more],
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    first = start()
    while not (project / "running").exists():
        assert first.poll() is None
        time.sleep(0.05)
    second = start("--partition", "slice:1/1")
    assert second.stderr is not None
    said = iter(second.stderr.readline, "")
    assert any("Another run writes" in line for line in said), "it says that it waits"
    (project / "go").touch()
    results = [json.loads(process.communicate()[0]) for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0]
    assert [result["passed"] for result in results] == [1, 1]
    assert len({result["report"] for result in results}) == 2


def test_a_wait_for_another_run_can_be_interrupted(cargo_workspace: Callable[..., Path]) -> None:
    project = cargo_workspace({"src/lib.rs": PASSING})
    environment = faces.clean_environment()
    junit = project / "target/nextest/default/junit.xml"
    with alone(lock_file(environment, "report", junit), print, "waiting", pause=time.sleep):
        process = subprocess.Popen(
            ["tasker-ci", "unit"],
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        assert any("Another run writes" in line for line in iter(process.stdout.readline, ""))
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted by Ctrl-C." in text


def github(tmp_path: Path) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "page.md"),
        "NO_COLOR": "1",
    }


def test_in_github_actions_output_is_grouped_and_failures_are_annotated(
    kinds: tuple[Path, Answer], tmp_path: Path, run_face: Callable[..., faces.Ended]
) -> None:
    project, _ = kinds
    ended = run_face(
        "tasker-ci", "unit", "--filter", "test(fails)", cwd=project, **github(tmp_path)
    )
    lines = ended.stdout.splitlines()
    assert ended.exit_code == 100
    assert lines[0].startswith("::group::+ cargo nextest run")
    assert lines[1].startswith("::stop-commands::")
    assert lines.index("::endgroup::") > lines.index(f"::{lines[1][len('::stop-commands::') :]}::")
    assert (
        "::error file=tests/every.rs,line=8::fails: assertion `left == right` failed: "
        "sums | `differ`"
    ) in lines
    assert lines[-2] == "::error::2 of 2 tests failed."
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "### unit (profile default)" in page
    assert (
        "| `sample::every` | `fails` | `tests/every.rs:8:5` | <code>assertion \\`left == right\\` "
    ) in page


def test_elsewhere_none_of_that_appears(kinds: tuple[Path, Answer]) -> None:
    assert not any(line.startswith("::") for line in kinds[1].text.splitlines())


def member(name: str) -> dict[str, str]:
    return {
        f"{name}/Cargo.toml": workspaces.manifest(Path(name).name),
        f"{name}/src/lib.rs": PASSING,
    }


WORKSPACES: dict[str, dict[str, str]] = {
    "single package": {"src/lib.rs": PASSING},
    "virtual workspace": {
        "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n',
        **member("a"),
        **member("b"),
    },
    "root package with members": {
        "Cargo.toml": workspaces.manifest("root", '[workspace]\nmembers = ["a"]\n'),
        **member("a"),
        "a/src/lib.rs": FAILING,
    },
    "members in subfolders, one excluded": {
        "Cargo.toml": "[workspace]\nmembers = ['crates/*']\nexclude = ['crates/c']\n",
        **member("crates/a"),
        **member("crates/c"),
        "crates/c/src/lib.rs": FAILING,
    },
    "a failure outside of the default members": {
        "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\ndefault-members = ["a"]\n',
        **member("a"),
        **member("b"),
        "b/src/lib.rs": FAILING,
    },
    "binary only": {"src/lib.rs": PASSING, "src/main.rs": f"fn main() {{}}\n{PASSING}"},
    "no tests": {},
    "failing test": {"src/lib.rs": FAILING},
    "crash": {"src/lib.rs": "#[test]\nfn dies() { std::process::abort() }\n"},
    "all ignored": {"src/lib.rs": "#[test]\n#[ignore]\nfn later() {}\n"},
    "does not compile": {"src/lib.rs": "nonsense"},
    "broken manifest": {"Cargo.toml": "[package\n"},
    "manifest of nothing": {"Cargo.toml": workspaces.manifest("sample"), "src/lib.rs": ""},
    "refuses listing": {
        "Cargo.toml": workspaces.manifest("sample", STUBBORN_TARGET),
        "tests/stubborn.rs": STUBBORN,
    },
    "toolchain that is not there": {
        "rust-toolchain.toml": '[toolchain]\nchannel = "1.2.3"\n',
        "src/lib.rs": PASSING,
    },
    "newer rust-version": {
        "Cargo.toml": workspaces.manifest("sample", 'rust-version = "1.999"\n'),
        "src/lib.rs": PASSING,
    },
    "broken nextest.toml": {".config/nextest.toml": "[profile", "src/lib.rs": PASSING},
    "nextest too old": {
        ".config/nextest.toml": 'nextest-version = "99.0.0"\n',
        "src/lib.rs": PASSING,
    },
    "setup script fails": {
        ".config/nextest.toml": 'experimental = ["setup-scripts"]\n[scripts.setup.s]\n'
        'command = "false"\n[[profile.default.scripts]]\nfilter = "all()"\nsetup = "s"\n',
        "src/lib.rs": PASSING,
    },
}

WORDS_OF: dict[str, tuple[int, str]] = {
    "root package with members": (100, "1 of 1 test failed."),
    "a failure outside of the default members": (100, "1 of 2 tests failed."),
    "no tests": (4, "Nothing ran"),
    "failing test": (100, "1 of 1 test failed."),
    "crash": (100, "1 of 1 test failed."),
    "all ignored": (4, "Nothing ran"),
    "does not compile": (101, "The tests do not compile."),
    "broken manifest": (3, "cargo cannot read the workspace"),
    "manifest of nothing": (4, "Nothing ran"),
    "refuses listing": (104, "nextest cannot list the tests of sample::stubborn"),
    "toolchain that is not there": (3, "The Rust toolchain 1.2.3 is not installed"),
    "newer rust-version": (3, "1.999"),
    "broken nextest.toml": (96, "nextest cannot use its configuration."),
    "nextest too old": (92, "nextest is older than this workspace's `nextest-version` asks for."),
    "setup script fails": (105, "The setup script s failed, so nextest ran no test."),
}


@pytest.mark.parametrize("name", WORKSPACES)
def test_unit_is_red_exactly_where_the_command_of_its_dry_run_is(
    name: str, cargo_workspace: Callable[..., Path]
) -> None:
    project = cargo_workspace(WORKSPACES[name], name=f"path with spaces/{name}")
    preview = unit(project, "--dry-run")
    assert not (project / "target").exists()
    (command,) = preview.data["commands"]
    environment = faces.clean_environment(**command["environment"])
    bare = faces.run(command["argv"], Path(command["directory"]), environment)
    answer = unit(project)
    exit_code, words = WORDS_OF.get(name, (0, "passed"))
    assert answer.exit_code == exit_code
    if exit_code == 3:  # found before anything starts: the code of a missing environment
        assert bare.exit_code != 0
    else:
        assert bare.exit_code == exit_code, bare.text
    assert words in answer.data["summary"]
    if exit_code:
        assert answer.data["next_step"]
        assert f"error: {answer.data['summary']}" in answer.text
        assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "words", [("--stress-count", "2"), ("--stress-duration", "1s"), ("--retries", "1")]
)
def test_the_line_that_reruns_a_failure_of_a_stress_run_finds_the_test(
    cargo_workspace: Callable[..., Path], words: tuple[str, str]
) -> None:
    project = cargo_workspace({"src/lib.rs": "#[test]\nfn boom() {\n    panic!()\n}\n"})
    answer = unit(project, "--", *words)
    assert answer.exit_code == 100
    (line,) = {failure["rerun"] for failure in answer.data["failures"]}
    assert "@stress-" not in line
    again = unit(project, *shlex.split(line)[2:])
    assert (again.exit_code, again.counts[1] > 0) == (100, True)


def test_a_cause_of_many_tests_is_printed_once_by_nextest_and_by_us(
    cargo_workspace: Callable[..., Path],
) -> None:
    tests = "".join(f"#[test]\nfn query_{number}() {{\n    connect()\n}}\n" for number in range(27))
    code = 'fn connect() {\n    std::net::TcpStream::connect("127.0.0.1:1").unwrap();\n}\n' + tests
    project = cargo_workspace({"src/lib.rs": "#![cfg(test)]\n" + code})
    answer = unit(project, "--no-fail-fast")
    assert answer.exit_code == 100
    assert answer.text.count("panicked at src/lib.rs") == 1
    assert "27 tests, one cause" in answer.text
    assert (
        "27 of 27 tests failed. 27 tests: a connection is refused (src/lib.rs:3)."
        in (answer.data["summary"])
    )
    assert len(answer.data["failures"]) == 27


@pytest.mark.parametrize("how", ["word", "file", "variable"])
def test_who_says_when_nextest_prints_failures_is_heard(
    cargo_workspace: Callable[..., Path], how: str
) -> None:
    files = {"src/lib.rs": '#[test]\nfn boom() {\n    panic!("loud")\n}\n'}
    if how == "file":
        files[".config/nextest.toml"] = '[profile.default]\nfailure-output = "immediate-final"\n'
    project = cargo_workspace(files)
    words = ("--", "--failure-output", "immediate-final") if how == "word" else ()
    more = {"NEXTEST_FAILURE_OUTPUT": "immediate-final"} if how == "variable" else {}
    answer = unit(project, *words, **more)
    assert answer.text.count("panicked at src/lib.rs") == 2


def test_all_targets_that_nextest_cannot_list_are_named_at_once(
    cargo_workspace: Callable[..., Path],
) -> None:
    names = ("one", "three", "two")
    rows = "".join(f'[[test]]\nname = "{name}"\nharness = false\n' for name in names)
    project = cargo_workspace(
        {
            "Cargo.toml": workspaces.manifest("sample", rows),
            "src/lib.rs": PASSING,
            **{f"tests/{name}.rs": STUBBORN for name in names},
        }
    )
    answer = unit(project)
    assert answer.exit_code == 104
    targets = [f"sample::{name}" for name in names]
    assert answer.data["unlisted"] == targets
    assert all(target in answer.data["summary"] for target in targets)
    words = json.dumps(targets)
    assert answer.data["next_step"].endswith(f"[unit] cargo-test = {words}")
    (project / ".config").mkdir(exist_ok=True)
    (project / ".config" / "tasker-ci.toml").write_text(f"[unit]\ncargo-test = {words}\n")
    assert unit(project).exit_code != 104


DEFAULT_FILTERS = {
    "in the default profile": '[profile.default]\ndefault-filter = "test(=left)"\n',
    "inherited": '[profile.default]\ndefault-filter = "test(=left)"\n[profile.own]\n',
    "in an override": (
        '[[profile.default.overrides]]\nplatform = "cfg(unix)"\ndefault-filter = "test(=left)"\n'
    ),
}


@pytest.mark.parametrize("case", DEFAULT_FILTERS)
def test_tests_that_a_default_filter_leaves_out_are_reported(
    cargo_workspace: Callable[..., Path], case: str
) -> None:
    code = "#[test]\nfn left() {}\n#[test]\nfn one() {}\n#[test]\nfn two() {}\n"
    project = cargo_workspace({"src/lib.rs": code, ".config/nextest.toml": DEFAULT_FILTERS[case]})
    words = ("--profile", "own") if case == "inherited" else ()
    answer = unit(project, *words)
    assert answer.exit_code == 0
    assert answer.data["left_out_by_default_filter"] == ["sample one", "sample two"]
    assert "warning: not tested: the `default-filter` of the nextest profile " in answer.text
    assert "leaves out 2 tests, first sample one" in answer.text
    whole = unit(project, *words, "--", "--ignore-default-filter")
    assert (whole.counts[0], whole.data["left_out_by_default_filter"]) == (3, [])


def test_a_default_filter_that_leaves_all_out_is_the_reason_that_is_named(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(
        {
            "src/lib.rs": PASSING,
            ".config/nextest.toml": '[profile.default]\ndefault-filter = "none()"\n',
        }
    )
    answer = unit(project)
    assert answer.exit_code == 4
    assert (
        "Nothing ran: the `default-filter` of the nextest profile default leaves out 1 test"
        in (answer.data["summary"])
    )
    assert "--ignore-default-filter" in answer.data["next_step"]

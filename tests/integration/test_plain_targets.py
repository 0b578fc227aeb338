"""Targets of `cargo test` that end early, print like a harness, or leave something running.

One workspace with a target for each; real cargo and real libtest. Every target is judged by itself.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

from tasker_ci.reports.junit import read_junit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INNER_OK = (
    r"\nrunning 1 test\ntest inner ... ok\n\n"
    r"test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; "
    r"finished in 0.00s\n\n"
)
INNER_FAILED = (
    r"\nrunning 1 test\ntest inner ... FAILED\n\nfailures:\n\n---- inner stdout ----\nno\n\n\n"
    r"failures:\n    inner\n\n"
    r"test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; "
    r"finished in 0.00s\n\n"
)


def prints(text: str) -> str:
    """Rust that lets another process print a text, which no harness captures."""
    escaped = text.replace("\\", "\\\\")
    return f'    std::process::Command::new("printf").arg("{escaped}").status().unwrap();\n'


def a_test(name: str, body: str = "", attribute: str = "") -> str:
    return f"#[test]\n{attribute}fn {name}() {{\n{body}}}\n"


OWN = a_test("own")
EARLY = "the target ended before its tests did"

TARGETS = {
    # What ends before its tests do.
    "exits": a_test("a")
    + a_test("b", "    std::process::exit(0);\n")
    + a_test("c", "    panic!();\n"),
    "exits_in_a_thread": a_test(
        "waits",
        "    std::thread::spawn(|| std::process::exit(0));\n"
        "    std::thread::sleep(std::time::Duration::from_secs(60));\n",
    ),
    "becomes_another": a_test(
        "execs",
        "    use std::os::unix::process::CommandExt;\n"
        '    let _ = std::process::Command::new("true").exec();\n',
    )
    + OWN,
    "exits_before": (
        'extern "C" fn leave() {\n    std::process::exit(0);\n}\n'
        '#[used]\n#[unsafe(link_section = ".init_array")]\n'
        'static LEAVE: extern "C" fn() = leave;\n' + OWN
    ),
    "exits_after_an_inner": a_test("one", prints(INNER_OK) + "    std::process::exit(0);\n"),
    "hides_its_code": (
        'unsafe extern "C" {\n    fn atexit(f: extern "C" fn()) -> i32;\n'
        "    fn _exit(code: i32) -> !;\n}\n"
        'extern "C" fn well() {\n    unsafe { _exit(0) }\n}\n'
        + a_test("fails", "    unsafe { atexit(well) };\n    panic!();\n")
    ),
    "aborts": a_test("a") + a_test("b", "    std::process::abort();\n"),
    "dies_after_its_total": (
        'unsafe extern "C" {\n    fn atexit(f: extern "C" fn()) -> i32;\n'
        "    fn _exit(code: i32) -> !;\n}\n"
        'extern "C" fn badly() {\n    unsafe { _exit(7) }\n}\n'
        + a_test("fine", "    unsafe { atexit(badly) };\n")
    ),
    # What prints like a harness.
    "inner_green": a_test("outer", prints(INNER_OK)) + OWN,
    "inner_red": a_test("outer", prints(INNER_FAILED)) + OWN,
    "inner_of_the_same_count": a_test("outer", prints(INNER_FAILED)),
    "inner_that_was_killed": a_test("outer", prints(r"\nrunning 1 test\n")),
    "inner_and_a_failure": a_test("outer", prints(INNER_FAILED))
    + a_test("wrong", '    println!("mine");\n    panic!("really wrong");\n'),
    "failure_that_prints_an_inner": a_test(
        "wrong", '    print!("{}", "' + INNER_FAILED + '");\n    panic!("really wrong");\n'
    )
    + OWN,
    "no_end_of_line": a_test("outer", prints("words without an end")) + OWN,
    "colours_and_crlf": a_test("outer", prints(r"\033[31mrunning 1 test\033[0m\r\nx\r\n")) + OWN,
    "kinds": OWN
    + a_test("expected", "    panic!();\n", "#[should_panic]\n")
    + a_test("later", "", '#[ignore = "slow ... ok"]\n'),
    "many": "".join(a_test(f"t{number}") for number in range(300)),
    "empty": "",
    # What has a harness of its own.
    "silent": "fn main() {}\n",
    "talks": 'fn main() {\n    println!("running 3 tests\\nall good");\n}\n',
    # What leaves a process that prints.
    "leaves": a_test(
        "outer",
        '    std::process::Command::new("setsid")\n'
        '        .args(["sh", "-c", "while :; do echo beat; sleep 0.1; done"])\n'
        "        .spawn()\n        .unwrap();\n",
    )
    + OWN,
}
OWN_HARNESS = ("silent", "talks")

RED_WITH_CARGO = {
    "aborts",
    "dies_after_its_total",
    "inner_and_a_failure",
    "failure_that_prints_an_inner",
}
"""Those for which `cargo test` itself fails."""

RED_ALL_THE_SAME = {
    "exits",
    "exits_in_a_thread",
    "becomes_another",
    "exits_before",
    "exits_after_an_inner",
    "hides_its_code",
}


@dataclass(frozen=True)
class Answer:
    """What the session said."""

    exit_code: int
    data: Mapping[str, object]
    text: str
    cases: Mapping[str, Mapping[str, str]]
    """The status of each test, by target."""
    output: Mapping[str, str]
    captured: bool = True
    """Whether the harness keeps what tests print."""
    terse: bool = False


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = "".join(f'[[test]]\nname = "{name}"\nharness = false\n' for name in OWN_HARNESS)
    return workspaces.write_project(
        tmp_path_factory.mktemp("plain"),
        {
            "Cargo.toml": workspaces.manifest("sample", tables),
            **{f"tests/{name}.rs": text for name, text in TARGETS.items()},
        },
        settings='[unit]\ncargo-test = ["sample"]\n',
    )


@pytest.fixture(scope="module")
def ask(project: Path, require_tool: Callable[[str], Path]) -> Callable[..., Answer]:
    require_tool("cargo-nextest")

    def ask(**environment: str) -> Answer:
        ended = faces.run(
            ["tasker-ci", "unit", "--json"],
            project,
            faces.clean_environment(**environment),
            timeout=300,
        )
        data = json.loads(ended.stdout)
        cases: dict[str, dict[str, str]] = {}
        output = {}
        for case in read_junit(Path(data["report"])).cases:
            target = case.suite.partition("::")[2]
            cases.setdefault(target, {})[case.name] = case.status
            output[f"{target} {case.name}"] = f"{case.message}\n{case.output}"
        return Answer(ended.exit_code, data, ended.stderr, cases, output)

    return ask


@pytest.fixture(
    scope="module",
    params=[
        {},
        {"RUST_TEST_THREADS": "1"},
        {"CARGO_TERM_QUIET": "true"},
        {"RUST_TEST_NOCAPTURE": "1"},
    ],
    ids=["as it is", "one thread", "terse", "not captured"],
)
def answer(request: pytest.FixtureRequest, ask: Callable[..., Answer]) -> Answer:
    return replace(
        ask(**request.param),
        captured="RUST_TEST_NOCAPTURE" not in request.param,
        terse="CARGO_TERM_QUIET" in request.param,
    )


def whole(name: str) -> str:
    return f"sample::{name}"


def test_each_target_is_red_exactly_where_it_should_be(answer: Answer) -> None:
    red = {name for name, cases in answer.cases.items() if "failed" in cases.values()}
    assert red == RED_WITH_CARGO | RED_ALL_THE_SAME
    assert answer.exit_code == 101


@pytest.mark.parametrize("name", sorted(RED_WITH_CARGO | {"inner_red", "leaves", "silent"}))
def test_cargo_itself_says_so_too(project: Path, name: str) -> None:
    mark = uuid.uuid4().hex
    argv = ["timeout", "60", "cargo", "test", "--package", "sample", "--test", name]
    try:
        # To a file: the reader of a pipe would wait for what the target leaves running.
        with (project / "log").open("wb") as log:
            code = subprocess.run(
                [*argv, "--all-features"],
                cwd=project,
                env=faces.clean_environment(**{faces.MARK: mark}),
                stdout=log,
                stderr=log,
                check=False,
            ).returncode
    finally:
        for pid in faces.processes_of(mark):
            os.kill(pid, signal.SIGKILL)
    assert bool(code) == (name in RED_WITH_CARGO)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("exits", "of 3 reported, "),
        ("exits_in_a_thread", "0 of 1 reported, 1 is missing"),
        ("becomes_another", "of 2 reported, "),
        ("exits_before", "it never said how many it runs"),
        ("exits_after_an_inner", "0 of 1 reported, 1 is missing"),
        ("aborts", "of 2 reported, "),
    ],
)
def test_what_is_missing_is_told(answer: Answer, name: str, words: str) -> None:
    told = answer.output[f"{name} {whole(name)}"]
    assert EARLY in told
    assert words in told


def test_the_names_are_those_of_the_target(answer: Answer) -> None:
    passed, failed = "passed", "failed"
    expected = {
        "inner_green": {"outer": passed, "own": passed},
        "inner_red": {"outer": passed, "own": passed},
        "inner_of_the_same_count": {"outer": passed},
        "inner_that_was_killed": {"outer": passed},
        "inner_and_a_failure": {"outer": passed, "wrong": failed},
        "failure_that_prints_an_inner": {"own": passed, "wrong": failed},
        "no_end_of_line": {"outer": passed, "own": passed},
        "colours_and_crlf": {"outer": passed, "own": passed},
        "hides_its_code": {"fails": failed},
        "many": {f"t{number}": passed for number in range(300)},
        "silent": {whole("silent"): passed},
        "talks": {whole("talks"): passed},
        "leaves": {"outer": passed, "own": passed},
    }
    assert {name: answer.cases[name] for name in expected} == expected
    assert answer.cases["dies_after_its_total"] == {
        "fine": passed,
        whole("dies_after_its_total"): failed,
    }
    assert "exit code 101" in answer.output[f"dies_after_its_total {whole('dies_after_its_total')}"]
    kinds = answer.cases["kinds"]
    if not answer.terse:  # which of them is ignored is not said there
        assert kinds == {"own": passed, "expected": passed, "later": "skipped"}
    assert "empty" not in answer.cases


def test_a_failure_has_its_own_reason(answer: Answer) -> None:
    if answer.captured:
        for name in ("inner_and_a_failure", "failure_that_prints_an_inner"):
            told = answer.output[f"{name} wrong"]
            assert "really wrong" in told
            assert "failures:\n    wrong" not in told
        assert "test inner ... FAILED" in answer.output["failure_that_prints_an_inner wrong"]


def test_what_a_test_leaves_running_is_ended_and_named(answer: Answer) -> None:
    assert re.search(r"--test leaves .* leaves a process, which has been ended: sh -c", answer.text)


@pytest.mark.usefixtures("with_nextest")
def test_with_nothing_else_wrong_it_is_an_error_of_its_own(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace(
        {"src/lib.rs": TARGETS["exits_in_a_thread"]}, settings='[unit]\ncargo-test = ["sample"]\n'
    )
    ended = faces.run(["tasker-ci", "unit"], project)
    assert ended.exit_code == 1
    assert f"error: sample: {EARLY}: 0 of 1 reported, 1 is missing" in ended.text
    assert "next: Find the call that ends the process" in ended.text


@pytest.mark.usefixtures("with_nextest")
def test_a_test_that_is_only_named_is_not_called_running(
    cargo_workspace: Callable[..., Path],
) -> None:
    # With several threads libtest names a test when its result is there, so it may be harmless.
    body = "    std::thread::sleep(std::time::Duration::from_millis(300));\n"
    project = cargo_workspace(
        {"src/lib.rs": a_test("aborts", body + "    std::process::abort();\n") + OWN},
        settings='[unit]\ncargo-test = ["sample"]\n',
    )
    ended = faces.run(["tasker-ci", "unit"], project)
    assert ended.exit_code == 101
    assert EARLY in ended.text
    assert "was running" not in ended.text

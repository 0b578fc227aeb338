"""`examples` with real cargo: all are built, those that settings name are run and judged."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import faces
import psutil
import pytest
import workspaces

from tasker_ci.reports.junit import read_junit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("cargo")

GREETS = 'fn main() {\n    println!("hello {}", std::env::args().nth(1).unwrap_or_default());\n}\n'
FAILS = 'fn main() {\n    eprintln!("why it fails");\n    std::process::exit(3);\n}\n'
KEY = "0123456789abcdef"
TALKS = (
    "fn main() {\n    for _ in 0..200_000 {\n"
    f'        println!("the key is {KEY}");\n    }}\n    std::process::exit(3);\n}}\n'
)
HANGS = """\
fn main() {
    println!("so far");
    std::thread::sleep(std::time::Duration::from_secs(600));
}
"""


@pytest.fixture
def cargo(require_tool: Callable[[str], Path]) -> None:
    require_tool("cargo")


def examples(project: Path, *words: str, **more: str) -> tuple[int, dict[str, Any], str]:
    argv = ["tasker-ci", "examples", "--json", *words]
    ended = faces.run(argv, project, faces.clean_environment(**more))
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def test_an_example_does_what_settings_expect(cargo_workspace: Callable[..., Path]) -> None:
    settings = (
        '[examples.run.greets]\ncommand = ["{example}", "you"]\noutput = ["hello you"]\n'
        'pattern = "^hello \\\\w+$"\n[examples.run."sample::fails"]\nexit-code = 3\n'
    )
    project = cargo_workspace(
        {"examples/greets.rs": GREETS, "examples/fails/main.rs": FAILS}, settings=settings
    )
    exit_code, data, text = examples(project)
    assert exit_code == 0, text
    assert data["summary"] == "2 built, 2 run, all as expected"
    run = read_junit(project / "target" / "tasker-ci" / "reports" / "examples.xml")
    assert {case.name: case.status for case in run.cases} == {
        "sample::greets": "passed",
        "sample::fails": "passed",
    }


def test_each_way_to_disappoint_is_told_with_the_line_that_runs_it_again(
    cargo_workspace: Callable[..., Path],
) -> None:
    settings = (
        '[examples.run.greets]\noutput = ["goodbye", "hello"]\npattern = "[0-9]"\n'
        "[examples.run.fails]\n"
        "[examples.run.hangs]\nseconds = 1\n"
        '[examples.run.absent]\ncommand = ["no-such-program", "{example}"]\n'
        "[examples.run.talks]\n"
    )
    files = {"greets": GREETS, "fails": FAILS, "hangs": HANGS, "absent": GREETS, "talks": TALKS}
    project = cargo_workspace(
        {f"examples/{name}.rs": text for name, text in files.items()}, settings=settings
    )
    exit_code, data, text = examples(project, GITHUB_TOKEN=KEY)
    assert exit_code == 1
    assert data["summary"] == "5 of 5 examples are not as expected."
    reasons = {each["test"]: each["reason"] for each in data["failures"]}
    assert reasons["sample::fails"] == "exit code 3, not 0"
    assert "lacks 'goodbye'" in reasons["sample::greets"]
    assert "does not match '[0-9]'" in reasons["sample::greets"]
    assert "hello" not in reasons["sample::greets"]
    assert "`examples.run.hangs.seconds`" in reasons["sample::hangs"]
    assert "so far" in text
    assert "no-such-program" in reasons["sample::absent"]
    assert "why it fails" in text
    again = {each["test"]: each["rerun"] for each in data["failures"]}
    assert again["sample::fails"].endswith("/examples/fails")
    kept = project / "target" / "tasker-ci"
    log = kept / "logs" / "example-sample-talks.stdout.log"
    for said in (text, (kept / "reports" / "examples.xml").read_text("utf-8"), log.read_text()):
        assert "the key is ***\n" in said
        assert KEY not in said, "workflows upload it"


def test_what_cargo_prints_may_be_json_of_no_message(cargo_workspace: Callable[..., Path]) -> None:
    """A macro or a wrapper of the compiler may print it."""
    project = cargo_workspace({"examples/greets.rs": GREETS})
    words = (
        "42",
        "null",
        '"x"',
        "[]",
        '{"target": 1}',
        '{"reason": "compiler-artifact", "target": {"name": "x"}}',
    )
    real = shutil.which("cargo")
    lines = "\n".join(f"echo '{word}'" for word in words)
    script = f'#!/bin/sh\n[ "$1" = build ] && {{\n{lines}\n}}\nexec "{real}" "$@"\n'
    program = project / "programs" / "cargo"
    workspaces.write_files(project, {"programs/cargo": script})
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    ended = faces.run(
        ["tasker-ci", "examples", "--json"], project, faces.clean_environment(PATH=path)
    )
    assert (ended.exit_code, json.loads(ended.stdout)["status"]) == (0, "passed"), ended.text


def test_what_an_example_leaves_running_is_ended_and_told(
    cargo_workspace: Callable[..., Path], tmp_path: Path
) -> None:
    """Its own group is left, its output is given up: only the mark leads there."""
    wanderer = (
        "import os, sys, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        os.closerange(0, 3)\n        open(sys.argv[1], 'w').write(str(os.getpid()))\n"
        "        time.sleep(600)\n    os._exit(0)\nos.wait()\n"
        "while not os.path.exists(sys.argv[1]): time.sleep(0.01)\nprint('started')\n"
    )
    workspaces.write_files(tmp_path, {"wanderer.py": wanderer})
    pid, script = tmp_path / "pid", tmp_path / "wanderer.py"
    settings = (
        f'[examples.run.greets]\ncommand = ["python3", "{script}", "{pid}", "{{example}}"]\n'
        'output = ["started"]\n'
        f'[examples.run.stays]\ncommand = ["sh", "-c", "env -i sleep 600 &"]\n'
        '[examples.run.quick]\ncommand = ["sh", "-c", "sleep 0.2 &"]\n'
    )
    files = {f"examples/{name}.rs": GREETS for name in ("greets", "stays", "quick")}
    exit_code, data, _ = examples(cargo_workspace(files, settings=settings))
    assert exit_code == 1
    reasons = {each["test"]: each["reason"] for each in data["failures"]}
    assert sorted(reasons) == ["sample::greets", "sample::stays"]
    assert reasons["sample::greets"].startswith(
        "it leaves a process, which has been ended: python3"
    )
    assert reasons["sample::stays"].endswith("sleep 600")
    try:
        status = psutil.Process(int(pid.read_text(encoding="utf-8"))).status()
    except psutil.NoSuchProcess:
        status = psutil.STATUS_ZOMBIE
    assert status == psutil.STATUS_ZOMBIE, "it has ended, whether somebody has collected it or not"


def test_an_example_nobody_runs_is_named_and_may_be_an_error(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace({"examples/greets.rs": GREETS})
    exit_code, data, _ = examples(project)
    assert exit_code == 0
    assert data["unvalidated"] == ["sample::greets"]
    assert "WARNING: built, and validated by nobody: sample::greets" in data["summary"]
    exit_code, data, _ = examples(project, "--set", "examples.unvalidated=error")
    assert exit_code == 1
    assert '[examples.run."sample::greets"]' in data["next_step"]


def test_an_example_behind_a_feature_that_is_off_is_not_passed_over(
    cargo_workspace: Callable[..., Path],
) -> None:
    gated = '[[example]]\nname = "greets"\nrequired-features = ["extra"]\n[features]\nextra = []\n'
    project = cargo_workspace(
        {"Cargo.toml": workspaces.manifest("sample", gated), "examples/greets.rs": GREETS}
    )
    exit_code, data, _ = examples(project, "--set", "examples.features=default")
    assert exit_code == 1
    assert "needs the feature extra" in data["failures"][0]["reason"]
    assert examples(project)[0] == 0, "all features by default"


def test_an_example_that_is_a_library_is_built(cargo_workspace: Callable[..., Path]) -> None:
    library = '[[example]]\nname = "shared"\ncrate-type = ["cdylib"]\n'
    files = {
        "Cargo.toml": workspaces.manifest("sample", library),
        "examples/shared.rs": "//! A library.\n",
    }
    exit_code, data, _ = examples(cargo_workspace(files))
    assert (exit_code, data["unvalidated"]) == (0, ["sample::shared"])


def test_an_example_that_does_not_compile_fails_with_cargo_s_code(
    cargo_workspace: Callable[..., Path],
) -> None:
    project = cargo_workspace({"examples/broken.rs": "fn main() { missing() }\n"})
    exit_code, data, text = examples(project)
    assert exit_code == 101
    assert "The examples do not compile" in data["summary"]
    assert data["next_step"] == "Fix the first error above."
    assert "cannot find function" in text


def test_a_workspace_without_examples_is_skipped(cargo_workspace: Callable[..., Path]) -> None:
    exit_code, data, _ = examples(cargo_workspace())
    assert (exit_code, data["status"]) == (0, "skipped")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("[examples.run.other]\n", "names other, which does not exist; there is sample::greets"),
        ('[examples.run.greets]\npattern = "("\n', "is no regular expression"),
        ("[examples.run.greets]\ncommand = []\n", "examples.run.greets.command has no program"),
        ('[examples.run.greets]\ncommand = [""]\n', "examples.run.greets.command has no program"),
    ],
)
def test_settings_that_cannot_be_meant(
    cargo_workspace: Callable[..., Path], settings: str, said: str
) -> None:
    project = cargo_workspace({"examples/greets.rs": GREETS}, settings=settings)
    exit_code, data, _ = examples(project)
    assert exit_code == 2
    assert said in data["summary"]


def test_a_name_of_two_packages_has_to_be_whole(cargo_workspace: Callable[..., Path]) -> None:
    files = {
        "Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["a", "b"]\n',
        **{f"{name}/Cargo.toml": workspaces.manifest(name) for name in "ab"},
        **{f"{name}/examples/greets.rs": GREETS for name in "ab"},
    }
    project = cargo_workspace(files, settings="[examples.run.greets]\n")
    exit_code, data, _ = examples(project)
    assert exit_code == 2
    assert "is that of a::greets, b::greets" in data["summary"]


def test_a_dry_run_shows_the_build_and_each_run(cargo_workspace: Callable[..., Path]) -> None:
    project = cargo_workspace({"examples/greets.rs": GREETS}, settings="[examples.run.greets]\n")
    _, data, _ = examples(project, "--dry-run")
    first, second = (each["argv"] for each in data["commands"])
    assert first[:4] == ["cargo", "build", "--workspace", "--examples"]
    assert second == [str(project / "target" / "debug" / "examples" / "greets")]
    assert not (project / "target").exists()

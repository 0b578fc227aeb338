"""`inventory` and tests behind `cfg`: the tests that it calls lost are those nobody compiles.

The truth is what the real harness lists.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import faces
import pytest
import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Write = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("cargo")

MANIFEST = workspaces.manifest(
    "sample", "[features]\non = []\n[lints.rust]\nunexpected_cfgs = 'allow'\nunused = 'allow'\n"
)
LIBRARY = """\
//! A library.
#[cfg(test)]
#[macro_use]
mod choice;
#[cfg(windows)]
mod on_windows;
#[cfg_attr(windows, path = "on_windows.rs")]
#[cfg(unix)]
mod on_unix;

#[cfg(all(test, not(miri)))]
mod tests {
    #[test] fn plain() {}
    #[test] #[cfg(miri)] fn under_miri() {}
    #[cfg_attr(miri, test)] fn by_an_attribute_under_miri() {}
    #[test] #[cfg_attr(miri, ignore)] fn not_ignored() {}
    #[cfg(not(debug_assertions))] #[test] fn in_release() {}
    #[cfg(debug_assertions)] #[test] fn in_debug() {}
    #[cfg(target_pointer_width = "16")] #[test] fn narrow() {}
    #[cfg(any(all(target_os = "none", feature = "on"), target_family = "wasm"))] #[test]
    fn elsewhere() {}
    #[cfg(any(all(feature = "on", not(windows)), target_family = "wasm"))] #[test] fn here() {}
    #[cfg(all())] #[test] fn always() {}
    #[cfg(tokio_unstable)] #[test] fn tokio_unstable() {}
    #[cfg(mine)] #[test] fn by_flag() {}
    #[cfg(mine = "a")] #[test] fn by_value() {}
    #[cfg(not(mine = "a"))] #[test] fn by_no_value() {}
    #[cfg(panic = "abort")] #[test] fn aborting() {}
    #[cfg(target_feature = "sse9")] #[test] fn fast() {}
    #[cfg_attr(windows, test)] #[cfg_attr(unix, test)] fn either() {}
    #[cfg(unix)] mod inner { #[cfg(windows)] mod deeper { #[test] fn never() {} } }
    mod with_own { #![cfg(loom)] #[test] fn modelled() {} }
    macro_rules! cases {
        () => { #[cfg(windows)] #[test] fn made_off() {} #[cfg(unix)] #[test] fn made_on() {} };
    }
    cases!();
    choose! {
        if #[cfg(windows)] { fn nothing() {} }
        else if #[cfg(unix)] { #[test] fn second_choice() {} }
        else { #[test] fn last_choice() {} }
    }
    choose! {
        if #[cfg(loom)] { #[test] fn first_choice() {} }
        else { #[test] fn other_choice() {} }
    }
    #[test] fn after_all() {}
}
"""
CHOICE = """\
macro_rules! choose {
    (if #[cfg($m:meta)] { $($t:tt)* } else { $($e:tt)* }) => {
        #[cfg($m)] mod first_of_two { $($t)* }
        #[cfg(not($m))] mod second_of_two { $($e)* }
    };
    (if #[cfg($m:meta)] { $($t:tt)* } else if #[cfg($n:meta)] { $($o:tt)* } else { $($e:tt)* }) => {
        #[cfg($m)] mod first { $($t)* }
        #[cfg(all(not($m), $n))] mod second { $($o)* }
        #[cfg(not(any($m, $n)))] mod third { $($e)* }
    };
}
"""
"""A stand-in for the macro of the crate cfg-if, which reads the same."""

FILES = {
    "Cargo.toml": MANIFEST,
    "src/lib.rs": LIBRARY,
    "src/choice.rs": CHOICE,
    "src/on_windows.rs": "#[cfg(test)] mod t { #[test] fn of_windows() {} }\n",
    "src/on_unix.rs": "#[cfg(test)] mod t { #[test] fn of_unix() {} }\n",
    "tests/loom.rs": "#![cfg(loom)]\n#[test]\nfn whole_file() {}\n",
    "tests/native.rs": '#![cfg(not(target_arch = "wasm32"))]\n#[test]\nfn native() {}\n',
    "tests/part/main.rs": "#[cfg(windows)]\nmod off;\nmod on;\n",
    "tests/part/off.rs": "#[test]\nfn off_part() {}\n",
    "tests/part/on.rs": "#[test]\nfn on_part() {}\n",
}
NAME = re.compile(r"fn (\w+)\(\)")


@pytest.fixture
def cargo(require_tool: Callable[[str], Path]) -> None:
    require_tool("cargo")


def inventory(project: Path, **environment: str) -> dict[str, Any]:
    argv = ["tasker-ci", "inventory", "--json"]
    ended = faces.run(argv, project, faces.clean_environment(**environment))
    data: dict[str, Any] = json.loads(ended.stdout)
    return data


def names(findings: list[dict[str, Any]]) -> set[str]:
    return {name for finding in findings for name in finding["tests"]}


def listed(project: Path, **environment: str) -> set[str]:
    """The last parts of the names of all tests that the harnesses list."""
    given = faces.clean_environment(**environment)
    argv = ["cargo", "test", "--quiet", "--all-features", "--tests", "--", "--list"]
    answer = faces.run(argv, project, given)
    assert answer.exit_code == 0, answer.text
    lines = [line for line in answer.stdout.splitlines() if line.endswith(": test")]
    return {line.removesuffix(": test").rpartition("::")[2] for line in lines}


def check_against_the_harness(project: Path, **environment: str) -> set[str]:
    """The lost tests, after all others were found in the harness's list."""
    every = {
        name
        for file in project.rglob("*.rs")
        if "target" not in file.relative_to(project).parts
        for name in NAME.findall(file.read_text(encoding="utf-8"))
        if name not in {"nothing", "main"}
    }
    data = inventory(project, **environment)
    lost = names(data["findings"])
    assert every - lost == listed(project, **environment)
    assert data["unknown"] == []
    return lost


def config(text: str) -> dict[str, str]:
    return {".cargo/config.toml": text}


@pytest.mark.parametrize(
    ("files", "environment", "more"),
    [
        pytest.param({}, {}, set(), id="as it is"),
        pytest.param({}, {"RUSTFLAGS": "--cfg loom --cfg tokio_unstable"}, {"+"}, id="RUSTFLAGS"),
        pytest.param({}, {"CARGO_ENCODED_RUSTFLAGS": '--cfg\x1fmine="a"'}, {"+"}, id="encoded"),
        pytest.param(config('[build]\nrustflags = ["--cfg", "mine"]\n'), {}, {"+"}, id="build"),
        pytest.param(
            config('[build]\nrustflags = ["--cfg", "mine"]\n'),
            {"RUSTFLAGS": "--cfg=loom"},
            {"+"},
            id="a variable beats a file",
        ),
        pytest.param(
            config(
                "[target.'cfg(unix)']\nrustflags = '--cfg mine'\n"
                "[target.'cfg(windows)']\nrustflags = ['--cfg', 'loom']\n"
                "[build]\nrustflags = ['--cfg', 'tokio_unstable']\n"
            ),
            {},
            {"+"},
            id="of a target",
        ),
        pytest.param(
            {"Cargo.toml": f"{MANIFEST}[profile.dev]\ndebug-assertions = false\n"},
            {},
            {"in_debug"},
            id="a profile",
        ),
        pytest.param({}, {"CARGO_PROFILE_TEST_DEBUG_ASSERTIONS": "false"}, {"in_debug"}, id="its"),
        pytest.param({}, {"RUSTFLAGS": "-C debug-assertions=off"}, {"in_debug"}, id="an option"),
    ],
)
def test_all_tests_but_the_lost_ones_are_listed(
    cargo_workspace: Write, files: Mapping[str, str], environment: dict[str, str], more: set[str]
) -> None:
    lost = check_against_the_harness(cargo_workspace({**FILES, **files}), **environment)
    assert {"under_miri", "narrow", "made_off", "last_choice", "of_windows", "off_part"} <= lost
    assert more - {"+"} <= lost


def test_a_lost_test_has_its_condition_its_place_and_the_target(cargo_workspace: Write) -> None:
    data = inventory(cargo_workspace(FILES))
    (finding,) = (each for each in data["findings"] if each["file"] == "tests/loom.rs")
    assert (finding["kind"], finding["line"], finding["tests"]) == ("test", 3, ["whole_file"])
    assert finding["reason"].startswith(
        "it is never compiled: `cfg(loom)` does not hold in `unit` on "
    )


class TestBuildScripts:
    """What a build script sets is not known before it runs."""

    LIBRARY = (
        "#[cfg(has_it)]\n#[test]\nfn with_it() {}\n#[cfg(loom)]\n#[test]\nfn modelled() {}\n"
        "#[cfg(any(unix, has_it))]\n#[test]\nfn anyway() {}\n"
        "#[cfg(all(windows, has_it))]\n#[test]\nfn in_no_case() {}\n"
    )

    def project(self, write: Write, script: str, more: str = "") -> Path:
        files = {"Cargo.toml": MANIFEST + more, "src/lib.rs": self.LIBRARY, "build.rs": script}
        return write(files)

    @pytest.mark.parametrize(
        "script",
        [
            'fn main() { println!("cargo::rustc-cfg=has_it"); }\n',
            'fn main() { let n = "has_it"; println!("cargo:rustc-cfg={n}"); }\n',
            'fn main() { let n = "has" ; println!("cargo:rustc-cfg={}_it", n); }\n',
        ],
    )
    def test_they_are_named_apart_and_fail_nothing(
        self, cargo_workspace: Write, script: str
    ) -> None:
        project = self.project(cargo_workspace, script)
        workspaces.write_files(
            project,
            {
                ".config/tasker-ci.toml": '[inventory]\nfindings = "error"\n'
                '[[inventory.allow]]\npath = "nowhere"\nreason = "x"\n'
            },
        )
        data = inventory(project)
        assert names(data["unknown"]) == {"with_it"}
        assert "the build script may set it" in data["unknown"][0]["reason"]
        assert names(data["findings"]) == {"modelled", "in_no_case"}

    def test_without_them_nothing_is_lost(self, cargo_workspace: Write) -> None:
        project = self.project(
            cargo_workspace, 'fn main() { println!("cargo::rustc-cfg=has_it"); }'
        )
        text = "#[cfg(has_it)]\n#[test]\nfn with_it() {}\n"
        workspaces.write_files(project, {"src/lib.rs": text})
        data = inventory(project)
        assert data["findings"] == []
        assert data["summary"].endswith("; 1 place with 1 test may not be compiled")

    def test_a_script_that_sets_nothing(self, cargo_workspace: Write) -> None:
        data = inventory(self.project(cargo_workspace, "fn main() {}\n"))
        assert names(data["findings"]) == {"with_it", "modelled", "in_no_case"}
        assert data["unknown"] == []


class TestDocumentation:
    FENCE = "/// ```\n/// assert!(true);\n/// ```\n"

    def test_what_rustdoc_sees(self, cargo_workspace: Write) -> None:
        text = "".join(
            f"{self.FENCE}#[cfg({condition})]\npub fn f{number}() {{}}\n"
            for number, condition in enumerate(("doctest", "doc", "windows", "docsrs", "unix"))
        )
        project = cargo_workspace({"Cargo.toml": MANIFEST, "src/lib.rs": f"{text}mod private;\n"})
        workspaces.write_files(project, {"src/private.rs": f"{self.FENCE}fn hidden() {{}}\n"})
        data = inventory(project)
        assert [each["line"] for each in data["findings"]] == [11, 16]
        assert "`cfg(windows)` does not hold in `doctest`" in data["findings"][0]["reason"]
        data = inventory(project, RUSTDOCFLAGS="--cfg docsrs", RUSTFLAGS="--cfg windows")
        assert [each["line"] for each in data["findings"]] == [11]


def test_features_that_other_platforms_switch_on_do_not_count(cargo_workspace: Write) -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n',
        "a/Cargo.toml": workspaces.manifest(
            "a",
            "[target.'cfg(windows)'.dev-dependencies]\n"
            'b = { path = "../b", features = ["there"] }\n'
            "[target.'cfg(unix)'.dependencies]\n"
            'b = { path = "../b", features = ["here"] }\n',
        ),
        "a/src/lib.rs": "",
        "b/Cargo.toml": workspaces.manifest("b", "[features]\nhere = []\nthere = []\n"),
        "b/src/lib.rs": '#[cfg(feature = "here")]\n#[test]\nfn here() {}\n'
        '#[cfg(feature = "there")]\n#[test]\nfn there() {}\n',
    }
    project = cargo_workspace(files, settings='features = "default"\n')
    assert names(inventory(project)["findings"]) == {"there"}


def test_nothing_of_a_clone_is_started(cargo_workspace: Write, tmp_path: Path) -> None:
    mark = tmp_path / "started"
    script = f'#!/bin/sh\necho "$0" >> {mark}\nexec rustc "$@"\n'
    files = {
        **FILES,
        "build.rs": f'fn main() {{ std::fs::write("{mark}", "").unwrap(); }}\n',
        ".cargo/config.toml": '[build]\nrustc = "./rustc.sh"\nrustc-wrapper = "./wrapper.sh"\n'
        'rustc-workspace-wrapper = "./workspace.sh"\nrustflags = ["-Clinker=./linker.sh"]\n',
        **dict.fromkeys(("rustc.sh", "wrapper.sh", "workspace.sh", "linker.sh"), script),
    }
    project = cargo_workspace(files, settings='features = "default"\n')
    for name in ("rustc.sh", "wrapper.sh", "workspace.sh", "linker.sh"):
        (project / name).chmod(0o755)
    data = inventory(project)
    assert {"whole_file", "here"} <= names(data["findings"])
    assert not mark.exists(), mark.read_text(encoding="utf-8")


def test_without_a_compiler_nothing_is_claimed_about_the_platform(
    cargo_workspace: Write, tmp_path: Path
) -> None:
    project = cargo_workspace({**FILES, ".cargo/config.toml": '[build]\ntarget = "own.json"\n'})
    argv = ["tasker-ci", "inventory"]
    ended = faces.run(argv, project, faces.clean_environment())
    assert "note: rustc does not say what it sets for `cfg`" in ended.stdout
    assert "whole_file" not in ended.stdout

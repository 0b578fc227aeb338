"""Cargo's configuration that moves things, with real cargo: what sessions say is where it is."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces

from tasker_ci.rust.cargo_configuration import CargoConfiguration, target_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LIBRARY = "//! L.\n\n#[test]\nfn t() {}\n"
SERVED = {
    "src/lib.rs": "//! L.\n",
    "src/bin/serve.rs": "//! B.\nfn main() {\n"
    "    std::thread::sleep(std::time::Duration::from_secs(60));\n}\n",
    "tests/e2e.rs": "//! T.\n\n#[test]\nfn t() {}\n",
}
SERVICE = """
[integration]
targets = ["sample::e2e"]
stack = "native"
[integration.services.serve]
port = 0
command = ["{binaries}/serve"]
"""


@pytest.fixture(scope="session")
def host() -> str:
    """The target of this machine's own compiler."""
    text = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    return next(line.split()[1] for line in text.splitlines() if line.startswith("host: "))


def run(project: Path, session: str, *words: str, **environment: str) -> faces.Ended:
    return faces.run(
        ["tasker-ci", session, *words], project, faces.clean_environment(**environment)
    )


def data(ended: faces.Ended) -> dict[str, object]:
    assert ended.exit_code == 0, ended.text
    document: dict[str, object] = json.loads(ended.stdout)
    return document


@dataclass(frozen=True, kw_only=True)
class Moved:
    """Configuration and variables, and where cargo builds then."""

    configuration: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    folder: str = "target"
    """The target directory."""
    within: str = ""
    """The folder of a target in it."""


MOVES = {
    "target": Moved(configuration='[build]\ntarget = "{host}"\n', within="{host}"),
    "list of targets": Moved(configuration='[build]\ntarget = ["{host}"]\n', within="{host}"),
    "the machine's own": Moved(configuration='build.target = "host-tuple"\n', within="{host}"),
    "variable": Moved(variables={"CARGO_BUILD_TARGET": "{host}"}, within="{host}"),
    "target-dir": Moved(configuration='build.target-dir = "out"\n', folder="out"),
    "target-dir by variable": Moved(variables={"CARGO_BUILD_TARGET_DIR": "out"}, folder="out"),
    "build-dir": Moved(
        configuration='build.build-dir = "{{workspace-root}}/b/{{workspace-path-hash}}"\n'
    ),
    "build-dir by variable": Moved(variables={"CARGO_BUILD_BUILD_DIR": "b"}),
    "included file": Moved(
        configuration='include = ["more.toml"]\n', folder="out", within="{host}"
    ),
}


@pytest.fixture(params=list(MOVES.values()), ids=list(MOVES))
def moved(request: pytest.FixtureRequest, host: str) -> Moved:
    row: Moved = request.param
    return replace(
        row,
        configuration=row.configuration.format(host=host),
        variables={name: value.format(host=host) for name, value in row.variables.items()},
        within=row.within.format(host=host),
    )


@pytest.fixture
def write(moved: Moved, host: str, cargo_workspace: Callable[..., Path]) -> Callable[..., Path]:
    """Write a project with the configuration."""

    def write(settings: str = "") -> Path:
        files = {
            **SERVED,
            ".cargo/config.toml": moved.configuration,
            ".cargo/more.toml": f'[build]\ntarget = "{host}"\ntarget-dir = "out"\n',
        }
        return cargo_workspace(files, settings=settings)

    return write


class TestMoved:
    def test_the_target_directory_is_the_one_that_cargo_says(
        self, moved: Moved, write: Callable[..., Path]
    ) -> None:
        project = write()
        given = faces.clean_environment(**moved.variables)
        command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
        answer = subprocess.run(command, cwd=project, env=given, capture_output=True, check=True)
        assert Path(json.loads(answer.stdout)["target_directory"]) == project / moved.folder
        assert target_directory(project, given) == project / moved.folder
        targets = CargoConfiguration.read(project, given).targets
        assert targets in ((moved.within,) if moved.within else (), ("host-tuple",))

    def test_doc_names_the_folder_of_the_pages(
        self, moved: Moved, write: Callable[..., Path]
    ) -> None:
        project = write()
        root = project / moved.folder / "tasker-ci" / "check" / moved.within
        for _ in range(2):  # the second time all is fresh
            apart = ("--set", "check-directory=apart")
            ended = run(project, "doc", "--json", *apart, **moved.variables)
            assert data(ended)["pages"] == [str(root / "doc")]
            assert (root / "doc" / "sample" / "index.html").is_file()

    @pytest.mark.usefixtures("with_nextest")
    def test_services_are_started_where_their_programs_are(
        self, moved: Moved, write: Callable[..., Path]
    ) -> None:
        project = write(SERVICE)
        for words in ((), ("--no-build",)):
            ended = run(project, "integration", *words, **moved.variables)
            if "[" in moved.configuration.partition("target = ")[2]:  # nextest takes no list
                assert ended.exit_code == 96
                assert "nextest takes one target, and build.target in .cargo/" in ended.text
                continue
            assert ended.exit_code == 0, ended.text
        assert (project / moved.folder / moved.within / "debug" / "serve").is_file()
        assert (project / moved.folder / "tasker-ci" / "logs").is_dir()


@pytest.mark.usefixtures("with_nextest")
def test_programs_of_a_profile_and_of_release_are_found_too(
    cargo_workspace: Callable[..., Path], host: str
) -> None:
    files = {
        **SERVED,
        "Cargo.toml": workspaces.manifest("sample", '\n[profile.fast]\ninherits = "release"\n'),
        ".cargo/config.toml": f'build.target = "{host}"\n',
    }
    build = '[integration]\nbuild = ["cargo", "build", "--bins", "--profile", "fast"]\n'
    settings = SERVICE.replace("[integration]\n", build)
    project = cargo_workspace(files, settings=settings)
    for words in ((), ("--no-build",)):
        ended = run(project, "integration", *words)
        assert ended.exit_code == 0, ended.text
    assert (project / "target" / host / "fast" / "serve").is_file()


@pytest.mark.usefixtures("with_nextest")
def test_a_program_from_an_older_configuration_is_not_taken(
    cargo_workspace: Callable[..., Path], host: str
) -> None:
    """It would be started, and be an old one: the build says where the new one is."""
    project = cargo_workspace(SERVED, settings=SERVICE)
    workspaces.write_files(project, {"target/debug/serve": "#!/bin/false\n"})
    (project / "target" / "debug" / "serve").chmod(0o755)
    ended = run(project, "integration", CARGO_BUILD_TARGET=host)
    assert ended.exit_code == 0, ended.text


def test_examples_run_where_they_are_built(cargo_workspace: Callable[..., Path], host: str) -> None:
    files = {
        "src/lib.rs": "//! L.\n",
        "examples/say.rs": '//! E.\nfn main() {\n    println!("said");\n}\n',
        ".cargo/config.toml": f'build.target = ["{host}"]\n',
    }
    settings = '[examples.run.say]\noutput = ["said"]\n'
    project = cargo_workspace(files, settings=settings)
    assert run(project, "examples").exit_code == 0
    preview = run(project, "examples", "--dry-run")
    assert str(project / "target" / host / "debug" / "examples" / "say") in preview.text


class TestAliases:
    @pytest.mark.parametrize(
        ("session", "subcommand"),
        [
            ("clippy", "clippy"),
            ("fmt", "fmt"),
            ("unit", "nextest"),
            ("audit", "audit"),
            ("coverage", "llvm-cov"),
        ],
    )
    def test_one_that_hides_a_subcommand_is_named(
        self, cargo_workspace: Callable[..., Path], session: str, subcommand: str
    ) -> None:
        files = {"src/lib.rs": LIBRARY, ".cargo/config.toml": f'[alias]\n{subcommand} = "check"\n'}
        project = cargo_workspace(files)
        ended = run(project, session)
        assert ended.exit_code == 2, ended.text
        assert f"alias.{subcommand} in .cargo/config.toml replaces it by 'check'" in ended.text
        assert ended.text.count("Rename the alias") == 1
        assert "not installed" not in ended.text

    def test_a_variable_is_named_with_what_removes_it(
        self, cargo_workspace: Callable[..., Path]
    ) -> None:
        ended = run(cargo_workspace(), "clippy", CARGO_ALIAS_CLIPPY="check")
        assert ended.exit_code == 2
        assert "the variable CARGO_ALIAS_CLIPPY" in ended.text
        assert "unset CARGO_ALIAS_CLIPPY" in ended.text

    def test_the_doctor_finds_it(self, cargo_workspace: Callable[..., Path]) -> None:
        project = cargo_workspace({".cargo/config.toml": '[alias]\nclippy = ["run", "x"]\n'})
        found = run(project, "doctor", "--json")
        checks = {each["check"]: each for each in json.loads(found.stdout)["checks"]}
        assert checks["alias"]["state"] == "BROKEN"
        assert "`cargo clippy` runs 'run x'" in checks["alias"]["found"]
        assert checks["clippy"]["state"] == "ok"  # the program itself is asked

    @pytest.mark.usefixtures("with_nextest")
    def test_others_and_those_that_cargo_ignores_do_no_harm(
        self, cargo_workspace: Callable[..., Path]
    ) -> None:
        text = '[alias]\nlint = "clippy"\ntest = "check"\ndoc = "check"\n'
        project = cargo_workspace({"src/lib.rs": LIBRARY, ".cargo/config.toml": text})
        for session in ("clippy", "doc", "unit", "fmt"):
            ended = run(project, session)
            assert ended.exit_code == 0, ended.text

"""What is set for `cfg`: rustc's answer, and the flags of variables and configuration files.

rustc is played by a stand-in; `tests/integration/test_inventory_cfg.py` asks the real one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import rust_workspaces
import workspaces

from tasker_ci.process.command import Command, Completed
from tasker_ci.rust.build_scripts import BuildScripts
from tasker_ci.rust.cfg import CompilerCfg, is_custom, read_cfg, read_predicate, settings_of_flags
from tasker_ci.rust.reach import reach_of
from tasker_ci.sessions.inventory.compiler_cfg import ask_platforms
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.rust.cfg import Platforms

HOST = "x86_64-unknown-linux-gnu"
VERSION = f"rustc 1.95.0\nhost: {HOST}\nrelease: 1.95.0\nLLVM version: 21.1.0\n"
PRINTED = 'debug_assertions\npanic="unwind"\ntarget_abi=""\ntarget_os="linux"\nunix\n'


class TestTheAnswer:
    def test_it_is_read_line_by_line(self) -> None:
        cfg = read_cfg(PRINTED, HOST)
        assert cfg.sets("unix", None) is True
        assert cfg.sets("target_os", "linux") is True
        assert cfg.sets("target_abi", "") is True

    @pytest.mark.parametrize("name", ["windows", "miri", "target_family", "target_os"])
    def test_what_the_compiler_does_not_print_is_not_set(self, name: str) -> None:
        assert read_cfg(PRINTED, HOST).sets(name, None) is False
        assert not is_custom(name)

    @pytest.mark.parametrize("name", ["overflow_checks", "target_thread_local", "sanitize"])
    def test_what_a_stable_compiler_never_prints_is_not_known(self, name: str) -> None:
        assert read_cfg(PRINTED, HOST).sets(name, None) is None
        assert not is_custom(name)

    def test_other_names_are_not_the_compilers(self) -> None:
        assert read_cfg(PRINTED, HOST).sets("loom", None) is None
        assert is_custom("loom")

    def test_flags_that_set_a_name(self) -> None:
        flags = ["-Dwarnings", "--cfg", "a", '--cfg=b="c d"', "--cfg", "1 2", "--cfg"]
        assert [*settings_of_flags(flags)] == [("a", None), ("b", "c d")]

    def test_a_predicate_of_a_configuration_file(self) -> None:
        predicate = read_predicate('all(unix, target_os = "linux")')
        assert predicate is not None
        assert predicate.holds(read_cfg(PRINTED, HOST).sets) is True
        wrong = read_predicate(")]")
        assert wrong is None or wrong.holds(read_cfg(PRINTED, HOST).sets) is None


def rustc(command: Command) -> Completed:
    """What rustc answers."""
    answer = VERSION if command.argv[-1] == "-vV" else PRINTED
    if "debug-assertions=off" in command.argv:
        answer = answer.replace("debug_assertions\n", "")
    return Completed(stdout=answer)


def asked(
    root: Path,
    environment: Mapping[str, str] | None = None,
    *,
    config: str = "",
    manifest: Mapping[str, Any] | None = None,
    runner: RecordingRunner | None = None,
) -> Platforms | None:
    environment = {"PATH": "", "HOME": str(root / "home"), **(environment or {})}
    if config:
        workspaces.write_files(root, {".cargo/config.toml": config})
    context = make_context(
        root, environment=environment, runner=runner or RecordingRunner({"": rustc})
    )
    workspace = rust_workspaces.workspace(root)
    return ask_platforms(context, workspace, environment, manifest or {})


def custom(cfgs: tuple[CompilerCfg, ...]) -> set[str]:
    (cfg,) = cfgs
    return {name for name, _ in cfg.settings if is_custom(name)}


class TestFlags:
    @pytest.mark.parametrize(
        ("environment", "config", "expected"),
        [
            ({}, "", set()),
            ({"RUSTFLAGS": "--cfg a --cfg b"}, "", {"a", "b"}),
            ({"CARGO_ENCODED_RUSTFLAGS": "--cfg\x1fa", "RUSTFLAGS": "--cfg b"}, "", {"a"}),
            ({"RUSTFLAGS": ""}, '[build]\nrustflags = ["--cfg", "a"]\n', set()),
            ({}, '[build]\nrustflags = "--cfg a"\n', {"a"}),
            ({"CARGO_BUILD_RUSTFLAGS": "--cfg a"}, "", {"a"}),
            ({}, f'[target.{HOST}]\nrustflags = ["--cfg", "a"]\n', {"a"}),
            ({"CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS": "--cfg a"}, "", {"a"}),
            ({}, "[target.'cfg(windows)']\nrustflags = ['--cfg', 'a']\n", set()),
            (
                {},
                "[target.'cfg(unix)']\nrustflags = '--cfg a'\n[build]\nrustflags = '--cfg b'\n",
                {"a"},
            ),
        ],
    )
    def test_the_first_place_that_has_any_counts(
        self, tmp_path: Path, environment: dict[str, str], config: str, expected: set[str]
    ) -> None:
        found = asked(tmp_path, environment, config=config)
        assert found is not None
        assert custom(found.tests) == expected
        assert custom(found.documentation) == set(), "rustdoc has flags of its own"

    def test_rustdoc_has_flags_of_its_own(self, tmp_path: Path) -> None:
        found = asked(tmp_path, {"RUSTDOCFLAGS": "--cfg docsrs", "RUSTFLAGS": "--cfg a"})
        assert found is not None
        assert custom(found.documentation) == {"docsrs"}

    @pytest.mark.parametrize(
        ("environment", "manifest", "expected"),
        [
            ({}, {}, True),
            ({}, {"profile": {"dev": {"debug-assertions": False}}}, False),
            ({}, {"profile": {"release": {"debug-assertions": False}}}, True),
            (
                {},
                {
                    "profile": {
                        "dev": {"debug-assertions": False},
                        "test": {"debug-assertions": True},
                    }
                },
                True,
            ),
            ({"CARGO_PROFILE_DEV_DEBUG_ASSERTIONS": "false"}, {}, False),
            ({"RUSTFLAGS": "-C debug-assertions=off"}, {}, False),
            ({"RUSTFLAGS": "-Cdebug-assertions=off"}, {}, False),
        ],
    )
    def test_whether_tests_have_debug_assertions(
        self,
        tmp_path: Path,
        environment: dict[str, str],
        manifest: dict[str, Any],
        expected: bool,
    ) -> None:
        found = asked(tmp_path, environment, manifest=manifest)
        assert found is not None
        assert (("debug_assertions", None) in found.tests[0].settings) is expected


class TestWhatIsStarted:
    def test_plain_rustc_outside_of_the_project(self, tmp_path: Path) -> None:
        runner = RecordingRunner({"": rustc})
        config = (
            '[build]\nrustc = "./evil"\n'
            'rustflags = ["-Clinker=./evil", "-Zcodegen-backend=./evil", '
            '"-Ctarget-cpu=native", "-C", "target-feature=+aes"]\n'
        )
        asked(tmp_path, config=config, runner=runner)
        for command in runner.commands:
            assert command.argv[0] == "rustc"
            assert not command.cwd.is_relative_to(tmp_path)
            assert command.environment["RUSTUP_AUTO_INSTALL"] == "0"
            assert "evil" not in " ".join(command.argv)
        assert runner.commands[-1].argv[-4:] == (
            *("-C", "target-cpu=native", "-C", "target-feature=+aes"),
        )

    @pytest.mark.parametrize(
        ("text", "channel"),
        [
            ('[toolchain]\nchannel = "nightly-2030-01-01"\n', "nightly-2030-01-01"),
            ("1.90.0\n", "1.90.0"),
            ('[toolchain]\npath = "evil"\n', None),
            ('[toolchain]\nchannel = "../evil"\n', None),
        ],
    )
    def test_a_toolchain_by_name_and_none_by_path(
        self, tmp_path: Path, text: str, channel: str | None
    ) -> None:
        name = "rust-toolchain.toml" if "[" in text else "rust-toolchain"
        root = tmp_path / "below"  # rustup looks in the folders above, too
        workspaces.write_files(tmp_path, {name: text, "below/Cargo.toml": ""})
        runner = RecordingRunner({"": rustc})
        asked(root, runner=runner)
        assert {each.environment.get("RUSTUP_TOOLCHAIN") for each in runner.commands} == {channel}

    def test_a_file_above_the_workspace_counts_as_rustup_takes_it(self, tmp_path: Path) -> None:
        workspaces.write_files(tmp_path, {"rust-toolchain": "1.90.0\n"})
        runner = RecordingRunner({"": rustc})
        asked(tmp_path / "inner", runner=runner)
        assert {each.environment["RUSTUP_TOOLCHAIN"] for each in runner.commands} == {"1.90.0"}

    @pytest.mark.parametrize(
        ("environment", "config", "targets"),
        [
            ({}, "", [HOST]),
            ({"CARGO_BUILD_TARGET": "a-b c-d"}, "", ["a-b", "c-d"]),
            ({"CARGO_BUILD_TARGET": "a-b"}, '[build]\ntarget = "c-d"\n', ["a-b"]),
            ({}, '[build]\ntarget = ["a-b", "host-tuple"]\n', ["a-b", HOST]),
        ],
    )
    def test_once_for_each_target(
        self, tmp_path: Path, environment: dict[str, str], config: str, targets: list[str]
    ) -> None:
        found = asked(tmp_path, environment, config=config)
        assert found is not None
        assert [cfg.target for cfg in found.tests] == targets

    @pytest.mark.parametrize("target", ["own.json", "./own", "-Zx"])
    def test_a_target_that_is_a_file_is_not_judged(self, tmp_path: Path, target: str) -> None:
        assert asked(tmp_path, {"CARGO_BUILD_TARGET": target}) is None

    def test_a_compiler_that_does_not_answer(self, tmp_path: Path) -> None:
        runner = RecordingRunner({"": Completed(exit_code=1, stderr="no toolchain")})
        assert asked(tmp_path, runner=runner) is None


class TestBuildScripts:
    @pytest.mark.parametrize(
        ("script", "manifest", "name", "expected"),
        [
            (None, {}, "x", False),
            ("fn main() {}", {}, "x", False),
            ('fn main() { println!("cargo::rustc-cfg=x"); }', {}, "x", True),
            ('fn main() { println!("cargo::rustc-cfg=x"); }', {}, "y", False),
            ('fn main() { println!("cargo::rustc-cfg=xy"); }', {}, "x", False),
            ('fn main() { println!("cargo:rustc-cfg={}", n()); }', {}, "x", True),
            ('fn main() { println!("cargo:rustc-cfg={}", n()); }', {}, "loom", False),
            ("mod part;\nfn main() {}", {}, "in_part", True),
            ("fn main() {}", {"build-dependencies": {"autocfg": "1"}}, "x", True),
            ("fn main() {}", {"build-dependencies": {"autocfg": "1"}}, "tokio_unstable", False),
            ("fn main() {}", {"target": {"t": {"build-dependencies": {"a": "1"}}}}, "x", True),
        ],
    )
    def test_which_names_one_may_set(
        self,
        tmp_path: Path,
        script: str | None,
        manifest: dict[str, Any],
        name: str,
        expected: bool,
    ) -> None:
        files = {"src/lib.rs": "", "part.rs": 'const N: &str = "in_part";\n'}
        targets = [rust_workspaces.target(tmp_path / "src/lib.rs")]
        if script is not None:
            files["build.rs"] = script
            targets.append(rust_workspaces.target(tmp_path / "build.rs", "custom-build"))
        workspaces.write_files(tmp_path, files)
        package = rust_workspaces.package(tmp_path, *targets)
        reach = reach_of(rust_workspaces.workspace(tmp_path, package))
        scripts = BuildScripts(reach=reach, manifests={tmp_path: manifest})
        assert scripts.may_set(package, name) is expected

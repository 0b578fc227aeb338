"""The action setup-env, its script really run by bash, its result read by a model of the runner."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import private_keys
import pytest
import workspaces
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github_runner import Step, run_step
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tasker_ci.errors import SettingsError
from tasker_ci.keys import new_private_key, public_key_of
from tasker_ci.sessions import load_settings
from tasker_ci.settings.model import Variable
from tasker_ci.text.yaml import yaml_text
from tasker_ci.workflows.setup_env import ACTION, setup_env_action, shell_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.settings.load import LoadedSettings

    Run = Callable[..., Step]

PLAIN = {
    "CARGO_TERM_COLOR": "always",
    "RUST_BACKTRACE": "1",
    "RUST_LIB_BACKTRACE": "0",
    "SCCACHE_GHA_ENABLED": "true",
    "CARGO_INCREMENTAL": "0",
}
"""What every workspace's table holds, as far as it applies on GitHub without sccache."""

NASTY = (
    "\n", "\r", "\t", "\x85", "\u2028", "\ufeff", "é", "<<", "=", "'", '"', "`id`", "$(touch x)",
    "${{ github.token }}", "$''{{", "}}", "\\", "%0A", "::error::", "##[error]", "EOF", "!", "~",
    "-----BEGIN", "ghadelimiter_", "#: literals", "$HOME", " # ", "\n--- \n", "& sleep 9 &",
)  # fmt: skip
VALUES = st.lists(
    st.one_of(
        st.sampled_from(NASTY), st.text(st.characters(codec="utf-8", exclude_characters="\0"))
    ),
    max_size=6,
).map("".join)


def script_of(loaded: LoadedSettings) -> str:
    """The script as it comes out of the YAML file."""
    text = yaml_text(setup_env_action(loaded))
    script: str = YAML(typ="safe").load(text)["runs"]["steps"][0]["run"]
    assert script == setup_env_action(loaded)["runs"]["steps"][0]["run"]
    assert "run: |\n" in text, "people read it"
    return script


def with_table(table: Mapping[str, Variable], sccache: Any = "off") -> LoadedSettings:
    """Settings whose whole table this is."""
    loaded = load_settings(Path("/nonexistent"), {})
    environment = replace(loaded.settings.environment, variables=table)
    own = replace(loaded.settings, environment=environment, sccache=sccache)
    return replace(loaded, settings=own)


def preset(*flags: tuple[str, str]) -> LoadedSettings:
    return load_settings(Path("/nonexistent"), {}, [("preset", "tasker"), *flags])


@pytest.fixture(scope="session")
def bare_path(
    tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], Path]
) -> Path:
    """A folder with bash, openssl and the four programs that every system has; no Python."""
    folder = tmp_path_factory.mktemp("bare")
    for name in ("bash", "openssl", "env", "mktemp", "rm", "sleep"):
        (folder / name).symlink_to(require_tool(name))
    return folder


@pytest.fixture
def run(run_whole: Run) -> Run:
    """Like `run_whole`, without the list of the names that were set, which is always right."""

    def run(loaded: LoadedSettings, **more: Any) -> Step:
        step = run_whole(loaded, **more)
        environment = dict(step.environment)
        listed = environment.pop("TASKER_CI_SET", "").split()
        assert sorted(listed) == sorted(environment)
        return replace(step, environment=environment)

    return run


@pytest.fixture
def run_whole(tmp_path: Path, bare_path: Path) -> Run:
    """Run the action's step on a bare machine; ``programs`` are stand-ins by name."""
    count = iter(range(100))

    def run(
        loaded: LoadedSettings,
        *,
        programs: Mapping[str, str] | None = None,
        adapt: Callable[[str], str] = str,
        **environment: str,
    ) -> Step:
        folder = tmp_path / f"step{next(count)}"
        own = tmp_path / f"{folder.name}-programs"
        own.mkdir()
        for name, text in (programs or {}).items():
            (own / name).write_text(f"#!{bare_path}/bash\n{text}\n", encoding="utf-8")
            (own / name).chmod(0o755)
        path = f"{own}:{bare_path}"
        script = adapt(script_of(loaded))
        return run_step(script, folder, {"PATH": path, "CI": "true", **environment})

    return run


class TestLiterals:
    @settings(
        max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(values=st.lists(VALUES, min_size=15, max_size=30))
    def test_every_value_arrives_and_none_is_code(self, run: Run, values: list[str]) -> None:
        table = {f"VALUE_{number}": value for number, value in enumerate(values)}
        step = run(with_table({name: Variable(value=value) for name, value in table.items()}))
        assert step.exit_code == 0, step.output
        step_environment = {k: v for k, v in step.environment.items() if k != "TASKER_CI_SCCACHE"}
        assert step_environment == table
        assert not step.log.errors, "no value is a command of the runner's either"
        assert not step.log.warnings
        assert not step.log.masks

    @given(value=VALUES)
    def test_a_value_is_one_printable_line_without_an_expression(self, value: str) -> None:
        word = shell_word(value)
        assert word.isprintable()
        assert "${{" not in word

    @pytest.mark.parametrize(
        "value", ["${{ a }}", "$${{", "'${{'", "\n${{ a }}", "\\${{", "\r'${{"]
    )
    def test_an_expression_arrives_as_text(self, run: Run, value: str) -> None:
        loaded = with_table({"A": Variable(value=value)})
        assert "${{" not in script_of(loaded)
        assert run(loaded).environment["A"] == value

    @pytest.mark.parametrize("taken", [False, True], ids=["free", "set by the job"])
    def test_the_script_s_own_names_are_no_trap(self, run: Run, taken: bool) -> None:
        text = script_of(preset())
        names = sorted({*re.findall(r"\b([a-z_]{3,})\+?=", text), "IFS", "PS4", "UID", "name"})
        assert len(names) > 15
        loaded = with_table({name: Variable(value=f"<{name}>") for name in names}, "auto")
        job = dict.fromkeys(names, "the job's") if taken else {}
        step = run(loaded, programs={"sccache": "exit 0"}, **job)
        assert step.exit_code == 0, step.output
        assert step.environment == ({} if taken else {name: f"<{name}>" for name in names})

    def test_what_the_job_has_set_wins_even_with_nothing(self, run: Run) -> None:
        step = run(preset(), RUST_LOG="debug", LOG_LEVEL="")
        assert "RUST_LOG" not in step.environment
        assert "LOG_LEVEL" not in step.environment
        assert step.environment["TASKER_ENV"] == "test"
        assert "  RUST_LOG: as the job has set it" in step.log.lines

    def test_a_secret_literal_is_not_written_into_a_file_that_is_committed(self, run: Run) -> None:
        loaded = with_table({"TOKEN": Variable(value="hush-hush-hush", secret=True)})
        assert "hush" not in yaml_text(setup_env_action(loaded))
        step = run(loaded)
        assert "TOKEN" not in step.environment
        assert "  TOKEN: secret, sessions take it from the settings" in step.log.lines

    @pytest.mark.parametrize("name", ["NODE_OPTIONS", "GITHUB_PATH", "RUNNER_TEMP"])
    def test_what_github_refuses_is_refused_here(self, name: str) -> None:
        with pytest.raises(SettingsError) as caught:
            setup_env_action(preset((f"environment.variables.{name}", "x")))
        assert name in caught.value.message
        assert caught.value.exit_code == 2

    def test_a_hostile_name_never_gets_into_a_script(self) -> None:
        for name in ("A;touch x", "$(touch x)", "A\ntouch x", "${{ github.token }}", "A}"):
            with pytest.raises(SettingsError, match="no name for a variable"):
                setup_env_action(with_table({name: Variable(value="x")}))
            with pytest.raises(SettingsError, match="no name for a variable"):
                setup_env_action(with_table({name: Variable(generator="api-key", secret=True)}))


class TestNamesThatWereSet:
    """TASKER_CI_SET, by which sessions know what they may take away again."""

    LOADED = with_table({"A": Variable(value="a"), "B": Variable(value="b")}, "auto")

    def names(self, step: Step) -> list[str]:
        assert step.exit_code == 0, step.output
        return sorted(step.environment.get("TASKER_CI_SET", "").split())

    def test_it_has_what_the_step_has_set_and_nothing_of_the_job_s(self, run_whole: Run) -> None:
        step = run_whole(self.LOADED, INPUT_SCCACHE="off", A="the job's")
        assert self.names(step) == ["B", "TASKER_CI_SCCACHE"]
        assert step.environment["TASKER_CI_SET"] == "B TASKER_CI_SCCACHE"

    def test_keys_are_named_without_their_values(self, run_whole: Run) -> None:
        step = run_whole(preset())
        assert {"JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "API_KEY"} <= set(self.names(step))
        assert step.environment["API_KEY"] not in step.environment["TASKER_CI_SET"]

    def test_a_second_run_in_the_job_keeps_the_names_of_the_first(self, run_whole: Run) -> None:
        first = run_whole(self.LOADED, INPUT_SCCACHE="off")
        again = run_whole(self.LOADED, INPUT_SCCACHE="off", **first.environment)
        assert again.environment == {}, "nothing is set a second time, and the list stays"
        more = with_table({**self.LOADED.settings.environment.variables, "C": Variable(value="c")})
        second = run_whole(more, **first.environment)
        assert self.names(second) == ["A", "B", "C", "TASKER_CI_SCCACHE"]

    def test_nothing_is_listed_where_nothing_was_set(self, run_whole: Run) -> None:
        programs = {"sccache": "exit 1", "rustc": "exit 0"}
        step = run_whole(self.LOADED, programs=programs, A="1", B="2")
        assert step.environment == {}

    @pytest.mark.parametrize(
        "hostile", ["$(touch x) `id` *", "A;B\n::error::evil\nghadelimiter_", "'\"\\", "\x1b[31m"]
    )
    def test_a_list_that_is_none_is_harmless(self, run_whole: Run, hostile: str) -> None:
        step = run_whole(self.LOADED, TASKER_CI_SET=hostile)
        assert {"A", "B"} <= set(self.names(step))
        assert re.fullmatch(r"[\w ]+", step.environment["TASKER_CI_SET"])
        assert not step.log.errors


class TestKeys:
    NAMES = ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "API_KEY")

    def test_a_pair_and_an_api_key_are_made_without_python(self, run: Run) -> None:
        step = run(preset())
        assert step.exit_code == 0, step.output
        private, public = (step.environment[name] for name in self.NAMES[:2])
        key = load_pem_private_key(private.encode(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        assert key.key_size == 2048
        assert private == private_keys.as_pkcs8(key), "PKCS#8, to the last newline"
        assert public == public_key_of(private, name="JWT_PRIVATE_KEY"), "as Python writes it"
        assert re.fullmatch(r"[0-9a-f]{64}", step.environment["API_KEY"])

    def test_two_jobs_share_no_key(self, run: Run) -> None:
        first, second = run(preset()), run(preset())
        for name in self.NAMES:
            assert first.environment[name] != second.environment[name]

    def test_every_line_is_masked_and_nothing_secret_is_shown(self, run: Run) -> None:
        step = run(preset())
        log = step.log
        for name in self.NAMES:
            for line in step.environment[name].splitlines():
                assert (line in log.masks) == (not line.startswith("-----"))
                if line in log.masks:
                    assert line not in log.text
            assert f"  {name}: made for this job" in log.lines
        assert all(len(mask) >= 8 for mask in log.masks)

    def test_masks_come_before_the_export(self, run: Run) -> None:
        """The file is still empty when the last mask has been printed."""
        spy = (
            'mask() { [[ ! -s $GITHUB_ENV ]] || stop "exported"; printf "::add-mask::%s\\n" "$1"; }'
        )
        step = run(
            preset(), adapt=lambda text: text.replace("\nassign() {", f"\n{spy}\nassign() {{")
        )
        assert step.exit_code == 0, step.output
        assert step.output.index("::add-mask::") < step.output.index("Environment of the later")
        assert len(step.environment) > 10

    def test_a_private_key_that_the_job_has_is_completed(self, run: Run) -> None:
        private = new_private_key()
        step = run(preset(), JWT_PRIVATE_KEY=private, JWT_PUBLIC_KEY="")
        assert "JWT_PRIVATE_KEY" not in step.environment
        public = step.environment["JWT_PUBLIC_KEY"]
        assert public == public_key_of(private, name="JWT_PRIVATE_KEY")
        assert set(private.splitlines()[1:-1]) <= step.log.masks
        assert private.splitlines()[3] not in step.log.text

    def test_a_public_key_alone_gets_no_private_one(self, run: Run) -> None:
        step = run(preset(), JWT_PUBLIC_KEY="the-job-s-own-key")
        assert not {"JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY"} & step.environment.keys()
        line = "  JWT_PRIVATE_KEY: none, because the job has set the public key alone"
        assert line in step.log.lines

    def test_an_empty_key_counts_as_absent(self, run: Run) -> None:
        step = run(preset(), **dict.fromkeys(self.NAMES, ""))
        assert set(self.NAMES) <= step.environment.keys()

    def test_what_is_no_key_fails_the_step_without_showing_it(self, run: Run) -> None:
        step = run(preset(), JWT_PRIVATE_KEY="not-a-key-at-all")
        assert step.exit_code == 1
        assert step.log.errors == ["JWT_PRIVATE_KEY is set, but is no private key in PEM form."]
        assert "not-a-key" not in step.output
        assert not step.environment, "a step that fails exports nothing"

    def test_without_openssl_it_says_so(self, run: Run, bare_path: Path) -> None:
        step = run(preset(), adapt=lambda text: text.replace("command -v openssl", "command -v xx"))
        assert step.exit_code == 1
        assert step.log.errors == ["openssl is not installed; it makes the keys of the job."]

    def test_openssl_that_makes_no_key_fails_the_step(self, run: Run, bare_path: Path) -> None:
        broken = (
            f'[[ $1 == genpkey ]] && {{ echo "no entropy" >&2; exit 1; }}\n{bare_path}/openssl "$@"'
        )
        step = run(preset(), programs={"openssl": broken})
        assert step.exit_code == 1
        assert step.log.errors == ["openssl makes no RSA key: no entropy"]

    def test_a_value_with_the_drawn_delimiter_in_it_is_refused(self, run: Run) -> None:
        loaded = with_table({"A": Variable(value="x\nghadelimiter_00\nLD_PRELOAD=evil.so")})
        step = run(loaded, programs={"openssl": "echo 00"})
        assert step.exit_code == 1
        assert step.log.errors == ["The value of A contains the delimiter that was drawn for it."]
        assert not step.environment

    def test_a_workspace_without_keys_makes_none(self, run: Run) -> None:
        step = run(load_settings(Path("/nonexistent"), {}), INPUT_SCCACHE="off")
        assert step.environment == {**PLAIN, "TASKER_CI_SCCACHE": "off"}
        assert "::add-mask::" not in step.output


RULE = '[build]\nrustc-wrapper = "w"\n'


class TestSccache:
    LOADED = load_settings(Path("/nonexistent"), {})
    RUSTC = "exit 0"

    def test_what_answers_wraps_the_compiler(self, run: Run) -> None:
        asked = (
            '[[ "$*" == "rustc -vV" && $SCCACHE_GHA_ENABLED == true && $CARGO_INCREMENTAL == 0 ]]'
        )
        step = run(self.LOADED, programs={"sccache": asked, "rustc": self.RUSTC})
        assert step.environment == {**PLAIN, "RUSTC_WRAPPER": "sccache"}
        assert "  sccache: answers" in step.log.lines
        assert not step.log.warnings

    @pytest.mark.parametrize(
        ("programs", "reason"),
        [
            pytest.param({"rustc": RUSTC}, "No such file", id="absent"),
            pytest.param(
                {"rustc": RUSTC, "sccache": "echo 100%; echo 'no cache' >&2; exit 2"},
                "(no cache)",
                id="fails",
            ),
            pytest.param({"rustc": RUSTC, "sccache": "exit 2"}, "no reason given", id="mute"),
            pytest.param(
                {"rustc": "echo no toolchain; exit 1", "sccache": "exit 2"},
                "rustc does not start (no toolchain)",
                id="no compiler",
            ),
        ],
    )
    def test_what_does_not_answer_is_a_warning_and_a_plain_build(
        self, run: Run, programs: dict[str, str], reason: str
    ) -> None:
        step = run(self.LOADED, programs=programs)
        assert step.exit_code == 0, step.output
        assert step.environment == PLAIN
        assert len(step.log.warnings) == 1
        assert reason in step.log.warnings[0]
        assert "Compiling without sccache." in step.log.warnings[0]

    def test_what_hangs_is_ended(self, run: Run) -> None:
        step = run(
            self.LOADED,
            programs={"rustc": self.RUSTC, "sccache": "exec sleep 1000"},
            adapt=lambda text: text.replace("within 30", "within 1"),
        )
        assert step.environment == PLAIN
        assert step.log.warnings[0].startswith("sccache does not answer (no answer in time).")

    def test_what_it_prints_is_no_command_of_the_runner_s(self, run: Run) -> None:
        evil = "printf '100%%\\r::error::evil'; exit 2"
        step = run(self.LOADED, programs={"rustc": self.RUSTC, "sccache": evil})
        assert not step.log.errors
        assert "(100%\r::error::evil)" in step.log.warnings[0]

    @pytest.mark.parametrize("by", ["setting", "input"])
    def test_off_is_off_and_the_sessions_know(self, run: Run, by: str) -> None:
        loaded = with_table(self.LOADED.settings.environment.variables, "off")
        chosen = {"INPUT_SCCACHE": "off"} if by == "input" else {}
        step = run(
            self.LOADED if by == "input" else loaded,
            programs={"sccache": ">called"},
            **chosen,
        )
        assert step.environment == {**PLAIN, "TASKER_CI_SCCACHE": "off"}
        assert "  sccache: off" in step.log.lines

    def test_any_other_input_is_refused_and_not_repeated(self, run: Run) -> None:
        step = run(self.LOADED, INPUT_SCCACHE="$(touch x)\n::error::evil")
        assert step.exit_code == 1
        assert step.log.errors == ["The input sccache takes auto or off."]

    def test_another_wrapper_of_the_job_s_stays(self, run: Run) -> None:
        step = run(self.LOADED, programs={"sccache": ">called"}, RUSTC_WRAPPER="ccache")
        assert "RUSTC_WRAPPER" not in step.environment

    @pytest.mark.parametrize(
        ("files", "job", "told"),
        [
            ({}, {"RUSTC_WRAPPER": "ccache"}, "ccache (the variable RUSTC_WRAPPER)"),
            ({}, {"RUSTC_WORKSPACE_WRAPPER": "w"}, "w (the variable RUSTC_WORKSPACE_WRAPPER)"),
            (
                {},
                {"CARGO_BUILD_RUSTC_WRAPPER": "./w"},
                "/./w (the variable CARGO_BUILD_RUSTC_WRAPPER)",
            ),
            ({".cargo/config.toml": '[build]\nrustc-wrapper = "w"'}, {}, "w (rustc-wrapper in"),
            ({".cargo/config": "[build]\n'rustc-wrapper'='/x/w' # w\n"}, {}, "/x/w ("),
            ({".cargo/config.toml": 'build = { rustc-workspace-wrapper = "w" }'}, {}, "w ("),
            (
                {".cargo/config.toml": 'include = ["m.toml"]', ".cargo/m.toml": RULE},
                {},
                "w (rustc-wrapper in",
            ),
            ({"home/config.toml": RULE}, {"CARGO_HOME": "{place}/home"}, "w (rustc-wrapper in"),
        ],
    )
    def test_a_wrapper_of_the_project_s_stays_and_is_named(
        self, run: Run, tmp_path: Path, files: dict[str, str], job: dict[str, str], told: str
    ) -> None:
        """The sessions decide the same: tests of `compiler_wrapper`."""
        place = tmp_path / "project"
        workspaces.write_files(place, {"x": "", **files})
        given = {name: value.format(place=place) for name, value in job.items()}
        step = run(
            self.LOADED,
            programs={"sccache": ">called", "rustc": self.RUSTC},
            adapt=lambda text: f"cd {place}\n{text}",
            **given,
        )
        assert "RUSTC_WRAPPER" not in step.environment
        (line,) = [line for line in step.log.lines if "sccache: not used" in line]
        assert f"because cargo compiles through {told}" in line.replace(f"{place}/./", "/./")

    @pytest.mark.parametrize(
        "text", ['# rustc-wrapper = "w"', 'other-rustc-wrapper = "w"', "rustc-wrapper", ""]
    )
    def test_what_names_no_wrapper_changes_nothing(
        self, run: Run, tmp_path: Path, text: str
    ) -> None:
        workspaces.write_files(tmp_path, {"rust/.cargo/config.toml": text})
        step = run(
            self.LOADED,
            programs={"sccache": "exit 0", "rustc": self.RUSTC},
            adapt=lambda script: f"cd {tmp_path}/rust\n{script}",
        )
        assert step.environment["RUSTC_WRAPPER"] == "sccache"

    def test_sccache_that_cargo_s_configuration_names_is_asked_around_all_wrappers(
        self, run: Run, tmp_path: Path
    ) -> None:
        text = (
            '[build]\nrustc-wrapper = "tools/sccache"\nrustc-workspace-wrapper = "w"\n'
            'rustc = "own-rustc"\n'
        )
        workspaces.write_files(
            tmp_path, {"ws/.cargo/config.toml": text, "ws/tools/sccache": "", "ws/x": ""}
        )
        program = tmp_path / "ws" / "tools" / "sccache"
        program.write_text('#!/bin/bash\n[[ "$*" == "w own-rustc -vV" ]] || exit 2\n')
        program.chmod(0o755)
        loaded = load_settings(Path("/nonexistent"), {}, [("workspace", "ws")])
        wrapper = {"w": "exit 0"}

        def within(script: str) -> str:
            return f"cd {tmp_path}\n{script}"

        step = run(loaded, programs=wrapper, adapt=within)
        assert "RUSTC_WRAPPER" not in step.environment, "cargo's configuration says it"
        assert "  sccache: answers" in step.log.lines
        program.write_text("#!/bin/bash\necho broken; exit 2\n")
        step = run(loaded, programs=wrapper, adapt=within)
        assert step.environment["RUSTC_WRAPPER"] == ""
        assert "sccache does not answer (broken)" in step.log.warnings[0]

    def test_an_empty_wrapper_is_a_wish(self, run: Run) -> None:
        step = run(self.LOADED, programs={"sccache": ">called"}, RUSTC_WRAPPER="")
        assert "  sccache: switched off by the variable RUSTC_WRAPPER" in step.log.lines

    def test_a_server_that_cargo_would_start_with_other_variables_is_left_to_the_sessions(
        self, run: Run, tmp_path: Path
    ) -> None:
        workspaces.write_files(tmp_path, {".cargo/config.toml": '[env]\nSCCACHE_DIR = "x"\n'})
        step = run(
            self.LOADED,
            programs={"sccache": ">called"},
            adapt=lambda script: f"cd {tmp_path}\n{script}",
        )
        assert "RUSTC_WRAPPER" not in step.environment
        assert any("left to the sessions" in line for line in step.log.lines)

    def test_sccache_that_the_job_has_set_and_that_fails_is_taken_back(self, run: Run) -> None:
        """Every compilation would fail; the sessions do the same for their children."""
        step = run(self.LOADED, programs={"rustc": self.RUSTC}, RUSTC_WRAPPER="/opt/sccache")
        assert step.environment == {**PLAIN, "RUSTC_WRAPPER": ""}
        assert "/opt/sccache" in step.log.warnings[0]

    def test_sccache_that_the_job_has_set_and_that_answers_stays(self, run: Run) -> None:
        step = run(
            self.LOADED,
            programs={"rustc": self.RUSTC, "sccache": "exit 0"},
            RUSTC_WRAPPER="sccache",
        )
        assert step.environment == PLAIN


class TestTheFile:
    VARIANTS = (
        load_settings(Path("/nonexistent"), {}),
        preset(),
        preset(("sccache", "off"), ("environment.drop", "JWT_PRIVATE_KEY,RUSTC_WRAPPER")),
        with_table({f"V{n}": Variable(value=value) for n, value in enumerate(NASTY)}, "auto"),
        with_table({}),
    )

    @pytest.mark.parametrize("loaded", VARIANTS)
    def test_the_checkers_find_nothing(
        self, tmp_path: Path, require_tool: Callable[[str], Path], loaded: LoadedSettings
    ) -> None:
        file = tmp_path / ACTION
        file.parent.mkdir(parents=True)
        file.write_text(yaml_text(setup_env_action(loaded)), encoding="utf-8")
        schema = ["check-jsonschema", "--builtin-schema", "vendor.github-actions"]
        zizmor = ["zizmor", "--persona=auditor", "--offline", "--no-config"]
        for command in (schema, zizmor):
            program = require_tool(command[0])
            answer = subprocess.run(
                [program, *command[1:], file], capture_output=True, text=True, check=False
            )
            assert answer.returncode == 0, answer.stdout + answer.stderr

    @pytest.mark.parametrize("loaded", VARIANTS)
    def test_no_expression_stands_in_the_script(self, loaded: LoadedSettings) -> None:
        step = setup_env_action(loaded)["runs"]["steps"][0]
        assert "${{" not in step["run"]
        assert not re.search(r"^\s*#: ", step["run"].split("literal V0")[0], re.MULTILINE)
        assert step["env"] == {"INPUT_SCCACHE": "${{ inputs.sccache }}"}
        assert step["shell"] == "bash"

    @pytest.mark.parametrize("loaded", VARIANTS)
    def test_shellcheck_finds_nothing(
        self, loaded: LoadedSettings, require_tool: Callable[[str], Path]
    ) -> None:
        answer = subprocess.run(
            [require_tool("shellcheck"), "-s", "bash", "-"],
            input=script_of(loaded),
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stdout

    def test_equal_settings_give_an_equal_file(self) -> None:
        assert yaml_text(setup_env_action(preset())) == yaml_text(setup_env_action(preset()))

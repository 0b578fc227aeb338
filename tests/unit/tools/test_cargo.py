"""What every session that calls cargo shares: the command and the better message.

Programs stand in as shell scripts: the real ones are met in the integration tests.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import workspaces
from tool_parts import context_with_programs

from tasker_ci.errors import CommandFailed, ToolchainError, WorkspaceError
from tasker_ci.process.command import Completed
from tasker_ci.tools import rust_programs
from tasker_ci.tools.cargo import (
    cargo,
    color_arguments,
    feature_arguments,
    raise_if_failed,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.context import Context

    Make = Callable[..., Context]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return partial(context_with_programs, tmp_path)


class TestCommand:
    def test_it_runs_in_the_workspace_on_the_chosen_toolchain(
        self, make: Make, tmp_path: Path
    ) -> None:
        command = cargo(make(), "fmt", environment={})
        assert (command.argv, command.cwd) == (("cargo", "fmt"), tmp_path)
        of_settings = make(("toolchain", "beta"))
        assert cargo(of_settings, "fmt", environment={}).argv == ("cargo", "+beta", "fmt")
        by_flag = cargo(of_settings, "fmt", environment={}, toolchain="nightly")
        assert by_flag.argv == ("cargo", "+nightly", "fmt")

    @pytest.mark.parametrize(
        ("all_sessions", "own", "expected"),
        [
            ("all", "inherit", ("--all-features",)),
            ("none", "inherit", ("--no-default-features",)),
            ("default", "inherit", ()),
            ("a,b", "inherit", ("--features", "a,b")),
            ("all", "none", ("--no-default-features",)),
            ("none", ("a",), ("--features", "a")),
            ("none", (), ()),
        ],
    )
    def test_features(
        self, make: Make, all_sessions: str, own: Any, expected: tuple[str, ...]
    ) -> None:
        assert feature_arguments(own, make(("features", all_sessions))) == expected

    def test_colour_is_an_argument_because_variables_are_part_of_sccache_s_key(
        self, make: Make
    ) -> None:
        assert color_arguments(make(color=True)) == ("--color", "always")
        assert color_arguments(make(color=False)) == ("--color", "never")

    @pytest.mark.parametrize("own", ["never", "always", "auto"])
    def test_where_colour_is_wanted_the_user_s_own_variable_decides(
        self, make: Make, own: str
    ) -> None:
        assert color_arguments(make(color=True, CARGO_TERM_COLOR=own)) == ()
        assert color_arguments(make(color=False, CARGO_TERM_COLOR=own)) == ("--color", "never")


METADATA = (
    '{"workspace_root": "/w", "target_directory": "/w/t", "packages": [{"name": "demo", '
    '"version": "1.0.0", "manifest_path": "/w/Cargo.toml", "targets": [], "rust_version": "1.80"}]}'
)
SOUND = f"""case "$1 $2" in
  metadata*) echo '{METADATA}';;
  *) echo "cargo 1.90.0";;
esac"""


PROGRAMS = {
    "cargo": SOUND,
    "rustc": "echo rustc 1.90.0",
    "cargo-clippy": "echo clippy 0.1.90",
    "cargo-fmt": "echo rustfmt 1.8.0",
}


class TestExplanation:
    def explained(self, make: Make, code: int, *arguments: str, **programs: str) -> CommandFailed:
        context = make(programs={**PROGRAMS, **programs})
        command = cargo(context, *arguments, environment=context.environment)
        with pytest.raises((CommandFailed, ToolchainError, WorkspaceError)) as caught:
            raise_if_failed(
                context, command, Completed(exit_code=code, seconds=1.0), "It failed.", "Mend it."
            )
        error: Any = caught.value
        return error

    def test_success_needs_none(self, make: Make) -> None:
        context = make()
        command = cargo(context, "fmt", environment={})
        raise_if_failed(context, command, Completed(exit_code=0, seconds=1.0), "x", "y")

    def test_where_all_is_sound_it_is_what_the_session_says(self, make: Make) -> None:
        error = self.explained(make, 101, "clippy")
        assert (error.message, error.next_step) == ("It failed. (exit code 101)", "Mend it.")
        assert error.exit_code == 101

    def test_a_full_disk_is_the_reason_where_it_was_seen_and_said(self, make: Make) -> None:
        context = make(programs=PROGRAMS)
        command = cargo(context, "clippy", environment=context.environment)
        said, seen = "No space left on device (os error 28)", "Nothing was free on the disk of /t"

        def explained(text: str, short: str | None) -> CommandFailed:
            completed = Completed(exit_code=101, seconds=1.0, stdout=text, short_of_room=short)
            with pytest.raises(CommandFailed) as caught:
                raise_if_failed(context, command, completed, "It does not compile.", "Mend it.")
            return caught.value

        both = explained(said, seen)
        assert both.message == f"The disk is full: {seen} (exit code 101)."
        assert "Mend it" not in both.next_step
        # Code may hold those words, and a small disk may have had room enough.
        assert explained("", seen).message == (
            f"{seen}, which may be the whole reason. It does not compile. (exit code 101)"
        )
        alone = explained(said, None)
        assert alone.message.startswith("The output above speaks of a full disk, which may be")
        assert alone.next_step.endswith("Otherwise: Mend it.")
        assert "cargo clean" in alone.next_step

    @pytest.mark.parametrize(
        ("code", "word"),
        [(137, "memory"), (135, "disk"), (139, "crash"), (152, "ulimit -t"), (153, "ulimit -f")],
    )
    def test_a_signal_is_told_in_words(self, make: Make, code: int, word: str) -> None:
        error = self.explained(make, code, "clippy")
        assert word in error.message
        assert error.exit_code == code

    def test_a_component_that_is_not_installed(self, make: Make) -> None:
        script = "echo no such component >&2; exit 1"
        error = self.explained(make, 1, "clippy", **{"cargo-clippy": script})
        assert isinstance(error, ToolchainError)
        assert "The component clippy is not installed" in error.message
        assert error.exit_code == 3

    def test_a_component_that_does_not_start_under_a_low_limit_is_not_called_missing(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        low = ("A program may use only 195 MiB of memory", "Raise the limit: `ulimit -v`.")
        monkeypatch.setattr(rust_programs, "limits_here", lambda: low)
        script = "echo libLLVM.so: failed to map segment >&2; exit 127"
        error = self.explained(make, 1, "clippy", **{"cargo-clippy": script})
        assert error.message == (
            f"clippy may not start for want of resources. {low[0]}.\n"
            "libLLVM.so: failed to map segment"
        )
        assert error.next_step == low[1]
        script = "echo clippy is not installed for it >&2; exit 1"
        error = self.explained(make, 1, "clippy", **{"cargo-clippy": script})
        assert "The component clippy is not installed" in error.message

    def test_a_toolchain_that_does_not_start_is_an_error_of_the_environment(
        self, make: Make
    ) -> None:
        error = self.explained(make, 101, "doc", cargo="echo not installed >&2; exit 1")
        assert isinstance(error, ToolchainError)
        assert error.exit_code == 3

    @pytest.mark.parametrize(
        ("compiler", "too_old"),
        [
            ("1.79.0", True),
            ("1.80.0", False),
            ("1.80.1", False),
            ("1.80.0-nightly", False),
            ("1.100.0", False),
        ],
    )
    def test_a_compiler_older_than_a_package_wants(
        self, make: Make, compiler: str, too_old: bool
    ) -> None:
        error = self.explained(make, 101, "doc", rustc=f"echo 'rustc {compiler} (abc 2030-01-01)'")
        assert isinstance(error, ToolchainError) is too_old
        if too_old:
            assert error.message == "Rust 1.79.0 is too old: demo needs 1.80 (`rust-version`)."

    def test_a_manifest_that_cannot_be_read(self, make: Make, tmp_path: Path) -> None:
        script = 'case "$1" in metadata) echo "error: bad manifest" >&2; exit 101;; esac'
        workspaces.write_files(tmp_path, {"Cargo.toml": ""})
        error = self.explained(make, 1, "doc", cargo=script)
        assert isinstance(error, WorkspaceError)
        assert error.message.endswith("error: bad manifest")
        assert (error.exit_code, error.next_step) == (3, "Fix the manifest that cargo names.")

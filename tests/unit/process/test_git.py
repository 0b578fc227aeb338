"""Git is asked so that it runs nothing that a repository names, in real repositories."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import repositories
from tool_parts import write_program

from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.git import GitFailed, SafeGit, git_command, is_tracked
from tasker_ci.process.runner import ProcessRunner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the traps are shell scripts"),
    pytest.mark.usefixtures("_git"),
]


@pytest.fixture
def _git(require_tool: Callable[[str], Path]) -> None:
    require_tool("git")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a mark when it is started."""
    return write_program(tmp_path / "trap", f'echo "$@" >> "{tmp_path}/sprung"\ncat')


def sprung(trap: Path) -> bool:
    return (trap.parent / "sprung").exists()


def at(folder: Path) -> SafeGit:
    return SafeGit(
        folder=folder,
        runner=ProcessRunner(Cancellation()),
        environment=repositories.variables(),
    )


def make(folder: Path, **files: str) -> Path:
    return repositories.repository(folder, {"x.rs": "1\n", "y.txt": "1\n", **files})


def set_filter(folder: Path, trap: Path, kind: str = "clean", name: str = "trap") -> None:
    repositories.git(folder, "config", f"filter.{name}.{kind}", str(trap))
    repositories.git(folder, "config", f"filter.{name}.required", "true")


def touch(file: Path, seconds: int = 5) -> None:
    """Make a file look changed to git, so that it compares the content."""
    later = file.stat().st_mtime + seconds
    os.utime(file, (later, later))


class TestFilters:
    ATTRIBUTES = "*.rs filter=trap\n"

    @pytest.mark.parametrize("kind", ["clean", "process"])
    def test_none_is_started_and_the_content_decides(
        self, tmp_path: Path, trap: Path, kind: str
    ) -> None:
        folder = make(tmp_path / "a", **{".gitattributes": self.ATTRIBUTES})
        set_filter(folder, trap, kind)
        touch(folder / "x.rs")
        assert at(folder).differing("HEAD") == []
        (folder / "x.rs").write_text("2\n", encoding="utf-8")
        assert at(folder).differing("HEAD") == ["x.rs"]
        assert not sprung(trap)
        words = ["git", "hash-object", "x.rs"]
        subprocess.run(words, cwd=folder, env=repositories.variables(), check=False)
        assert sprung(trap), "the trap is real"

    def test_a_name_with_dots_and_spaces_is_switched_off_too(
        self, tmp_path: Path, trap: Path
    ) -> None:
        folder = make(tmp_path / "a", **{".gitattributes": "*.rs filter=a.b\n"})
        set_filter(folder, trap, name="a.b")
        set_filter(folder, trap, name="c d")
        (folder / "x.rs").write_text("2\n", encoding="utf-8")
        assert at(folder).differing("HEAD") == ["x.rs"]
        assert not sprung(trap)

    def test_a_name_that_is_no_utf_8_cannot_be_switched_off_and_is_refused(
        self, tmp_path: Path, trap: Path
    ) -> None:
        folder = make(tmp_path / "a")
        (folder / ".gitattributes").write_bytes(b"*.rs filter=caf\xe9\n")
        repositories.commit(folder, "attributes")
        with (folder / ".git" / "config").open("ab") as configuration:
            configuration.write(b'[filter "caf\xe9"]\n\tclean = %s\n' % os.fsencode(trap))
        touch(folder / "x.rs")
        with pytest.raises(GitFailed, match="a filter that is no UTF-8"):
            at(folder).differing("HEAD")
        assert not sprung(trap)


class TestSubmodules:
    @pytest.fixture
    def outer(self, tmp_path: Path, trap: Path) -> Path:
        """A repository with a submodule, in whose own configuration a filter is."""
        other = make(tmp_path / "other", **{".gitattributes": "*.rs filter=trap\n"})
        outer = make(tmp_path / "outer")
        allowed = ("-c", "protocol.file.allow=always")
        repositories.git(outer, *allowed, "submodule", "add", "-q", other.as_uri(), "sub")
        repositories.commit(outer, "submodule")
        set_filter(outer / "sub", trap)
        repositories.git(outer / "sub", "config", "core.fsmonitor", str(trap))
        touch(outer / "sub" / "x.rs")
        return outer

    def test_without_a_change_it_does_not_differ(self, outer: Path, trap: Path) -> None:
        assert at(outer).differing("HEAD") == []
        assert not sprung(trap)

    @pytest.mark.parametrize("file", ["x.rs", "new.rs"])
    def test_a_change_in_it_counts(self, outer: Path, trap: Path, file: str) -> None:
        (outer / "sub" / file).write_text("2\n", encoding="utf-8")
        assert at(outer).differing("HEAD") == ["sub"]
        assert not sprung(trap)

    def test_one_that_cannot_say_counts(self, outer: Path, trap: Path) -> None:
        repositories.git(outer / "sub", "config", "core.worktree", str(outer.parent))
        assert at(outer).differing("HEAD") == ["sub"]
        assert not sprung(trap)


def test_a_work_tree_elsewhere_is_refused(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    (tmp_path / "elsewhere").mkdir()
    repositories.git(folder, "config", "core.worktree", str(tmp_path / "elsewhere"))
    with pytest.raises(GitFailed, match="work tree elsewhere"):
        at(folder).top()


def test_the_top_is_found_from_a_folder_below_and_through_a_link(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", **{"b/c": ""})
    (tmp_path / "link").symlink_to(folder / "b")
    assert at(folder / "b").top() == folder
    assert at(tmp_path / "link").top() == folder


def test_a_repository_without_a_work_tree_within_one_is_not_obeyed(
    tmp_path: Path, trap: Path
) -> None:
    folder = make(tmp_path / "a")
    bare = folder / "fixtures"
    repositories.git(folder, "init", "-q", "--bare", str(bare))
    repositories.git(bare, "config", "core.fsmonitor", str(trap))
    repositories.git(bare, "config", "core.worktree", str(folder))
    repositories.git(bare, "config", "core.bare", "false")
    (bare / "index").write_bytes((folder / ".git" / "index").read_bytes())
    with pytest.raises(GitFailed, match="bare repository"):
        at(bare).ask("ls-files", "--others")
    assert not is_tracked(bare / "config"), "the repository around it is asked"
    assert not sprung(trap)
    repositories.git(bare, "ls-files", "--others")  # the trap is real
    assert sprung(trap)


def test_a_hook_s_folder_is_the_configured_one_for_the_question_about_hooks(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    repositories.git(folder, "config", "core.hooksPath", "mine")
    words = ("rev-parse", "--git-path", "hooks")
    assert at(folder).run(*words, hooks=True).stdout.strip() == "mine"
    assert at(folder).run(*words).stdout.strip() == os.devnull


def test_the_user_s_configuration_stays_and_variables_that_redirect_do_not(tmp_path: Path) -> None:
    given = {
        "GIT_DIR": "/elsewhere",
        "GIT_EXTERNAL_DIFF": "/trap",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    environment = git_command("status", folder=tmp_path, environment=given).environment
    assert not {"GIT_DIR", "GIT_EXTERNAL_DIFF"} & environment.keys()
    assert environment["GIT_CONFIG_VALUE_0"] == "*"
    assert environment["GIT_CONFIG_KEY_1"] == "core.fsmonitor"
    assert int(environment["GIT_CONFIG_COUNT"]) == 1 + sum(
        name.startswith("GIT_CONFIG_KEY_") for name in environment if name != "GIT_CONFIG_KEY_0"
    )


def test_a_pipe_for_which_git_would_wait_is_not_waited_for(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", **{"src/z.rs": "1\n"})
    os.mkfifo(folder / "src/.gitignore")
    with pytest.raises(GitFailed, match="git does not answer within 1 s"):
        replace(at(folder), timeout=1.0).ask("ls-files", "--others", "--exclude-standard")


def test_a_name_in_the_index_is_no_pattern_and_the_work_tree_is_where_the_file_is(
    tmp_path: Path,
) -> None:
    folder = make(tmp_path / "a", wrapper="", **{"own[1]": ""})
    (folder / "wrap*").write_text("")
    assert is_tracked(folder / "wrapper")
    assert is_tracked(folder / "own[1]")
    assert not is_tracked(folder / "wrap*")
    (tmp_path / "elsewhere").mkdir()
    repositories.git(folder, "config", "core.worktree", str(tmp_path / "elsewhere"))
    assert is_tracked(folder / "wrapper"), "wherever the configuration says that it is"
    assert not is_tracked(folder / "wrap*")


def test_git_that_cannot_be_asked_has_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path / "a", wrapper="")
    (folder / ".git" / "index").write_bytes(b"broken")
    assert is_tracked(folder / "new")
    monkeypatch.setenv("PATH", "")
    assert is_tracked(folder / "new")
    assert not is_tracked(tmp_path / "outside")

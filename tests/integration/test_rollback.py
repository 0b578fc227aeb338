"""`rollback` after `init`: the tree is as it was, to the byte, and what was changed since stays."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import faces
import pytest
import workspaces
from repositories import commit, git, repository, variables
from trees import tree

from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.workflows.sync.rolling_back import plan_rollback, roll_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from trees import Entry

CI = ".github/workflows/ci.yml"
INDEX = ".github/workflows/archived/index.json"

SAMPLE = {"Cargo.toml": workspaces.manifest("sample"), "src/lib.rs": workspaces.CLEAN_LIBRARY}

OWN_NOXFILE = b"import nox\r\n\r\n\r\n@nox.session\r\ndef docs(session):\r\n    pass"
OWN_TASKS = b"\xef\xbb\xbffrom invoke import task\n\n\n@task\ndef hello(c):\n    pass\n"
OWN_NEXTEST = (
    b"# ours\n[profile.default]\nretries = 3 # flaky\n\n[profile.ci]\nfail-fast = true\n"
    b"[[profile.ci.overrides]]\nfilter = 'test(slow)'\nretries = 1"
)
OWN_CI = b"name: theirs\r\non: [push]\r\njobs:\r\n  a:\r\n    steps:\r\n      - run: make"


@pytest.fixture(autouse=True)
def tools(require_tool: Callable[[str], Path]) -> None:
    for name in ("cargo", "git"):
        require_tool(name)


def run(folder: Path, *words: str, **more: str) -> faces.Ended:
    return faces.run(["tasker-ci", *words], folder, variables(**more))


def done(folder: Path, *words: str) -> str:
    ended = run(folder, *words)
    assert ended.exit_code == 0, ended.text
    return ended.text


def put(root: Path, name: str, content: bytes, mode: int = 0o644) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)


def everything(root: Path) -> dict[str, Entry]:
    """The whole tree, empty folders and ignored files too, but for what git itself writes."""
    return {
        name: entry
        for name, entry in tree(root).items()
        if not name.startswith(".git/") or name.startswith(".git/hooks/")
    }


def owned(folder: Path) -> Path:
    """A repository that has a file of its own wherever `init` writes, each odd in its way."""
    root = repository(folder, SAMPLE)
    put(root, "noxfile.py", OWN_NOXFILE, 0o755)
    put(root, "tasks.py", OWN_TASKS)
    put(root, ".config/nextest.toml", OWN_NEXTEST, 0o600)
    put(root, CI, OWN_CI, 0o755)
    put(root, ".github/workflows/README.md", b"ours\n")
    put(root, ".github/actions/setup-env/action.yml", b"")
    (root / ".github/workflows/test-unit.yml").symlink_to("nowhere.yml")
    commit(root, "own files")
    put(root, ".github/zizmor.yml", b"untracked\n")
    (root / ".github/empty").mkdir()
    return root


def plain(folder: Path) -> Path:
    return repository(folder, SAMPLE)


def below(folder: Path) -> Path:
    return repository(folder, {f"my rust/{name}": text for name, text in SAMPLE.items()})


def without_git(folder: Path) -> Path:
    return workspaces.write_files(folder, SAMPLE)


def with_settings(folder: Path) -> Path:
    names = ("orchestration", "worker")
    compose = "services:\n  db: {image: 'postgres:17'}\n"
    compose += "".join(f"  {name}: {{build: .}}\n" for name in names)
    root = repository(folder, {**SAMPLE, "docker/compose.yml": compose})
    put(root, SETTINGS_FILE, b"# mine\r\nfeatures = 'default'\r\n")
    return root


@pytest.mark.parametrize(
    "commands",
    [
        (["init"],),
        (["init"], ["init"]),
        (["init", "--no-sync"], ["sync"]),
        (["init"], ["sync"], ["sync", "--adopt"]),
        (["sync"],),
    ],
    ids=["init", "twice", "no-sync", "adopt", "sync"],
)
@pytest.mark.parametrize("make", [plain, owned, below, without_git])
def test_the_tree_is_as_it_was_to_the_byte(
    tmp_path: Path, make: Callable[[Path], Path], commands: tuple[list[str], ...]
) -> None:
    root = make(tmp_path / "ein Projekt ü")
    before = everything(root)
    for words in commands:
        done(root, *words)
    assert everything(root) != before
    done(root, "rollback")
    assert everything(root) == before
    assert "nothing to undo" in done(root, "rollback")


def test_settings_of_the_project_that_a_preset_extended_come_back(tmp_path: Path) -> None:
    root = with_settings(tmp_path / "repo")
    before = everything(root)
    done(root, "init", "--preset", "tasker")
    assert "preset" in (root / SETTINGS_FILE).read_text(encoding="utf-8")
    done(root, "rollback")
    assert everything(root) == before


def test_git_hooks_go_and_the_own_one_comes_back(tmp_path: Path) -> None:
    root = plain(tmp_path / "repo")
    put(root, ".git/hooks/pre-push", b"#!/bin/sh\nexit 0\n", 0o755)
    before = everything(root)
    done(root, "init", "--hooks")
    done(root, "rollback")
    assert everything(root) == before

    done(root, "init", "--hooks")
    hook = root / ".git/hooks/pre-commit"
    hook.write_bytes(hook.read_bytes() + b"# mine\n")
    ended = run(root, "rollback")
    assert ended.exit_code == 1
    assert "pre-commit: it was edited since" in ended.text
    assert hook.read_bytes().endswith(b"# mine\n")
    hook.unlink()
    assert everything(root) == before


@pytest.mark.parametrize("make", [plain, owned, below])
@pytest.mark.parametrize("autocrlf", ["false", "true"])
def test_a_clone_of_what_was_committed_can_be_rolled_back(
    tmp_path: Path, make: Callable[[Path], Path], autocrlf: str
) -> None:
    root = make(tmp_path / "repo")
    first = commit(root, "all of it")
    done(root, "init")
    git(root, "tag", "before")
    commit(root, "adopt tasker-ci")
    clones = [tmp_path / "before", tmp_path / "after"]
    for clone in clones:
        options = ("-q", "-c", f"core.autocrlf={autocrlf}")
        git(tmp_path, "clone", *options, str(root), str(clone))
    git(clones[0], "checkout", "-q", "before")
    done(clones[1], "rollback")
    assert everything(clones[1]) == everything(clones[0])
    # With it git makes LF of the CRLF in files that are new to it.
    assert autocrlf == "true" or commit(clones[1], "without it") == first


def test_what_was_changed_since_is_kept_and_reported_and_the_rest_is_undone(
    tmp_path: Path,
) -> None:
    root = owned(tmp_path / "repo")
    before = everything(root)
    done(root, "init")
    edited = {
        SETTINGS_FILE: (root / SETTINGS_FILE).read_bytes() + b"\n[doc]\nwarnings = 'deny'\n",
        ".github/workflows/code-quality.yml": b"name: mine\n",
        CI: (root / CI).read_bytes() + b"# mine\n",
    }
    for name, content in edited.items():
        put(root, name, content)
    noxfile = (root / "noxfile.py").read_bytes()
    put(root, "noxfile.py", noxfile + b"\r\n\r\n@nox.session\r\ndef mine(session): ...\r\n", 0o755)

    dry = run(root, "rollback", "--dry-run")
    assert dry.exit_code == 0
    assert f"kept       {CI}: it was edited since" in dry.text
    ended = run(root, "rollback", "--json")

    assert ended.exit_code == 1
    document = json.loads(ended.stdout)
    kept = {each["path"] for each in document["files"] if each["action"] == "kept"}
    assert kept == {*edited, "noxfile.py"}
    after = everything(root)
    for name, content in edited.items():
        entry = after.pop(name)
        assert entry[0] == content
        assert f"{name}: " in ended.stderr
    # The archive still has the one whose place is taken; all else is as before.
    for name in (".github/workflows/archived", f"{Path(INDEX).parent}/ci.yml", INDEX):
        after.pop(name)
    assert "def mine" in str(after.pop("noxfile.py"))
    for name in (CI, "noxfile.py"):
        before.pop(name)
    assert after == before

    (root / CI).unlink()
    done(root, "rollback")
    assert (root / CI).read_bytes() == OWN_CI


def test_settings_that_cannot_be_used_do_not_stop_it(tmp_path: Path) -> None:
    root = plain(tmp_path / "repo")
    before = everything(root)
    done(root, "init")
    put(root, SETTINGS_FILE, b"nonsense = [")
    ended = run(root, "rollback")
    assert ended.exit_code == 1
    assert f"{SETTINGS_FILE}: it was edited since" in ended.text
    assert set(everything(root)) - set(before) == {".config", SETTINGS_FILE}


def test_a_pin_that_dependabot_bumped_is_no_edit_of_the_users(tmp_path: Path) -> None:
    root = plain(tmp_path / "repo")
    before = everything(root)
    done(root, "init")
    text = (root / CI).read_text(encoding="utf-8")
    pin = text.partition("uses: actions/checkout")[2].partition("\n")[0]
    put(root, CI, text.replace(pin, f"@{'b' * 40} # v99.0.0").encode())
    done(root, "rollback")
    assert everything(root) == before


KILLED = """
import os, signal, sys
at, name, seen = int(sys.argv.pop(1)), sys.argv.pop(1), 0
def hook(event, arguments):
    global seen
    if event in {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir"}:
        if "locks" in str(arguments[0]) or "pycache" in str(arguments[0]):
            return
        seen += 1
        if seen == at:
            os.kill(os.getpid(), getattr(signal, name))
sys.addaudithook(hook)
from tasker_ci.faces.cli import run
sys.exit(run(["tasker-ci", *sys.argv[1:]]))
"""
"""`tasker-ci` that gets a signal before it changes a name for the N-th time."""


@pytest.mark.parametrize(
    ("session", "signal_name"),
    [("init", "SIGKILL"), ("init", "SIGTERM"), ("rollback", "SIGKILL"), ("rollback", "SIGTERM")],
)
def test_ended_at_any_moment_the_next_rollback_undoes_it_all(
    tmp_path: Path, session: str, signal_name: str
) -> None:
    root = without_git(tmp_path / "project")
    put(root, "noxfile.py", OWN_NOXFILE)
    put(root, ".config/nextest.toml", OWN_NEXTEST)
    put(root, CI, OWN_CI)
    before = everything(root)
    number = getattr(signal, signal_name)
    if session == "rollback":
        done(root, "init")
    step = 2 if signal_name == "SIGKILL" else 5  # each takes a process, and all together minutes
    for moment in range(1, 90, step):
        copy = tmp_path / str(moment)
        shutil.copytree(root, copy, symlinks=True)
        ended = subprocess.run(
            [sys.executable, "-c", KILLED, str(moment), signal_name, session],
            cwd=copy,
            env=variables(XDG_CACHE_HOME=str(tmp_path / "cache")),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode in {0, -number, 128 + number}, ended.stdout + ended.stderr
        roll_back(copy, plan_rollback(copy))
        assert everything(copy) == before, moment
        shutil.rmtree(copy)
        if ended.returncode == 0:
            break
    else:
        pytest.fail("it changed more names than there are files")
    assert moment > 10


@pytest.mark.parametrize("size", [100, 600, 2_000, 6_000])
def test_a_lack_of_room_leaves_what_rollback_undoes(tmp_path: Path, size: int) -> None:
    root = owned(tmp_path / "repo")
    before = everything(root)
    program = shutil.which("tasker-ci", path=variables()["PATH"])
    assert program is not None
    ended = subprocess.run(
        # A limit on the size of files is what a test may fill; a full disk fails the same write.
        [program, "init"],
        cwd=root,
        env=variables(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert "cannot be written: File too large" in ended.stdout
    done(root, "rollback")
    assert everything(root) == before

"""`uvx tasker-ci review`: from a wheel, on a machine that has neither cargo nor git."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import workspaces
from reviewed import CI, WORKSPACE, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]
_NETWORK = ("SSL_", "UV_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
_UNREACHABLE = ("Failed to fetch", "client error", "No solution found", "dns error")


@pytest.fixture(scope="module")
def uv(require_tool: Callable[[str], Path]) -> Path:
    return require_tool("uv")


@pytest.fixture(scope="module")
def environment(
    tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], Path]
) -> Mapping[str, str]:
    """A home of its own, next to no program on PATH, and how to reach the index."""
    folder = tmp_path_factory.mktemp("machine")
    (folder / "bin").mkdir()
    for name in ("dirname", "realpath"):  # the script that uv writes for a program calls them
        (folder / "bin" / name).symlink_to(require_tool(name))
    network = {
        name: value for name, value in os.environ.items() if name.upper().startswith(_NETWORK)
    }
    cache = os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))
    return {**network, "HOME": str(folder), "PATH": str(folder / "bin"), "UV_CACHE_DIR": cache}


def run(
    words: list[str], environment: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        words,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    unreachable = any(text in ended.stderr for text in _UNREACHABLE)
    if unreachable and os.environ.get("TASKER_TESTS_REQUIRE_TOOLS") != "1":
        pytest.skip("the index of Python packages is not reached")
    return ended


@pytest.fixture(scope="module")
def wheel(
    uv: Path, environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = [str(uv), "build", "--wheel", "--python", sys.executable, "--out-dir", str(folder)]
    built = run([*words, str(ROOT)], environment, folder)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


@pytest.mark.parametrize(
    ("command", "code", "headline"),
    [
        ("cargo test --workspace", 1, "1 of 2 tests is run by no job"),
        ("cargo test --workspace --all-features", 0, "each of 2 tests is run by a job"),
    ],
)
def test_a_review_needs_the_wheel_alone(
    command: str,
    code: int,
    headline: str,
    uv: Path,
    wheel: Path,
    environment: Mapping[str, str],
    tmp_path: Path,
) -> None:
    clone = tmp_path / "a clone"
    workspaces.write_files(clone, {**WORKSPACE, str(CI): steps(command)})
    before = sorted(clone.rglob("*"))
    started = [str(uv), "tool", "run", "--python", sys.executable, "--from", str(wheel)]
    ended = run([*started, "tasker-ci", "review", str(clone), "--json"], environment, tmp_path)
    assert ended.returncode == code, ended.stderr
    assert json.loads(ended.stdout)["headline"] == headline
    assert sorted(clone.rglob("*")) == before

"""Wrappers of the compiler, with real cargo and a real sccache: the project's own stay."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

import faces
import pytest
from tool_parts import write_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIBRARY = "//! L.\n\n#[test]\nfn t() {}\n"


@pytest.fixture
def machine(tmp_path: Path, require_tool: Callable[[str], Path]) -> Iterator[dict[str, str]]:
    """Variables for a machine with a server of sccache that ends with the test."""
    require_tool("sccache")
    require_tool("cargo-nextest")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {
        "TASKER_CI_SCCACHE": "auto",
        "SCCACHE_DIR": str(tmp_path / "sccache"),
        "SCCACHE_SERVER_PORT": str(port),
    }
    yield given
    environment = faces.clean_environment(**given)
    subprocess.run(["sccache", "--stop-server"], env=environment, capture_output=True, check=False)


@pytest.fixture
def wrap(tmp_path: Path) -> Path:
    """A wrapper that writes down each of its calls."""
    return write_program(tmp_path / "wrap", f'echo "$@" >> {tmp_path}/calls\nexec "$@"')


def calls(wrap: Path) -> int:
    file = wrap.parent / "calls"
    return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0


def run(project: Path, session: str, *words: str, **environment: str) -> faces.Ended:
    ended = faces.run(
        ["tasker-ci", session, *words], project, faces.clean_environment(**environment)
    )
    assert ended.exit_code == 0, ended.text
    return ended


@pytest.mark.parametrize(
    ("key", "variable"),
    [
        ("rustc-wrapper", ""),
        ("rustc-workspace-wrapper", ""),
        ("", "RUSTC_WRAPPER"),
        ("", "CARGO_BUILD_RUSTC_WRAPPER"),
        ("", "RUSTC_WORKSPACE_WRAPPER"),
        ("", "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"),
    ],
)
def test_a_wrapper_of_the_project_s_stays_and_is_called(
    cargo_workspace: Callable[..., Path],
    machine: dict[str, str],
    wrap: Path,
    key: str,
    variable: str,
) -> None:
    files = {"src/lib.rs": LIBRARY}
    if key:
        files[".cargo/config.toml"] = f'[build]\n{key} = "{wrap}"\n'
    project = cargo_workspace(files)
    given = {**machine, **({variable: str(wrap)} if variable else {})}
    ended = run(project, "unit", **given)

    assert ended.text.count("so sccache is not used") == 1
    assert f"note: cargo compiles through {wrap} (" in ended.text
    ours = calls(wrap)
    (wrap.parent / "calls").unlink()
    subprocess.run(["cargo", "clean", "-q"], cwd=project, check=True)
    plain = faces.clean_environment(**given)
    subprocess.run(["cargo", "test", "-q", "--no-run"], cwd=project, env=plain, check=True)
    assert ours >= calls(wrap) > 0


def test_sccache_that_cannot_start_the_workspace_wrapper_is_left_out_and_that_is_said(
    cargo_workspace: Callable[..., Path], machine: dict[str, str], wrap: Path
) -> None:
    files = {
        "src/lib.rs": LIBRARY,
        ".cargo/config.toml": f'[build]\nrustc-wrapper = "sccache"\n'
        f'rustc-workspace-wrapper = "{wrap}"\n',
    }
    project = cargo_workspace(files)
    ended = run(project, "unit", **machine)
    assert f"sccache does not answer around {wrap}" in ended.text
    assert "Compiler not supported" in ended.text
    assert (before := calls(wrap))
    doctor = faces.run(["tasker-ci", "doctor"], project, faces.clean_environment(**machine))
    assert f"not asked around {wrap}" in " ".join(doctor.text.split())
    assert calls(wrap) == before  # doctor starts nothing of the project


def test_sccache_of_the_configuration_is_used_and_counted(
    cargo_workspace: Callable[..., Path], machine: dict[str, str], require_tool: Callable[..., Path]
) -> None:
    files = {
        "src/lib.rs": "//! L.\n",
        "tests/e2e.rs": "//! T.\n\n#[test]\nfn t() {}\n",
        ".cargo/config.toml": f'build.rustc-wrapper = "{require_tool("sccache")}"\n',
    }
    project = cargo_workspace(files)
    run(project, "unit", **machine)
    counted = run(project, "cache", "--stats", **machine)
    assert "compile requests" in counted.stdout
    assert "misses" in counted.stdout
    assert "not used" not in counted.text


def test_where_another_wrapper_is_used_the_statistics_say_so(
    cargo_workspace: Callable[..., Path], machine: dict[str, str], wrap: Path
) -> None:
    project = cargo_workspace({".cargo/config.toml": f'build.rustc-wrapper = "{wrap}"\n'})
    assert "so sccache is not used" in run(project, "cache", "--stats", **machine).text
    doctor = faces.run(["tasker-ci", "doctor"], project, faces.clean_environment(**machine))
    assert f"not asked: cargo compiles through {wrap}" in " ".join(doctor.text.split())


def test_what_the_configuration_sets_for_the_compiler_reaches_the_server(
    cargo_workspace: Callable[..., Path], machine: dict[str, str]
) -> None:
    """The server keeps the environment of whoever starts it, and that is our question."""
    text = '[env]\nSCCACHE_DIR = { value = "own-cache", relative = true, force = true }\n'
    project = cargo_workspace({"src/lib.rs": LIBRARY, ".cargo/config.toml": text})
    run(project, "unit", **machine)
    statistics = run(project, "cache", "--stats", **machine)
    assert str(project / "own-cache") in "".join(statistics.stdout.split())

